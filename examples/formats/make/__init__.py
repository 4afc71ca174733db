"""The corpus of examples/formats: documents of the demo in every source type, and its tables."""
