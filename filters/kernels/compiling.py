"""What kernels of documents share besides the compiler (`layers.compiling`): instructions, text buffers."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from layers import compiling
from layers.compiling import element_address, instruction


def cache_folder() -> Path:
    """Folder of the compiled kernels of this package."""
    return compiling.cache_folder(Path(__file__).parent)


def is_anything_compiled() -> bool:
    """Whether this package has compiled kernels: what runs first takes a minute longer without."""
    return compiling.is_anything_compiled(Path(__file__).parent)


def _make_multiply_add() -> Any:
    from numba import types

    def multiply_add(_: Any, a: Any, b: Any, c: Any) -> Any:
        number = types.float32
        return number(number, number, number), lambda context, builder, signature, args: builder.fma(*args)

    return multiply_add


def _make_prefetch() -> Any:
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = builder.bitcast(
            element_address(context, builder, signature.args[0], *args), ir.IntType(8).as_pointer()
        )
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [address.type], kind)
        builder.call(function, [address, number(0), number(3), number(1)])  # to read, to stay, data
        return context.get_dummy_value()

    def prefetch(_: Any, values: Any, place: Any) -> Any:
        return types.void(values, types.uint64), generate

    return prefetch


@instruction(_make_multiply_add)
def multiply_add(a: np.float32, b: np.float32, c: np.float32) -> np.float32:
    """a * b + c, rounded once, on every machine.

    The instruction, where the machine has it, at twice the speed; and never at the compiler's choice.
    """
    raise NotImplementedError


@instruction(_make_prefetch)
def prefetch(values: np.ndarray, place: np.uint64) -> None:
    """Bring an element, counted in C's order, nearer to the core meanwhile; it need not be there."""
    raise NotImplementedError


CACHE_LINE = 64
"""Bytes: a row that begins with one is read with one access fewer."""


def aligned_empty(shape: tuple[int, int], dtype: type[np.generic]) -> np.ndarray:
    """As np.empty, from a cache line's first byte on."""
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    raw = np.empty(size + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size].view(dtype).reshape(shape)


def text_buffers(texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """(UTF-8 bytes, int64 offsets) of n texts without copying: n texts → n + 1 offsets into the bytes.

    The array must have no nulls. Offsets are absolute: offsets[0] need not be 0 in a slice. Both are
    read-only, whatever allocated them: to Numba a writable array is another type, compiled again.
    """
    if texts.null_count:
        raise ValueError("texts must not be null")
    _, offsets, data = texts.buffers()
    values = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    starts = ends if len(ends) else np.zeros(1, np.int64)
    values.flags.writeable = starts.flags.writeable = False
    return values, starts
