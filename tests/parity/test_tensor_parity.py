"""Promotion, indexing, creation and bad input against live PyTorch: same dtypes, values, shapes, kinds of error."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
VALUES = {"f": [-2.5, 0.5, 3.0], "i": [-2, 1, 3], "u": [1, 2, 3], "b": [True, False, True]}
NUMBERS = [True, 2, -1, 2.5]

BINARY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda T, x, y: x + y,
    "sub": lambda T, x, y: x - y,
    "mul": lambda T, x, y: x * y,
    "div": lambda T, x, y: x / y,
    "floor_divide": lambda T, x, y: x // y,
    "remainder": lambda T, x, y: x % y,
    "pow": lambda T, x, y: x**y,
    "eq": lambda T, x, y: x == y,
    "lt": lambda T, x, y: x < y,
    "maximum": lambda T, x, y: T.maximum(x, y),
    "atan2": lambda T, x, y: T.atan2(x, y),
    "where": lambda T, x, y: T.where(T.tensor([True, False, True]), x, y),
    "and": lambda T, x, y: x & y,
    "logical_and": lambda T, x, y: T.logical_and(x, y),
    "cat": lambda T, x, y: T.cat([x, y]),
    "iadd": lambda T, x, y: x.__iadd__(y),
    "itruediv": lambda T, x, y: x.__itruediv__(y),
    "copy_": lambda T, x, y: x.copy_(y),
    "set": lambda T, x, y: (x.__setitem__(0, y if not hasattr(y, "ndim") or y.ndim == 0 else y[0]), x)[1],
}
# Where PyTorch refuses what has only one sensible answer, microdl gives it.
TENSORS_ONLY = {"maximum", "atan2", "logical_and"}
GRANTED = {(name, "bool") for name in ("abs", "floor", "ceil", "trunc")}
UNARY: dict[str, Callable[[Any, Any], Any]] = {
    **{name: (lambda T, x, n=name: getattr(T, n)(x)) for name in (
        "neg", "abs", "sign", "exp", "sin", "tanh", "sigmoid", "floor", "ceil", "round", "trunc", "isnan", "isfinite",
        "logical_not", "bitwise_not", "relu", "sqrt", "reciprocal", "square", "sum", "mean", "prod", "cumsum", "max",
        "argmax", "any", "all", "std",
    )},
    "sum over": lambda T, x: x.sum(0),
    "cumsum over": lambda T, x: T.cumsum(x, 0),
    "clamp": lambda T, x: x.clamp(0, 1),
    "clamp float": lambda T, x: x.clamp(0.5),
    "softmax over": lambda T, x: T.softmax(x, 0),
    "float": lambda T, x: x.float(),
    "to int": lambda T, x: x.to(T.int64),
    "requires_grad": lambda T, x: x.requires_grad_().requires_grad,
    "item": lambda T, x: x[0].item(),
    "list": lambda T, x: x.tolist(),
    "bool": lambda T, x: bool(x),
    "index": lambda T, x: [10, 20, 30, 40][x[1]],
}  # fmt: skip


def outcome(T: Any, call: Callable[..., Any], *make: Callable[[Any], Any]) -> Any:
    """(dtype, values), the plain value, or the kind of error."""
    args = [m(T) for m in make]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = call(T, *args)
        except Exception as error:
            return type(error).__name__
    if not hasattr(result, "dtype"):
        return type(result).__name__, result
    return str(result.dtype), result.tolist(), tuple(result.shape)


def tensor_of(dtype: str, zero_d: bool = False) -> Callable[[Any], Any]:
    values = VALUES[np.dtype(dtype).kind]
    return lambda T: T.tensor(values[2] if zero_d else values, dtype=getattr(T, dtype))


def plain(value: Any) -> Callable[[Any], Any]:
    return lambda T: value


def agree(call: Callable[..., Any], *make: Callable[[Any], Any]) -> None:
    ours, theirs = outcome(microdl, call, *make), outcome(torch, call, *make)
    if isinstance(ours, tuple) and isinstance(theirs, tuple) and str(theirs[0]).startswith("torch.float"):
        assert (ours[0], ours[2]) == (theirs[0], theirs[2])
        loose = 2e-3 if ours[0] == "torch.float16" else 1e-6
        np.testing.assert_allclose(ours[1], theirs[1], rtol=loose, atol=loose / 10)
    else:
        assert repr(ours) == repr(theirs)  # -0.0 and nan, too


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("a", DTYPES)
def test_two_operands(name: str, a: str) -> None:
    for b, zero_d in itertools.product(DTYPES, [False, True]):
        if name == "sub" and "bool" in (a, b):
            continue  # PyTorch refuses False and True as numbers here, and here only
        agree(BINARY[name], tensor_of(a), tensor_of(b, zero_d))
    for number in NUMBERS if name not in TENSORS_ONLY else []:
        if (name == "sub" and (a == "bool" or number is True)) or (name, a, number) == ("pow", "bool", True):
            continue
        agree(BINARY[name], tensor_of(a), plain(number))
        agree(BINARY[name], tensor_of(a, zero_d=True), plain(number))
        if name in ("add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "eq", "lt", "and"):
            agree(BINARY[name], plain(number), tensor_of(a))


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_operand(name: str, dtype: str) -> None:
    if (name, dtype) not in GRANTED:
        agree(UNARY[name], tensor_of(dtype))


# --- indexing -------------------------------------------------------------------------------------------

ITEMS = st.one_of(
    st.integers(-4, 4),
    st.slices(4),
    st.none(),
    st.just(Ellipsis),
    st.lists(st.integers(-4, 3), max_size=3),
    hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=2), elements=st.integers(-3, 2)),
    hnp.arrays(np.bool_, st.sampled_from([(2,), (3,), (2, 3)])),
    st.booleans(),
    st.sampled_from([np.array(1), 0.5, "a"]),
)
SHAPES = st.sampled_from([(2, 3, 4), (3, 3), (3,), (), (0, 2)])


def indexed(T: Any, shape: tuple[int, ...], index: Any) -> Any:
    x = T.arange(int(np.prod(shape))).reshape(shape)
    return x[index]


def assigned(T: Any, shape: tuple[int, ...], index: Any) -> Any:
    x = T.arange(int(np.prod(shape))).reshape(shape)
    x[index] = -1
    return x


def in_library(T: Any, index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(in_library(T, i) for i in index)
    return T.from_numpy(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("use", [indexed, assigned])
@given(shape=SHAPES, index=st.lists(ITEMS, max_size=4).map(tuple) | ITEMS)
def test_indexing(use: Any, shape: tuple[int, ...], index: Any) -> None:
    assume(not isinstance(index, tuple) or sum(i is Ellipsis for i in index) < 2)  # two are NumPy's error, and ours
    ours, theirs = (outcome(T, lambda T: use(T, shape, in_library(T, index))) for T in (microdl, torch))
    if isinstance(ours, str) and isinstance(theirs, str):
        return  # both refuse; which of several faults is named first is a matter of order
    assert ours == theirs


# --- creation -------------------------------------------------------------------------------------------

CREATION: list[Callable[[Any], Any]] = [
    lambda T: T.tensor([[1, 2.5], [True, 0]]),
    lambda T: T.tensor([np.float32(1), np.int64(2)]),
    lambda T: T.tensor(np.float32(1.5)),
    lambda T: T.tensor([T.tensor(1), T.tensor(2)]),
    lambda T: T.tensor([]),
    lambda T: T.tensor([[], []]),
    lambda T: T.tensor([[1], [1, 2]]),
    lambda T: T.tensor("a"),
    lambda T: T.tensor(None),
    lambda T: T.tensor({}),
    lambda T: T.tensor([1.5], dtype=T.int64),
    lambda T: T.tensor([300], dtype=T.int16),
    lambda T: T.tensor([1, 2], requires_grad=True),
    lambda T: T.from_numpy([1]),
    lambda T: T.from_numpy(np.zeros(2, np.complex64).view(np.float32)),
    lambda T: T.from_numpy(np.arange(3)[::-1]),
    lambda T: T.as_tensor([1.0, 2.0]),
    lambda T: T.as_tensor(np.arange(3), dtype=T.float32),
    lambda T: T.Tensor([1, 2]),
    lambda T: T.FloatTensor([1, 2]),
    lambda T: T.LongTensor([1, 2]),
    lambda T: T.zeros(2, 3),
    lambda T: T.zeros((2, 3)),
    lambda T: T.zeros([]),
    lambda T: T.zeros(()),
    lambda T: T.zeros(T.zeros(2, 3).shape),
    lambda T: T.zeros(-1),
    lambda T: T.zeros(2.0),
    lambda T: T.zeros(2, dtype=T.bool),
    lambda T: T.ones(2, dtype=T.int32),
    lambda T: T.full((2,), 1),
    lambda T: T.full((2,), 1.5),
    lambda T: T.full((2,), True),
    lambda T: T.full([], 3.5),
    lambda T: T.full((2,), 3.7, dtype=T.int64),
    lambda T: T.arange(5),
    lambda T: T.arange(1, 5, 2),
    lambda T: T.arange(0, 1, 0.1),
    lambda T: T.arange(5.0),
    lambda T: T.arange(5, 1, -1),
    lambda T: T.arange(0, 5, dtype=T.float64),
    lambda T: T.arange(0, 2.5, dtype=T.int64),
    lambda T: T.arange(1, 0),
    lambda T: T.arange(0, 1, 0),
    lambda T: T.linspace(0, 1, 7),
    lambda T: T.linspace(-3, 5, 11, dtype=T.float64),
    lambda T: T.linspace(0, 10, 4, dtype=T.int64),
    lambda T: T.linspace(0, 1, 1),
    lambda T: T.linspace(0, 1, -1),
    lambda T: T.logspace(-1, 2, 4),
    lambda T: T.eye(3),
    lambda T: T.eye(2, 3, dtype=T.int64),
    lambda T: T.eye(-1),
    lambda T: T.zeros_like(T.tensor([1, 2])),
    lambda T: T.ones_like(T.tensor([1, 2]), dtype=T.float32),
    lambda T: T.full_like(T.tensor([1, 2]), 3.5),
    lambda T: T.empty(2, 0),
    lambda T: T.tensor([1.0]).new_zeros(2, 3),
    lambda T: T.tensor([1]).new_full((2,), 2.9),
    lambda T: T.tensor([1.0]).new_tensor([1, 2]),
]

SHAPING: list[Callable[[Any, Any], Any]] = [
    lambda T, x: x.reshape(-1, 2),
    lambda T, x: x.reshape(-1, 4),
    lambda T, x: x.reshape(-1, -1),
    lambda T, x: x.view(6),
    lambda T, x: x.t().view(6),
    lambda T, x: x.view(T.float32),
    lambda T, x: x.flatten(),
    lambda T, x: x.flatten(1, 0),
    lambda T, x: x.unflatten(1, (3, 1)),
    lambda T, x: x.squeeze(0),
    lambda T, x: x.squeeze(5),
    lambda T, x: x.unsqueeze(2),
    lambda T, x: x.unsqueeze(4),
    lambda T, x: x.permute(1, 0),
    lambda T, x: x.permute(0, 0),
    lambda T, x: x.permute(1),
    lambda T, x: x.transpose(0, -1),
    lambda T, x: x.transpose(0, 2),
    lambda T, x: x.expand(2, 2, 3),
    lambda T, x: x.expand(2, 2),
    lambda T, x: x.expand(-1, -1),
    lambda T, x: x.expand(-1, 2, 3),
    lambda T, x: x.repeat(2, 1),
    lambda T, x: x.repeat(2),
    lambda T, x: x.repeat_interleave(2),
    lambda T, x: x.repeat_interleave(T.tensor([1, 2]), 0),
    lambda T, x: T.cat([x, x], 2),
    lambda T, x: T.cat([x, T.zeros(1, 2)]),
    lambda T, x: T.cat([x, T.zeros(0)]),
    lambda T, x: T.cat([]),
    lambda T, x: T.cat([x, 1]),
    lambda T, x: T.cat(x),
    lambda T, x: T.stack([x, x], -1),
    lambda T, x: T.stack([x, x.t()]),
    lambda T, x: T.stack([]),
    lambda T, x: T.hstack([x, x]),
    lambda T, x: T.vstack([x, x[0]]),
    lambda T, x: x.split(2)[0],
    lambda T, x: x.split([1, 1])[1],
    lambda T, x: x.split([1, 2]),
    lambda T, x: x.split(0),
    lambda T, x: x.chunk(2, 1)[1],
    lambda T, x: x.chunk(0),
    lambda T, x: x.unbind(1)[2],
    lambda T, x: x.unbind(2),
    lambda T, x: x.flip(0, 1),
    lambda T, x: x.flip(2),
    lambda T, x: x.roll(1),
    lambda T, x: x.roll((1, 1), (0, 1)),
    lambda T, x: x.narrow(1, 1, 2),
    lambda T, x: x.narrow(1, 2, 2),
    lambda T, x: x.narrow(1, 4, 0),
    lambda T, x: x.select(1, -1),
    lambda T, x: x.select(1, 3),
    lambda T, x: x.T,
    lambda T, x: x[None].T,
    lambda T, x: T.broadcast_tensors(x, T.zeros(3))[1],
    lambda T, x: x + T.zeros(2),
    lambda T, x: x + "a",
    lambda T, x: x + None,
    lambda T, x: T.add(x, [1]),
    lambda T, x: x @ x,
    lambda T, x: x.item(),
    lambda T, x: len(x[0, 0]),
    lambda T, x: list(x[0, 0]),
    lambda T, x: x[0, 0][0],
    lambda T, x: int(x),
    lambda T, x: float(x[0, 1]),
    lambda T, x: x.size(2),
    lambda T, x: x.size(-1),
    lambda T, x: x.stride(),
    lambda T, x: x.numpy().dtype.name,
    lambda T, x: x.requires_grad_().numpy(),
    lambda T, x: x.sum(2),
    lambda T, x: x.sum((0, 0)),
    lambda T, x: x.div(2, rounding_mode="floor"),
    lambda T, x: x.div(2, rounding_mode="up"),
    lambda T, x: x.clamp(),
    lambda T, x: x.clamp(2, 1),
    lambda T, x: T.where(x, 1, 2),
    lambda T, x: T.where(x > 1, 1, 2.5),
    lambda T, x: T.where(x > 1)[0],
    lambda T, x: x.to("cpu").dtype is T.float32,
    lambda T, x: x.type(),
    lambda T, x: 2 in x,
    lambda T, x: x.backward(),
    lambda T, x: x.requires_grad_().backward(),
    lambda T, x: (x.requires_grad_() * 2).requires_grad_(False),
    lambda T, x: x.retain_grad(),
    lambda T, x: x.register_hook(print),
    lambda T, x: setattr(x, "grad", T.zeros(2)),
    lambda T, x: setattr(x, "grad", 1.0),
    lambda T, x: setattr(x, "data", [1]),
    lambda T, x: T.autograd.grad(x.requires_grad_().sum(), T.zeros(1, requires_grad=True)),
]


@pytest.mark.parametrize("call", CREATION)
def test_creation(call: Callable[[Any], Any]) -> None:
    agree(call)


@pytest.mark.parametrize("call", SHAPING)
def test_shapes_conversions_and_bad_input(call: Callable[..., Any]) -> None:
    agree(call, lambda T: T.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
