"""The nearest rows equal those of brute force in NumPy, exactly: bytes and floats, ties, blocks, threads."""

from __future__ import annotations

import os
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of

from microdl import kernels
from microdl.kernels import _pairs, _selection, _threads, distance
from microdl.kernels._compile import kernel

from . import neighbours_reference as reference

ONLY_COMPILED = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="threads, machine code")


def check(x: Any, y: Any, k: int, squared: bool, own: bool = False) -> None:
    found, places = distance.nearest(x, y, k, squared, own)
    sums, order = reference.nearest(x, y, k, squared, own)
    np.testing.assert_array_equal(places, order)
    np.testing.assert_array_equal(found, sums)


@st.composite
def matrices(draw: Any) -> tuple[Any, Any]:
    width = draw(st.integers(1, 20) | st.sampled_from([63, 64, 65, 130]))
    dtype = draw(st.sampled_from([np.uint8, np.float32, np.float64]))
    few = draw(st.booleans())  # few values make many ties
    if dtype is np.uint8:
        elements = st.integers(0, 3 if few else 255)
    elif few:
        elements = st.sampled_from([-1.0, 0.0, 0.5, 2.0])
    else:
        elements = st.floats(allow_nan=False, allow_infinity=False, width=np.dtype(dtype).itemsize * 8)
    x, y = (draw(of.arrays(dtype, (draw(st.integers(1, 9)), width), elements=elements)) for _ in range(2))
    return x, y


@given(matrices(), st.booleans(), st.data())
def test_equal_to_brute_force(pair: tuple[Any, Any], squared: bool, data: Any) -> None:
    x, y = pair
    check(x, y, data.draw(st.integers(1, len(y))), squared)


@given(matrices(), st.booleans(), st.data())
def test_without_itself(pair: tuple[Any, Any], squared: bool, data: Any) -> None:
    y = np.concatenate(pair)
    check(y, y, data.draw(st.integers(1, len(y) - 1)), squared, own=True)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("small", [True, pytest.param(False, marks=ONLY_COMPILED)])
def test_several_blocks_of_queries_and_of_rows(
    dtype: Any, squared: bool, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if small:
        monkeypatch.setattr(distance, "_CHUNK", 20)
        monkeypatch.setattr(distance, "_QUERIES", 8)
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, (2 * distance._CHUNK + 7, 3)).astype(dtype)
    check(values[: distance._QUERIES + 5], values, 12, squared)
    check(values, values, 3, squared, own=True)


@pytest.mark.parametrize("squared", [False, True])
def test_all_of_the_rows_may_be_asked_for(squared: bool) -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 256, (200, 7), np.uint8)
    check(y[:3], y, len(y), squared)
    check(y[:3].astype(np.float32), y.astype(np.float32), len(y), squared)


@pytest.mark.parametrize("squared", [False, True])
def test_the_farthest_pairs_do_not_overflow(squared: bool) -> None:
    width = distance._DEPTH + 300
    y = np.zeros((3, width), np.uint8)
    y[1], y[2, ::2] = 255, 255
    check(255 - y, y, 3, squared)


@pytest.mark.parametrize("squared", [False, True])
def test_rows_longer_than_the_product_by_tiles_takes(squared: bool) -> None:
    rng = np.random.default_rng(2)
    y = rng.standard_normal((30, 8200), np.float32)
    check(y[:12], y, 4, squared)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("scale", "offset"), [(1, 0), (1, 1e6), (1e-30, 0), (1e30, 0), (1e-3, 1.0), (1e-40, 0), (3e37, 0)]
)
def test_floats_of_any_size(dtype: Any, scale: float, offset: float, squared: bool) -> None:
    """Where the quick sums say little, or nothing because they overflow, the exact ones decide."""
    rng = np.random.default_rng(3)
    y = (rng.standard_normal((200, 40)) * scale + offset).astype(dtype)
    y[rng.integers(0, 200, 60)] = y[rng.integers(0, 200, 60)]
    check(y[:50], y, 5, squared)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clusters_far_from_each_other(dtype: Any, squared: bool) -> None:
    """No centre suits both, and the products round by more than the distances within a cluster."""
    rng = np.random.default_rng(7)
    y = (rng.standard_normal((80, 30)) / 1000 + rng.choice([-1e4, 1e4], (80, 1))).astype(dtype)
    check(y[:20], y, 6, squared)


def test_sums_that_overflow_are_infinite_and_the_first_come_first() -> None:
    y = np.array([[1e308, 1e308], [-1e308, -1e308], [1e308, -1e308], [0, 0]])
    for squared in (False, True):
        check(y, y, 4, squared)
        check(y, y, 3, squared, own=True)


def test_neighbours_that_single_precision_confuses() -> None:
    """Ten rows whose distances differ by 1e-9 of them."""
    rng = np.random.default_rng(4)
    y = np.full((10, 500), 0.25, np.float32)
    y[np.arange(10), rng.permutation(10)] += np.float32(2**-22) * np.arange(10, dtype=np.float32)
    for squared in (False, True):
        check(np.zeros((1, 500), np.float32), y, 10, squared)


