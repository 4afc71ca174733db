"""Language identifiers compared on the same lines: adapters, metrics, tables and plots."""
