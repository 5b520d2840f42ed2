"""What a step of SGD does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.optim import SGD

RECORDED_STEPS = [-0.11165107786655426, 0.22330215573310852, -0.05582553893327713]  # PyTorch 2.13


def leaf(*values: float, dtype: Any = None) -> Any:
    return torch.tensor(list(values) or [1.0, -2.0], dtype=dtype, requires_grad=True)


def with_grad(*values: float) -> Any:
    p = leaf(*values)
    p.grad = torch.ones(p.shape)
    return p


# What a step does.


def by_hand(p: Any, grads: list[Any], options: dict[str, Any]) -> Any:
    """The formulas of the documentation, in float64."""
    b = None
    for g in grads:
        g = -g if options["maximize"] else g
        g = g + options["weight_decay"] * p
        if options["momentum"]:
            b = g if b is None else options["momentum"] * b + (1 - options["dampening"]) * g
            g = g + options["momentum"] * b if options["nesterov"] else b
        p = p - options["lr"] * g
    return p


@given(
    st.sampled_from([(), (1,), (7,), (3, 4), (0,), (2, 1, 3)]),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from(["C", "F"]),
    st.fixed_dictionaries(
        {
            "lr": st.floats(0, 1),
            "momentum": st.sampled_from([0, 0.5, 0.9]),
            "dampening": st.sampled_from([0, 0.3]),
            "weight_decay": st.sampled_from([0, 0.1]),
            "nesterov": st.booleans(),
            "maximize": st.booleans(),
        }
    ),
)
def test_steps_follow_the_formulas(shape: Any, dtype: str, order: Any, options: dict[str, Any]) -> None:
    options["nesterov"] &= options["momentum"] > 0 and options["dampening"] == 0
    rng = np.random.default_rng(5)
    start = rng.standard_normal(shape)
    grads = [rng.standard_normal(shape).astype(dtype) for _ in range(4)]
    array = np.asarray(start, dtype, order=order).copy(order="K")
    p = torch.from_numpy(array).requires_grad_()
    optimizer = SGD([p], **options)
    for g in grads:
        p.grad = torch.from_numpy(np.asarray(g))
        before = p.grad.numpy().copy()
        optimizer.step()
        np.testing.assert_array_equal(p.grad.numpy(), before)
    expected = by_hand(start.astype(dtype).astype(np.float64), [g.astype(np.float64) for g in grads], options)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(p.detach().numpy(), expected, rtol=tolerance, atol=tolerance)
    assert array.size == 0 or np.shares_memory(p.detach().numpy(), array)


def test_recorded_steps() -> None:
    p = leaf(1.0, -2.0, 0.5)
    optimizer = SGD([p], 0.1, 0.9, 0, 0.01, True)  # positional, as scripts write it
    for _ in range(3):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
    assert p.tolist() == pytest.approx(RECORDED_STEPS, rel=1e-6)


def test_step_changes_the_array_in_place_and_the_version() -> None:
    p = with_grad(1.0, 2.0)
    array, view, version = p.detach().numpy(), p.detach(), p._version
    SGD([p], lr=0.5).step()
    assert p.detach().numpy() is array
    assert view.tolist() == [0.5, 1.5]
    assert p._version == version + 1
    assert p.is_leaf


def test_backward_after_a_step_in_between_is_refused() -> None:
    p = leaf(1.0, 2.0)
    loss = (p * p).sum()
    p.grad = torch.ones(2)
    SGD([p], lr=0.5).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_parameters_without_gradient_are_skipped() -> None:
    p, q = with_grad(1.0), leaf(1.0)
    optimizer = SGD([p, q], lr=0.5, momentum=0.9, weight_decay=0.1)
    optimizer.step()
    assert q.tolist() == [1.0]
    assert list(optimizer.state) == [p]


def test_options_are_read_at_every_step() -> None:
    p = with_grad(1.0)
    optimizer = SGD([p], lr=0.5)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    optimizer.param_groups[0].update(momentum=0.5, lr=1.0)
    optimizer.step()
    optimizer.step()
    assert p.tolist() == [1.0 - 0.5 - 0.25 - 1.0 - 1.5]


def test_data_replaced_and_state_cleared_between_steps() -> None:
    p = with_grad(1.0)
    optimizer = SGD([p], lr=1.0, momentum=0.5)
    optimizer.step()
    p.data = torch.tensor([10.0])
    optimizer.step()
    assert p.tolist() == [10.0 - 1.5]
    optimizer.state.clear()
    optimizer.step()
    assert p.tolist() == [8.5 - 1.0]
    optimizer.state[p]["momentum_buffer"] = torch.tensor([4.0])
    optimizer.step()
    assert p.tolist() == [7.5 - 3.0]
    assert optimizer.state[p]["momentum_buffer"].tolist() == [3.0]
    optimizer.state[p]["momentum_buffer"].data = torch.tensor([8.0])
    optimizer.step()
    assert p.tolist() == [4.5 - 5.0]


def test_gradients_in_another_memory_order() -> None:
    p = torch.zeros(2, 3, requires_grad=True)
    p.grad = torch.arange(6.0).reshape(3, 2).t()
    SGD([p], lr=1.0).step()
    assert p.tolist() == [[0, -2, -4], [-1, -3, -5]]


def test_closure() -> None:
    p = leaf(3.0)
    optimizer = SGD([p], lr=0.5)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9.0
    assert p.tolist() == [0.0]
    assert SGD([leaf()]).step() is None


def test_nan_gradients_reach_the_parameter() -> None:
    p = leaf(1.0, 1.0)
    p.grad = torch.tensor([math.nan, 1.0])
    SGD([p], lr=0.5, momentum=0.9).step()
    assert math.isnan(p[0].item())
    assert p[1].item() == 0.5


def test_zero_grad() -> None:
    p, q = with_grad(1.0), leaf(2.0)
    optimizer = SGD([p, q])
    kept = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is kept
    assert p.grad.tolist() == [0.0]
    assert q.grad is None
    (p**2).sum().backward(create_graph=True)
    optimizer.zero_grad(set_to_none=False)
    assert not p.grad.requires_grad
    optimizer.zero_grad()
    assert p.grad is None


def test_maximize_climbs_and_a_zero_rate_stays() -> None:
    p = with_grad(1.0)
    SGD([p], lr=0.5, maximize=True).step()
    SGD([p], lr=0).step()
    assert p.tolist() == [1.5]
