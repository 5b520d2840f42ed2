"""SGD, the optimiser's base class and the schedules against PyTorch: one program, run with either."""

import copy
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402 - after the guard

FRAMEWORKS = (torch, microdl)
SHAPES = [(10, 64), (10,), (), (3, 1, 5)]
KINDS = [
    {"lr": 0.03},
    {"lr": 0.03, "weight_decay": 0.01},
    {"lr": 0.03, "weight_decay": 0.01, "maximize": True},
    {"lr": 0.03, "momentum": 0.9},
    {"lr": 0.03, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
    {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    {"lr": 0.03, "momentum": 0.9, "nesterov": True, "maximize": True},
]


def parameters(t, dtype, shapes=SHAPES):
    rng = np.random.default_rng(0)
    return [t.tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True) for shape in shapes]


def trained(t, dtype, options, steps=100):
    params = parameters(t, dtype)
    optimizer = t.optim.SGD(params, **options)
    rng = np.random.default_rng(1)
    for _ in range(steps):
        for p in params:
            p.grad = t.tensor(rng.standard_normal(tuple(p.shape)).astype(dtype))
        optimizer.step()
    state = optimizer.state_dict()["state"]
    buffers = [state[i]["momentum_buffer"].numpy() for i in range(len(params)) if "momentum_buffer" in state.get(i, {})]
    return [p.detach().numpy() for p in params], buffers


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_hundred_steps(dtype, options):
    (theirs, their_buffers), (ours, our_buffers) = (trained(t, dtype, options) for t in FRAMEWORKS)
    assert len(our_buffers) == len(their_buffers) == ("momentum" in options) * len(SHAPES)
    ulp = np.finfo(dtype).eps
    for a, b in zip([*ours, *our_buffers], [*theirs, *their_buffers], strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=4 * ulp, atol=4 * ulp)


@pytest.mark.parametrize("options", KINDS)
def test_half_precision(options):
    (theirs, _), (ours, _) = (trained(t, np.float16, options, 20) for t in FRAMEWORKS)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == np.float16
        np.testing.assert_allclose(a.astype(np.float32), b.astype(np.float32), rtol=2e-3, atol=2e-3)


def test_parameters_in_other_memory_orders():
    def program(t):
        p = t.tensor(np.arange(6.0).reshape(2, 3)).t().detach().requires_grad_()
        optimizer = t.optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.1)
        for _ in range(3):
            p.grad = p.detach().clone()
            optimizer.step()
        return p.detach().numpy()

    theirs, ours = (program(t) for t in FRAMEWORKS)
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_groups_named_frozen_and_without_gradient():
    def program(t):
        a, b, c, d = parameters(t, np.float32)
        b.requires_grad_(False)
        optimizer = t.optim.SGD(
            [{"params": [("a", a), ("b", b)], "lr": 0.5}, {"params": [("c", c)]}], lr=0.1, momentum=0.5
        )
        optimizer.add_param_group({"params": [("d", d)], "weight_decay": 0.2, "nesterov": True})
        for _ in range(3):
            optimizer.zero_grad()
            ((a * a).sum() + (d * 3).sum()).backward()
            optimizer.step()
        return [p.detach().numpy() for p in (a, b, c, d)], repr(optimizer), optimizer.state_dict()

    (theirs, their_repr, their_state), (ours, our_repr, our_state) = (program(t) for t in FRAMEWORKS)
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)
    assert our_repr == their_repr
    assert our_state["param_groups"] == their_state["param_groups"]
    assert our_state["state"].keys() == their_state["state"].keys()


def test_a_state_goes_from_one_to_the_other():
    options = {"lr": 0.1, "momentum": 0.9}
    theirs, ours = parameters(torch, np.float64), parameters(microdl, np.float64)
    their_optimizer, our_optimizer = torch.optim.SGD(theirs, **options), microdl.optim.SGD(ours, **options)
    for p, q in zip(theirs, ours, strict=True):
        p.grad, q.grad = torch.ones_like(p), microdl.ones_like(q)
    their_optimizer.step()
    state = their_optimizer.state_dict()
    state["state"] = {
        i: {"momentum_buffer": microdl.from_numpy(e["momentum_buffer"].numpy())} for i, e in state["state"].items()
    }
    our_optimizer.load_state_dict(state)
    their_optimizer.step()
    for p, q in zip(theirs, ours, strict=True):
        before = p.detach().numpy() + 0.1 * 1.9  # the step's gradient, all ones, and 0.9 of the one before
        q.data.copy_(microdl.from_numpy(np.asarray(before)))
    our_optimizer.step()
    for p, q in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(q.detach().numpy(), p.detach().numpy(), rtol=1e-14)


