"""Numbers that are equal to PyTorch's in every bit: evenly spaced ones, and a number divided by a tensor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

FLOATS = ["float16", "float32", "float64"]


def equal(call: Any) -> None:
    found, wanted = (call(T).numpy() for T in (microdl, torch))
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", [*FLOATS, "int64", "uint8"])
@pytest.mark.parametrize("ends", [(1, 50, 300), (0, 1, 100), (0.5, 5.5, 1001), (0, 1, 1), (0, 1, 2), (0, 1, 0)])
def test_linspace(ends: tuple[Any, ...], dtype: str) -> None:
    equal(lambda T: T.linspace(*ends, dtype=getattr(T, dtype)))


@pytest.mark.parametrize("dtype", FLOATS)
def test_linspace_through_zero(dtype: str) -> None:
    equal(lambda T: T.linspace(-math.pi, math.pi, 2000, dtype=getattr(T, dtype)))
    equal(lambda T: T.linspace(3, -2, 17, dtype=getattr(T, dtype)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "bounds",
    [(0, 1, 0.01), (-3, 3, 0.1), (0, 50, 0.3), (1, 2, 0.001), (2.0, -3.0, -0.013), (-7.3, 5, 0.37), (0, 0, 0.1)],
)
def test_arange(bounds: tuple[Any, ...], dtype: str) -> None:
    equal(lambda T: T.arange(*bounds, dtype=getattr(T, dtype)))


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_number_divided_by_a_tensor(dtype: str) -> None:
    equal(lambda T: 7 / T.arange(1, 300, dtype=getattr(T, dtype)))
    equal(lambda T: T.div(7, T.arange(1, 300, dtype=getattr(T, dtype))))
    equal(lambda T: T.arange(1, 300, dtype=getattr(T, dtype)) / 7)


def test_a_number_divided_by_integers_and_its_step() -> None:
    equal(lambda T: 7 / T.arange(1, 60))
    for T in (microdl, torch):
        x = T.tensor([3.0], requires_grad=True)
        assert ((7 / x).grad_fn.name(), T.div(7, x).grad_fn.name()) == ("MulBackward0", "DivBackward0")
