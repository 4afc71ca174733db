"""count: which lines a source or site repeats, and their removal."""
