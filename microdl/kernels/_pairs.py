"""Sums over pairs of rows, of bytes by the instructions that processors have for bytes.

From a loop LLVM's vectoriser makes these only where everything stays in 32 bits, and one vector at a time. Here a tile
of pairs stays in the registers, so that each vector that is loaded is used several times.
"""

import platform
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils as numba_cgutils
from numba.core import codegen as numba_codegen
from numba.extending import intrinsic, overload

Array = Any
cgutils: Any = numba_cgutils
_codegen: Any = numba_codegen

_BYTE, _SHORT, _INT, _INDEX = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_DOUBLE = ir.DoubleType()


@dataclass(frozen=True)
class Unit:
    """What a processor has for bytes.

    Args:
        size: bytes of a vector.
        rows, columns: of the tile whose sums, with the vectors that are loaded, fit into the registers.
        products: by one instruction for four ("quads"), for two 16-bit ones ("pairs"), or whatever LLVM finds
            ("any"), for the differences as well.
    """

    size: int
    rows: int
    columns: int
    products: str


def unit_of(machine: str, features: Collection[str]) -> Unit:
    """By the machine's name and LLVM's names of its features."""
    if machine.lower() not in ("x86_64", "amd64"):
        return Unit(16, 2, 2, "any")
    if "avx512bw" in features:
        return Unit(64, 4, 4, "quads" if "avx512vnni" in features else "pairs")
    if "avx2" in features:
        return Unit(32, 2, 4, "quads" if "avxvnni" in features else "pairs")
    return Unit(16, 2, 4, "pairs")


def _features() -> list[str]:
    """Of the machine that Numba compiles for, which NUMBA_CPU_NAME=generic may have made a lesser one."""
    given = config.CPU_FEATURES  # type: ignore[attr-defined]
    text = _codegen.get_host_cpu_features() if given is None else given
    return [word[1:] for word in text.split(",") if word.startswith("+")]


UNIT = unit_of(platform.machine(), _features())
SIZE, ROWS, COLUMNS = UNIT.size, UNIT.rows, UNIT.columns
PLACES = 16
"""Numbers that a tile's sums are written to, of which the first ROWS x COLUMNS mean something."""

_DIFFERENCES = {64: "llvm.x86.avx512.psad.bw.512", 32: "llvm.x86.avx2.psad.bw", 16: "llvm.x86.sse2.psad.bw"}
_PAIRS = {64: "llvm.x86.avx512.pmaddw.d.512", 32: "llvm.x86.avx2.pmadd.wd", 16: "llvm.x86.sse2.pmadd.wd"}
_QUADS = {64: "llvm.x86.avx512.vpdpbusd.512", 32: "llvm.x86.avx512.vpdpbusd.256"}


def pair_sums(x: Array, i: int, y: Array, j: int, to: Array) -> None:
    """to[r COLUMNS + c] = sum over t of |x[i + r, t] - y[j + c, t]|, or, where x is int8, of x[i + r, t] y[j + c, t].

    x and y are both uint8, float32 or float64, or int8 and uint8; `to` has PLACES numbers, float64 for bytes and else
    as x. x and y are in C order, and as wide: a multiple of SIZE bytes; at most 32,768 bytes. Where there is no row
    i + r or j + c any more, the last one takes its place. Of floats each of a vector's lanes is one sum.
    """
    kind = to.dtype if x.dtype.kind == "f" else np.int32
    a = x[np.minimum(np.arange(i, i + ROWS), len(x) - 1), None].astype(kind)
    b = y[np.minimum(np.arange(j, j + COLUMNS), len(y) - 1)].astype(kind)
    to[: ROWS * COLUMNS] = (a * b if x.dtype == np.int8 else abs(a - b)).sum(-1).reshape(-1)


