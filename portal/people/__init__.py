"""Companies, people with their addresses and roles, products."""
