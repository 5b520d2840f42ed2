"""The slope of a slope that is 0 or constant: a gradient of zeros with a history, as in PyTorch, not none at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch

F = torch.nn.functional
KINKED: list[Callable[[Any], Any]] = [
    F.relu,
    F.relu6,
    F.leaky_relu,
    F.hardtanh,
    F.softshrink,
    F.hardshrink,
    lambda x: F.threshold(x, 0.5, -1.0),
    lambda x: F.prelu(x, torch.tensor([0.25])),
    lambda x: (x * 1).relu_(),
    lambda x: torch.copysign(x, torch.ones(3)),
]


@pytest.mark.parametrize("f", KINKED)
def test_the_second_derivative_is_zero(f: Callable[[Any], Any]) -> None:
    x = torch.tensor([[0.3, -0.7, 2.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
    assert slope.requires_grad
    slope.sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0, 0.0]]


def test_a_penalty_on_the_slope_of_a_rectified_layer() -> None:
    x, w = torch.tensor([1.0, -2.0], requires_grad=True), torch.tensor([3.0, 0.5], requires_grad=True)
    (slope,) = torch.autograd.grad((F.relu(x) * w).sum(), x, create_graph=True)
    (slope * slope).sum().backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([0.0, 0.0], [6.0, 0.0])


def test_a_number_is_the_score_of_its_only_class() -> None:
    x = torch.tensor(0.5, requires_grad=True)
    loss = torch.nn.functional.multi_margin_loss(x, torch.tensor(0))
    loss.backward()
    assert (loss.item(), x.grad.item()) == (0.0, 0.0)
