"""Random small programs, run by microdl and by PyTorch: same values, same gradients, errors at the same places."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

# An instruction is (name, a, b, n): two variables x and y, counted around, and a small number.
# T is the library.
MAKING: dict[str, Callable[[Any, Any, Any, int], Any]] = {
    "add": lambda T, x, y, n: x + y,
    "sub": lambda T, x, y, n: x - y,
    "mul": lambda T, x, y, n: x * y,
    "scale": lambda T, x, y, n: (n - 2) * x,
    "div": lambda T, x, y, n: x / (y * y + 1),
    "maximum": lambda T, x, y, n: T.maximum(x, y),
    "where": lambda T, x, y, n: T.where(x > y, x, y * 2),
    "clamp": lambda T, x, y, n: x.clamp(-1.0, float(n)),
    "tanh": lambda T, x, y, n: x.tanh(),
    "sin": lambda T, x, y, n: T.sin(x),
    "sigmoid": lambda T, x, y, n: T.sigmoid(x),
    "abs": lambda T, x, y, n: x.abs(),
    "clone": lambda T, x, y, n: x.clone(),
    "sum": lambda T, x, y, n: x.sum(),
    "sum over": lambda T, x, y, n: x.sum(n - 2, keepdim=bool(n % 2)),
    "mean over": lambda T, x, y, n: x.mean(n - 2),
    "amax": lambda T, x, y, n: x.amax(n - 2),
    "cumsum": lambda T, x, y, n: x.cumsum(n - 2),
    "softmax": lambda T, x, y, n: T.softmax(x, n - 2),
    "matmul": lambda T, x, y, n: x @ y,
    "matmul transposed": lambda T, x, y, n: x @ y.t(),
    "cat": lambda T, x, y, n: T.cat([x, y], n - 2),
    "stack": lambda T, x, y, n: T.stack([x, y], n - 2),
    "flip": lambda T, x, y, n: x.flip(n - 2),
    "take rows": lambda T, x, y, n: x[[0, n - 2, 0]],
    "mask": lambda T, x, y, n: x[x > 0],
    "gather": lambda T, x, y, n: T.gather(x, -1, T.zeros_like(x).to(T.int64) + n % 2),
    "detach": lambda T, x, y, n: x.detach(),
    "leaf": lambda T, x, y, n: x.detach().clone().requires_grad_(),
}
VIEWING: dict[str, Callable[[Any, Any, Any, int], Any]] = {
    "flat": lambda T, x, y, n: x.reshape(-1),
    "view": lambda T, x, y, n: x.view(-1, n),
    "t": lambda T, x, y, n: x.t(),
    "unsqueeze": lambda T, x, y, n: x.unsqueeze(n - 2),
    "squeeze": lambda T, x, y, n: x.squeeze(),
    "expand": lambda T, x, y, n: x.expand(n, *x.shape),
    "row": lambda T, x, y, n: x[n - 2],
    "column": lambda T, x, y, n: x[:, n - 2],
    "slice": lambda T, x, y, n: x[1:n],
    "steps": lambda T, x, y, n: x[..., ::2],
    "narrow": lambda T, x, y, n: x.narrow(0, n - 1, 1),
    "diagonal": lambda T, x, y, n: x.diagonal(),
}
CHANGING: dict[str, Callable[[Any, Any, Any, int], Any]] = {
    "add_": lambda T, x, y, n: x.add_(y),
    "sub_": lambda T, x, y, n: x.sub_(y, alpha=n),
    "mul_": lambda T, x, y, n: x.mul_(y),
    "scale_": lambda T, x, y, n: x.mul_(n - 1),
    "div_": lambda T, x, y, n: x.div_(n + 1),
    "tanh_": lambda T, x, y, n: x.tanh_(),
    "zero_": lambda T, x, y, n: x.zero_(),
    "copy_": lambda T, x, y, n: x.copy_(y),
    "set row": lambda T, x, y, n: x.__setitem__(n - 2, y),
    "set number": lambda T, x, y, n: x.__setitem__((Ellipsis, n - 2), 0.5),
    "set slice": lambda T, x, y, n: x.__setitem__(slice(1, n), y),
    "set rows": lambda T, x, y, n: x.__setitem__([n - 2], y),
    "set mask": lambda T, x, y, n: x.__setitem__(x > 1, 0.25),
}
INSTRUCTIONS = MAKING | VIEWING | CHANGING
CUTTING = {"detach", "leaf"}  # after these the gradient is not the slope of what is computed

names = st.one_of(*(st.sampled_from(sorted(kind)) for kind in (MAKING, VIEWING, CHANGING)))
number = st.integers(0, 9)
programs = st.lists(st.tuples(names, number, number, st.integers(0, 3)), min_size=1, max_size=12)


@dataclass
class Run:
    """What a program left: its variables, the errors it met and where, and the leaves."""

    variables: list[Any]
    leaves: list[Any]
    errors: list[tuple[int, str]] = field(default_factory=list)
    repeating: set[int] = field(default_factory=set)  # variables in which one element may stand at several places


def run(T: Any, program: Any, start: list[np.ndarray]) -> Run:
    leaves = [T.tensor(a.tolist(), dtype=T.float64, requires_grad=True) for a in start]
    state = Run([*leaves, leaves[0] * 1, T.tensor(start[1].tolist(), dtype=T.float64)], leaves)
    for i, (name, a, b, n) in enumerate(program):
        assert all(v.is_leaf or v.requires_grad for v in state.variables)  # asking refreshes PyTorch's views
        at, other = a % len(state.variables), b % len(state.variables)
        x, y = state.variables[at], state.variables[other]
        if name in CHANGING and (at in state.repeating or overlap(x, y)):
            continue  # PyTorch has no defined result where it does not raise
        try:
            result = INSTRUCTIONS[name](T, x, y, n)
        except Exception as error:
            kind = "" if name == "set rows" else type(error).__name__  # a leaf's, or the index's first
            state.errors.append((i, f"{name}: {kind}"))
            continue
        if name not in CHANGING:
            if name == "expand" or (name in VIEWING and at in state.repeating):
                state.repeating.add(len(state.variables))
            state.variables.append(result)
    return state


def overlap(x: Any, y: Any) -> bool:
    return np.shares_memory(x.detach().numpy(), y.detach().numpy())


def loss_of(state: Run) -> Any:
    """Every variable counts, each element a little differently."""
    total = state.variables[0].sum() * 0.5
    for k, v in enumerate(state.variables):
        total = total + ((v * v + 2 * v) * (k + 1)).sum()
    return total


def arrays(tensors: list[Any]) -> list[np.ndarray]:
    return [t.detach().numpy() for t in tensors]


def gradients(state: Run) -> list[np.ndarray | None] | str:
    """The gradients of the leaves, or the error's first words."""
    try:
        loss_of(state).backward()
    except RuntimeError as error:
        return str(error)[:55]
    return [None if leaf.grad is None else leaf.grad.numpy().copy() for leaf in state.leaves]


