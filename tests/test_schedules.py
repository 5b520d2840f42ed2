"""The learning rate schedules."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any

import pytest

import microdl as torch
from microdl.optim import SGD, lr_scheduler

from .schedule_cases import MOMENTA, RATES, SCHEDULES


def leaf(*values: float, dtype: Any = None) -> Any:
    return torch.tensor(list(values) or [1.0, -2.0], dtype=dtype, requires_grad=True)


def with_grad(*values: float) -> Any:
    p = leaf(*values)
    p.grad = torch.ones(p.shape)
    return p


def optimizer_of_two_groups(name: str = "SGD", **options: Any) -> Any:
    groups = [{"params": leaf()}, {"params": leaf(), "lr": 0.7}]
    return getattr(torch.optim, name)(groups, lr=0.1, **options)


def course(scheduler: Any, epochs: int) -> list[tuple[Any, ...]]:
    """The learning rates and momenta of the groups, epoch by epoch."""
    optimizer, out = scheduler.optimizer, []
    for _ in range(epochs):
        assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        out.append(tuple((group["lr"], group.get("momentum")) for group in optimizer.param_groups))
        optimizer.step()
        scheduler.step()
    return out


@pytest.mark.parametrize("name", SCHEDULES)
def test_recorded_courses(name: str) -> None:
    scheduler = SCHEDULES[name](lr_scheduler, optimizer_of_two_groups(momentum=0.9))
    found = course(scheduler, 8)
    assert [groups[0][0] for groups in found] == pytest.approx(RATES[name], rel=1e-6, abs=1e-12)
    assert [groups[0][1] for groups in found] == pytest.approx(MOMENTA.get(name, [0.9] * 8), rel=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_where_it_was_saved(name: str) -> None:
    first = SCHEDULES[name](lr_scheduler, optimizer_of_two_groups(momentum=0.9))
    course(first, 4)
    saved = copy.deepcopy((first.optimizer.state_dict(), first.state_dict()))
    assert "optimizer" not in saved[1]
    second = SCHEDULES[name](lr_scheduler, optimizer_of_two_groups(momentum=0.9))
    second.optimizer.load_state_dict(saved[0])
    second.load_state_dict(saved[1])
    assert course(second, 6) == course(first, 6)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if not name.startswith(("Sequ", "Chain", "Cycl", "One"))])
def test_the_closed_form_is_the_course(name: str) -> None:
    scheduler = SCHEDULES[name](lr_scheduler, optimizer_of_two_groups())
    if not hasattr(scheduler, "_get_closed_form_lr"):
        return
    for _ in range(6):
        assert scheduler._get_closed_form_lr() == pytest.approx(scheduler.get_last_lr(), rel=1e-9, abs=1e-12)
        scheduler.optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("name", ["CyclicLR", "OneCycleLR"])
def test_the_momentum_of_adam_is_its_first_beta(name: str) -> None:
    optimizer = optimizer_of_two_groups("Adam", betas=(0.5, 0.99))
    scheduler = SCHEDULES[name](lr_scheduler, optimizer)
    for expected in MOMENTA[name]:
        betas = optimizer.param_groups[0]["betas"]
        assert betas == (pytest.approx(expected, rel=1e-6), 0.99)
        optimizer.step()
        scheduler.step()


def test_restarts_within_an_epoch() -> None:
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(SGD([leaf()], lr=1.0), 2, T_mult=2)
    seen = []
    for epoch in (0.5, 1.5, 2, 3.5, 5.999, 6, 13):
        scheduler.step(epoch)
        seen.append((scheduler.T_cur, scheduler.T_i, scheduler.last_epoch, round(scheduler.get_last_lr()[0], 6)))
    assert seen == [
        (0.5, 2, 0, 0.853553),
        (1.5, 2, 1, 0.146447),
        (0.0, 4, 2, 1.0),
        (1.5, 4, 3, 0.691342),
        (pytest.approx(3.999), 4, 5, 0.0),
        (0.0, 8, 6, 1.0),
        (7.0, 8, 13, 0.03806),
    ]


def test_a_learning_rate_that_is_a_tensor_stays_that_tensor() -> None:
    rate = torch.tensor(0.5)
    optimizer = SGD([leaf()], lr=rate, momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=10)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(0.52)


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


def test_a_scale_that_is_an_object_is_saved() -> None:
    class Scale:
        def __init__(self, base: float) -> None:
            self.base = base

        def __call__(self, cycle: float) -> float:
            return self.base**cycle

    def cyclic(base: float) -> Any:
        return lr_scheduler.CyclicLR(SGD([leaf()]), 0.1, 1.0, 2, scale_fn=Scale(base))

    first, second = cyclic(0.5), cyclic(0.9)
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    assert second.scale_fn(1) == 0.5
    state = lr_scheduler.CyclicLR(SGD([leaf()]), 0.1, 1.0, scale_fn=abs).state_dict()
    assert list(state.items())[-1] == ("_scale_fn_custom", None)


def test_a_schedule_without_get_lr() -> None:
    with pytest.raises(NotImplementedError, match=r"LRScheduler defines no get_lr\(\)"):
        lr_scheduler.LRScheduler(SGD([leaf()]))


def chain(optimizer: Any, second: Any) -> Any:
    return lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(optimizer, 2), second])


def sequence() -> tuple[Any, list[Any]]:
    optimizer = SGD([leaf()])
    return optimizer, [lr_scheduler.StepLR(optimizer, 2)]


def test_a_step_too_many_is_refused() -> None:
    optimizer = SGD([leaf()], momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=5)
    optimizer.step()
    for _ in range(5):
        scheduler.step()
    before = dict(optimizer.param_groups[0])
    with pytest.raises(ValueError, match="Tried to step 6 times. The specified number of total steps is 5"):
        scheduler.step()
    assert optimizer.param_groups[0] == before


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
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
        (lambda: lr_scheduler.MultiplicativeLR(SGD([leaf()]), 0.5), TypeError, "should be a function, but got float"),
        (lambda: lr_scheduler.MultiplicativeLR(SGD([leaf()]), [abs, abs]), ValueError, "Expected 1 lr_lambdas"),
        (lambda: lr_scheduler.CosineAnnealingWarmRestarts(SGD([leaf()]), 0), ValueError, "positive integer T_0, .* 0"),
        (
            lambda: lr_scheduler.CosineAnnealingWarmRestarts(SGD([leaf()]), 2, 0.5),
            ValueError,
            r"integer T_mult >= 1, but got 0\.5",
        ),
        (
            lambda: lr_scheduler.CosineAnnealingWarmRestarts(SGD([leaf()]), 2, eta_min="x"),
            ValueError,
            "float or int eta_min, but got x",
        ),
        (
            lambda: lr_scheduler.CosineAnnealingWarmRestarts(SGD([leaf()]), 2).step(-1),
            ValueError,
            "non-negative epoch, but got -1",
        ),
        (lambda: lr_scheduler.OneCycleLR(SGD([leaf()]), 0.1), ValueError, r"total_steps OR \(epochs AND"),
        (lambda: lr_scheduler.OneCycleLR(SGD([leaf()]), 0.1, 0), ValueError, "positive integer total_steps, but got 0"),
        (
            lambda: lr_scheduler.OneCycleLR(SGD([leaf()]), 0.1, epochs=2, steps_per_epoch=2.5),
            ValueError,
            r"positive integer steps_per_epoch, but got 2\.5",
        ),
        (
            lambda: lr_scheduler.OneCycleLR(SGD([leaf()]), 0.1, 9, pct_start=2.0),
            ValueError,
            "between 0 and 1 pct_start",
        ),
        (
            lambda: lr_scheduler.OneCycleLR(SGD([leaf()]), 0.1, 9, anneal_strategy="step"),
            ValueError,
            "one of 'cos' or 'linear', instead got step",
        ),
        (
            lambda: lr_scheduler.OneCycleLR(torch.optim.Adagrad([leaf()]), 0.1, 9),
            ValueError,
            "must support momentum or beta1",
        ),
        (lambda: lr_scheduler.CyclicLR(SGD([leaf()]), 0.1, [0.2, 0.3]), ValueError, "max_lr has 2 values, .* has 1"),
        (
            lambda: lr_scheduler.CyclicLR(SGD([leaf()]), 0.1, 0.2, mode="square"),
            ValueError,
            "mode is invalid .* 'square'",
        ),
        (lambda: lr_scheduler.CyclicLR(3, 0.1, 0.2), TypeError, "int is not an Optimizer"),
        (lambda: lr_scheduler.SequentialLR(SGD([leaf()]), [], []), ValueError, "expects at least one scheduler"),
        (lambda: lr_scheduler.ChainedScheduler([]), ValueError, "at least one scheduler to be chained"),
        (lambda: chain(SGD([leaf()]), 3), TypeError, "at index 1 should have `optimizer`"),
        (
            lambda: chain(SGD([leaf()]), lr_scheduler.ReduceLROnPlateau(SGD([leaf()]))),
            ValueError,
            "does not support `ReduceLROnPlateau` .* index 1",
        ),
        (
            lambda: chain(SGD([leaf()]), lr_scheduler.StepLR(SGD([leaf()]), 2)),
            ValueError,
            "StepLR at index 1 has SGD .*which is different from SGD",
        ),
        (
            lambda: lr_scheduler.SequentialLR(*sequence(), [1, 2]),
            ValueError,
            "number of schedulers 1 and the number of milestones to be equal to 2",
        ),
    ],
)
def test_bad_input(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert re.search(text, str(caught.value), re.DOTALL)


def test_the_plateaus_state_is_printed_in_pytorchs_order() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    state = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer).state_dict()
    assert list(state)[:4] == ["factor", "default_min_lr", "min_lrs", "patience"]
