"""Poisson and binomial numbers and random projections, from the same seed, against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

_rng = np.random.default_rng(5)
RATES = np.abs(_rng.standard_normal(300)) * 20
COUNTS = np.floor(RATES * 4)
CHANCES = _rng.random(300)
DTYPES = [np.float64, np.float32]


def both(call: Any, *arrays: Any) -> tuple[Any, Any]:
    """The results of the two, and the next number of each stream, which shows that as much was drawn."""
    results = []
    for T in (microdl, torch):
        T.manual_seed(3)
        out = call(T, *(T.from_numpy(a.copy()) for a in arrays))
        out = list(out) if isinstance(out, tuple) else [out]
        results.append([t.numpy() for t in (*out, T.rand(1))])
    return results[0], results[1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_poisson(dtype: Any) -> None:
    ours, theirs = both(lambda T, x: T.poisson(x), RATES.astype(dtype))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_binomial(dtype: Any) -> None:
    for n, p in [(COUNTS, CHANCES), (COUNTS.reshape(6, 50), CHANCES[:50]), (COUNTS[:3], np.array([0.0, 1.0, 0.5]))]:
        ours, theirs = both(lambda T, a, b: T.binomial(a, b), n.astype(dtype), p.astype(dtype))
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)


def test_a_generator_of_its_own() -> None:
    ours, theirs = (T.poisson(T.full((5,), 3.0), T.Generator().manual_seed(9)).tolist() for T in (microdl, torch))
    assert ours == theirs


@pytest.mark.parametrize("shape", [(8, 5), (5, 8), (20, 12), (2, 6, 4)])
@pytest.mark.parametrize("call", [
    lambda T, x: T.svd_lowrank(x, q=3),
    lambda T, x: T.pca_lowrank(x, q=3),
    lambda T, x: T.pca_lowrank(x, q=2, center=False, niter=1),
])  # fmt: skip
def test_random_projections_up_to_the_signs(call: Any, shape: tuple[int, ...]) -> None:
    ours, theirs = both(call, _rng.standard_normal(shape))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.abs(a), np.abs(b), 1e-8, 1e-8, strict=True)
    u, s, v, _ = ours
    product = (u * s[..., None, :]) @ v.swapaxes(-1, -2)
    u, s, v, _ = theirs
    np.testing.assert_allclose(product, (u * s[..., None, :]) @ v.swapaxes(-1, -2), 1e-8, 1e-8)
