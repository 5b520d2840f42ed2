"""The lectures' learning: distances, numerical gradients, random search, gradient descent by hand, lifting."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import nn
from microdl.datasets import Digits, SyntheticCIFAR, blobs, circles, parity, ring, spirals, three_modes, xor
from microdl.nn import functional as F
from microdl.testing import numerical_vjp
from microdl.utils.data import DataLoader, TensorDataset

# --- distances and density -------------------------------------------------------------------------------------

TEST = [[56, 32, 10, 18], [90, 23, 128, 133], [24, 26, 178, 200], [2, 0, 255, 220]]
TRAIN = [[10, 20, 24, 17], [8, 10, 89, 100], [12, 16, 178, 170], [4, 32, 233, 112]]


def test_l1_distance_of_two_images() -> None:
    one, other = torch.tensor(TEST), torch.tensor(TRAIN)
    differences = [[46, 12, 14, 1], [82, 13, 39, 33], [12, 10, 0, 30], [2, 32, 22, 108]]
    assert (one - other).abs().tolist() == differences
    assert (one - other).abs().sum().item() == 456
    floats = one.float().flatten(), other.float().flatten()
    assert torch.dist(*floats, 1).item() == 456
    assert torch.cdist(floats[0][None], floats[1][None], p=1).item() == 456
    assert F.l1_loss(*floats, reduction="sum").item() == 456


def test_bytes_are_to_be_widened_before_they_are_subtracted() -> None:
    """The lecture's code subtracts what it read: bytes wrap around."""
    one, other = (torch.tensor(image, dtype=torch.uint8) for image in (TEST, TRAIN))
    assert (one - other).sum().item() != 456
    assert (one.int() - other.int()).abs().sum().item() == 456


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_the_same_density_takes_four_to_the_power_of_the_dimensions(dimensions: int) -> None:
    axis = torch.linspace(0, 3, 4)
    points = torch.cartesian_prod(*[axis] * dimensions).reshape(-1, dimensions)
    assert len(points) == 4**dimensions
    distances = torch.cdist(points, points) + torch.eye(len(points)) * 100
    assert distances.min(dim=1).values.tolist() == [1.0] * len(points)


# --- gradients by differences ----------------------------------------------------------------------------------

START = [0.34, -1.11, 0.78, 0.12, 0.55, 2.81, -3.1, -1.5, 0.33]
SLOPES = [-2.5, 0.6, 0.0]


def toy_loss(w: Any) -> Any:
    """1.25347 at the lecture's weights, and straight, with the slopes that it finds."""
    start = torch.tensor(START[:3], dtype=torch.float64)
    return 1.25347 + (torch.tensor(SLOPES, dtype=torch.float64) * (w[:3] - start)).sum()


def test_numerical_gradient() -> None:
    w, h = torch.tensor(START, dtype=torch.float64), 0.0001
    before = toy_loss(w).item()
    assert round(before, 5) == 1.25347
    found, losses = [], []
    for i in range(3):
        moved = w.clone()
        moved[i] += h
        losses.append(round(toy_loss(moved).item(), 5))
        found.append((losses[-1] - round(before, 5)) / h)
    assert losses == [1.25322, 1.25353, 1.25347]
    assert [round(slope, 6) for slope in found] == SLOPES
    w.requires_grad_()
    toy_loss(w).backward()
    assert w.grad[:3].tolist() == SLOPES
    (numerical,) = numerical_vjp(toy_loss, w.detach())
    np.testing.assert_allclose(numerical.value, w.grad.numpy(), atol=1e-8)


def test_analytic_gradients_pass_the_gradient_check() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(5, 4, dtype=torch.float64), torch.randint(0, 3, (5,))
    for loss in (F.cross_entropy, F.multi_margin_loss):
        w = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda w, loss=loss: loss(x @ w.T, y) + 0.1 * (w * w).sum(), w)


# --- random search and gradient descent ------------------------------------------------------------------------


