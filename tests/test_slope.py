"""Slopes by differences against known derivatives: the bars hold the true error, kinks and jumps are told as such."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microdl.testing.slope import Line, Slope, slope
from microdl.testing.verdict import compare

NEAR = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
SMOOTH: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "square": (np.square, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "log of 1 + exp": (lambda x: np.logaddexp(0, x), lambda x: 1 / (1 + np.exp(-x))),
    "ratio": (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) / (1 + x * x)),
    "linear": (lambda x: 3 * x + 1, lambda x: 3.0),
    "constant": (lambda x: 0 * x + 2, lambda x: 0.0),
}
POINTS = (0.0, 0.3, -0.7, 1.0, -2.5, 4.0, -11.0, 30.0, 1e-3, 1e-9, -1e-12)


def line(f: Callable[[float], Any], x: float, **more: Any) -> Line:
    def at(t: float) -> Any:
        with np.errstate(all="ignore"):
            return np.atleast_1d(np.asarray(f(np.float64(x) + t), np.float64))

    size = max(1.0, 2.0 ** round(math.log2(abs(x)))) if x else 1.0
    least = 2.0 ** math.floor(math.log2(abs(x))) if 0 < abs(x) < 2**-4 else 0.0
    return Line(at, np.ones(1), size, least, **more)


def known(name: str, x: float) -> tuple[Callable[..., Any], float]:
    f, derivative = SMOOTH[name]
    with np.errstate(all="ignore"):
        return f, float(derivative(np.float64(x)))


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("x", POINTS)
def test_bars_hold_the_error(name: str, x: float) -> None:
    f, exact = known(name, x)
    found = slope(line(f, x, inner=abs(x * exact), largest=abs(exact)))
    assert found.status in ("smooth", "inconclusive")
    if found.status == "smooth":
        hidden = 0.0 if found.hidden is None else float(found.hidden().sum())
        assert abs(found.value - exact) <= found.loose + hidden + 1e-15 * abs(exact)
        assert found.tight <= found.loose
        assert found.loose <= 1e-2 * max(abs(exact), abs(float(f(x))), 1e-6)
    assert compare(line(f, x, inner=abs(x * exact), largest=abs(exact)), exact).status != "wrong"


@pytest.mark.parametrize("x", [0.3, -0.7, 1.0, -2.5, 4.0])
@pytest.mark.parametrize("name", ["exp", "sin", "tanh", "square", "cube", "ratio"])
@pytest.mark.parametrize("factor", [1 + 1e-5, 1 - 1e-5, 2.0, -1.0, 0.0, math.nan, math.inf])
def test_a_wrong_derivative(name: str, x: float, factor: float) -> None:
    f, exact = known(name, x)
    assert compare(line(f, x, inner=abs(x * exact), largest=abs(exact)), exact * factor).status == "wrong"


KINKS: list[tuple[Callable[[Any], Any], float, float, float]] = [
    (np.abs, 0.0, -1.0, 1.0),
    (lambda x: np.maximum(x, 0), 0.0, 0.0, 1.0),
    (lambda x: np.maximum(x, 0.1 * x), 0.0, 0.1, 1.0),
    (lambda x: np.minimum(x * x, x), 1.0, 1.0, 2.0),
    (lambda x: np.abs(x - 3) + np.sin(x), 3.0, math.cos(3) - 1, math.cos(3) + 1),
    (lambda x: np.abs(np.sin(x)) * 100, 0.0, -100.0, 100.0),
]


@pytest.mark.parametrize(("f", "x", "low", "high"), KINKS)
def test_a_kink_takes_what_lies_between_its_sides(f: Any, x: float, low: float, high: float) -> None:
    found = slope(line(f, x))
    assert found.status == "kink"
    assert found.low == pytest.approx(low, abs=1e-6 * max(1, abs(low)))
    assert found.high == pytest.approx(high, abs=1e-6 * max(1, abs(high)))
    for gradient in (low, high, (low + high) / 2):
        assert compare(line(f, x), gradient).status == "kink"
    for gradient in (low - 0.1 * (high - low), high + 0.1 * (high - low), math.nan):
        assert compare(line(f, x), gradient).status == "wrong"


@pytest.mark.parametrize("distance", NEAR)
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("at", [0.0, 1.0])
def test_near_a_kink(distance: float, side: int, at: float) -> None:
    """The slope is that of its own side; it is never said to be wrong, however near the kink is."""

    def f(x: Any) -> Any:
        return np.abs(x - at) + 2 * x

    x = at + side * distance
    exact = 2.0 + np.sign(x - at)
    assert compare(line(f, x), float(exact)).status in ("smooth", "kink", "inconclusive")
    assert compare(line(f, x), 5.0).status in ("wrong", "inconclusive")
    if distance >= 1e-7:
        assert compare(line(f, x), 2.0 - np.sign(x - at)).status != "smooth"


def jump(x: Any) -> Any:
    return np.where(x >= 0, 1.0, -1.0)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (jump, 0.0),
        (np.sign, 0.0),
        (np.floor, 2.0),
        (np.cbrt, 0.0),
        (lambda x: np.sign(x) * np.sqrt(np.abs(x)), 0.0),
        (lambda x: np.where(x == 1, 0.0, np.nan), 1.0),
    ],
)
def test_where_there_is_no_slope(f: Any, x: float) -> None:
    assert slope(line(f, x)).status == "skipped"
    for gradient in (0.0, 1.0, 1e9):
        assert compare(line(f, x), gradient).status in ("skipped", "inconclusive")


@pytest.mark.parametrize(
    ("f", "x", "exact"),
    [
        (lambda x: np.sqrt(x) ** 3, 0.0, 0.0),
        (np.arcsin, 1e-3 - 1, 1 / math.sqrt(1 - (1e-3 - 1) ** 2)),
        (np.log, 1e-6, 1e6),
        (np.sqrt, 1e-8, 0.5e4),
        (lambda x: 1 / x, 1e-5, -1e10),
        (lambda x: x * np.log(x), 1.0, 1.0),
    ],
)
def test_at_the_edge_of_the_domain(f: Any, x: float, exact: float) -> None:
    found = compare(line(f, x), exact)
    assert found.status in ("smooth", "kink", "inconclusive")
    if exact:
        assert compare(line(f, x), -exact).status in ("wrong", "inconclusive")


@pytest.mark.parametrize("x", [1e3, -1e5, 1e12, 1e30, 1e100, 1e-30, 1e-100, 5e-324])
@pytest.mark.parametrize("name", ["square", "tanh", "linear", "ratio"])
def test_huge_and_tiny(name: str, x: float) -> None:
    f, exact = known(name, x)
    found = compare(line(f, x, inner=abs(x * exact), largest=abs(exact)), exact)
    assert found.status != "wrong"
    assert name != "linear" or found.status == "smooth"


def test_noise_widens_the_bar() -> None:
    """Values rounded to float32 decide less, and raise no alarm."""

    def rounded(x: Any) -> Any:
        return np.sin(x).astype(np.float32)

    for x in (0.3, 1.0, -2.5):
        noisy = line(rounded, x, epsilon=2.0**-24)
        found = slope(noisy)
        assert found.status in ("smooth", "inconclusive")
        if found.status == "smooth":
            assert abs(found.value - math.cos(x)) <= found.loose
        assert found.loose > slope(line(np.sin, x)).loose
        assert compare(noisy, math.cos(x)).status != "wrong"
        assert compare(noisy, 2 * math.cos(x)).status == "wrong"


def test_several_outputs_are_weighted() -> None:
    def at(t: float) -> Any:
        return np.array([math.sin(0.5 + t), abs(t), 7.0])

    found = slope(Line(at, np.array([2.0, 0.0, 3.0])))
    assert (found.status, found.value) == ("smooth", pytest.approx(2 * math.cos(0.5), rel=1e-9))
    found = slope(Line(at, np.array([2.0, -3.0, 3.0])))
    assert found.status == "kink"
    assert found.high - found.low == pytest.approx(6)


def test_an_output_that_stays_nan_does_not_count() -> None:
    def at(t: float) -> Any:
        return np.array([math.nan, 3 * t])

    found = slope(Line(at, np.array([1.0, 2.0])))
    assert (found.status, found.value) == ("smooth", pytest.approx(6.0))


def test_distance_is_zero_between_the_sides() -> None:
    sides = Slope(low=-1.0, high=2.0)
    assert [sides.distance(v) for v in (-1.0, 0.0, 2.0, 2.5, -3.0)] == [0, 0, 0, 0.5, 2]


def test_a_slope_that_drowns_in_what_cancels_is_not_taken_for_zero() -> None:
    """30 + log(1 + 2.5e-13) - 30 moves a few roundings of 30 at the largest step, and then stands still."""
    cancels = lambda x: 30 + np.log1p(2.5e-13 * np.exp(x)) - 30  # noqa: E731
    assert compare(line(cancels, 0.0), 2.5e-13).status == "wrong"  # nothing tells that 30 was there
    assert compare(line(cancels, 0.0, reach=30.0), 2.5e-13).status != "wrong"
    still = lambda x: 100 + np.log1p(1e-43 * np.exp(x)) - 100  # noqa: E731
    touched = lambda: np.ones(1, bool)  # noqa: E731
    assert compare(line(still, 0.0, touched=touched), 1e-43).status == "wrong"
    assert compare(line(still, 0.0, touched=touched, reach=100.0), 1e-43).status != "wrong"
    assert compare(line(still, 0.0, touched=touched, reach=100.0), 1e-9).status == "wrong"
