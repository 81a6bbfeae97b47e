"""What points are spent on: the catalogue, redemptions, and how they are fulfilled (trust.md, Redemption)."""
