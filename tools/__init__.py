"""Programs that make data of this project: run from a checkout, never installed. See benchmarks/README.md."""
