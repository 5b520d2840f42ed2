"""Work on whole vector registers, where LLVM's own vectoriser does not find it: tiles of a matrix product, a maximum.

An element of a product is the same sum in the same order whatever the width of the machine's vectors.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

Array = Any


def _vectors() -> tuple[int, int]:
    """Bytes of a vector register, and how many of them a row of the tile may fill beside the others."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 4
    if features.get("avx2"):
        return 32, 2
    return 16, 4 if features.get("neon") else 2


BYTES, VECTORS = _vectors()
ROWS = 5
"""Rows of a tile: with VECTORS vectors each, one row of b and one number of a they fit into the registers."""

_INT, _INDEX = ir.IntType(64), ir.IntType(32)


def tile(
    vectors: int, a: Array, ai: int, row: int, step: int, b: Array, bi: int, next_b: int,
    c: Array, ci: int, next_c: int, k: int, add: bool,
) -> None:  # fmt: skip
    """c[ci + r next_c + j] = sum over t of a[ai + r row + t step] b[bi + t next_b + j], added to c's own if `add`.

    r runs over ROWS, j over `vectors` (1 to VECTORS) vectors, t over k; a, b and c are flat arrays of one dtype.
    """
    width = vectors * BYTES // c.itemsize
    rows = np.lib.stride_tricks.as_strided(a[ai:], (ROWS, k), (row * a.itemsize, step * a.itemsize))
    columns = np.lib.stride_tricks.as_strided(b[bi:], (k, width), (next_b * b.itemsize, b.itemsize))
    out = np.lib.stride_tricks.as_strided(c[ci:], (ROWS, width), (next_c * c.itemsize, c.itemsize))
    out[:] = rows @ columns + (out if add else c.dtype.type(0))


def transpose(a: Array, ai: int, next_a: int, b: Array, bi: int, next_b: int) -> None:
    """b[bi + j next_b + i] = a[ai + i next_a + j] for a square of as many rows as a vector has elements."""
    lanes = BYTES // a.itemsize
    for i in range(lanes):
        b[bi + i : bi + i + lanes * next_b : next_b][:lanes] = a[ai + i * next_a : ai + i * next_a + lanes]


def largest(a: Array, vectors: int) -> Any:
    """The largest of the first elements of a flat array, as many as so many vectors hold; -inf of none. NaN is none."""
    found = a[: vectors * BYTES // a.itemsize]
    return np.fmax.reduce(found, initial=a.dtype.type(-np.inf))


class _Code:
    """Emits LLVM instructions for vectors of one dtype."""

    def __init__(self, context: Any, builder: Any, array: Any) -> None:
        self.context, self.builder, self.array = context, builder, array
        self.size = array.dtype.bitwidth // 8
        self.lanes = BYTES // self.size
        self.vector = ir.VectorType(context.get_value_type(array.dtype), self.lanes)

    def at(self, array: Any, index: Any) -> Any:
        data = self.context.make_array(self.array)(self.context, self.builder, array).data
        return self.builder.gep(data, [index])

    def offset(self, pointer: Any, distance: Any, times: Any, more: int = 0) -> Any:
        """The pointer to the element `distance` times `times`, and `more`, further on."""
        index = self.builder.mul(distance, _INT(times) if isinstance(times, int) else times)
        return self.builder.gep(pointer, [self.builder.add(index, _INT(more))])

    def load(self, pointer: Any) -> Any:
        return self.builder.load(self._cast(pointer), align=self.size)

    def store(self, value: Any, pointer: Any) -> None:
        self.builder.store(value, self._cast(pointer), align=self.size)

    def _cast(self, pointer: Any) -> Any:
        return self.builder.bitcast(pointer, self.vector.as_pointer())

    def everywhere(self, scalar: Any) -> Any:
        nothing = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(nothing, scalar, _INDEX(0))
        return self.shuffle(first, nothing, [0] * self.lanes)

    def shuffle(self, x: Any, y: Any, order: list[int]) -> Any:
        return self.builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(_INDEX, self.lanes), order))

    def multiply_add(self, x: Any, y: Any, z: Any) -> Any:
        return self.builder.fadd(self.builder.fmul(x, y, flags=["contract"]), z, flags=["contract"])


