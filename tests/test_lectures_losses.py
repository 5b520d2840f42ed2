"""The lectures' numbers: the scores of a linear classifier, the hinge loss, softmax, the logistic loss, entropy."""

from __future__ import annotations

import math
from typing import Any

import pytest

import microdl as torch
from microdl import nn
from microdl.nn import functional as F

SCORES = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]  # rows: images of a cat, a car, a frog
LABELS = [0, 1, 2]


# --- scores ----------------------------------------------------------------------------------------------------


def test_scores_of_an_image_of_four_pixels() -> None:
    x = torch.tensor([56.0, 231.0, 24.0, 2.0])
    w = torch.tensor([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]])
    b = torch.tensor([1.1, 3.2, -1.2])
    scores = [-96.8, 437.9, 60.75]
    assert F.linear(x, w, b).tolist() == pytest.approx(scores, rel=1e-6)
    assert (w @ x + b).tolist() == pytest.approx(scores, rel=1e-6)
    with_bias = torch.cat([w, b[:, None]], dim=1) @ torch.cat([x, torch.ones(1)])  # the bias trick
    assert with_bias.tolist() == pytest.approx(scores, rel=1e-6)
    model = nn.Linear(4, 3)
    model.load_state_dict({"weight": w, "bias": b})
    assert model(x.reshape(1, 4)).squeeze(0).tolist() == pytest.approx(scores, rel=1e-6)


@pytest.mark.parametrize(("pixels", "classes"), [(3072, 10), (784, 10), (2, 3)])
def test_size_of_a_linear_model(pixels: int, classes: int) -> None:
    assert sum(p.numel() for p in nn.Linear(pixels, classes).parameters()) == pixels * classes + classes


# --- hinge loss ------------------------------------------------------------------------------------------------


def hinge(scores: Any, labels: Any, **options: Any) -> Any:
    """The lectures' hinge loss, a sum over classes; PyTorch's is their mean."""
    return F.multi_margin_loss(torch.tensor(scores), torch.tensor(labels), reduction="none", **options) * len(scores[0])


def test_hinge_of_the_toy_scores() -> None:
    losses = hinge(SCORES, LABELS)
    assert losses.tolist() == pytest.approx([2.9, 0.0, 12.9], abs=1e-5)
    assert losses.mean().item() == pytest.approx(15.8 / 3, abs=1e-5)
    assert round(losses.mean().item(), 2) == 5.27
    assert hinge([[2 * s for s in SCORES[1]]], [1]).item() == 0


def test_hinge_is_the_sum_of_the_margins_that_are_violated() -> None:
    """As the lecture writes it: max(0, s_j - s_y + 1), summed over j != y."""
    for scores, label, loss in zip(SCORES, LABELS, hinge(SCORES, LABELS).tolist(), strict=True):
        s = torch.tensor(scores)
        margins = torch.clamp(s - s[label] + 1, min=0)
        margins[label] = 0
        assert margins.sum().item() == pytest.approx(loss, abs=1e-5)


def test_hinge_is_between_nothing_and_infinity() -> None:
    assert hinge([[1e30, 0.0, 0.0]], [0]).item() == 0
    assert hinge([[-math.inf, 0.0, 0.0]], [0]).item() == math.inf
    assert hinge([[-1e6, 0.0, 0.0]], [0]).item() == pytest.approx(2e6, rel=1e-5)


def test_hinge_at_initialisation_is_classes_minus_one() -> None:
    for classes in (2, 3, 10):
        assert hinge([[0.0] * classes], [0]).item() == pytest.approx(classes - 1)


def test_hinge_variants() -> None:
    squared = hinge(SCORES, LABELS, p=2).tolist()
    assert squared == pytest.approx([2.9**2, 0.0, 6.3**2 + 6.6**2], rel=1e-5)
    with_target = hinge(SCORES, LABELS) + 1  # the term j = y is max(0, 1) = 1
    assert with_target.tolist() == pytest.approx([3.9, 1.0, 13.9], abs=1e-5)
    s = torch.tensor(SCORES)
    margins = torch.clamp(s - s.gather(1, torch.tensor(LABELS)[:, None]) + 1, min=0)
    assert margins.sum(1).tolist() == pytest.approx(with_target.tolist(), abs=1e-5)
    mean = F.multi_margin_loss(torch.tensor(SCORES), torch.tensor(LABELS))
    assert mean.item() == pytest.approx(15.8 / 9, abs=1e-5)


def test_a_linear_classifier_with_small_weights_begins_at_these_losses() -> None:
    torch.manual_seed(0)
    w, x = torch.randn(10, 3073) * 0.0001, torch.rand(64, 3073)
    labels = torch.randint(0, 10, (64,))
    scores = x @ w.T
    assert 10 * F.multi_margin_loss(scores, labels).item() == pytest.approx(9, abs=0.02)
    assert F.cross_entropy(scores, labels).item() == pytest.approx(math.log(10), abs=0.002)


