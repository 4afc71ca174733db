"""What people write about a corpus: strict, every error at once."""
