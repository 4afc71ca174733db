"""Products of lines with the columns of labels, side by side, and what is looked for among them.

As filters.kernels.vectors.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from filters.kernels.vectors import LANES, load_vector, store_vector
from layers.compiling import element_address, instruction


def _repeat(builder: Any, number: Any) -> Any:
    """A vector of one float32."""
    from llvmlite import ir

    nothing = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
    first = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    return builder.shuffle_vector(builder.insert_element(nothing, number, ir.IntType(64)(0)), nothing, first)


def _make_multiply_panel() -> Callable[..., Any]:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        hidden, *lines, panels, panel, scores, target = args
        own, columns, products = (signature.args[k] for k in (0, 5, 7))
        index, lanes = ir.IntType(64), ir.VectorType(ir.FloatType(), LANES)
        three = ir.FunctionType(lanes, [lanes] * 3)
        multiply_add = cgutils.get_or_insert_function(builder.module, three, f"llvm.fma.v{LANES}f32")
        width = builder.extract_value(context.make_array(own)(context, builder, hidden).shape, 1)
        length = builder.extract_value(context.make_array(products)(context, builder, scores).shape, 1)
        first = builder.mul(builder.mul(panel, width), index(LANES))
        starts = [builder.mul(line, width) for line in lines]
        before, loop = builder.block, builder.append_basic_block("columns")
        builder.branch(loop)
        builder.position_at_end(loop)
        c = builder.phi(index)
        totals = [builder.phi(lanes) for _ in lines]
        place = builder.add(first, builder.mul(c, index(LANES)))
        column = load_vector(builder, context, columns, panels, place, LANES)
        following = builder.add(c, index(1))
        c.add_incoming(index(0), before)
        c.add_incoming(following, loop)
        sums = []
        for start, total in zip(starts, totals, strict=True):
            number = builder.load(element_address(context, builder, own, hidden, builder.add(start, c)))
            sums.append(builder.call(multiply_add, [_repeat(builder, number), column, total]))
            total.add_incoming(ir.Constant(lanes, None), before)
            total.add_incoming(sums[-1], loop)
        after = builder.append_basic_block("multiplied")
        builder.cbranch(builder.icmp_unsigned("<", following, width), loop, after)
        builder.position_at_end(after)
        for k, total in enumerate(sums):
            place = builder.add(target, builder.mul(length, index(k)))
            store_vector(total, builder, context, products, scores, place)
        return context.get_dummy_value()

    def multiply_panel(
        _: Any, hidden: Any, i: Any, j: Any, k: Any, m: Any, panels: Any, panel: Any, scores: Any, target: Any
    ) -> Any:
        place = types.uint64
        return types.void(hidden, place, place, place, place, panels, place, scores, place), generate

    return multiply_panel


@instruction(_make_multiply_panel)
def multiply_panel(
    hidden: np.ndarray,
    i: np.uint64,
    j: np.uint64,
    k: np.uint64,
    m: np.uint64,
    panels: np.ndarray,
    panel: np.uint64,
    scores: np.ndarray,
    target: np.uint64,
) -> None:
    """scores[0:4, target] = dot products of four rows of hidden [n, d] with panels[panel] [d, LANES].

    Of float32, in the order of d, with one rounding for each product and sum.
    """
    raise NotImplementedError


def _make_find_largest() -> Callable[..., Any]:
    from llvmlite import ir
    from numba import types

    def larger(builder: Any, a: Any, b: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", b, a), b, a)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, first, end = args
        kind, index = signature.args[0], ir.IntType(64)
        start = load_vector(builder, context, kind, values, first, LANES)
        before = builder.block
        loop, after = builder.append_basic_block("values"), builder.append_basic_block("compared")
        following = builder.add(first, index(LANES))
        builder.cbranch(builder.icmp_unsigned("<", following, end), loop, after)
        builder.position_at_end(loop)
        at, most = builder.phi(index), builder.phi(start.type)
        more = larger(builder, most, load_vector(builder, context, kind, values, at, LANES))
        later = builder.add(at, index(LANES))
        for value, begin, next_value in ((at, following, later), (most, start, more)):
            value.add_incoming(begin, before)
            value.add_incoming(next_value, loop)
        builder.cbranch(builder.icmp_unsigned("<", later, end), loop, after)
        builder.position_at_end(after)
        result = builder.phi(start.type)
        result.add_incoming(start, before)
        result.add_incoming(more, loop)
        half = LANES
        while half > 1:
            half //= 2
            places = ir.Constant(ir.VectorType(ir.IntType(32), half), list(range(half)))
            others = ir.Constant(ir.VectorType(ir.IntType(32), half), list(range(half, 2 * half)))
            nothing = ir.Constant(result.type, ir.Undefined)
            low, high = (builder.shuffle_vector(result, nothing, each) for each in (places, others))
            result = larger(builder, low, high)
        return builder.extract_element(result, index(0))

    def find_largest(_: Any, values: Any, first: Any, end: Any) -> Any:
        return types.float32(values, types.uint64, types.uint64), generate

    return find_largest


@instruction(_make_find_largest)
def find_largest(values: np.ndarray, first: np.uint64, end: np.uint64) -> np.float32:
    """The largest of float32 values[first:end], a multiple of LANES and not 0."""
    raise NotImplementedError


def _make_mark_at_least() -> Callable[..., Any]:
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, place, least = args
        part = load_vector(builder, context, signature.args[0], values, place, LANES)
        marks = builder.fcmp_ordered(">=", part, _repeat(builder, least))
        return builder.zext(builder.bitcast(marks, ir.IntType(LANES)), ir.IntType(64))

    def mark_at_least(_: Any, values: Any, place: Any, least: Any) -> Any:
        return types.uint64(values, types.uint64, types.float32), generate

    return mark_at_least


@instruction(_make_mark_at_least)
def mark_at_least(values: np.ndarray, place: np.uint64, least: np.float32) -> np.uint64:
    """Which of LANES float32 from a place on are at least so large, the first in the lowest bit."""
    raise NotImplementedError
