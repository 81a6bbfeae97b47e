"""Companies, people and products as rows of files: importing this registers them."""

from portal.people.importing import companies, people, products, words

__all__ = ["companies", "people", "products", "words"]
