"""Consent: the wording, what a person agreed to and took back, receipts, and what was shown to whom."""