def _tile_code(code: _Code, vectors: int, args: Any) -> None:
    a, ai, row, step, b, bi, next_b, c, ci, next_c, k, add = args
    builder, places = code.builder, [(r, v) for r in range(ROWS) for v in range(vectors)]
    pointer_a, pointer_b, pointer_c = code.at(a, ai), code.at(b, bi), code.at(c, ci)
    rows = [code.offset(pointer_a, row, r) for r in range(ROWS)]
    corners = [code.offset(pointer_c, next_c, r, v * code.lanes) for r, v in places]
    zero = ir.Constant(code.vector, [0.0] * code.lanes)
    start = [builder.select(add, code.load(corner), zero) for corner in corners]
    before, loop, after = builder.block, builder.append_basic_block("tile"), builder.append_basic_block("tiled")
    builder.branch(loop)

    builder.position_at_end(loop)
    t, sums = builder.phi(_INT), [builder.phi(code.vector) for _ in places]
    numbers = [code.everywhere(builder.load(code.offset(pointer, step, t))) for pointer in rows]
    columns = [code.load(code.offset(pointer_b, next_b, t, v * code.lanes)) for v in range(vectors)]
    grown = [code.multiply_add(numbers[r], columns[v], x) for (r, v), x in zip(places, sums, strict=True)]
    following = builder.add(t, _INT(1))
    for phi, first, later in zip([t, *sums], [_INT(0), *start], [following, *grown], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<", following, k), loop, after)

    builder.position_at_end(after)
    for corner, total in zip(corners, grown, strict=True):
        code.store(total, corner)


def _transpose_code(code: _Code, a: Any, ai: Any, next_a: Any, b: Any, bi: Any, next_b: Any) -> None:
    """Row i and row i + s exchange their blocks of s elements beside the diagonal, for s = 1, 2, 4, ..."""
    source, target, lanes = code.at(a, ai), code.at(b, bi), code.lanes
    rows = [code.load(code.offset(source, next_a, i)) for i in range(lanes)]
    s = 1
    while s < lanes:
        upper = [j if not j & s else lanes + j - s for j in range(lanes)]
        lower = [j + s if not j & s else lanes + j for j in range(lanes)]
        for i in range(lanes):
            if not i & s:
                x, y = rows[i], rows[i + s]
                rows[i], rows[i + s] = code.shuffle(x, y, upper), code.shuffle(x, y, lower)
        s *= 2
    for i in range(lanes):
        code.store(rows[i], code.offset(target, next_b, i))


def _largest_code(code: _Code, a: Any, vectors: Any) -> Any:
    builder = code.builder
    lowest = ir.Constant(code.vector, [float("-inf")] * code.lanes)
    start = code.at(a, _INT(0))
    before, loop, after = builder.block, builder.append_basic_block("largest"), builder.append_basic_block("found")
    builder.cbranch(builder.icmp_signed(">", vectors, _INT(0)), loop, after)

    builder.position_at_end(loop)
    t, top = builder.phi(_INT), builder.phi(code.vector)
    x = code.load(code.offset(start, _INT(code.lanes), t))
    higher, following = builder.select(builder.fcmp_ordered(">", x, top), x, top), builder.add(t, _INT(1))
    for phi, first, later in ((t, _INT(0), following), (top, lowest, higher)):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<", following, vectors), loop, after)

    builder.position_at_end(after)
    tops = builder.phi(code.vector)
    tops.add_incoming(lowest, before)
    tops.add_incoming(higher, loop)
    half = code.lanes // 2
    while half:
        folded = code.shuffle(tops, tops, [(j + half) % code.lanes for j in range(code.lanes)])
        tops = builder.select(builder.fcmp_ordered(">", folded, tops), folded, tops)
        half //= 2
    return builder.extract_element(tops, _INDEX(0))


def _tile_of(vectors: int) -> Any:
    @intrinsic
    def emit(
        _: Any, a: Any, ai: Any, row: Any, step: Any, b: Any, bi: Any, next_b: Any, c: Any, ci: Any, next_c: Any,
        k: Any, add: Any,
    ) -> Any:  # fmt: skip
        i = types.intp
        signature = types.void(a, i, i, i, b, i, i, c, i, i, i, types.boolean)

        def generate(context: Any, builder: Any, _: Any, args: Any) -> Any:
            _tile_code(_Code(context, builder, c), vectors, args)
            return context.get_dummy_value()

        return signature, generate

    return emit


@intrinsic
def _transpose(_: Any, a: Any, ai: Any, next_a: Any, b: Any, bi: Any, next_b: Any) -> Any:
    def generate(context: Any, builder: Any, _: Any, args: Any) -> Any:
        _transpose_code(_Code(context, builder, b), *args)
        return context.get_dummy_value()

    return types.void(a, types.intp, types.intp, b, types.intp, types.intp), generate


@intrinsic
def _largest(_: Any, a: Any, vectors: Any) -> Any:
    def generate(context: Any, builder: Any, _: Any, args: Any) -> Any:
        return _largest_code(_Code(context, builder, a), *args)

    return a.dtype(a, types.intp), generate


_top: Callable[..., Any] = _largest
_turned: Callable[..., None] = _transpose  # called without the typing context, which Numba supplies
_one, _two, _three, _four = (_tile_of(vectors) for vectors in (1, 2, 3, 4))


@overload(tile)
def _compiled_tile(
    vectors: Any, a: Any, ai: Any, row: Any, step: Any, b: Any, bi: Any, next_b: Any, c: Any, ci: Any, next_c: Any,
    k: Any, add: Any,
) -> Callable[..., None]:  # fmt: skip
    def choose(
        vectors: Any, a: Any, ai: Any, row: Any, step: Any, b: Any, bi: Any, next_b: Any, c: Any, ci: Any, next_c: Any,
        k: Any, add: Any,
    ) -> None:  # fmt: skip
        if vectors == 1:
            _one(a, ai, row, step, b, bi, next_b, c, ci, next_c, k, add)
        elif vectors == 2:
            _two(a, ai, row, step, b, bi, next_b, c, ci, next_c, k, add)
        elif vectors == 3:
            _three(a, ai, row, step, b, bi, next_b, c, ci, next_c, k, add)
        else:
            _four(a, ai, row, step, b, bi, next_b, c, ci, next_c, k, add)

    return choose


@overload(transpose)
def _compiled_transpose(a: Any, ai: Any, next_a: Any, b: Any, bi: Any, next_b: Any) -> Callable[..., None]:
    def square(a: Any, ai: Any, next_a: Any, b: Any, bi: Any, next_b: Any) -> None:
        _turned(a, ai, next_a, b, bi, next_b)

    return square


@overload(largest)
def _compiled_largest(a: Any, vectors: Any) -> Callable[..., Any]:
    def find(a: Any, vectors: Any) -> Any:
        return _top(a, vectors)

    return find
