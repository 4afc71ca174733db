"""Repeated lines: counted per source or site before anything is measured, and removed by rule."""
