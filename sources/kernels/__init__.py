"""Kernels of readers, compiled by `layers.compiling`."""
