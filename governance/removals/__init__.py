"""Removals: requests, the private ledger of them, what they match, and the public list."""
