"""What staff use: screens only, no rules of the domain."""
