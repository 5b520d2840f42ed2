"""The learning rate schedules against PyTorch: one program, run with either."""

import copy
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402 - after the guard

from ..schedule_cases import SCHEDULES  # noqa: E402

FRAMEWORKS = (torch, microdl)


def parameters(t, dtype, shapes=((10, 4), (10,), (), (3, 1, 5))):
    rng = np.random.default_rng(0)
    return [t.tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True) for shape in shapes]


def leaf(t):
    return t.ones(2, requires_grad=True)


LOSSES = [3.0, 2.9, 2.9, 2.8999, 2.9, 2.91, 2.5, 2.5, 2.5, 2.5, float("nan"), 2.5, 2.5, 2.5, 2.5, 2.5, 2.4]


def course(t, name, kind, **options):
    groups = [{"params": leaf(t)}, {"params": leaf(t), "lr": 0.7}]
    optimizer = getattr(t.optim, kind)(groups, lr=0.1, **options)
    scheduler = SCHEDULES[name](t.optim.lr_scheduler, optimizer)
    rates = []
    for _ in range(50):
        rates.append((scheduler.get_last_lr(), [[g["lr"], g.get("momentum"), g.get("betas")] for g in groups]))
        optimizer.step()
        scheduler.step()
    return rates, shown(scheduler.state_dict()), repr(optimizer)


def shown(state):
    """A scheduler's state as it can be compared; functions are not saved."""
    parts = [shown(part) for part in state.get("_schedulers", [])]
    return {key: value for key, value in state.items() if key != "_schedulers"}, parts


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize(("kind", "options"), [("SGD", {"momentum": 0.9}), ("AdamW", {})])
def test_fifty_epochs(kind, options, name):
    theirs, ours = (course(t, name, kind, **options) for t in FRAMEWORKS)
    assert ours == theirs


@pytest.mark.parametrize("name", [name for name in SCHEDULES if not name.startswith(("Sequential", "Chained"))])
def test_a_given_epoch_takes_the_closed_form(name):
    def program(t):
        optimizer = t.optim.SGD([leaf(t)], lr=0.1, momentum=0.9)
        make = SCHEDULES[name.removesuffix("-list")] if name.endswith("-list") else SCHEDULES[name]
        if name in ("CyclicLR-triangular2", "OneCycleLR-linear"):
            optimizer.add_param_group({"params": leaf(t)})
        scheduler = make(t.optim.lr_scheduler, optimizer)
        rates = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            for epoch in (5, 2, 9, 0, 7):
                optimizer.step()
                scheduler.step(epoch)
                rates.append(scheduler.get_last_lr())
        return rates

    theirs, ours = (program(t) for t in FRAMEWORKS)
    assert ours == theirs


def test_fractions_of_an_epoch():
    def program(t):
        optimizer = t.optim.SGD([leaf(t)], lr=0.1)
        scheduler = t.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, 2, 0.01)
        rates = []
        for i in range(60):
            scheduler.step(i / 4)
            rates.append((scheduler.get_last_lr(), scheduler.T_cur, scheduler.T_i, scheduler.last_epoch))
        return rates

    theirs, ours = (program(t) for t in FRAMEWORKS)
    assert ours == theirs


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 1, "factor": 0.5},
        {"patience": 0, "cooldown": 2},
        {"patience": 1, "threshold": 0.2, "threshold_mode": "abs"},
        {"mode": "max", "patience": 2, "threshold_mode": "abs"},
        {"mode": "max", "patience": 2, "threshold": 0.01},
        {"patience": 0, "min_lr": [0.05, 0.001]},
        {"patience": 0, "min_lr": 0.01, "eps": 0.05},
    ],
)
def test_plateau(options):
    def program(t):
        optimizer = t.optim.SGD([{"params": p} for p in parameters(t, np.float32)[:2]], lr=0.1)
        scheduler = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        rates = []
        for loss in LOSSES:
            scheduler.step(loss)
            rates.append((scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.in_cooldown))
        state = scheduler.state_dict()
        return rates, {key: value for key, value in state.items() if key != "optimizer"}

    theirs, ours = (program(t) for t in FRAMEWORKS)
    assert ours == theirs


def test_a_schedule_resumed():
    def program(t):
        optimizer = t.optim.SGD(parameters(t, np.float32), lr=0.1)
        first = t.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
        for _ in range(4):
            optimizer.step()
            first.step()
        saved = copy.deepcopy((optimizer.state_dict(), first.state_dict()))
        again = t.optim.SGD(parameters(t, np.float32), lr=0.3)
        second = t.optim.lr_scheduler.CosineAnnealingLR(again, 10)
        again.load_state_dict(saved[0])
        second.load_state_dict(saved[1])
        third = t.optim.lr_scheduler.CosineAnnealingLR(again, 10, last_epoch=second.last_epoch)
        rates = []
        for scheduler in (second, third):
            again.step()
            scheduler.step()
            rates.append(scheduler.get_last_lr())
        return rates

    theirs, ours = (program(t) for t in FRAMEWORKS)
    assert ours == theirs


