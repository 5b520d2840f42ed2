"""The optimisers' base class: groups, state, hooks, refusals."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.optim import SGD, Optimizer, lr_scheduler
from microdl.optim.optimizer import required


def leaf(*values: float, dtype: Any = None) -> Any:
    return torch.tensor(list(values) or [1.0, -2.0], dtype=dtype, requires_grad=True)


def with_grad(*values: float) -> Any:
    p = leaf(*values)
    p.grad = torch.ones(p.shape)
    return p


# Groups, state, hooks.


def test_groups_from_all_that_pytorch_takes() -> None:
    a, b, c = leaf(1.0), leaf(2.0), leaf(3.0)
    assert SGD(x for x in (a, b)).param_groups[0]["params"] == [a, b]
    named = SGD([("a", a), ("b", b)]).param_groups[0]
    assert (named["params"], named["param_names"]) == ([a, b], ["a", "b"])
    given_group = {"params": a, "lr": 0.5}
    optimizer = SGD([given_group, {"params": [b]}], lr=0.1)
    assert optimizer.param_groups[0] is given_group
    optimizer.add_param_group({"params": (x for x in [c]), "momentum": 0.9})
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1, 0.1]
    assert [group["momentum"] for group in optimizer.param_groups] == [0, 0, 0.9]
    assert optimizer.defaults["lr"] == 0.1


def test_repr() -> None:
    assert repr(SGD([leaf()], lr=0.1, momentum=0.9)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.1\n    maximize: False\n    momentum: 0.9\n    nesterov: False\n    weight_decay: 0\n)"
    )


def trained(dtype: Any = None) -> tuple[Any, SGD]:
    p = leaf(1.0, 2.0, dtype=dtype)
    optimizer = SGD([p], lr=0.1, momentum=0.9)
    for _ in range(2):
        p.grad = torch.ones(2, dtype=p.dtype)
        optimizer.step()
    return p, optimizer


def test_state_dict_goes_on_where_it_was_saved() -> None:
    p, optimizer = trained()
    state = optimizer.state_dict()
    assert state["param_groups"][0]["params"] == [0]
    assert state["state"][0]["momentum_buffer"].tolist() == pytest.approx([1.9, 1.9])
    q = torch.tensor(p.tolist(), requires_grad=True)
    other = SGD([q], lr=0.5)
    other.load_state_dict(state)
    assert other.param_groups[0]["lr"] == 0.1
    assert other.param_groups[0]["params"] == [q]
    for x, steps in ((p, optimizer), (q, other)):
        x.grad = torch.ones(2)
        steps.step()
    assert p.tolist() == q.tolist()
    assert other.state[q]["momentum_buffer"] is not optimizer.state[p]["momentum_buffer"]


def test_loaded_buffers_take_the_parameters_dtype() -> None:
    q = leaf(1.0, 2.0, dtype=torch.float64)
    other = SGD([q], momentum=0.9)
    state = trained()[1].state_dict()
    state["state"][0]["step"] = torch.tensor(2.0)
    other.load_state_dict(state)
    assert other.state[q]["momentum_buffer"].dtype is torch.float64
    assert other.state[q]["step"].dtype is torch.float32


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: s["param_groups"].append(s["param_groups"][0]), "different number of parameter groups: 2, .* has 1"),
        (lambda s: s["param_groups"][0]["params"].append(1), "group 0 has 2 parameters, and the optimizer's has 1"),
        (lambda s: s["param_groups"][0].update(lr=-1.0), "Invalid learning rate: -1.0"),
        (lambda s: s["param_groups"][0].update(momentum=math.nan), "Invalid momentum value: nan"),
        (
            lambda s: s["state"][0].update(momentum_buffer=torch.ones(3)),
            r"momentum_buffer of shape \[3\] for parameter 0, whose shape is \[2\]",
        ),
    ],
)
def test_a_refused_state_leaves_the_optimizer_as_it_was(change: Any, text: str) -> None:
    _, optimizer = trained()
    state = copy.deepcopy(optimizer.state_dict())
    change(state)
    groups, entries = optimizer.param_groups, optimizer.state
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ValueError, match=text):
        optimizer.load_state_dict(state)
    assert optimizer.param_groups is groups
    assert optimizer.state is entries
    assert repr(optimizer.state_dict()) == repr(before)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
def test_copies_go_on_by_themselves(duplicate: Any) -> None:
    p, optimizer = trained()
    optimizer.register_step_post_hook(lambda *_: pytest.fail("hooks are not copied, as in PyTorch"))
    other = duplicate(optimizer)
    q = other.param_groups[0]["params"][0]
    assert q is not p
    q.grad = torch.ones(2)
    other.step()
    assert p.tolist() == pytest.approx([0.71, 1.71])
    assert q.tolist() == pytest.approx([0.71 - 0.271, 1.71 - 0.271])


def test_hooks() -> None:
    p = with_grad(1.0)
    optimizer = SGD([p], lr=0.5)
    seen: list[Any] = []

    def before(opt: Any, args: Any, kwargs: Any) -> Any:
        seen.append(("before", opt is optimizer, args, kwargs, p.tolist()))
        return (lambda: 7.0,), {}

    handle = optimizer.register_step_pre_hook(before)
    optimizer.register_step_post_hook(lambda opt, args, kwargs: seen.append(("after", len(args), p.tolist())))
    assert optimizer.step() == 7.0
    assert seen == [("before", True, (), {}, [1.0]), ("after", 1, [0.5])]
    handle.remove()
    assert optimizer.step() is None
    assert len(seen) == 3
    optimizer.register_step_pre_hook(lambda *_: 3)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\), but got 3"):
        optimizer.step()


def test_hooks_of_the_state() -> None:
    _, optimizer = trained()
    seen: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save"))
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "epoch": 3})
    saved = optimizer.state_dict()
    assert saved["epoch"] == 3
    optimizer.register_load_state_dict_pre_hook(lambda o, state: seen.append(f"load {state.pop('epoch')}"))
    optimizer.register_load_state_dict_pre_hook(
        lambda o, state: {**state, "param_groups": [{**state["param_groups"][0], "lr": 0.25}]}
    )
    handle = optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.load_state_dict(saved)
    assert saved["epoch"] == 3
    assert optimizer.param_groups[0]["lr"] == 0.25
    handle.remove()
    optimizer.load_state_dict(saved)
    assert seen == ["save first", "save", "load 3", "loaded", "load 3"]


def test_an_optimizer_of_ones_own() -> None:
    class Plain(Optimizer):
        def __init__(self, params: Any, lr: Any = required) -> None:
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(p.grad * group["lr"])
                    self.state[p]["steps"] = self.state[p].get("steps", 0) + 1

    p = with_grad(1.0)
    optimizer = Plain([p], lr=0.5)
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    optimizer.step()
    assert p.tolist() == [0.25]
    assert optimizer.state_dict()["state"] == {0: {"steps": 2}}
    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        Plain([p])


# Bad input.


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: SGD(leaf()), TypeError, r"iterable of Tensors or dicts, but got torch.FloatTensor. Put it in a list"),
        (lambda: SGD([]), ValueError, "optimizer got an empty parameter list"),
        (lambda: SGD([3]), TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
        (lambda: SGD([np.ones(2)]), TypeError, "one of the params is numpy.ndarray"),
        (lambda: SGD([leaf() * 2]), ValueError, r"can't optimize a non-leaf Tensor: the one of shape \[2\]"),
        (lambda: SGD([{"params": {leaf()}}]), TypeError, "Please use a list instead"),
        (lambda: SGD([{"params": leaf()}, leaf()]), TypeError, "param_group must be a dict, but got"),
        (lambda: SGD([("a", leaf()), leaf()]), ValueError, "Some param names are missing: 1 of 2 have one"),
        (
            lambda: SGD([{"params": p} for p in [leaf()] * 2]),
            ValueError,
            "more than one parameter group: here and in group 0",
        ),
        (lambda: SGD([leaf()], lr=-0.1), ValueError, "Invalid learning rate: -0.1"),
        (lambda: SGD([leaf()], lr=math.nan), ValueError, "Invalid learning rate: nan"),
        (lambda: SGD([leaf()], lr=math.inf), ValueError, "Invalid learning rate: inf"),
        (lambda: SGD([leaf()], lr="0.1"), TypeError, r"learning rate must be a number, not str \('0.1'\)"),
        (lambda: SGD([leaf()], lr=torch.ones(2)), ValueError, r"Tensor learning rate must be 1-element, .* \[2\]"),
        (lambda: SGD([leaf()], momentum=-1), ValueError, "Invalid momentum value: -1"),
        (lambda: SGD([leaf()], weight_decay=-2.0), ValueError, "Invalid weight_decay value: -2.0"),
        (lambda: SGD([leaf()], dampening=None), TypeError, "dampening must be a number, not NoneType"),
        (lambda: SGD([leaf()], nesterov=True), ValueError, "requires a momentum and zero dampening, but momentum is 0"),
        (lambda: SGD([{"params": leaf(), "lr": -3}]), ValueError, "Invalid learning rate: -3"),
        (
            lambda: SGD([leaf()], fused=True, foreach=True),
            RuntimeError,
            "`fused` and `foreach` cannot be `True` together",
        ),
        (
            lambda: SGD([leaf()], fused=True, differentiable=True),
            RuntimeError,
            "`fused` does not support `differentiable`",
        ),
        (lambda: Optimizer([leaf()], {}).step(), NotImplementedError, r"Optimizer defines no step\(\)"),
    ],
)
def test_bad_input(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert re.search(text, str(caught.value))


def test_a_refused_group_changes_nothing() -> None:
    p, q = leaf(1.0), leaf(2.0)
    optimizer = SGD([p])
    for group in ({"params": [q], "lr": -1.0}, {"params": [q, 3]}, {"params": [q, p]}, {"params": [("q", q)]}):
        kept = dict(group)
        with pytest.raises((ValueError, TypeError)):
            optimizer.add_param_group(group)
        assert group == kept
        assert len(optimizer.param_groups) == 1


def test_a_learning_rate_that_became_nan_is_refused_before_any_parameter_changes() -> None:
    p, q = with_grad(1.0), with_grad(2.0)
    optimizer = SGD([{"params": p}, {"params": q}], lr=0.5)
    optimizer.param_groups[1]["lr"] = math.nan
    with pytest.raises(ValueError, match=r"Invalid learning rate: nan\. It was set in param_groups"):
        optimizer.step()
    assert p.tolist() == [1.0]


@pytest.mark.parametrize("name", ["gradient", "momentum_buffer"])
def test_a_parameter_replaced_by_another_shape_is_refused_before_any_changes(name: str) -> None:
    p, q = with_grad(1.0), with_grad(2.0)
    optimizer = SGD([p, q], lr=0.5, momentum=0.9 if name == "momentum_buffer" else 0)
    optimizer.step()
    q.data = torch.zeros(3)
    if name == "momentum_buffer":
        q.grad = torch.ones(3)
    before = p.tolist()
    with pytest.raises(RuntimeError, match=rf"parameter of shape \[3\] has a {name} of shape \[1\]"):
        optimizer.step()
    assert p.tolist() == before


def test_duplicates_in_a_group_warn() -> None:
    p = leaf()
    with pytest.warns(UserWarning, match="duplicate parameters"):
        SGD([p, p])


def test_memory_formats_are_accepted_by_an_optimizer_of_ones_own() -> None:
    p = leaf()
    assert torch.zeros_like(p, memory_format=torch.preserve_format).tolist() == [0.0, 0.0]
    assert p.clone(memory_format=torch.contiguous_format).tolist() == p.tolist()
    assert repr([torch.channels_last, torch.channels_last_3d]) == "[torch.channels_last, torch.channels_last_3d]"
    with pytest.raises(TypeError, match=r"cannot create 'torch.memory_format' instances"):
        torch.memory_format()
