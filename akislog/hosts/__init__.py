"""Where a session is driven from."""
