"""Numba kernels over Arrow buffers: UTF-8 bytes and offsets in, NumPy arrays out.

Each kernel has a slow, obvious reference in tests/kernels/. In Numba, uint32 arithmetic
promotes to uint64: wrap each step in np.uint32(...) or hashes are wrong.
"""