# --- softmax ---------------------------------------------------------------------------------------------------


def test_softmax_of_the_cat() -> None:
    scores = torch.tensor(SCORES[0])
    assert [round(v, 2) for v in scores.exp().tolist()] == [24.53, 164.02, 0.18]
    p = F.softmax(scores, 0).tolist()
    assert [round(v, 2) for v in p] == [0.13, 0.87, 0.0]
    loss = F.cross_entropy(torch.tensor(SCORES[:1]), torch.tensor([0])).item()
    assert loss == pytest.approx(-math.log(p[0]), rel=1e-6)
    assert round(loss, 2) == 2.04
    assert round(loss / math.log(10), 2) == 0.89  # what one lecture prints: the logarithm of base 10


def test_softmax_does_not_change_with_a_shift_but_with_the_scale() -> None:
    p = F.softmax(torch.tensor([1.0, 0.0, 4.0]), dim=0)
    assert [round(v, 2) for v in p.tolist()] == [0.05, 0.02, 0.94]
    assert math.floor(p[2].item() * 100) == 93  # the lecture cuts it
    assert F.softmax(torch.tensor([101.0, 100.0, 104.0]), dim=0).tolist() == pytest.approx(p.tolist())
    assert F.softmax(torch.tensor([2.0, 0.0, 8.0]), dim=0).tolist() != pytest.approx(p.tolist(), abs=1e-2)


def test_softmax_loss_is_between_nothing_and_infinity() -> None:
    scores = torch.tensor([[1000.0, 0.0], [0.0, 1000.0], [-math.inf, 0.0]])
    assert F.cross_entropy(scores, torch.tensor([0, 0, 0]), reduction="none").tolist() == [0.0, 1000.0, math.inf]


def test_softmax_loss_at_initialisation_is_log_classes() -> None:
    loss = F.cross_entropy(torch.zeros(4, 10), torch.tensor([0, 3, 7, 9])).item()
    assert loss == pytest.approx(math.log(10), rel=1e-6)
    assert round(loss, 1) == 2.3


@pytest.mark.parametrize("first", [10.0, 20.0])
def test_hinge_is_content_where_softmax_is_not(first: float) -> None:
    rows = [[first, -2.0, 3.0], [first, 9.0, 9.0], [first, -100.0, -100.0]]
    assert hinge(rows, [0, 0, 0]).tolist() == [0.0, 0.0, 0.0]
    losses = F.cross_entropy(torch.tensor(rows, dtype=torch.float64), torch.tensor([0, 0, 0]), reduction="none")
    expected = [math.log1p(math.exp(b - first) + math.exp(c - first)) for _, b, c in rows]
    assert losses.tolist() == pytest.approx(expected, rel=1e-6, abs=1e-15)
    assert losses[1].item() > losses[0].item() > losses[2].item()


def test_logarithms_of_probabilities() -> None:
    assert round(-math.log(0.31), 2) == 1.17
    loss = F.nll_loss(torch.tensor([[0.31, 0.69]]).log(), torch.tensor([0])).item()
    assert round(loss, 2) == 1.17
    bce = F.binary_cross_entropy(torch.tensor([0.63]), torch.tensor([1.0])).item()
    assert round(bce, 2) == 0.46
    assert round(bce / math.log(10), 1) == 0.2  # the lecture's, of base 10


def test_cross_entropy_is_nll_of_log_softmax() -> None:
    x, y = torch.tensor(SCORES), torch.tensor(LABELS)
    assert nn.CrossEntropyLoss()(x, y).item() == pytest.approx(nn.NLLLoss()(F.log_softmax(x, 1), y).item(), rel=1e-6)


# --- two classes -----------------------------------------------------------------------------------------------

W = [-2.0, 2.0, 1.0]  # the lecture's weights, the last one the bias
X = [-0.6, 0.88442, 1.0]  # so that w @ x is 3.9688


def test_three_snippets_print_one_loss() -> None:
    from microdl import exp, log, sigmoid

    x, w = torch.tensor(X), torch.tensor(W, requires_grad=True)
    y = 0
    by_entropy = -(y * log(sigmoid(w @ x)) + (1 - y) * log(1 - sigmoid(w @ x)))
    y = -1
    by_sigmoid = -log(sigmoid(y * (w @ x)))
    by_exponential = log(1 + exp(-y * (w @ x)))
    assert str((y * (w @ x)).detach()) == "tensor(-3.9688)"
    prints = {"NegBackward0": [by_entropy, by_sigmoid], "LogBackward0": [by_exponential]}
    for node, losses in prints.items():
        for loss in losses:
            assert str(loss) == f"tensor(3.9876, grad_fn=<{node}>)"  # as PyTorch 2 prints it
            assert str(loss.detach().requires_grad_()) == "tensor(3.9876, requires_grad=True)"


