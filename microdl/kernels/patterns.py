"""Local binary patterns: each pixel's neighbours on a circle, compared with it, and what is made of the signs.

A neighbour between pixels is interpolated in float64 in a fixed order of operations: in plain areas, where it equals
the pixel but for rounding, rounding decides the sign.
"""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Doubles = NDArray[np.float64]
Codes = NDArray[np.int32]
Places = NDArray[np.int64]

METHODS = ("default", "ror", "uniform", "nri_uniform", "var")
_DEFAULT, _ROR, _UNIFORM, _NRI = 0, 1, 2, 3
TABLE_FROM = 16
"""Neighbours up to which every code's label is looked up in a table."""

_THREADS_FROM = 4_096
_CHUNK = 1 << 20  # padded pixels at once, in float64


class Ring:
    """Where the neighbours are: `P` points at the distance `R`, the first to the right, then against the clock.

    Pixel (r, c) has its neighbour i between the rows r + top[i] and the next, `down[i, r]` of the way, and between the
    columns c + left[i] and the next, `right[i, c]` of the way. Outside the image is 0.
    """

    def __init__(self, P: int, R: float, height: int, width: int) -> None:
        turn = 2 * np.pi * np.arange(P) / P
        rows, columns = np.round(-R * np.sin(turn), 5), np.round(R * np.cos(turn), 5)
        self.reach, self.aside = (min(int(np.ceil(R)), size) + 1 for size in (height, width))  # further out all is 0
        top, left = np.floor(rows).clip(-self.reach, height), np.floor(columns).clip(-self.aside, width)
        self.top, self.left = top.astype(np.int64), left.astype(np.int64)
        self.down, self.right = _fractions(rows, height), _fractions(columns, width)
        self.whole = ((rows == top) & (columns == left)).astype(np.int64)

    def arguments(self) -> tuple[Any, ...]:
        return self.top, self.left, self.down, self.right, self.whole, self.reach, self.aside


def _fractions(offsets: Doubles, size: int) -> Doubles:
    """How far each pixel's neighbours are beyond a pixel, rounded as in the sum of the pixel's place and the offset."""
    places = np.arange(size) + offsets[:, None]
    return places - np.floor(places)


def codes(images: Any, P: int, R: float, table: Codes | None = None) -> Codes:
    """out[i, r, c] = sum over k of 2^k [neighbour k >= pixel], for images (n, height, width) and P up to 31.

    With a table, what it has for that code.
    """
    table = np.empty(0, np.int32) if table is None else table
    out = np.empty(images.shape, np.int32)
    ring = Ring(P, R, *images.shape[1:])
    for begin, end, padded in _chunks(images, ring.reach, ring.aside):
        _codes(padded, *ring.arguments(), table, out[begin:end])
    return out


def variances(images: Any, P: int, R: float) -> Doubles:
    """out[i, r, c] = the variance of the P neighbours, divided by P; NaN where it is 0."""
    out = np.empty(images.shape, np.float64)
    ring = Ring(P, R, *images.shape[1:])
    for begin, end, padded in _chunks(images, ring.reach, ring.aside):
        _variances(padded, *ring.arguments(), out[begin:end])
    return out


