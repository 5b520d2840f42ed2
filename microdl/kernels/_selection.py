"""The k smallest of many sums that may be known only nearly: a heap for each row, and the exact sum when in doubt.

A heap has its largest pair of (sum, index) first, and the pairs 2 i + 1 and 2 i + 2 are no larger than pair i.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._pairs import eighths
from ._threads import bounds, in_parts, threaded

Array = NDArray[Any]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

_GLANCE = 64
"""Sums that are looked at together."""
_THREADS_FROM = 16_384


@threaded(_THREADS_FROM)
@kernel()
def choose(
    pool: int, sums: Array, x: Array, y: Array, of_x: Doubles, of_y: Doubles, rule: Doubles, squared: bool,
    rounded: bool, first: int, own: int, best: Doubles, places: Indices, ceilings: Doubles, marks: Indices,
) -> None:  # fmt: skip
    """Keep in row i of (best, places), a heap, the smallest sums for row i of x and the rows of y.

    The sum for rows i and j is `exact`. With p = sums[i, j] and q = of_x[i] + of_y[j] it is not below
    rule[0] p + rule[1] q - rule[4], and not above rule[2] p + rule[3] q + rule[4]; where this is infinite or NaN,
    nothing is known. Where not `rounded`, it is equal to both.

    Row j of y is the one of index first + j; for row i of x the index own + i does not count, unless own is -1.
    `ceilings` and `marks` are scratch of the size of best, for what is `rounded`.
    """
    _choose_part(pool, sums, x, y, of_x, of_y, rule, squared, rounded, first, own, best, places, ceilings, marks)


@in_parts
@kernel()
def _choose_part(
    begin: int, end: int, sums: Array, x: Array, y: Array, of_x: Doubles, of_y: Doubles, rule: Doubles, squared: bool,
    rounded: bool, first: int, own: int, best: Doubles, places: Indices, ceilings: Doubles, marks: Indices,
) -> None:  # fmt: skip
    low_slope, low_share, high_slope, high_share, spare = rule[0], rule[1], rule[2], rule[3], rule[4]
    terms = np.empty(8)
    start, stop = bounds(begin, end, sums.shape[0])
    for i in range(start, stop):
        skip = own + i - first if own >= 0 else -1
        most = np.inf
        if rounded:
            ceiling, mark = ceilings[i], marks[i]
            ceiling[:] = best[i]
            mark[:] = 0
            _lower(sums[i], of_y, of_x[i], high_slope, high_share, spare, skip, ceiling, mark)
            most = ceiling[0]
        _collect(
            sums[i], of_y, of_x[i], low_slope, low_share, spare, skip, most,
            x[i], y, squared, rounded, first, best[i], places[i], terms,
        )  # fmt: skip


@kernel()
def _lower(
    sums: Array, of_y: Doubles, base: float, slope: float, share: float, spare: float, skip: int, ceiling: Doubles,
    mark: Indices,
) -> None:  # fmt: skip
    """Bring the heap down to the smallest upper bounds: no smaller than its first is the k-th smallest sum."""
    for at in range(0, sums.size, _GLANCE):
        to = min(at + _GLANCE, sums.size)
        if _hopeful(sums[at:to], of_y[at:to], base, slope, share, -spare, ceiling[0]):
            for j in range(at, to):
                high = slope * sums[j] + share * (base + of_y[j]) + spare
                if high < ceiling[0] and j != skip:
                    _replace(ceiling, mark, high, 0)


@kernel()
def _collect(
    sums: Array, of_y: Doubles, base: float, slope: float, share: float, spare: float, skip: int, most: float,
    x: Array, y: Array, squared: bool, rounded: bool, first: int, best: Doubles, places: Indices, terms: Doubles,
) -> None:  # fmt: skip
    for at in range(0, sums.size, _GLANCE):
        to = min(at + _GLANCE, sums.size)
        if _hopeful(sums[at:to], of_y[at:to], base, slope, share, spare, min(most, best[0])):
            for j in range(at, to):
                value = slope * sums[j] + share * (base + of_y[j]) - spare
                if min(most, best[0]) < value < np.inf or j == skip:
                    continue
                if rounded:
                    value = exact(x, y[j], squared, terms)
                if value < best[0] or (value == best[0] and first + j < places[0]):
                    _replace(best, places, value, first + j)


@kernel()
def _hopeful(sums: Array, of_y: Doubles, base: float, slope: float, share: float, spare: float, most: float) -> int:
    """How many are not above `most`, or are unknown."""
    found = 0
    for j in range(sums.size):
        low = slope * sums[j] + share * (base + of_y[j]) - spare
        found += not most < low < np.inf
    return found


@kernel()
def _replace(values: Doubles, places: Indices, value: float, place: int) -> None:
    """Put a pair into a heap from which the first is taken away."""
    i, n = 0, values.size
    while 2 * i + 1 < n:
        j = 2 * i + 1
        if j + 1 < n and (values[j + 1] > values[j] or (values[j + 1] == values[j] and places[j + 1] > places[j])):
            j += 1
        if values[j] < value or (values[j] == value and places[j] < place):
            break
        values[i], places[i] = values[j], places[j]
        i = j
    values[i], places[i] = value, place


@kernel()
def exact(x: Array, y: Array, squared: bool, sums: Doubles) -> Any:
    """The sum of |x_t - y_t| or (x_t - y_t)^2 in double precision; `sums` is scratch for eight numbers.

    Eight sums, of the terms with t = 0, 1, ... 7 modulo 8, each from the first to the last, are added as
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)): the same on every machine.
    """
    whole = x.size - x.size % 8
    eighths(x, y, whole, squared, sums)
    for t in range(whole, x.size):
        difference = np.float64(x[t]) - np.float64(y[t])
        sums[t - whole] += difference * difference if squared else abs(difference)
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))


@threaded(_THREADS_FROM)
@kernel()
def sort(pool: int, best: Doubles, places: Indices) -> None:
    """Of heaps, one in each row, sorted rows."""
    _sort_part(pool, best, places)


@in_parts
@kernel()
def _sort_part(begin: int, end: int, best: Doubles, places: Indices) -> None:
    start, stop = bounds(begin, end, len(best))
    for i in range(start, stop):
        values, indices = best[i], places[i]
        for n in range(values.size - 1, 0, -1):
            value, index = values[n], indices[n]
            values[n], indices[n] = values[0], indices[0]
            _replace(values[:n], indices[:n], value, index)
