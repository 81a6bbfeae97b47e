"""What the screens of challenges read, as small typed rows in one to three statements each."""
