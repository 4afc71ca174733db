"""A Hub on this machine for tests: what a push, a pull and `datasets` use of it, with faults to order."""
