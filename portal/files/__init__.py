"""Files that people hand in: looked at by content, images drawn anew, kept under random names outside the web root."""
