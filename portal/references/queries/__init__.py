"""What the screens of deals, requests and asks need, as small rows."""