def test_tensor_learning_rate():
    def program(t):
        (p,) = parameters(t, np.float32, [(2,)])
        rate = t.tensor(0.5)
        optimizer = t.optim.SGD([p], lr=rate)
        scheduler = t.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        p.grad = t.ones(2)
        optimizer.step()
        scheduler.step()
        optimizer.step()
        return p.tolist(), float(optimizer.param_groups[0]["lr"]), optimizer.param_groups[0]["lr"] is rate, float(rate)

    theirs, ours = (program(t) for t in FRAMEWORKS)
    assert ours == theirs


def warned(program, t):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program(t)
    return [str(w.message).split("See")[0].split("During")[0].strip() for w in caught if w.category is UserWarning]


def wrong_order(t):
    optimizer = t.optim.SGD(parameters(t, np.float32), lr=0.1)
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 2)
    scheduler.step()
    scheduler.step()


def right_order(t):
    optimizer = t.optim.SGD(parameters(t, np.float32), lr=0.1)
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    scheduler.step()


def overridden(t):
    optimizer = t.optim.SGD(parameters(t, np.float32), lr=0.1)
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step = lambda: None
    scheduler.step()


def asked_outside(t):
    optimizer = t.optim.SGD(parameters(t, np.float32), lr=0.1)
    t.optim.lr_scheduler.ExponentialLR(optimizer, 0.5).get_lr()


def with_an_epoch(t):
    optimizer = t.optim.SGD(parameters(t, np.float32), lr=0.1)
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    scheduler.step(5)
    assert scheduler.get_last_lr() == [0.1 * 0.1**2]


@pytest.mark.parametrize("program", [wrong_order, right_order, overridden, asked_outside, with_an_epoch])
def test_warnings(program):
    theirs, ours = (warned(program, t) for t in FRAMEWORKS)
    assert ours == theirs


def step_lr(t):
    return t.optim.lr_scheduler.StepLR(t.optim.SGD([leaf(t)]), 2)


@pytest.mark.parametrize(
    "program",
    [
        lambda t: t.optim.lr_scheduler.StepLR(3, 2),
        lambda t: t.optim.lr_scheduler.StepLR(t.optim.SGD([leaf(t)]), 2, last_epoch=4),
        lambda t: t.optim.lr_scheduler.LambdaLR(t.optim.SGD([leaf(t)]), [min, max]),
        lambda t: t.optim.lr_scheduler.ConstantLR(t.optim.SGD([leaf(t)]), 1.5),
        lambda t: t.optim.lr_scheduler.LinearLR(t.optim.SGD([leaf(t)]), 0),
        lambda t: t.optim.lr_scheduler.LinearLR(t.optim.SGD([leaf(t)]), 1, -1),
        lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(t.optim.SGD([leaf(t)]), "least"),
        lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(t.optim.SGD([leaf(t)]), threshold_mode="x"),
        lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(t.optim.SGD([leaf(t)]), factor=1.0),
        lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(t.optim.SGD([leaf(t)]), min_lr=[0, 1]),
        lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(4),
        lambda t: t.optim.lr_scheduler.LRScheduler(t.optim.SGD([leaf(t)])),
        lambda t: t.optim.lr_scheduler.MultiplicativeLR(t.optim.SGD([leaf(t)]), 0.5),
        lambda t: t.optim.lr_scheduler.MultiplicativeLR(t.optim.SGD([leaf(t)]), [min, max]),
        lambda t: t.optim.lr_scheduler.CosineAnnealingWarmRestarts(t.optim.SGD([leaf(t)]), 0),
        lambda t: t.optim.lr_scheduler.CosineAnnealingWarmRestarts(t.optim.SGD([leaf(t)]), 2, 0.5),
        lambda t: t.optim.lr_scheduler.CosineAnnealingWarmRestarts(t.optim.SGD([leaf(t)]), 2).step(-1),
        lambda t: t.optim.lr_scheduler.OneCycleLR(t.optim.SGD([leaf(t)]), 0.1),
        lambda t: t.optim.lr_scheduler.OneCycleLR(t.optim.SGD([leaf(t)]), 0.1, 0),
        lambda t: t.optim.lr_scheduler.OneCycleLR(t.optim.SGD([leaf(t)]), 0.1, 9, pct_start=2.0),
        lambda t: t.optim.lr_scheduler.OneCycleLR(t.optim.SGD([leaf(t)]), 0.1, 9, anneal_strategy="x"),
        lambda t: t.optim.lr_scheduler.OneCycleLR(t.optim.Adagrad([leaf(t)]), 0.1, 9),
        lambda t: t.optim.lr_scheduler.CyclicLR(t.optim.SGD([leaf(t)]), 0.1, [0.2, 0.3]),
        lambda t: t.optim.lr_scheduler.CyclicLR(t.optim.SGD([leaf(t)]), 0.1, 0.2, mode="x"),
        lambda t: t.optim.lr_scheduler.CyclicLR(t.optim.Adagrad([leaf(t)]), 0.1, 0.2),
        lambda t: t.optim.lr_scheduler.SequentialLR(t.optim.SGD([leaf(t)]), [], []),
        lambda t: t.optim.lr_scheduler.ChainedScheduler([]),
        lambda t: t.optim.lr_scheduler.ChainedScheduler([step_lr(t), 3]),
        lambda t: t.optim.lr_scheduler.ChainedScheduler([step_lr(t), step_lr(t)]),
    ],
)
def test_errors_have_the_same_type(program):
    types = []
    for t in FRAMEWORKS:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the type is compared below
            program(t)
        types.append(caught.type)
    assert types[1] is types[0]