def _chunks(images: Any, reach: int, aside: int) -> Any:
    """Some images at a time as float64, with zeros around them."""
    n, height, width = images.shape
    shape = (height + 2 * reach, width + 2 * aside)
    many = min(n, max(1, _CHUNK // (shape[0] * shape[1])))
    padded = np.zeros((many, *shape))
    for begin in range(0, n, many):
        end = min(begin + many, n)
        padded[: end - begin, reach:-reach, aside:-aside] = images[begin:end]
        yield begin, end, padded[: end - begin]


@threaded(_THREADS_FROM)
@kernel()
def _codes(
    pool: int, padded: Doubles, top: Places, left: Places, down: Doubles, right: Doubles, whole: Places, reach: int,
    aside: int, table: Codes, out: Codes,
) -> None:  # fmt: skip
    _rows_of_codes(pool, padded, top, left, down, right, whole, reach, aside, table, out)


@in_parts
@kernel()
def _rows_of_codes(
    begin: int, end: int, padded: Doubles, top: Places, left: Places, down: Doubles, right: Doubles, whole: Places,
    reach: int, aside: int, table: Codes, out: Codes,
) -> None:  # fmt: skip
    """Loops are written out: a call for each row would take as long as they do."""
    n, height, width = out.shape
    first, last = bounds(begin, end, n * height)
    none = np.int32(0)
    for unit in range(first, last):
        image, row = padded[unit // height], unit % height
        line = out[unit // height, row]
        for j in range(width):
            line[j] = none
        pixels = image[row + reach, aside : aside + width]
        for i in range(top.size):
            at, bit = aside + left[i], np.int32(1 << i)
            upper = image[row + reach + top[i], at : at + width + 1]
            if whole[i]:
                for j in range(width):
                    line[j] |= bit if upper[j] >= pixels[j] else none
            else:
                lower = image[row + reach + top[i] + 1, at : at + width + 1]
                below, after = down[i, row], right[i]
                above = 1.0 - below
                for j in range(width):
                    before = 1.0 - after[j]
                    over = before * upper[j] + after[j] * upper[j + 1]
                    under = before * lower[j] + after[j] * lower[j + 1]
                    line[j] |= bit if above * over + below * under >= pixels[j] else none
        if table.size:
            for j in range(width):
                line[j] = table[line[j]]


@threaded(_THREADS_FROM)
@kernel()
def _variances(
    pool: int, padded: Doubles, top: Places, left: Places, down: Doubles, right: Doubles, whole: Places, reach: int,
    aside: int, out: Doubles,
) -> None:  # fmt: skip
    _rows_of_variances(pool, padded, top, left, down, right, whole, reach, aside, out)


@in_parts
@kernel()
def _rows_of_variances(
    begin: int, end: int, padded: Doubles, top: Places, left: Places, down: Doubles, right: Doubles, whole: Places,
    reach: int, aside: int, out: Doubles,
) -> None:  # fmt: skip
    n, height, width = out.shape
    first, last = bounds(begin, end, n * height)
    total, squares = np.empty(width), np.empty(width)
    for unit in range(first, last):
        image, row = padded[unit // height], unit % height
        total[:] = 0.0
        squares[:] = 0.0
        for i in range(top.size):
            at = aside + left[i]
            upper = image[row + reach + top[i], at : at + width + 1]
            lower = image[row + reach + top[i] + 1, at : at + width + 1]
            below, after = down[i, row], right[i]
            above = 1.0 - below
            for j in range(width):
                before = 1.0 - after[j]
                over = before * upper[j] + after[j] * upper[j + 1]
                under = before * lower[j] + after[j] * lower[j + 1]
                between = above * over + below * under
                total[j] += between
                squares[j] += between * between
        line, p = out[unit // height, row], float(top.size)
        for j in range(width):
            variance = (squares[j] - total[j] * total[j] / p) / p
            line[j] = variance if variance != 0.0 else np.nan


# --- labels ------------------------------------------------------------------------------------------------------


def labels(images: Any, P: int, R: float, method: str) -> Codes:
    """What a method makes of the codes: the code, its least rotation, or the number of a uniform pattern."""
    if method == "default" or P <= TABLE_FROM:
        return codes(images, P, R, None if method == "default" else table(P, method))
    return labels_of(codes(images, P, R), P, method)


@functools.lru_cache(maxsize=32)
def table(P: int, method: str) -> Codes:
    """The label of every code of P neighbours."""
    return labels_of(np.arange(1 << P, dtype=np.int32), P, method)


def labels_of(found: Codes, P: int, method: str) -> Codes:
    out = np.empty(found.shape, np.int32)
    _label(found.reshape(-1), P, METHODS.index(method), out.reshape(-1))
    return out


@threaded(_THREADS_FROM)
@kernel()
def _label(pool: int, found: Codes, P: int, method: int, out: Codes) -> None:
    _label_part(pool, found, P, method, out)


@in_parts
@kernel()
def _label_part(begin: int, end: int, found: Codes, P: int, method: int, out: Codes) -> None:
    first, last = bounds(begin, end, found.size)
    for i in range(first, last):
        code = np.int64(found[i])
        if method == _DEFAULT:
            out[i] = code
        elif method == _ROR:
            out[i] = _least_rotation(code, P)
        else:
            out[i] = _uniform(code, P, method == _NRI)


@kernel()
def _least_rotation(code: int, P: int) -> int:
    least = code
    for _ in range(P - 1):
        code = code >> 1 | (code & 1) << (P - 1)
        least = min(least, code)
    return least


@kernel()
def _uniform(code: int, P: int, by_place: bool) -> int:
    """The number of ones of a pattern with at most two changes, else P + 1; or, `by_place`, also where they begin."""
    ones, changes, first_one, first_zero = 0, 0, -1, -1
    for i in range(P):
        bit = code >> i & 1
        ones += bit
        changes += np.int64(i > 0 and bit != (code >> (i - 1) & 1))
        if bit and first_one < 0:
            first_one = i
        if not bit and first_zero < 0:
            first_zero = i
    if not by_place:
        return ones if changes <= 2 else P + 1
    if changes > 2:
        return P * (P - 1) + 2
    if ones == 0:
        return 0
    if ones == P:
        return P * (P - 1) + 1
    place = ones - first_zero if first_one == 0 else P - first_one
    return 1 + (ones - 1) * P + place


@threaded(_THREADS_FROM)
@kernel()
def count(pool: int, found: Codes, rows: Places, columns: Places, out: Doubles) -> None:
    """out[i, r, c, k] = the share of label k among the pixels of image i between the given rows and columns."""
    _count_part(pool, found, rows, columns, out)


@in_parts
@kernel()
def _count_part(begin: int, end: int, found: Codes, rows: Places, columns: Places, out: Doubles) -> None:
    first, last = bounds(begin, end, found.shape[0])
    for i in range(first, last):
        for r in range(rows.size - 1):
            for c in range(columns.size - 1):
                bins, left, right = out[i, r, c], columns[c], columns[c + 1]
                bins[:] = 0.0
                for row in range(rows[r], rows[r + 1]):
                    line = found[i, row, left:right]
                    for j in range(line.size):
                        bins[line[j]] += 1.0
                bins /= float((rows[r + 1] - rows[r]) * (right - left))
