"""`torch.distributions` against what PyTorch printed, against integrals, and its errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import distributions as D
from microdl.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Exponential,
    Independent,
    Laplace,
    MultivariateNormal,
    Normal,
    OneHotCategorical,
    Poisson,
    Uniform,
    constraints,
    kl_divergence,
    register_kl,
)  # fmt: skip

GRID = torch.linspace(-30, 30, 60001).double()
CONTINUOUS = [Normal(0.5, 1.5), Uniform(-1.0, 2.0), Exponential(0.8), Laplace(-0.5, 1.2)]


@pytest.mark.parametrize("d", CONTINUOUS)
def test_a_density_gives_its_moments_and_its_entropy(d: Any) -> None:
    inside = d.support.check(GRID) & (GRID < 2 if isinstance(d, Uniform) else GRID == GRID)
    x = GRID[inside]
    density = d.log_prob(x).exp()
    step = 0.001

    def integral(values: Any) -> float:
        return float((values * density * step).sum())

    assert integral(torch.ones_like(x)) == pytest.approx(1, abs=2e-3)
    assert integral(x) == pytest.approx(d.mean.item(), abs=5e-3)
    assert integral((x - d.mean) ** 2) == pytest.approx(d.variance.item(), abs=5e-3)
    assert integral(-d.log_prob(x)) == pytest.approx(d.entropy().item(), abs=5e-3)
    near = x[x.abs() < 3].float()
    assert np.allclose(d.icdf(d.cdf(near)), near, atol=1e-2)


@pytest.mark.parametrize("d", [Bernoulli(0.3), Categorical(torch.tensor([1.0, 2.0, 5.0]))])
def test_probabilities_sum_to_one(d: Any) -> None:
    logs = d.log_prob(d.enumerate_support())
    assert logs.exp().sum().item() == pytest.approx(1, rel=1e-6)
    assert -(logs * logs.exp()).sum().item() == pytest.approx(d.entropy().item(), rel=1e-6)


@pytest.mark.parametrize("d", [*CONTINUOUS, Bernoulli(0.3), Poisson(2.5)])
def test_samples_have_the_moments(d: Any) -> None:
    torch.manual_seed(1)
    x = d.sample((20000,))
    assert x.mean().item() == pytest.approx(d.mean.item(), abs=4 * d.stddev.item() / math.sqrt(20000))
    assert x.var().item() == pytest.approx(d.variance.item(), rel=0.1)


def test_samples_are_pytorchs() -> None:
    def drawn(d: Any) -> Any:
        torch.manual_seed(0)
        return d.sample((3,)).tolist()

    assert drawn(Normal(0.0, 1.0)) == pytest.approx([1.540996, -0.293429, -2.178789], abs=1e-5)
    assert drawn(Exponential(2.0))[:2] == pytest.approx([1.7542, 0.6152], abs=1e-4)
    assert drawn(Laplace(0.0, 1.0)) == pytest.approx([-0.0075, 0.7688, -1.7319], abs=1e-4)
    assert drawn(Categorical(torch.tensor([0.1, 0.2, 0.7]))) == [2, 2, 2]
    assert drawn(Poisson(2.0)) == [6.0, 2.0, 1.0]


def test_a_policy_gradient_and_a_reparametrized_one() -> None:
    logits = torch.zeros(3, requires_grad=True)
    (-Categorical(logits=logits).log_prob(torch.tensor(1))).backward()
    assert logits.grad.tolist() == pytest.approx([1 / 3, -2 / 3, 1 / 3], rel=1e-6)
    scale = torch.tensor(2.0, requires_grad=True)
    torch.manual_seed(0)
    Normal(0.0, scale).rsample().backward()
    assert scale.grad.item() == pytest.approx(1.540996, rel=1e-6)
    assert not Normal(0.0, scale).sample().requires_grad


def test_the_three_matrices_of_a_normal_of_vectors() -> None:
    covariance = torch.tensor([[2.0, 0.5], [0.5, 1.0]])
    value = torch.tensor([0.3, -0.7])
    expected = -0.5 * (value @ covariance.inverse() @ value + covariance.logdet() + 2 * math.log(2 * math.pi))
    forms: list[dict[str, Any]] = [
        {"covariance_matrix": covariance},
        {"precision_matrix": covariance.inverse()},
        {"scale_tril": torch.linalg.cholesky(covariance)},
    ]
    for form in forms:
        m = MultivariateNormal(torch.zeros(2), **form)
        assert m.log_prob(value).item() == pytest.approx(expected.item(), rel=1e-5)
        assert np.allclose(m.covariance_matrix, covariance, atol=1e-6)
        assert np.allclose(m.precision_matrix, covariance.inverse(), atol=1e-6)
        assert np.allclose(m.variance, [2.0, 1.0], atol=1e-6)


def test_divergence_is_the_mean_of_the_difference_of_densities() -> None:
    torch.manual_seed(0)
    pairs = [
        (Normal(0.0, 1.0), Normal(0.5, 1.5)),
        (Laplace(0.0, 1.0), Laplace(0.5, 1.5)),
        (Exponential(1.0), Exponential(2.0)),
        (Poisson(2.0), Poisson(3.0)),
        (Uniform(0.0, 1.0), Uniform(-1.0, 2.0)),
        (Uniform(0.0, 1.0), Normal(0.0, 1.0)),
        (Bernoulli(0.3), Bernoulli(0.6)),
        (Categorical(torch.tensor([0.2, 0.3, 0.5])), Categorical(torch.ones(3))),
        (
            MultivariateNormal(torch.zeros(2), torch.eye(2)),
            MultivariateNormal(torch.ones(2), 2 * torch.eye(2)),
        ),
        (
            Independent(Normal(torch.zeros(2), 1.0), 1),
            Independent(Normal(torch.ones(2), 1.0), 1),
        ),
    ]
    for p, q in pairs:
        x = p.sample((40000,))
        assert kl_divergence(p, q).item() == pytest.approx((p.log_prob(x) - q.log_prob(x)).mean().item(), abs=0.03)
    assert kl_divergence(Normal(0.0, 1.0), Uniform(0.0, 1.0)).item() == math.inf
    assert kl_divergence(Bernoulli(0.5), Bernoulli(1.0)).item() == math.inf


def test_a_formula_of_ones_own() -> None:
    class Mine(Distribution):
        arg_constraints = {}  # noqa: RUF012

    with pytest.raises(NotImplementedError, match=r"No KL\(p \|\| q\) is implemented for p type Mine and q type Mine"):
        kl_divergence(Mine(), Mine())
    register_kl(Mine, Mine)(lambda p, q: torch.tensor(0.25))
    assert kl_divergence(Mine(), Mine()).item() == 0.25
    for ask in ("mean", "variance", "mode"):
        with pytest.raises(NotImplementedError, match=f"Mine has no {ask}"):
            getattr(Mine(), ask)
    with pytest.raises(NotImplementedError, match="use sample"):
        Mine().rsample()


def test_checks_can_be_turned_off() -> None:
    with pytest.raises(ValueError, match=r"scale .* to satisfy the constraint GreaterThan\(lower_bound=0.0\)"):
        Normal(0.0, -1.0)
    assert Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    Distribution.set_default_validate_args(False)
    try:
        assert Normal(0.0, -1.0).scale.item() == -1
    finally:
        Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="True or False"):
        Distribution.set_default_validate_args(3)  # type: ignore[arg-type]


def test_shapes_and_expansion() -> None:
    n = Normal(torch.zeros(3), torch.ones(2, 1))
    assert (n.batch_shape, n.event_shape) == ((2, 3), ())
    assert n.expand((4, 2, 3)).sample((5,)).shape == (5, 4, 2, 3)
    assert Categorical(torch.ones(2, 3)).expand((5, 2)).log_prob(torch.tensor(0)).shape == (5, 2)
    assert OneHotCategorical(torch.ones(2, 3)).expand((5, 2)).sample().shape == (5, 2, 3)
    assert MultivariateNormal(torch.zeros(2), torch.eye(2)).expand((3,)).rsample((4,)).shape == (4, 3, 2)
    assert Independent(n, 1).expand((7, 2)).log_prob(torch.zeros(3)).shape == (7, 2)
    assert n.sample_n(2).shape == (2, 2, 3)
    with pytest.raises(ValueError, match="Value is not broadcastable"):
        n.log_prob(torch.zeros(4))


def test_what_is_shown() -> None:
    assert repr(Normal(0.0, 1.0)) == "Normal(loc: 0.0, scale: 1.0)"
    c = Categorical(torch.ones(2))
    assert repr(c) == "Categorical(probs: torch.Size([2]))"
    c.entropy()
    assert repr(c) == "Categorical(probs: torch.Size([2]), logits: torch.Size([2]))"
    assert repr(Independent(Normal(torch.zeros(2), 1.0), 1)).startswith("Independent(Normal(loc: torch.Size([2])")


@pytest.mark.parametrize(
    ("constraint", "value", "inside"),
    [
        (constraints.real, [math.nan, math.inf], [False, True]),
        (constraints.simplex, [[0.5, 0.5], [0.5, 0.6]], [True, False]),
        (constraints.one_hot, [[0.0, 1.0], [1.0, 1.0]], [True, False]),
        (constraints.lower_cholesky, [[[1.0, 0.0], [2.0, 1.0]], [[1.0, 1.0], [0.0, 1.0]]], [True, False]),
        (constraints.positive_definite, [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]], [True, False]),
        (constraints.nonnegative_integer, [0.0, 0.5, -1.0], [True, False, False]),
        (constraints.real_vector, [[0.0, math.nan], [1.0, 2.0]], [False, True]),
        (constraints.less_than(1.0), [0.0, 1.0], [True, False]),
    ],
)
def test_constraints(constraint: Any, value: Any, inside: list[bool]) -> None:
    assert constraint.check(torch.tensor(value)).tolist() == inside


EXPECTED: dict[str, Any] = {
    "gamma": [0.0003946791, 0.02207546, 0.171638],
    "beta": [0.6726441, 0.3900394, 0.3039484],
    "dirichlet": [0.06942087, 0.9305791],
    "student": [1.371144, -0.3094602, -3.371132],
    "gumbel": [1.711458, 3.666061, -0.7716695],
    "binomial": [9.0, 6.0, 5.0],
    "relaxed": [0.1512869, 0.668631, 0.00172753],
}


def test_samples_made_of_gamma_numbers_are_pytorchs() -> None:
    def drawn(d: Any) -> Any:
        torch.manual_seed(0)
        return d.sample((3,)).tolist()

    assert drawn(D.Gamma(0.5, 2.0)) == pytest.approx(EXPECTED["gamma"], rel=1e-5)
    assert drawn(D.Beta(2.0, 3.0)) == pytest.approx(EXPECTED["beta"], rel=1e-5)
    assert drawn(D.Dirichlet(torch.tensor([0.5, 5.0])))[2] == pytest.approx(EXPECTED["dirichlet"], rel=1e-5)
    assert drawn(D.StudentT(3.0)) == pytest.approx(EXPECTED["student"], rel=1e-5)
    assert drawn(D.Gumbel(1.0, 2.0)) == pytest.approx(EXPECTED["gumbel"], rel=1e-5)
    assert drawn(D.Binomial(20, torch.tensor(0.3))) == EXPECTED["binomial"]
    assert drawn(D.RelaxedBernoulli(torch.tensor(0.5), 0.3)) == pytest.approx(EXPECTED["relaxed"], rel=1e-5)


@pytest.mark.parametrize("shape", [0.3, 1.0, 4.0, 2000.0])
def test_the_mean_of_gamma_numbers_has_the_slope_1(shape: float) -> None:
    torch.manual_seed(0)
    a = torch.full((4000,), shape, dtype=torch.float64, requires_grad=True)
    D.Gamma(a, 1.0).rsample().sum().backward()
    error = a.grad.std().item() / 4000**0.5
    assert a.grad.mean().item() == pytest.approx(1, abs=4 * error + 1e-3)
    (g,) = torch.autograd.grad(D.Gamma(a[:2], 1.0).rsample().sum(), a, create_graph=True)
    with pytest.raises(NotImplementedError, match="_standard_gamma_grad"):
        g.sum().backward()


@pytest.mark.parametrize("sum_to_one", [D.Dirichlet(torch.tensor([0.5, 2.0, 3.0])), D.Beta(0.7, 2.0)])
def test_the_mean_of_dirichlet_vectors_has_its_slope(sum_to_one: Any) -> None:
    torch.manual_seed(0)
    a = torch.tensor([0.7, 2.0], dtype=torch.float64, requires_grad=True)
    wide = a.expand(4000, 2)
    samples = D.Dirichlet(wide).rsample()[:, 0].mean()
    (slope,) = torch.autograd.grad(samples, a)
    assert slope.tolist() == pytest.approx([2.0 / 2.7**2, -0.7 / 2.7**2], abs=0.01)
    value = sum_to_one.sample((500,))
    assert sum_to_one.support.check(value).all()


def test_a_cache_makes_the_inverse_exact() -> None:
    x = torch.tensor([20.0])
    for size, expected in ((0, math.inf), (1, 20.0)):
        t = D.TanhTransform(cache_size=size)
        assert t.inv(t(x)).item() == expected
    t = D.ComposeTransform([D.ExpTransform(), D.AffineTransform(0.0, 2.0)]).with_cache()
    assert t.inv(t(x)) is x
    assert t == D.ComposeTransform([D.ExpTransform(), D.AffineTransform(0.0, 2.0)])
    assert t.inv != t
    assert t.inv.inv is t
