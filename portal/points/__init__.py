"""Points are money: a ledger that only grows, awards, levels (trust.md, Ledger)."""
