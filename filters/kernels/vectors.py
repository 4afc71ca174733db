"""Loops over numbers side by side, as instructions for vector registers.

Of a loop over arrays the compiler does not know that what is written is not read later, so that it asks each
time, or leaves the registers empty. These are written for it with vectors of fixed lengths, which it makes
fit the registers of any machine, with the same results. Elements of arrays are counted in C's order.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from layers.compiling import element_address, instruction

LANES = 16
"""Numbers of 32 bits that are worked on side by side."""
COLUMNS = 64
"""Columns that are summed side by side."""


def _address(builder: Any, context: Any, kind: Any, array: Any, place: Any, lanes: int) -> Any:
    """Address of so many elements of an array."""
    from llvmlite import ir

    address = element_address(context, builder, kind, array, place)
    return builder.bitcast(address, ir.VectorType(address.type.pointee, lanes).as_pointer())


def load_vector(builder: Any, context: Any, kind: Any, array: Any, place: Any, lanes: int) -> Any:
    """So many elements of an array."""
    address = _address(builder, context, kind, array, place, lanes)
    return builder.load(address, align=kind.dtype.bitwidth // 8)


def store_vector(value: Any, builder: Any, context: Any, kind: Any, array: Any, place: Any) -> None:
    """Write a vector into an array from a place on."""
    address = _address(builder, context, kind, array, place, value.type.count)
    builder.store(value, address, align=kind.dtype.bitwidth // 8)


def _make_hash_step() -> Callable[..., Any]:
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        hashes, source, target, steps, flips, factors = args
        own, others = signature.args[0], signature.args[3]
        h = load_vector(builder, context, own, hashes, source, LANES)
        flip = load_vector(builder, context, others, steps, flips, LANES)
        factor = load_vector(builder, context, others, steps, factors, LANES)
        store_vector(builder.mul(builder.xor(h, flip), factor), builder, context, own, hashes, target)
        return context.get_dummy_value()

    def hash_step(_: Any, hashes: Any, source: Any, target: Any, steps: Any, flips: Any, factors: Any) -> Any:
        place = types.uint64
        return types.void(hashes, place, place, steps, place, place), generate

    return hash_step


@instruction(_make_hash_step)
def hash_step(
    hashes: np.ndarray,
    source: np.uint64,
    target: np.uint64,
    steps: np.ndarray,
    flips: np.uint64,
    factors: np.uint64,
) -> None:
    """hashes[target] = (hashes[source] ^ steps[flips]) * steps[factors], for LANES uint32 from there on."""
    raise NotImplementedError


def _widen(context: Any, builder: Any, value: Any, kind: Any, wide: Any) -> Any:
    """A vector as one of wider integers; one of float32 as it is."""
    from llvmlite import ir

    if isinstance(value.type.element, ir.IntType):
        return builder.sext(value, ir.VectorType(context.get_value_type(wide), value.type.count))
    return value


def _add(builder: Any, a: Any, b: Any) -> Any:
    from llvmlite import ir

    return builder.add(a, b) if isinstance(a.type.element, ir.IntType) else builder.fadd(a, b)


def _make_sum_columns(lanes: int) -> Callable[..., Any]:
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, base, width, rows, first, end, sums, target = args
        narrow, numbers, wide = (signature.args[k] for k in (0, 3, 6))
        index = ir.IntType(64)
        zero = ir.Constant(ir.VectorType(context.get_value_type(wide.dtype), lanes), None)
        before = builder.block
        loop, after = builder.append_basic_block("rows"), builder.append_basic_block("summed")
        builder.cbranch(builder.icmp_unsigned("<", first, end), loop, after)
        builder.position_at_end(loop)
        at, total = builder.phi(index), builder.phi(zero.type)
        row = builder.load(element_address(context, builder, numbers, rows, at))
        row = row if row.type == index else builder.zext(row, index)
        place = builder.add(builder.mul(row, width), base)
        part = load_vector(builder, context, narrow, values, place, lanes)
        added = _add(builder, total, _widen(context, builder, part, narrow.dtype, wide.dtype))
        following = builder.add(at, index(1))
        for value, start, next_value in ((at, first, following), (total, zero, added)):
            value.add_incoming(start, before)
            value.add_incoming(next_value, loop)
        builder.cbranch(builder.icmp_unsigned("<", following, end), loop, after)
        builder.position_at_end(after)
        result = builder.phi(zero.type)
        result.add_incoming(zero, before)
        result.add_incoming(added, loop)
        store_vector(result, builder, context, wide, sums, target)
        return context.get_dummy_value()

    def sum_columns(
        _: Any, values: Any, base: Any, width: Any, rows: Any, first: Any, end: Any, sums: Any, target: Any
    ) -> Any:
        place = types.uint64
        return types.void(values, place, place, rows, place, place, sums, place), generate

    return sum_columns


@instruction(partial(_make_sum_columns, COLUMNS))
def sum_columns(
    values: np.ndarray,
    base: np.uint64,
    width: np.uint64,
    rows: np.ndarray,
    first: np.uint64,
    end: np.uint64,
    sums: np.ndarray,
    target: np.uint64,
) -> None:
    """sums[target] = the sum of values[base + width * rows[first:end]], for COLUMNS from there on.

    Integers of sums are at least as wide as those of the values; floats are of one width. rows: not negative.
    """
    raise NotImplementedError


@instruction(partial(_make_sum_columns, 8))
def sum_eight(
    values: np.ndarray,
    base: np.uint64,
    width: np.uint64,
    rows: np.ndarray,
    first: np.uint64,
    end: np.uint64,
    sums: np.ndarray,
    target: np.uint64,
) -> None:
    """As sum_columns, for 8."""
    raise NotImplementedError


@instruction(partial(_make_sum_columns, 16))
def sum_sixteen(
    values: np.ndarray,
    base: np.uint64,
    width: np.uint64,
    rows: np.ndarray,
    first: np.uint64,
    end: np.uint64,
    sums: np.ndarray,
    target: np.uint64,
) -> None:
    """As sum_columns, for 16."""
    raise NotImplementedError


def _make_add_columns() -> Callable[..., Any]:
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, source, total, target = args
        narrow, wide = signature.args[0], signature.args[2]
        part = load_vector(builder, context, narrow, values, source, COLUMNS)
        before = load_vector(builder, context, wide, total, target, COLUMNS)
        added = _add(builder, before, _widen(context, builder, part, narrow.dtype, wide.dtype))
        store_vector(added, builder, context, wide, total, target)
        return context.get_dummy_value()

    def add_columns(_: Any, values: Any, source: Any, total: Any, target: Any) -> Any:
        return types.void(values, types.uint64, total, types.uint64), generate

    return add_columns


@instruction(_make_add_columns)
def add_columns(values: np.ndarray, source: np.uint64, total: np.ndarray, target: np.uint64) -> None:
    """total[target] += values[source], for COLUMNS from there on."""
    raise NotImplementedError