def eighths(x: Array, y: Array, whole: int, squared: bool, to: Array) -> None:
    """to[l] = the sum, first to last, of |x_t - y_t| or (x_t - y_t)^2 in float64 for t = l modulo 8, t < whole.

    x and y are vectors in one piece, `whole` is a multiple of 8, `to` has eight numbers.
    """
    difference = x[:whole].astype(np.float64) - y[:whole]
    terms = np.zeros((whole // 8 + 1, 8))
    terms[1:] = (difference * difference if squared else abs(difference)).reshape(-1, 8)
    to[:] = np.add.accumulate(terms)[-1]


class _Code:
    """Emits LLVM instructions for vectors of numbers and the sums made of them.

    Args:
        step: numbers of a row that are loaded together.
        lane: the type of a vector's sums.
    """

    def __init__(self, builder: Any, number: Any, step: int, lane: Any, lanes: int) -> None:
        self.builder, self.step, self.lanes = builder, step, lanes
        self.loaded, self.sums = ir.VectorType(number, step), ir.VectorType(lane, lanes)
        self.zero = ir.Constant(self.sums, [0] * lanes)

    def load(self, pointer: Any, signed: bool) -> Any:
        """The next numbers of a row of the first matrix, which is `signed`, or of the second, as `add` wants them."""
        return self.builder.load(self.builder.bitcast(pointer, self.loaded.as_pointer()), align=1)

    def add(self, x: Any, y: Any, total: Any) -> Any:
        """`total`, and what x, from the first matrix, and y add to it."""
        distance = self.call("llvm.fabs", x.type, self.builder.fsub(x, y), overloaded=True)
        return self.plus(total, distance)

    def plus(self, x: Any, y: Any) -> Any:
        return self.builder.fadd(x, y)

    def call(self, name: str, result: Any, *values: Any, overloaded: bool = False) -> Any:
        signature = ir.FunctionType(result, [value.type for value in values])
        if overloaded:
            name += f".v{result.count}{'f32' if result.element == ir.FloatType() else 'f64'}"
        return self.builder.call(self.builder.module.declare_intrinsic(name, (), signature), values)

    def folded(self, sums: list[Any]) -> list[Any]:
        """Vectors that hold one after another the sum of each vector's lanes."""
        sums = sums + [self.zero] * (-len(sums) % self.lanes)
        size = self.lanes // 2
        while size:
            upper = [k for k in range(2 * self.lanes) if not k // size % 2]
            lower = [k for k in range(2 * self.lanes) if k // size % 2]
            pairs = zip(sums[::2], sums[1::2], strict=True)
            sums = [self.plus(self._pick(p, q, upper), self._pick(p, q, lower)) for p, q in pairs]
            size //= 2
        return sums

    def _pick(self, p: Any, q: Any, order: list[int]) -> Any:
        return self.builder.shuffle_vector(p, q, ir.Constant(ir.VectorType(_INT, self.lanes), order))

    def store(self, vector: Any, pointer: Any) -> None:
        self.builder.store(vector, self.builder.bitcast(pointer, vector.type.as_pointer()), align=4)


class _Bytes(_Code):
    """Of differences, or of products where the first matrix is signed, in sums of 32 bits."""

    def __init__(self, builder: Any, unit: Unit, signed: bool) -> None:
        self.unit, self.signed = unit, signed
        step = unit.size // 2 if signed and unit.products == "pairs" else unit.size
        super().__init__(builder, _BYTE, step, _INT, unit.size if unit.products == "any" else unit.size // 4)

    def load(self, pointer: Any, signed: bool) -> Any:
        loaded = super().load(pointer, signed)
        if self.signed and self.unit.products == "pairs":
            return self._wide(loaded, _SHORT, signed)
        if self.signed and self.unit.products == "quads":
            return self.builder.bitcast(loaded, self.sums)
        return self._wide(loaded, _INT, signed) if self.signed else loaded

    def _wide(self, x: Any, number: Any, signed: bool) -> Any:
        wide = ir.VectorType(number, self.step)
        return self.builder.sext(x, wide) if signed else self.builder.zext(x, wide)

    def add(self, x: Any, y: Any, total: Any) -> Any:
        if self.signed:
            return self._products(x, y, total)
        if self.unit.products == "any":
            higher = self.builder.icmp_unsigned(">", x, y)
            distance = self.builder.select(higher, self.builder.sub(x, y), self.builder.sub(y, x))
            return self.plus(total, self._wide(distance, _INT, False))
        longs = ir.VectorType(_INDEX, self.unit.size // 8)
        found = self.call(_DIFFERENCES[self.unit.size], longs, x, y)
        return self.plus(total, self.builder.bitcast(found, self.sums))

    def _products(self, x: Any, y: Any, total: Any) -> Any:
        if self.unit.products == "quads":
            return self.call(_QUADS[self.unit.size], self.sums, total, y, x)
        if self.unit.products == "pairs":
            return self.plus(total, self.call(_PAIRS[self.unit.size], self.sums, x, y))
        return self.plus(total, self.builder.mul(x, y))

    def plus(self, x: Any, y: Any) -> Any:
        return self.builder.add(x, y)

    def store(self, vector: Any, pointer: Any) -> None:
        super().store(self.builder.sitofp(vector, ir.VectorType(_DOUBLE, self.lanes)), pointer)


def _code(builder: Any, unit: Unit, dtype: Any) -> _Code:
    if hasattr(dtype, "signed"):  # an integer
        return _Bytes(builder, unit, dtype.signed)
    number = ir.FloatType() if dtype.bitwidth == 32 else _DOUBLE
    lanes = unit.size * 8 // dtype.bitwidth
    return _Code(builder, number, lanes, number, lanes)


def _tile_code(unit: Unit, context: Any, builder: Any, kinds: Any, args: Any) -> None:
    x, i, y, j, to = args
    code = _code(builder, unit, kinds[0].dtype)
    rows, depth = _pointers(context, builder, kinds[0], x, i, unit.rows)
    columns, _ = _pointers(context, builder, kinds[2], y, j, unit.columns)
    before, loop, after = builder.block, builder.append_basic_block("pairs"), builder.append_basic_block("summed")
    builder.branch(loop)

    builder.position_at_end(loop)
    t, sums = builder.phi(_INDEX), [builder.phi(code.sums) for _ in rows for _ in columns]
    xs = [code.load(builder.gep(pointer, [t]), True) for pointer in rows]
    ys = [code.load(builder.gep(pointer, [t]), False) for pointer in columns]
    pairs = [(a, b) for a in xs for b in ys]
    grown = [code.add(a, b, total) for (a, b), total in zip(pairs, sums, strict=True)]
    following = builder.add(t, _INDEX(code.step))
    for phi, start, later in zip([t, *sums], [_INDEX(0), *[code.zero] * len(sums)], [following, *grown], strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)

    builder.position_at_end(after)
    target = context.make_array(kinds[4])(context, builder, to).data
    for number, vector in enumerate(code.folded(grown)):
        code.store(vector, builder.gep(target, [_INDEX(number * code.lanes)]))


def _pointers(context: Any, builder: Any, kind: Any, array: Any, first: Any, count: int) -> tuple[list[Any], Any]:
    """Where the rows from `first` on begin, the last one again where there are no more; and how long they are."""
    found = context.make_array(kind)(context, builder, array)
    height, width = cgutils.unpack_tuple(builder, found.shape, 2)
    last = builder.sub(height, _INDEX(1))
    pointers = []
    for r in range(count):
        row = builder.add(first, _INDEX(r))
        row = builder.select(builder.icmp_signed("<", row, last), row, last)
        pointers.append(builder.gep(found.data, [builder.mul(row, width)]))
    return pointers, width


def _tiles_of(unit: Unit) -> Any:
    @intrinsic
    def emit(_: Any, x: Any, i: Any, y: Any, j: Any, to: Any) -> Any:
        signature = types.void(x, types.intp, y, types.intp, to)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            _tile_code(unit, context, builder, signature.args, args)
            return context.get_dummy_value()

        return signature, generate

    return emit


_tiles: Callable[..., None] = _tiles_of(UNIT)


@overload(pair_sums)
def _compiled_pair_sums(x: Any, i: Any, y: Any, j: Any, to: Any) -> Callable[..., None]:
    def emit(x: Any, i: Any, y: Any, j: Any, to: Any) -> None:
        _tiles(x, i, y, j, to)

    return emit


def _eighths_code(context: Any, builder: Any, kinds: Any, args: Any) -> None:
    x, y, whole, squared, to = args
    wide = ir.VectorType(_DOUBLE, 8)
    code = _Code(builder, context.get_value_type(kinds[0].dtype), 8, _DOUBLE, 8)
    start, other, target = (
        context.make_array(kinds[at])(context, builder, array).data for at, array in ((0, x), (1, y), (4, to))
    )
    before, loop, after = builder.block, builder.append_basic_block("eighths"), builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed(">", whole, _INDEX(0)), loop, after)

    builder.position_at_end(loop)
    t, total = builder.phi(_INDEX), builder.phi(wide)
    a, b = (_widened(builder, code.load(builder.gep(data, [t]), False), wide) for data in (start, other))
    difference = builder.fsub(a, b)
    size = code.call("llvm.fabs", wide, difference, overloaded=True)
    grown = builder.fadd(total, builder.select(squared, builder.fmul(difference, difference), size))
    following = builder.add(t, _INDEX(8))
    for phi, first, later in ((t, _INDEX(0), following), (total, code.zero, grown)):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<", following, whole), loop, after)

    builder.position_at_end(after)
    found = builder.phi(wide)
    found.add_incoming(code.zero, before)
    found.add_incoming(grown, loop)
    code.store(found, target)


def _widened(builder: Any, vector: Any, wide: Any) -> Any:
    if isinstance(vector.type.element, ir.IntType):
        return builder.uitofp(vector, wide)
    return vector if vector.type == wide else builder.fpext(vector, wide)


@intrinsic
def _eighths(_: Any, x: Any, y: Any, whole: Any, squared: Any, to: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _eighths_code(context, builder, signature.args, args)
        return context.get_dummy_value()

    return types.void(x, y, types.intp, types.boolean, to), generate


_sums_of_eighths: Callable[..., None] = _eighths  # called without the typing context, which Numba supplies


@overload(eighths)
def _compiled_eighths(x: Any, y: Any, whole: Any, squared: Any, to: Any) -> Callable[..., None]:
    def emit(x: Any, y: Any, whole: Any, squared: Any, to: Any) -> None:
        _sums_of_eighths(x, y, whole, squared, to)

    return emit