STARTS = st.sampled_from([((2, 3), (3,)), ((2, 2), (2, 2)), ((3,), (1,)), ((2, 3), ())])
MODIFIED = "one of the variables needed for gradient computatio"


@given(program=programs, shapes=STARTS, seed=st.integers(0, 5))
def test_random_programs(program: Any, shapes: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = [np.round(rng.uniform(-2, 2, s) * 8) / 8 for s in shapes]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's advice about its own future
        theirs = run(torch, program, start)
    ours = run(microdl, program, start)
    assume(all(np.all(np.abs(a) < 1e4) for a in arrays(theirs.variables)))
    note(f"errors: {theirs.errors}")
    assert ours.errors == theirs.errors
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), other.detach().numpy(), rtol=1e-9, atol=1e-9)
        assert mine.requires_grad == other.requires_grad
        assert mine.is_leaf == other.is_leaf
        assert tuple(mine.shape) == tuple(other.shape)
    compare_gradients(program, start, gradients(ours), gradients(theirs))


def compare_gradients(program: Any, start: list[np.ndarray], mine: Any, other: Any) -> None:
    """Equal; where PyTorch finds a saved result overwritten that microdl has kept, equal to the slope instead."""
    if isinstance(other, str):
        if isinstance(mine, str):
            assert mine == other
            return
        assert other.startswith(MODIFIED)
        assume(not CUTTING & {name for name, *_ in program})
        check_slope(program, start)
        return
    assert not isinstance(mine, str), mine
    for a, b in zip(mine, other, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


def check_slope(program: Any, start: list[np.ndarray]) -> None:
    """microdl's gradient of the first leaf against a difference of PyTorch's values, beside the grid and its kinks."""
    direction = np.linspace(0.5, 1.5, start[0].size).reshape(start[0].shape)
    start = [a + 0.0137 * np.cos(np.arange(a.size)).reshape(a.shape) for a in start]
    h = 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = [loss_of(run(torch, program, [start[0] + s * h * direction, start[1]])).item() for s in (1, -1)]
    gradient = gradients(run(microdl, program, start))
    assume(not isinstance(gradient, str))  # beside the grid a mask may differ, and with it the program
    found: Any = gradient[0]
    slope = (values[0] - values[1]) / (2 * h)
    analytic = 0.0 if found is None else float((found * direction).sum())
    assert abs(slope - analytic) <= 1e-4 * (1 + abs(slope)), f"slope {slope}, analytic {analytic}"


@given(program=programs, seed=st.integers(0, 5))
def test_random_second_derivatives(program: Any, seed: int) -> None:
    """Without changes in place: the gradient of the squared gradient."""
    program = [i for i in program if i[0] not in CHANGING | {"leaf": None}]
    start = [np.round(np.random.default_rng(seed).uniform(-2, 2, s) * 8) / 8 for s in ((2, 3), (3,))]
    found = []
    for T in (microdl, torch):
        state = run(T, program, start)
        first = T.autograd.grad(loss_of(state), state.leaves, create_graph=True)
        penalty = sum((g * g).sum() for g in first)
        assume(penalty.item() < 1e6)
        second = T.autograd.grad(penalty, state.leaves, allow_unused=True)
        found.append([*arrays(list(first)), *(None if g is None else g.numpy() for g in second)])
    for a, b in zip(*found, strict=True):
        if a is None or b is None:  # an absent gradient and zeros mean the same
            assert not np.any(0 if a is None else a)
            assert not np.any(0 if b is None else b)
        else:
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-7)
