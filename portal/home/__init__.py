"""Screens made of several slices: the advocate's home."""
