"""Rows of foreign files in, our rows out: read, map, check, run; each kind of row is a class of its own slice."""
