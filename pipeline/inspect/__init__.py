"""What is asked of a run or a release: read from the layers, never recomputed."""
