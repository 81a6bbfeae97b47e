"""What the screens of rewards show, as rows: what can be had, what was ordered, what the desk has to do."""
