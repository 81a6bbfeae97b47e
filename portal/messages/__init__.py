"""Messages to people, in the portal and by mail, each stored with what became of it."""
