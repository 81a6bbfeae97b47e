"""The reference pool, and what sales asks of it: profile, requests, calls, limits."""