def test_arrays_of_any_layout() -> None:
    rng = np.random.default_rng(5)
    for dtype in (np.uint8, np.float32):
        y = rng.integers(0, 256, (90, 33)).astype(dtype)
        frozen = y.copy()
        frozen.flags.writeable = False
        for squared in (False, True):
            expected = distance.nearest(y[::3], y, 4, squared)
            for other in (frozen, np.asfortranarray(y), np.repeat(y, 2, 1)[:, ::2]):
                found = distance.nearest(other[::3], other, 4, squared)
                assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@ONLY_COMPILED
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_the_number_of_threads_changes_nothing(dtype: Any, squared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    y = rng.integers(0, 256, (300, 500)).astype(dtype)
    if dtype is not np.uint8:
        y += rng.random((300, 500)).astype(dtype)
    expected = reference.nearest(y[:90], y, 9, squared)
    monkeypatch.setattr(_threads, "available_cpus", lambda: 4)
    _threads._pool.close()
    for number in (1, 2, 3, 4):
        monkeypatch.setattr(kernels, "_num_threads", number)
        _threads._begin_anew()
        try:
            found = distance.nearest(y[:90], y, 9, squared)
        finally:
            _threads._pool.close()
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    _threads._begin_anew()


def test_progress_counts_the_queries() -> None:
    y = np.zeros((1100, 2), np.uint8)
    told: list[int] = []
    distance.nearest(y, y[:3], 1, False, tell=told.append)
    assert sum(told) == 1100
    assert len(told) > 1


# --- parts -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 3), st.booleans(), st.data())
def test_tiles_of_pairs(m: int, n: int, vectors: int, signed: bool, data: Any) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, y = (rng.integers(0, 256, (rows, vectors * _pairs.SIZE), np.uint8) for rows in (m, n))
    x = x.view(np.int8) if signed else x
    i, j = data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, n - 1))
    to, expected = np.zeros(_pairs.PLACES), np.zeros(_pairs.PLACES)
    _one_tile(x, i, y, j, to)
    _pairs.pair_sums(x, i, y, j, expected)
    used = _pairs.ROWS * _pairs.COLUMNS
    np.testing.assert_array_equal(to[:used], expected[:used])


@kernel()
def _one_tile(x: Any, i: int, y: Any, j: int, to: Any) -> None:
    _pairs.pair_sums(x, i, y, j, to)


ALL_UNITS = [
    *[_pairs.Unit(64, 4, 4, "quads"), _pairs.Unit(64, 4, 4, "pairs"), _pairs.Unit(32, 2, 4, "quads")],
    *[_pairs.Unit(32, 2, 4, "pairs"), _pairs.Unit(16, 2, 4, "pairs"), _pairs.Unit(16, 2, 2, "any")],
]
NEEDED = {64: "avx512bw", 32: "avx2"}


@ONLY_COMPILED
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("unit", ALL_UNITS, ids=lambda unit: f"{unit.size}-{unit.products}")
def test_tiles_of_the_processors_that_this_one_can_be(unit: Any, signed: bool) -> None:
    features, lesser = _pairs._features(), unit.products == "any"
    quads = unit.products != "quads" or {"avx512vnni", "avxvnni"} & set(features)
    if not (lesser or (_pairs.UNIT.products != "any" and NEEDED.get(unit.size, "sse2") in features and quads)):
        pytest.skip("this machine has no such instructions")
    emit = _pairs._tiles_of(unit)

    @numba.njit  # type: ignore[untyped-decorator]
    def tile(x: Any, i: int, y: Any, j: int, to: Any) -> None:
        emit(x, i, y, j, to)

    rng = np.random.default_rng(0)
    x, y = (rng.integers(0, 256, (rows, 2 * unit.size), np.uint8) for rows in (5, 6))
    x = x.view(np.int8) if signed else x
    to = np.empty(_pairs.PLACES)
    for i, j in ((0, 0), (1, 2), (4, 5)):
        tile(x, i, y, j, to)
        a = x[np.minimum(np.arange(i, i + unit.rows), 4), None].astype(int)
        b = y[np.minimum(np.arange(j, j + unit.columns), 5)].astype(int)
        expected = (a * b if signed else abs(a - b)).sum(-1)
        assert to[: expected.size].tolist() == expected.ravel().tolist()


@pytest.mark.parametrize(
    ("machine", "features", "unit"),
    [
        ("x86_64", ["avx512f", "avx512bw", "avx512vnni", "avx2"], (64, 4, 4, "quads")),
        ("AMD64", ["avx512f", "avx512bw", "avx2"], (64, 4, 4, "pairs")),
        ("x86_64", ["avx2", "avxvnni"], (32, 2, 4, "quads")),
        ("x86_64", ["avx512f", "avx2"], (32, 2, 4, "pairs")),
        ("x86_64", [], (16, 2, 4, "pairs")),
        ("arm64", ["neon"], (16, 2, 2, "any")),
    ],
)
def test_what_processors_have_for_pairs(machine: str, features: list[str], unit: Any) -> None:
    assert _pairs.unit_of(machine, features) == _pairs.Unit(*unit)


@given(of.arrays(np.float64, st.integers(1, 30), elements=st.sampled_from([0.0, 1.0, 2.0, 3.5])), st.integers(1, 8))
def test_a_heap_keeps_the_smallest_pairs(values: Any, k: int) -> None:
    best, places = np.full((1, k), np.inf), np.full((1, k), 99)
    for place, value in enumerate(values):
        if (value, place) < (best[0, 0], places[0, 0]):
            _selection._replace(best[0], places[0], value, place)
        assert all(best[0, i] <= best[0, (i - 1) // 2] for i in range(1, k))
    _selection.sort(best, places)
    order = np.argsort(values, kind="stable")[:k]
    assert places[0].tolist() == [*order, *[99] * (k - len(order))]
