"""Everything that is known before the first byte is read: a plan, and what it will need."""
