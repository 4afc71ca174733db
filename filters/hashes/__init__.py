"""Hashes that equal documents, lines and pages share."""
