"""Benchmarks: run from a checkout, never installed. See benchmarks/README.md."""
