"""SGD, the optimisers' base class and the schedules."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.optim import SGD, Optimizer, lr_scheduler
from microdl.optim.optimizer import required

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
        (lambda: lr_scheduler.StepLR(None, 2), TypeError, "NoneType is not an Optimizer"),
        (
            lambda: lr_scheduler.StepLR(SGD([leaf()]), 0),
            ValueError,
            "step_size should be a positive integer, but got 0",
        ),
        (
            lambda: lr_scheduler.StepLR(SGD([leaf()]), 2, last_epoch=3),
            KeyError,
            r"'initial_lr' is not specified in param_groups\[0\]",
        ),
        (lambda: lr_scheduler.LambdaLR(SGD([leaf()]), [abs, abs]), ValueError, "Expected 1 lr_lambdas, but got 2"),
        (lambda: lr_scheduler.ConstantLR(SGD([leaf()]), 2.0), ValueError, "expected to be between 0 and 1. It is 2.0"),
        (
            lambda: lr_scheduler.LinearLR(SGD([leaf()]), 0.0),
            ValueError,
            "greater than 0 and less or equal to 1. It is 0.0",
        ),
        (lambda: lr_scheduler.LinearLR(SGD([leaf()]), 1.0, 2.0), ValueError, "Ending .* between 0 and 1. It is 2.0"),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(SGD([leaf()]), "low"),
            ValueError,
            "mode low is unknown! Choose min or max",
        ),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(SGD([leaf()]), threshold_mode="x"),
            ValueError,
            "threshold mode x is unknown!",
        ),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(SGD([leaf()]), factor=1.5),
            ValueError,
            "Factor should be < 1.0. It is 1.5",
        ),
        (lambda: lr_scheduler.ReduceLROnPlateau(SGD([leaf()]), min_lr=[0, 0]), ValueError, "expected 1 min_lrs, got 2"),
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


# Schedules.


def rates(scheduler: Any, optimizer: SGD, epochs: int) -> list[float]:
    out = [scheduler.get_last_lr()[0]]
    for _ in range(epochs):
        optimizer.step()
        scheduler.step()
        out.append(scheduler.get_last_lr()[0])
    return out


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: lr_scheduler.StepLR(o, 2, 0.5), [1, 1, 0.5, 0.5, 0.25]),
        (lambda o: lr_scheduler.MultiStepLR(o, [1, 3, 3], 0.5), [1, 0.5, 0.5, 0.125, 0.125]),
        (lambda o: lr_scheduler.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
        (lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1 - epoch / 4), [1, 0.75, 0.5, 0.25, 0]),
        (lambda o: lr_scheduler.ConstantLR(o, 0.5, 3), [0.5, 0.5, 0.5, 1, 1]),
        (lambda o: lr_scheduler.LinearLR(o, 0.25, 1.0, 3), [0.25, 0.5, 0.75, 1, 1]),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 4), [1, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125), 0]),
    ],
)
def test_schedules(make: Any, expected: list[float]) -> None:
    optimizer = SGD([leaf()], lr=1.0)
    scheduler = make(optimizer)
    assert rates(scheduler, optimizer, 4) == pytest.approx(expected, abs=1e-12)
    assert optimizer.param_groups[0]["initial_lr"] == 1.0
    if hasattr(scheduler, "_get_closed_form_lr"):
        assert scheduler._get_closed_form_lr() == pytest.approx(expected[-1:], abs=1e-12)


def test_plateau_restores_its_state() -> None:
    optimizer = SGD([leaf()], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5, mode="max")
    for metric in (1.0, torch.tensor(1.0), 0.5):
        scheduler.step(metric)
    assert optimizer.param_groups[0]["lr"] == 0.25
    other = lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    other.load_state_dict(dict(scheduler.state_dict()))
    assert (other.mode, other.patience, other.best, other.mode_worse) == ("max", 0, 1.0, -math.inf)
    optimizer.add_param_group({"params": leaf()})
    other.step(0.1)
    assert other.min_lrs == [0, 0]


def test_plateau_with_a_group_more_than_minima() -> None:
    optimizer = SGD([leaf()], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1])
    optimizer.add_param_group({"params": leaf()})
    scheduler.step(1.0)
    with pytest.raises(RuntimeError, match=r"`optimizer` \(2\) differs .* initialized \(1\)"):
        scheduler.step(2.0)


def test_the_order_of_steps() -> None:
    optimizer = SGD([leaf()], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, 1)
    with pytest.warns(UserWarning, match=re.escape("Detected call of `lr_scheduler.step()` before `optimizer.step()`")):
        scheduler.step()
    scheduler.step()  # warned of once


def test_a_lambda_that_is_an_object_is_saved() -> None:
    class Factor:
        def __init__(self, base: float) -> None:
            self.base = base

        def __call__(self, epoch: int) -> float:
            return self.base**epoch

    scheduler = lr_scheduler.LambdaLR(SGD([leaf()], lr=1.0), [Factor(0.5)])
    other = lr_scheduler.LambdaLR(SGD([leaf()], lr=1.0), [Factor(0.9)])
    other.load_state_dict(scheduler.state_dict())
    assert other.lr_lambdas[0].base == 0.5
    assert lr_scheduler.LambdaLR(SGD([leaf()]), lambda epoch: 1.0).state_dict()["lr_lambdas"] == [None]


def test_a_schedule_without_get_lr() -> None:
    with pytest.raises(NotImplementedError, match=r"LRScheduler defines no get_lr\(\)"):
        lr_scheduler.LRScheduler(SGD([leaf()]))
