"""Hooks on tensors, and `retain_grad`."""

from __future__ import annotations

from typing import Any

import pytest

import microdl as torch
from microdl import nn


def leaf(values: Any, dtype: Any = None) -> Any:
    return torch.tensor(values, dtype=dtype or torch.float32, requires_grad=True)


def test_hooks_observe_and_replace_in_order() -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    assert seen == [[1.0, 1.0], [10.0, 10.0]]
    assert x.grad.tolist() == [30.0, 30.0]


def test_a_hook_on_a_leaf_sees_the_sum_before_it_is_added_to_grad() -> None:
    x = leaf(2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * x + x).backward()
    (x * 3).backward()
    assert seen == [5.0, 3.0]
    assert x.grad.item() == 8.0


def test_a_removed_hook_is_gone() -> None:
    x = leaf(1.0)
    handle = x.register_hook(lambda g: g * 100)
    (x * 2).backward()
    handle.remove()
    handle.remove()
    (x * 2).backward()
    assert x.grad.item() == 202.0


def test_hooks_that_return_the_wrong_thing() -> None:
    x = leaf([1.0, 2.0])
    with (
        x.register_hook(lambda g: g.sum()),
        pytest.raises(RuntimeError, match=r"changed the size of value.*\[\].*\[2\]"),
    ):
        (x * 2).sum().backward()
    with x.register_hook(lambda g: 3.0), pytest.raises(TypeError, match="hook returned 'float'"):
        (x * 2).sum().backward()
    assert x.grad is None


def test_hooks_need_a_tensor_that_requires_grad() -> None:
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        torch.tensor(1.0).register_hook(print)
    with pytest.raises(RuntimeError, match="post accumulate grad hooks cannot be registered on non-leaf tensors"):
        (leaf(1.0) * 2).register_post_accumulate_grad_hook(print)


def test_hooks_see_create_graph_gradients_with_history() -> None:
    x = leaf(2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.requires_grad))
    y = x**3
    torch.autograd.grad(y, x, create_graph=True)
    torch.autograd.grad(y, x)
    assert seen == [True, False]


def test_retain_grad_keeps_what_the_hooks_left() -> None:
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    assert y.retains_grad
    (y * y).backward()
    assert y.grad.item() == 120.0
    assert x.grad.item() == 360.0
    x.retain_grad()  # nothing to do on a leaf
    assert not x.retains_grad


def test_retain_grad_needs_a_history() -> None:
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"):
        torch.tensor(1.0).retain_grad()


def test_post_accumulate_hook_runs_after_grad_is_written() -> None:
    x = leaf([1.0, 2.0])
    seen = []

    def step(t: Any) -> None:
        seen.append(t.grad.tolist())
        t.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    assert seen == [[2.0, 4.0]]
    assert x.grad is None
    handle.remove()
    (x * x).sum().backward()
    assert len(seen) == 1


def test_what_a_hook_returns_is_copied_into_the_gradient() -> None:
    x, mine = leaf([1.0, 2.0]), torch.tensor([7.0, 7.0])
    x.register_hook(lambda g: mine)
    (x * 2).sum().backward()
    mine.zero_()
    assert x.grad.tolist() == [7.0, 7.0]


def test_a_hook_keeps_the_dtype() -> None:
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: g.double())
    with pytest.raises(RuntimeError, match="hook has changed the type of value"):
        (x * 2).sum().backward()
    assert x.grad is None


def test_a_module_shows_its_hooks_under_the_names_that_pytorch_gives_them() -> None:
    layer = torch.nn.ReLU()
    handle = layer.register_forward_hook(lambda module, args, out: out * 10)
    layer.register_forward_pre_hook(lambda module, args: None)
    assert [len(d) for d in (layer._forward_hooks, layer._forward_pre_hooks, layer._backward_hooks)] == [1, 1, 0]
    assert list(layer._forward_hooks) == [handle.id]
    layer._forward_hooks.clear()
    assert layer(torch.ones(1)).item() == 1


def test_hooks_of_the_older_name() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    seen = []
    for layer in model:
        layer.register_backward_hook(lambda module, grad_input, grad_output: seen.append((module, *grad_output)))
    model(torch.ones(1, 2)).sum().backward()  # no input requires grad, and no warning says so
    assert [module for module, _ in seen] == list(model)[::-1]
    assert seen[0][1].tolist() == [[1.0]]
    assert torch.equal(seen[1][1], model[2].weight)
    with pytest.raises(RuntimeError, match="both regular backward hooks and full backward hooks"):
        model[0].register_full_backward_hook(print)


def test_next_functions_has_a_place_for_each_tensor() -> None:
    w, x = torch.ones(2, requires_grad=True), torch.ones(2)

    def listed(t: Any) -> list[str | None]:
        return [None if node is None else type(node).__name__ for node, _ in t.grad_fn.next_functions]

    assert listed(w * x) == ["AccumulateGrad", None]
    assert listed(x - w) == [None, "AccumulateGrad"]
    assert listed(torch.cat([x, w, x])) == [None, "AccumulateGrad", None]
    assert listed(nn.Linear(2, 1)(x[None])) == ["AccumulateGrad", None, "AccumulateGrad"]  # bias, input, weight
    assert listed(w.exp()) == ["AccumulateGrad"]
