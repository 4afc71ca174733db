"""`rhizotron verify`: everything that can be computed again from a release alone."""
