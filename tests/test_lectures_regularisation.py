"""The lectures' regularisation: penalties, what they are as priors, dropout and batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch
from microdl import nn
from microdl.distributions import Laplace, Normal
from microdl.nn import functional as F


def l2(w: Any) -> Any:
    return (w * w).sum()


def l1(w: Any) -> Any:
    return w.abs().sum()


def elastic_net(w: Any, beta: float) -> Any:
    return (beta * w * w + w.abs()).sum()


def test_two_weights_with_one_score_and_other_penalties() -> None:
    x = torch.tensor([1.0, 1.0, 1.0, 1.0])
    w1, w2 = torch.tensor([1.0, 0.0, 0.0, 0.0]), torch.tensor([0.25, 0.25, 0.25, 0.25])
    assert (w1 @ x).item() == (w2 @ x).item() == 1
    assert (l2(w1).item(), l2(w2).item()) == (1, 0.25)
    assert (l1(w1).item(), l1(w2).item()) == (1, 1)
    assert (elastic_net(w1, 2.0).item(), elastic_net(w2, 2.0).item()) == (3, 1.5)
    assert [torch.linalg.vector_norm(w, p).item() for w in (w1, w2) for p in (1, 2)] == [1, 1, 1, 0.5]


def test_weight_decay_is_the_gradient_of_half_the_l2_penalty() -> None:
    start = torch.tensor([[3.0, -2.0, 0.5]])
    strength, lr = 0.3, 0.1
    decayed, penalised = (start.clone().requires_grad_() for _ in range(2))
    for w, decay, extra in ((decayed, 2 * strength, 0.0), (penalised, 0.0, strength)):
        optimizer = torch.optim.SGD([w], lr=lr, weight_decay=decay)
        for _ in range(5):
            optimizer.zero_grad()
            (w.sum() ** 2 + extra * l2(w)).backward()
            optimizer.step()
    torch.testing.assert_close(decayed, penalised)


# --- maximum a posteriori ----------------------------------------------------------------------------------------

STRENGTHS = [0.05, 0.5, 4.0]
PRIORS: dict[str, tuple[Callable[[Any], Any], Callable[[float], Any]]] = {
    "Gaussian": (l2, lambda strength: Normal(torch.tensor(0.0).double(), math.sqrt(1 / (2 * strength)))),
    "Laplace": (l1, lambda strength: Laplace(torch.tensor(0.0).double(), 1 / strength)),
}


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("name", PRIORS)
def test_a_prior_is_a_penalty_up_to_a_constant(name: str, strength: float) -> None:
    """-log p(w) = strength * R(w) + constant: Normal of variance 1 / (2 strength), Laplace of scale 1 / strength."""
    penalty, prior = PRIORS[name]
    torch.manual_seed(1)
    constants = []
    for scale in (0.1, 1.0, 10.0):
        w = (torch.randn(7, dtype=torch.float64) * scale).requires_grad_()
        surprise, loss = -prior(strength).log_prob(w).sum(), strength * penalty(w)
        constants.append((surprise - loss).item())
        (one,), (other,) = torch.autograd.grad(surprise, w), torch.autograd.grad(loss, w)
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    assert constants == pytest.approx([constants[0]] * 3, rel=1e-9)


def descended(loss: Callable[[Any], Any], steps: int = 400, lr: float = 0.05) -> Any:
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(w).backward()
        optimizer.step()
    return w.detach()


@pytest.mark.parametrize("name", PRIORS)
def test_the_most_probable_weights_are_those_of_the_least_penalised_loss(name: str) -> None:
    """Logistic regression: sum of -log p(y | x, w) and -log p(w), against the sum of losses and the penalty."""
    penalty, prior = PRIORS[name]
    torch.manual_seed(2)
    x = torch.randn(12, 3, dtype=torch.float64)
    y = (x @ torch.tensor([2.0, -1.0, 0.0], dtype=torch.float64) > 0).double()
    p = torch.distributions.Bernoulli

    def posterior(w: Any) -> Any:
        return -p(logits=x @ w).log_prob(y).sum() - prior(0.7).log_prob(w).sum()

    def penalised(w: Any) -> Any:
        return F.binary_cross_entropy_with_logits(x @ w, y, reduction="sum") + 0.7 * penalty(w)

    found = descended(posterior)
    torch.testing.assert_close(found, descended(penalised), rtol=1e-9, atol=1e-9)
    free = descended(lambda w: F.binary_cross_entropy_with_logits(x @ w, y, reduction="sum"))
    assert penalty(found).item() < penalty(free).item(), "without a penalty the weights are larger"


def test_one_weight_shrinks_with_a_gaussian_prior_and_vanishes_with_a_laplace_prior() -> None:
    """The least of (w - a)^2 / 2 + strength R(w) is a / (1 + 2 strength), or a without `strength`, down to 0."""
    strength = 0.5
    w = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    for a in (-3.0, -0.4, 0.0, 0.3, 2.0):
        data = -Normal(w, 1.0).log_prob(torch.tensor(a).double())
        modes = {name: w[(data - prior(strength).log_prob(w)).argmin()].item() for name, (_, prior) in PRIORS.items()}
        assert modes["Gaussian"] == pytest.approx(a / (1 + 2 * strength), abs=1e-3)
        assert modes["Laplace"] == pytest.approx(math.copysign(max(abs(a) - strength, 0), a), abs=1e-3)


# --- dropout and batch normalisation -----------------------------------------------------------------------------


def test_dropout_of_inputs_is_an_l2_penalty_on_average() -> None:
    """E (w . drop(x) - y)^2 = (w . x - y)^2 + p / (1 - p) sum w_j^2 x_j^2: S. Wager et al., 2013."""
    torch.manual_seed(3)
    w, x, y, p = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0.5, 1.0, 2.0]), 0.25, 0.3
    drop = nn.Dropout(p)
    losses = (drop(x.expand(200_000, 3)) @ w - y) ** 2
    expected = (w @ x - y) ** 2 + p / (1 - p) * ((w * x) ** 2).sum()
    assert losses.mean().item() == pytest.approx(expected.item(), rel=0.02)
    drop.eval()
    assert drop(x).equal(x), "nothing is dropped when the model is used"


def test_dropout_keeps_the_mean_and_drops_the_share() -> None:
    torch.manual_seed(4)
    out = nn.Dropout(0.2)(torch.ones(100_000))
    assert (out == 0).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert sorted(set(out.tolist())) == [0, 1.25]


def test_batch_normalisation_takes_the_scale_from_the_weights() -> None:
    """Each feature has mean 0 and variance 1 in a batch, so that weights ten times as large give the same scores."""
    torch.manual_seed(5)
    x = torch.randn(64, 6, dtype=torch.float64) * 3 + 7
    layer, norm = nn.Linear(6, 4).double(), nn.BatchNorm1d(4, eps=0.0).double()
    out = norm(layer(x))
    torch.testing.assert_close(out.mean(0), torch.zeros(4).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(out.var(0, unbiased=False), torch.ones(4).double())
    (out**3).sum().backward()
    inner = (layer.weight.grad * layer.weight).sum(1)
    torch.testing.assert_close(inner, torch.zeros(4).double(), atol=1e-9, rtol=0)
    with torch.no_grad():
        layer.weight *= 10
        torch.testing.assert_close(norm(layer(x)), out)


def test_batch_normalisation_adds_noise_in_training_and_none_afterwards() -> None:
    torch.manual_seed(6)
    x, norm = torch.randn(500, 3) * 2 + 1, nn.BatchNorm1d(3)
    first = torch.stack([norm(torch.cat([x[:1], x[torch.randperm(500)[:16]]]))[0] for _ in range(200)])
    assert first.std(0).min().item() > 0.05, "what an example becomes depends on the rest of its batch"
    norm.eval()
    torch.testing.assert_close(norm(x[:1]), norm(x)[:1])
    torch.testing.assert_close(norm(x).mean(0), torch.zeros(3), atol=0.25, rtol=0)
