"""What it costs: pages, submissions, approvals, imports and memory, each beside its floor and its limit."""
