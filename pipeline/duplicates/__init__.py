"""Duplicates: who is in one cluster, by two paths with one answer, and which document stays."""