def test_all_forms_of_the_logistic_loss_agree_with_their_gradients() -> None:
    """Cross-entropy for y in {0, 1}, the logistic loss for y in {-1, 1}, softmax of the scores 0 and w @ x."""
    x, w = torch.tensor(X), torch.tensor(W, requires_grad=True)
    z = w @ x
    losses = [
        F.binary_cross_entropy(F.sigmoid(z), torch.tensor(0.0)),
        F.binary_cross_entropy_with_logits(z, torch.tensor(0.0)),
        nn.BCEWithLogitsLoss()(z, torch.tensor(0.0)),
        -torch.log(F.sigmoid(-z)),
        -F.logsigmoid(-z),
        torch.log(1 + torch.exp(z)),
        F.softplus(z),
        F.soft_margin_loss(z, torch.tensor(-1.0)),
        F.cross_entropy(torch.stack([z * 0, z]), torch.tensor(0)),
    ]
    for loss in losses:
        assert loss.item() == pytest.approx(3.98756, abs=2e-5)
        (g,) = torch.autograd.grad(loss, w, retain_graph=True)
        assert g.tolist() == pytest.approx([p / (1 + math.exp(-z.item())) for p in X], rel=1e-4)


def test_one_versus_rest_is_one_binary_classifier_for_each_class() -> None:
    torch.manual_seed(0)
    x, labels = torch.randn(30, 4), torch.randint(0, 3, (30,))
    together = nn.Linear(4, 3)
    F.binary_cross_entropy_with_logits(together(x), F.one_hot(labels, 3).float(), reduction="sum").backward()
    for k in range(3):
        alone = nn.Linear(4, 1)
        alone.load_state_dict({"weight": together.weight[k : k + 1], "bias": together.bias[k : k + 1]})
        targets = (labels == k).float()[:, None]
        F.binary_cross_entropy_with_logits(alone(x), targets, reduction="sum").backward()
        torch.testing.assert_close(alone.weight.grad[0], together.weight.grad[k])
        torch.testing.assert_close(alone.bias.grad[0], together.bias.grad[k])


# --- entropy ---------------------------------------------------------------------------------------------------


def entropy(u: Any) -> Any:
    """H(u) = -sum u log u, with 0 log 0 = 0."""
    return torch.special.entr(u).sum(-1)


def cross_entropy(u: Any, v: Any) -> Any:
    """H(u, v) = -sum u log v."""
    return -torch.xlogy(u, v).sum(-1)


@pytest.mark.parametrize(
    ("mass", "expected"),
    [([1.0, 0.0], 0.0), ([0.5, 0.5], math.log(2)), ([0.1] * 10, math.log(10)), ([0.25, 0.75], 0.5623351446)],
)
def test_entropy_of_a_mass_function(mass: list[float], expected: float) -> None:
    u = torch.tensor(mass, dtype=torch.float64)
    assert entropy(u).item() == pytest.approx(expected, rel=1e-9)
    assert torch.distributions.Categorical(probs=u).entropy().item() == pytest.approx(expected, rel=1e-9)
    assert cross_entropy(u, u).item() == entropy(u).item(), "H(u, u) = H(u)"


def test_cross_entropy_of_mass_functions() -> None:
    u, v = torch.tensor([[0.25, 0.75]]), torch.tensor([[0.5, 0.5]])
    assert F.cross_entropy(v.log(), u).item() == pytest.approx(cross_entropy(u, v).item())
    assert F.cross_entropy(u.log(), u).item() == pytest.approx(entropy(u).item())
    assert cross_entropy(u, v).item() > entropy(u).item()
    surplus = F.kl_div(v.log(), u, reduction="sum").item()
    assert (cross_entropy(u, v) - entropy(u)).item() == pytest.approx(surplus)


def test_one_hot_targets_are_labels() -> None:
    x, y = torch.tensor(SCORES), torch.tensor(LABELS)
    one_hot = F.one_hot(y, 3).float()
    assert one_hot.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert F.cross_entropy(x, one_hot).item() == pytest.approx(F.cross_entropy(x, y).item())
    by_formula = cross_entropy(one_hot, F.softmax(x, 1)).mean()
    assert by_formula.item() == pytest.approx(F.cross_entropy(x, y).item(), rel=1e-5)
    certain = torch.tensor([[0.0, -math.inf]]).clamp(-1e4)
    assert F.cross_entropy(certain, torch.tensor([[1.0, 0.0]])).item() == 0
