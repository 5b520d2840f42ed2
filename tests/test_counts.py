"""Poisson and binomial numbers: PyTorch's for a seed, moments, errors; and projections that find the directions."""

from __future__ import annotations

import pytest

import microdl as torch


def test_recorded_numbers() -> None:
    """PyTorch 2.13 after manual_seed(0)."""
    torch.manual_seed(0)
    assert torch.poisson(torch.tensor([2.0, 4.0, 100.0])).tolist() == [6, 4, 96]
    torch.manual_seed(0)
    assert torch.binomial(torch.tensor([10.0, 100.0]), torch.tensor([0.5, 0.25])).tolist() == [7, 26]


@pytest.mark.parametrize("rate", [0.5, 9.0, 11.0, 200.0])
def test_poisson_mean_is_its_variance(rate: float) -> None:
    x = torch.poisson(torch.full((4000,), rate), torch.Generator().manual_seed(1))
    assert abs(x.mean().item() - rate) < 5 * (rate / 4000) ** 0.5
    assert abs(x.var().item() / rate - 1) < 0.15


@pytest.mark.parametrize(("n", "p"), [(10.0, 0.2), (10.0, 0.9), (200.0, 0.3), (200.0, 0.7)])
def test_binomial_moments(n: float, p: float) -> None:
    x = torch.binomial(torch.full((4000,), n), torch.tensor(p), torch.Generator().manual_seed(1))
    variance = n * p * (1 - p)
    assert abs(x.mean().item() - n * p) < 5 * (variance / 4000) ** 0.5
    assert abs(x.var().item() / variance - 1) < 0.15
    assert 0 <= x.min().item() <= x.max().item() <= n


def test_certain_results_draw_nothing() -> None:
    torch.manual_seed(0)
    assert torch.binomial(torch.tensor([0.0, 5.0, 5.0]), torch.tensor([0.5, 0.0, 1.0])).tolist() == [0, 0, 5]
    assert torch.poisson(torch.zeros(3)).tolist() == [0, 0, 0]
    assert torch.rand(1).item() == pytest.approx(0.4962565898895264)


def test_gradients_are_zero() -> None:
    rate = torch.tensor([3.0], requires_grad=True)
    torch.poisson(rate).backward()
    assert rate.grad.tolist() == [0]


def test_errors_carry_the_value() -> None:
    with pytest.raises(RuntimeError, match="invalid Poisson rate.*the least is -1"):
        torch.poisson(torch.tensor([-1.0]))
    with pytest.raises(NotImplementedError, match="poisson_cpu.*Long"):
        torch.poisson(torch.tensor([1]))
    with pytest.raises(RuntimeError, match="Found dtype Double but expected Float"):
        torch.binomial(torch.ones(1), torch.ones(1, dtype=torch.float64))
    with pytest.raises(TypeError, match="argument 'prob'"):
        torch.binomial(torch.ones(1), 0.5)


def test_principal_directions() -> None:
    torch.manual_seed(0)
    x = torch.randn(200, 6) * torch.tensor([10.0, 5.0, 1.0, 0.1, 0.1, 0.1])
    _, s, v = torch.pca_lowrank(x, q=3)
    exact = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    assert torch.allclose(s, exact.S[:3], rtol=1e-3)
    assert v.abs().argmax(0).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"q\(=7\)"):
        torch.pca_lowrank(x, q=7)
    with pytest.raises(ValueError, match=r"niter\(=-1\)"):
        torch.pca_lowrank(x, niter=-1)
