"""The losses and penalties of the classifiers: the lectures' numbers, NumPy's formulas, and the priors behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.classifiers import losses, penalties

SCORES = torch.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # a cat, a car and a frog
LABELS = torch.tensor([0, 1, 2])
RNG = np.random.default_rng(0)
MANY, CLASS = RNG.normal(size=(40, 7)), RNG.integers(0, 7, 40)


def each(function: Any, scores: Any = SCORES, labels: Any = LABELS, **options: Any) -> list[float]:
    return function(scores, labels, reduction="none", **options).tolist()


def test_the_lectures_hinge_losses() -> None:
    assert each(losses.hinge_loss) == pytest.approx([2.9, 0, 12.9], abs=1e-5)
    assert losses.hinge_loss(SCORES, LABELS).item() == pytest.approx(15.8 / 3, abs=1e-5)
    assert round(losses.hinge_loss(SCORES, LABELS).item(), 2) == 5.27


def test_twice_the_weights_leave_a_hinge_loss_of_zero() -> None:
    assert each(losses.hinge_loss, 2 * SCORES)[1] == 0


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_losses_at_the_start_when_all_scores_are_equal(classes: int) -> None:
    scores, labels = torch.zeros(4, classes), torch.tensor([0, 1, 1, 0])
    assert each(losses.hinge_loss, scores, labels) == [classes - 1] * 4
    assert each(losses.softmax_loss, scores, labels) == pytest.approx([math.log(classes)] * 4)


def test_summing_over_the_own_class_too_adds_one_and_the_mean_divides() -> None:
    own = each(losses.hinge_loss, include_own_class=True)
    assert own == pytest.approx([3.9, 1, 13.9], abs=1e-5)
    assert each(losses.hinge_loss, over_classes="mean") == pytest.approx([2.9 / 3, 0, 12.9 / 3], abs=1e-5)
    both = each(losses.hinge_loss, include_own_class=True, over_classes="mean")
    assert both == pytest.approx([3.9 / 3, 1 / 3, 13.9 / 3], abs=1e-5)
    assert losses.hinge_loss(SCORES, LABELS, include_own_class=True, reduction="sum").item() == pytest.approx(18.8)


def test_the_squared_hinge_is_another_loss() -> None:
    assert each(losses.hinge_loss, squared=True) == pytest.approx([2.9**2, 0, 6.3**2 + 6.6**2], rel=1e-5)


def test_scores_that_satisfy_the_hinge_still_cost_softmax() -> None:
    scores, labels = torch.tensor([[10.0, -2, 3], [10, 9, 9], [10, -100, -100]]), torch.tensor([0, 0, 0])
    assert each(losses.hinge_loss, scores, labels) == [0, 0, 0]
    found = each(losses.softmax_loss, scores, labels)
    expected = [math.log1p(math.exp(-12) + math.exp(-7)), math.log1p(2 * math.exp(-1)), 0]
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-7)
    twenty = scores + torch.tensor([10.0, 0, 0])
    assert each(losses.hinge_loss, twenty, labels) == [0, 0, 0]
    assert each(losses.softmax_loss, twenty, labels)[1] == pytest.approx(math.log1p(2 * math.exp(-11)), rel=1e-2)


def test_the_lectures_softmax_loss() -> None:
    assert round(each(losses.softmax_loss)[0], 2) == 2.04
    assert each(losses.softmax_loss, torch.tensor([[1e4, 0.0, -1e4]]), torch.tensor([2])) == [2e4]


def test_logistic_loss_is_bce_and_the_softmax_of_two() -> None:
    score = torch.tensor([3.9688])
    expected = [3.9876]  # for y (w x) = -3.9688, whose last digits the lecture shows rounded
    assert each(losses.logistic_loss, score, torch.tensor([-1.0])) == pytest.approx(expected, abs=1e-4)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(score, torch.tensor([0.0]))
    assert bce.item() == pytest.approx(expected[0], abs=1e-4)
    two = torch.tensor([[0.0, 3.9688]])
    assert each(losses.softmax_loss, two, torch.tensor([0])) == pytest.approx(expected, abs=1e-4)


def test_hinge_forms_are_their_formulas() -> None:
    own = MANY[np.arange(40), CLASS][:, None]
    others = np.arange(7) != CLASS[:, None]
    for margin in (1.0, 0.3):
        violations = np.maximum(0, MANY - own + margin) * others
        for squared in (False, True):
            expected = (violations ** (1 + squared)).sum(1)
            found = each(losses.hinge_loss, torch.tensor(MANY), torch.tensor(CLASS), squared=squared, margin=margin)
            assert found == pytest.approx(expected.tolist(), rel=1e-12)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "logistic"])
def test_one_vs_rest_is_a_binary_problem_a_class(loss: str) -> None:
    signs = np.where(np.arange(7) == CLASS[:, None], 1.0, -1.0)
    z = signs * MANY
    formula = {
        "hinge": np.maximum(0, 1 - z),
        "squared_hinge": np.maximum(0, 1 - z) ** 2,
        "logistic": np.logaddexp(0, -z),
    }
    arguments = torch.tensor(MANY), torch.tensor(CLASS)
    assert each(losses.one_vs_rest_loss, *arguments, loss=loss) == pytest.approx(formula[loss].sum(1).tolist())
    mean = losses.one_vs_rest_loss(*arguments, loss=loss, over_classes="mean").item()
    assert mean == pytest.approx(formula[loss].mean())


@pytest.mark.parametrize("squared", [False, True])
def test_the_multiclass_hinge_of_two_classes_is_the_binary_one_of_the_difference(squared: bool) -> None:
    scores, labels = torch.tensor(MANY[:, :2]), torch.tensor(CLASS % 2)
    binary = each(losses.binary_hinge_loss, scores[:, 1] - scores[:, 0], 2.0 * labels - 1, squared=squared)
    assert binary == pytest.approx(each(losses.hinge_loss, scores, labels, squared=squared))


@pytest.mark.parametrize(
    "loss",
    [
        losses.softmax_loss,
        losses.hinge_loss,
        lambda s, y: losses.hinge_loss(s, y, squared=True, include_own_class=True, over_classes="mean"),
        losses.one_vs_rest_loss,
        lambda s, y: losses.one_vs_rest_loss(s, y, loss="logistic"),
        lambda s, y: losses.one_vs_rest_loss(s, y, loss="squared_hinge"),
    ],
)
def test_gradients_are_the_slopes(loss: Any) -> None:
    scores = torch.tensor(MANY[:6], requires_grad=True)
    assert torch.autograd.gradcheck(lambda s: loss(s, torch.tensor(CLASS[:6])), (scores,))


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="over_classes='max' is not one of 'sum', 'mean'"):
        losses.hinge_loss(SCORES, LABELS, over_classes="max")
    with pytest.raises(ValueError, match="loss='softmax' is not one of 'hinge'"):
        losses.one_vs_rest_loss(SCORES, LABELS, loss="softmax")
    with pytest.raises(ValueError, match="reduction='avg' is not one of"):
        losses.one_vs_rest_loss(SCORES, LABELS, reduction="avg")
    with pytest.raises(IndexError, match="Label 3 is out of bounds: 3 classes have the labels 0 to 2"):
        losses.one_vs_rest_loss(SCORES, torch.tensor([0, 3, 1]))
    with pytest.raises(ValueError, match=r"scores have shape \[2\] and signs \[3\]"):
        losses.binary_hinge_loss(torch.zeros(2), torch.ones(3))
    with pytest.raises(ValueError, match="penalty='l3' is not one of 'l1', 'l2', 'elasticnet'"):
        penalties.penalty("l3")


# --- penalties ---


def test_the_lectures_two_weights_of_one_score() -> None:
    x, w1, w2 = torch.ones(4), torch.tensor([1.0, 0, 0, 0]), torch.full((4,), 0.25)
    assert (w1 @ x).item() == (w2 @ x).item() == 1
    assert [penalties.l2(w).item() for w in (w1, w2)] == [1, 0.25]
    assert [penalties.l1(w).item() for w in (w1, w2)] == [1, 1]
    assert [penalties.elastic_net(w, 2.0).item() for w in (w1, w2)] == [3, 1.5]
    assert penalties.penalty("elasticnet", 2.0)(w2).item() == 1.5


def test_gradients_of_penalties() -> None:
    values = torch.tensor([0.5, -2.0, 0.0])
    for penalty, expected in (
        (penalties.l1, [1, -1, 0]),
        (penalties.l2, [1, -4, 0]),
        (lambda w: penalties.elastic_net(w, 3.0), [4, -13, 0]),
    ):
        w = values.clone().requires_grad_()
        penalty(w).backward()
        assert w.grad.tolist() == expected


@pytest.mark.parametrize("name", ["l2", "l1"])
def test_the_penalised_loss_is_the_posterior(name: str) -> None:
    """-log p(y | x, w) - log p(w), the one the sum of softmax losses, differs from loss + penalty by a constant."""
    rng, strength = np.random.default_rng(1), 0.7
    zero, one = torch.tensor([0.0, 1.0], dtype=torch.float64)
    x, y = torch.tensor(rng.normal(size=(20, 3))), torch.tensor(rng.integers(0, 4, 20))
    prior = (
        torch.distributions.Normal(zero, (one / (2 * strength)).sqrt())
        if name == "l2"
        else torch.distributions.Laplace(zero, one / strength)
    )
    constants = []
    for _ in range(5):
        w = torch.tensor(rng.normal(size=(4, 3)))
        likelihood = torch.distributions.Categorical(logits=x @ w.T).log_prob(y).sum() + prior.log_prob(w).sum()
        minimised = losses.softmax_loss(x @ w.T, y, reduction="sum") + strength * penalties.penalty(name)(w)
        constants.append((minimised + likelihood).item())
    assert np.ptp(constants) < 1e-10