def test_differentiable():
    def program(t):
        start = t.tensor([1.0, -2.0], requires_grad=True)
        p = start * 1.0
        p.retain_grad()
        optimizer = t.optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.5, differentiable=True)
        for _ in range(2):
            p.grad = (p.detach() ** 2).requires_grad_(False)
            optimizer.step()
        (p**3).sum().backward()
        return start.grad.tolist(), p.tolist()

    theirs, ours = (program(t) for t in FRAMEWORKS)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5)


LOSSES = [3.0, 2.9, 2.9, 2.8999, 2.9, 2.91, 2.5, 2.5, 2.5, 2.5, float("nan"), 2.5, 2.5, 2.5, 2.5, 2.5, 2.4]


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.StepLR(o, 7),
        lambda s, o: s.StepLR(o, step_size=1, gamma=0.97),
        lambda s, o: s.MultiStepLR(o, [3, 10, 10, 30], gamma=0.3),
        lambda s, o: s.ExponentialLR(o, 0.93),
        lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
        lambda s, o: s.LambdaLR(o, [lambda epoch: 0.95**epoch, lambda epoch: epoch % 3]),
        lambda s, o: s.CosineAnnealingLR(o, T_max=20, eta_min=1e-3),
        lambda s, o: s.CosineAnnealingLR(o, 7),
        lambda s, o: s.ConstantLR(o),
        lambda s, o: s.ConstantLR(o, factor=0.5, total_iters=9),
        lambda s, o: s.LinearLR(o),
        lambda s, o: s.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=30),
    ],
)
def test_fifty_epochs(make):
    def program(t):
        optimizer = t.optim.SGD([{"params": p} for p in parameters(t, np.float32)[:2]], lr=0.1)
        optimizer.param_groups[1]["lr"] = 0.7
        scheduler = make(t.optim.lr_scheduler, optimizer)
        rates = [scheduler.get_last_lr()]
        for _ in range(50):
            optimizer.step()
            scheduler.step()
            rates.append(scheduler.get_last_lr())
        assert rates[-1] == [group["lr"] for group in optimizer.param_groups]
        return rates, sorted(scheduler.state_dict()), [group["initial_lr"] for group in optimizer.param_groups]

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


def twice_in_a_group(t):
    (p,) = parameters(t, np.float32, [(2,)])
    t.optim.SGD([p, p], lr=0.1)


@pytest.mark.parametrize(
    "program", [wrong_order, right_order, overridden, asked_outside, with_an_epoch, twice_in_a_group]
)
def test_warnings(program):
    theirs, ours = (warned(program, t) for t in FRAMEWORKS)
    assert ours == theirs


def leaf(t):
    return t.ones(2, requires_grad=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda t: t.optim.SGD(leaf(t)),
        lambda t: t.optim.SGD([]),
        lambda t: t.optim.SGD([3]),
        lambda t: t.optim.SGD([leaf(t), "a"]),
        lambda t: t.optim.SGD([np.ones(2)]),
        lambda t: t.optim.SGD([leaf(t) * 2]),
        lambda t: t.optim.SGD([{"lr": 0.1}]),
        lambda t: t.optim.SGD([{"params": {leaf(t)}}]),
        lambda t: t.optim.SGD([{"params": leaf(t)}, [leaf(t)]]),
        lambda t: t.optim.SGD([("a", leaf(t)), leaf(t)]),
        lambda t: t.optim.SGD([{"params": [("a", leaf(t))]}, {"params": [leaf(t)]}]),
        lambda t: t.optim.SGD([{"params": p} for p in [leaf(t)] * 2]),
        lambda t: t.optim.SGD(None),
        lambda t: t.optim.SGD([leaf(t)], lr=-1),
        lambda t: t.optim.SGD([leaf(t)], lr="a"),
        lambda t: t.optim.SGD([leaf(t)], lr=t.ones(2)),
        lambda t: t.optim.SGD([leaf(t)], momentum=-0.5),
        lambda t: t.optim.SGD([leaf(t)], weight_decay=-0.5),
        lambda t: t.optim.SGD([leaf(t)], nesterov=True),
        lambda t: t.optim.SGD([leaf(t)], momentum=0.9, dampening=0.1, nesterov=True),
        lambda t: t.optim.SGD([leaf(t)], foreach=True, fused=True),
        lambda t: t.optim.SGD([leaf(t)], differentiable=True, fused=True),
        lambda t: t.optim.Optimizer([leaf(t)], {}).step(),
        lambda t: t.optim.SGD([leaf(t)]).load_state_dict({"state": {}, "param_groups": []}),
        lambda t: t.optim.SGD([leaf(t)]).load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]}),
        lambda t: t.optim.SGD([leaf(t)]).load_state_dict({"state": {}}),
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
    ],
)
def test_errors_have_the_same_type(program):
    types = []
    for t in FRAMEWORKS:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the type is compared below
            program(t)
        types.append(caught.type)
    assert types[1] is types[0]
