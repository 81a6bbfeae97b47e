"""Sign-in, sessions, invitations, nominations, terms: who comes in, and how."""
