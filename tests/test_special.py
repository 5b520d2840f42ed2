"""Special functions against recorded values, identities and their limits; they must not need SciPy or PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import microdl as torch
import microdl.special

INF, NAN = math.inf, math.nan
GAMMA = 0.5772156649015329  # Euler's constant


def at(call: Any, *values: float) -> list[float]:
    return call(torch.tensor(values, dtype=torch.float64)).tolist()


@pytest.mark.parametrize(
    ("call", "x", "expected"),
    [
        (torch.erf, 0.5, 0.5204998778130465),
        (torch.erf, 1e-300, 1.1283791670955126e-300),
        (torch.erfc, 10.0, 2.088487583762545e-45),
        (torch.erfinv, 0.5, 0.4769362762044699),
        (torch.erfinv, 1e-8, 8.862269254527581e-09),
        (torch.erfinv, 1 - 2.0**-53, 5.863584748755167),
        (torch.special.erfcx, 100.0, 0.005641613782989433),
        (torch.special.erfcx, -1.0, 5.00898008076228),
        (torch.special.ndtr, -10.0, 7.61985302416052e-24),
        (torch.special.log_ndtr, -100.0, -5005.524208694205),
        (torch.special.ndtri, 1e-10, -6.361340902404056),
        (torch.digamma, 1.0, -GAMMA),
        (torch.digamma, 0.5, -GAMMA - 2 * math.log(2)),
        (torch.digamma, -0.5, 2 - GAMMA - 2 * math.log(2)),
        (torch.lgamma, 0.5, math.log(math.pi) / 2),
        (torch.lgamma, 171.0, 706.5730622457874),
        (lambda x: torch.polygamma(1, x), 1.0, math.pi**2 / 6),
        (lambda x: torch.polygamma(1, x), 0.5, math.pi**2 / 2),
        (lambda x: torch.polygamma(3, x), 1.0, math.pi**4 / 15),
        (lambda x: torch.special.zeta(x, 1.0), 2.0, math.pi**2 / 6),
        (lambda x: torch.special.zeta(x, 1.0), 4.0, math.pi**4 / 90),
        (lambda x: torch.mvlgamma(x, 2), 2.0, 0.4515827052894548),
    ],
)
def test_known_values(call: Any, x: float, expected: float) -> None:
    (found,) = at(call, x)
    assert math.isclose(found, expected, rel_tol=1e-14), (found, expected)


def test_digamma_is_zero_at_its_zero() -> None:
    (found,) = at(torch.digamma, 1.4616321449683622)
    assert abs(found) < 1e-15


@pytest.mark.parametrize(
    ("call", "x", "expected"),
    [
        (torch.erfinv, [1.0, -1.0, 2.0, NAN], [INF, -INF, NAN, NAN]),
        (torch.special.ndtri, [0.0, 1.0, -1.0], [-INF, INF, NAN]),
        (torch.special.log_ndtr, [-INF, INF, NAN], [-INF, 0.0, NAN]),
        (torch.special.erfcx, [-INF, INF, NAN], [INF, 0.0, NAN]),
        (torch.digamma, [0.0, -0.0, -1.0, INF], [-INF, INF, NAN, INF]),
        (torch.lgamma, [0.0, -1.0, INF, 1e308, NAN], [INF, INF, INF, INF, NAN]),
        (torch.special.entr, [0.0, -1.0, NAN], [0.0, -INF, NAN]),
        (torch.logit, [0.0, 1.0, 2.0], [-INF, INF, NAN]),
        (torch.sinc, [0.0, NAN], [1.0, NAN]),
        (lambda x: torch.special.zeta(x, 1.0), [1.0, 0.5, NAN], [INF, NAN, NAN]),
        (lambda x: torch.xlogy(0.0, x), [0.0, INF, NAN], [0.0, 0.0, NAN]),
    ],
)
def test_ends(call: Any, x: list[float], expected: list[float]) -> None:
    np.testing.assert_array_equal(at(call, *x), expected)


def test_recurrences_hold_everywhere() -> None:
    x = torch.linspace(-7.3, 40.0, 400, dtype=torch.float64)
    for n in range(4):
        step = (-1) ** n * math.factorial(n) / x ** (n + 1)
        above, below = torch.polygamma(n, x + 1), torch.polygamma(n, x)
        assert ((above - below - step).abs() <= 1e-13 * (1 + step.abs() + below.abs())).all()


def test_inverses() -> None:
    x = torch.linspace(-5, 5, 101, dtype=torch.float64)
    np.testing.assert_allclose(torch.erfinv(torch.erf(x / 2)), x / 2, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(torch.special.ndtri(torch.special.ndtr(x)), x, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(torch.logit(torch.sigmoid(x)), x, rtol=1e-12, atol=1e-14)


def test_integers_become_floats() -> None:
    for name in ("erf", "lgamma", "digamma", "sinc", "logit"):
        assert getattr(torch, name)(torch.tensor([1, 2])).dtype is torch.float32
    assert torch.xlogy(torch.tensor([1]), torch.tensor([2])).dtype is torch.float32


def test_errors_carry_the_value() -> None:
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match="negative n, but n is -1"):
        torch.polygamma(-1, x)
    with pytest.raises(RuntimeError, match="greater than or equal to 1, but it is 0"):
        torch.mvlgamma(x, 0)
    with pytest.raises(TypeError, match=r"erf\(\): argument 'input'.*must be Tensor, not float"):
        torch.erf(1.0)
    y = torch.tensor([2.0], requires_grad=True)
    with pytest.raises(NotImplementedError, match="'zeta' is not implemented"):
        torch.special.zeta(y, x).sum().backward()


def test_special_has_the_other_names() -> None:
    assert microdl.special.psi is torch.digamma
    assert microdl.special.gammaln is torch.lgamma
    assert microdl.special.expit(torch.zeros(1)).item() == 0.5


def test_the_common_logarithm_of_powers_of_ten_is_whole() -> None:
    assert torch.log10(torch.tensor([10.0, 1e2, 1e3, 1e5])).tolist() == [1, 2, 3, 5]


def test_the_slope_of_sinc_next_to_zero() -> None:
    x = torch.tensor([1e-8, -1e-6, 1e-3, 0.0099999, 0.0100001], dtype=torch.float64, requires_grad=True)
    torch.sinc(x).sum().backward()
    y = np.pi * x.detach().numpy()
    series = -np.pi * (y / 3 - y**3 / 30 + y**5 / 840 - y**7 / 45360)
    np.testing.assert_allclose(x.grad.numpy(), series, rtol=1e-11)
