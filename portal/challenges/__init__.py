"""Challenges: offers made of stages, who they are for, what people hand in and what becomes of it."""