def test_random_search_on_images_finds_little() -> None:
    images = SyntheticCIFAR(size=80)
    pixels = torch.from_numpy(images.data.reshape(80, -1).astype(np.float32))
    x = torch.cat([pixels - pixels.mean(0), torch.ones(80, 1)], dim=1)
    y = torch.tensor(images.targets)

    def hinge(w: Any) -> Any:
        scores = torch.cat([part @ w.T for part in x.split(8)])  # in parts: without compilation a large product is slow
        return 10 * F.multi_margin_loss(scores, y)

    def losses(draws: int) -> list[float]:
        torch.manual_seed(0)
        return [hinge(torch.randn(10, 3073) * 0.0001).item() for _ in range(draws)]

    found = losses(50)
    assert found[:10] == losses(10)
    assert 8 < min(found) < max(found) < 11  # the lecture's are 9.4 to 8.6, about the 9 of equal scores
    w = torch.zeros(10, 3073, requires_grad=True)
    for _ in range(10):
        loss = hinge(w)
        (g,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w -= 1e-6 * g
    assert loss.item() < min(found), "ten steps of gradient descent find more"


def test_gradient_descent_stops_where_the_gradient_vanishes() -> None:
    points, labels = blobs(60, classes=2)
    x, y = points.double(), labels.double()
    w, b, lr = torch.zeros(2, dtype=torch.float64), torch.zeros(1, dtype=torch.float64), 0.5
    lengths = []
    for _ in range(2000):
        w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
        loss = F.binary_cross_entropy_with_logits(x @ w + b, y) + 0.05 * (w * w).sum()
        gw, gb = torch.autograd.grad(loss, (w, b))
        norm = torch.cat([gw, gb]).norm().item()
        if norm < 1e-6:
            break
        before = torch.cat([w, b])
        w, b = w - lr * gw, b - lr * gb
        lengths.append((torch.cat([w, b]) - before).norm().item())
        assert lengths[-1] == pytest.approx(lr * norm), "a step is as long as lr times the gradient"
    assert norm < 1e-6
    assert lengths[-1] < 1e-5 * lengths[0], "steps grow short by themselves"


def test_training_by_hand_is_training_by_autograd() -> None:
    """Thirty steps of lr 0.1 from w = [-2, 2, 1], the last weight the bias, for y in {-1, 1}; in NumPy and here."""
    points, labels = blobs(50, classes=2, noise=1.0, seed=1)
    x = np.hstack([points.numpy().astype(np.float64), np.ones((50, 1))])
    y = 2.0 * labels.numpy() - 1
    by_hand, losses = np.array([-2.0, 2.0, 1.0]), []
    w = torch.tensor([-2.0, 2.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    inputs, signs = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(30):
        margins = y * (x @ by_hand)
        losses.append(np.log1p(np.exp(-margins)).mean())
        by_hand = by_hand - 0.1 * (-(y / (1 + np.exp(margins)))[:, None] * x).mean(0)

        optimizer.zero_grad()
        loss = torch.log(1 + torch.exp(-signs * (inputs @ w))).mean()
        loss.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(losses[-1], rel=1e-12)
        np.testing.assert_allclose(w.detach().numpy(), by_hand, rtol=1e-12)
    assert losses == sorted(losses, reverse=True)
    accuracy = np.mean(np.sign(x @ by_hand) == y)
    assert accuracy > np.mean(np.sign(x @ [-2.0, 2.0, 1.0]) == y)


def test_the_training_loop_runs_as_written() -> None:
    torch.manual_seed(0)
    inputs, labels = Digits.tensors()
    loader = DataLoader(TensorDataset(inputs, labels), batch_size=64, shuffle=True)
    model, loss_fn = nn.Linear(64, 10), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    for _ in range(4):
        for inputs, labels in loader:
            optimizer.zero_grad()
            logits = model(inputs)
            loss = loss_fn(logits, labels)
            loss.backward()
            optimizer.step()
    inputs, labels = Digits.tensors(train=False)
    assert (model(inputs).argmax(1) == labels).float().mean().item() > 0.9


# --- hard cases ------------------------------------------------------------------------------------------------


def lifted(x: Any) -> Any:
    """(x1, x2) becomes (x1, x2, x1^2, x2^2, x1 x2)."""
    return torch.cat([x, x**2, x.prod(1, keepdim=True)], dim=1)


def polar(x: Any) -> Any:
    """(x, y) becomes (r, theta)."""
    return torch.stack([x.norm(dim=1), torch.atan2(x[:, 1], x[:, 0])], dim=1)


def accuracy_of(toy: Any, features: Callable[[Any], Any], model: Any = None, **options: Any) -> float:
    """Of a softmax classifier of the features, or another model, on new points."""
    torch.manual_seed(0)
    (x, y), (x_test, y_test) = (toy(n, seed=seed, **options) for n, seed in ((200, 1), (1000, 2)))
    x, x_test = features(x), features(x_test)
    model = model or nn.Linear(x.shape[1], int(y.max()) + 1)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=40, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return float((model(x_test).argmax(1) == y_test).float().mean().item())


def plain(x: Any) -> Any:
    return x


@pytest.mark.parametrize(
    ("toy", "features", "least"),
    [
        (xor, lifted, 0.97),
        (circles, lifted, 0.99),
        (circles, polar, 0.99),
        (ring, lambda x: torch.cat([polar(x), polar(x)[:, :1] ** 2], dim=1), 0.95),  # -(r - 1)(r - 2) > 0
        (ring, lambda x: torch.cat([lifted(x), x.pow(2).sum(1, keepdim=True) ** 2], dim=1), 0.95),
    ],
)
def test_lifting_separates_what_a_line_does_not(toy: Any, features: Callable[[Any], Any], least: float) -> None:
    assert accuracy_of(toy, plain) < 0.7
    assert accuracy_of(toy, features) > least


def test_the_product_of_all_pixels_tells_their_parity() -> None:
    assert accuracy_of(parity, plain, pixels=4) < 0.6
    assert accuracy_of(parity, lambda x: x.prod(1, keepdim=True).sign(), pixels=4) == 1


@pytest.mark.parametrize(
    ("toy", "linear", "least"),
    [(xor, 0.65, 0.93), (ring, 0.65, 0.85), (three_modes, 0.65, 0.88), (spirals, 0.65, 0.92)],
)
def test_two_layers_learn_the_hard_cases(toy: Any, linear: float, least: float) -> None:
    classes = 3 if toy is spirals else 2
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, classes))
    assert accuracy_of(toy, plain) < linear
    assert accuracy_of(toy, plain, net) > least


def test_at_the_border_of_a_lifted_classifier_is_a_circle() -> None:
    """Weights (0, 0, 1, 1, 0) and bias -r^2: the scores vanish where x1^2 + x2^2 = r^2."""
    angles = torch.linspace(0, 2 * math.pi, 50, dtype=torch.float64)
    points = 1.5 * torch.stack([angles.cos(), angles.sin()], dim=1)
    scores = lifted(points) @ torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0], dtype=torch.float64) - 1.5**2
    torch.testing.assert_close(scores, torch.zeros(50, dtype=torch.float64), atol=1e-12, rtol=0)
