"""The language of cases: a call by its PyTorch name, and inputs described by shape, dtype, layout and values.

A case is data. `build` makes the inputs on either library, `text` names the case (and keys its record), `snippet`
is a script that runs it on both.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DTYPES = {
    "f16": np.float16, "f32": np.float32, "f64": np.float64, "i8": np.int8, "i16": np.int16, "i32": np.int32,
    "i64": np.int64, "u8": np.uint8, "bool": np.bool_,
}  # fmt: skip
FLOATS = ("f16", "f32", "f64")
NAMES = {
    "f16": "float16", "f32": "float32", "f64": "float64", "i8": "int8", "i16": "int16", "i32": "int32",
    "i64": "int64", "u8": "uint8", "bool": "bool",
}  # fmt: skip
PROPERTIES = (
    "shape", "dtype", "device", "ndim", "T", "mT", "is_leaf", "requires_grad", "grad", "grad_fn", "data", "is_cuda",
    "is_sparse", "layout", "itemsize", "nbytes", "retains_grad", "H", "mH", "is_cpu", "is_meta", "is_mkldnn", "is_mps",
    "is_nested", "is_quantized", "is_sparse_csr", "is_xla", "is_xpu", "real", "imag",
)  # fmt: skip
_OPERATORS = ("add", "sub", "mul", "truediv", "pow", "floordiv", "mod", "and", "or", "xor", "lshift", "rshift")
STORES = {"setitem", *(f"i{n}" for n in _OPERATORS)}
SPECIAL = (0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e30, 1e-40, -1.0, 1.0, 0.5, -2.5, 3.5)


@dataclass(frozen=True)
class T:
    """An input tensor. Floats require grad unless `grad` is False."""

    shape: tuple[int, ...] = (2, 3)
    dtype: str = "f32"
    layout: str = "c"  # contiguous, "t"ransposed, "s"trided, "e"xpanded, "o"ffset
    values: str = "normal"
    seed: int = 0
    grad: bool = True

    def __repr__(self) -> str:
        extra = [x for x, y in ((self.layout, "c"), (self.values, "normal"), (self.seed, 0)) if x != y]
        size = "x".join(map(str, self.shape)) or "scalar"
        return f"<{' '.join(map(str, [size, self.dtype, *extra, *([] if self.grad else ['nograd'])]))}>"


@dataclass(frozen=True)
class Name:
    """An attribute of the library, such as a dtype."""

    name: str

    def __repr__(self) -> str:
        return f"torch.{self.name}"


@dataclass(frozen=True)
class Case:
    call: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()
    inputs: tuple[Any, ...] = ()  # of a module
    train: bool = True
    ulps: float = 8.0  # how far a value may be from PyTorch's, in units of its dtype's spacing
    mixes: bool = False  # results mix elements: the spacing is that of the largest
    second: bool = True
    values: bool = True  # False: only what surrounds the values is compared
    strides: bool = True  # False: PyTorch promises no strides for this result

    @property
    def text(self) -> str:
        given = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs]
        after = f"({', '.join(map(repr, self.inputs))}){'' if self.train else ' eval'}" if self.is_module else ""
        return f"{self.call}({', '.join(given)}){after}"

    @property
    def is_module(self) -> bool:
        return self.call.startswith("nn.")

    @property
    def in_place(self) -> bool:
        name = self.call.rsplit(".", 1)[-1]
        if name.endswith("_") and not name.endswith("__"):
            return self.call != "operator.and_" and self.call != "operator.or_"
        return name in STORES or bool(dict(self.kwargs).get("inplace", False))

    def but(self, **changes: Any) -> Case:
        return dataclasses.replace(self, **changes)


def case(call: str, *args: Any, **kwargs: Any) -> Case:
    return Case(call, args, tuple(kwargs.items()))


def module(call: str, *args: Any, inputs: tuple[Any, ...], train: bool = True, **kwargs: Any) -> Case:
    return Case(call, args, tuple(kwargs.items()), inputs, train)


# --- values ---------------------------------------------------------------------------------------------


@functools.cache
def values_of(t: T) -> Array:
    """The values of `t`, contiguous, in its dtype."""
    rng = np.random.default_rng(100 + t.seed)
    kind, _, detail = t.values.partition(":")
    a = np.asarray(_VALUES[kind](rng, t, detail))
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(a.astype(DTYPES[t.dtype])).reshape(t.shape)


def _normal(rng: Any, t: T, _: str) -> Any:
    if t.dtype == "bool":
        return rng.integers(0, 2, t.shape)
    if t.dtype not in FLOATS:
        return rng.integers(0 if t.dtype == "u8" else -5, 7, t.shape)
    grid = np.round(rng.standard_normal(t.shape) * 64) / 64
    return np.where(grid == 0, 0.25, grid)


def _positive_definite(rng: Any, t: T, _: str) -> Any:
    m = rng.standard_normal(t.shape)
    return m @ np.swapaxes(m, -1, -2) + np.eye(t.shape[-1])


def _spread(rng: Any, t: T) -> Any:
    """No two alike."""
    places = rng.permutation(int(np.prod(t.shape))).reshape(t.shape)
    return places / 4 - 2.125 if t.dtype in FLOATS else places


_VALUES: dict[str, Callable[[Any, T, str], Any]] = {
    "normal": _normal,
    "positive": lambda rng, t, _: np.abs(_normal(rng, t, "")) + 1 / 8,
    "unit": lambda rng, t, _: np.round(rng.uniform(-0.9, 0.9, t.shape) * 64 + 0.5) / 64,
    "probability": lambda rng, t, _: rng.integers(1, 64, t.shape) / 64,
    "spread": lambda rng, t, _: _spread(rng, t),
    "special": lambda rng, t, _: np.resize(np.array(SPECIAL), t.shape),
    "ties": lambda rng, t, _: rng.integers(0, 3, t.shape),
    "zeros": lambda rng, t, _: np.zeros(t.shape),
    "ones": lambda rng, t, _: np.ones(t.shape),
    "signs": lambda rng, t, _: rng.choice([-1.0, 1.0], t.shape),
    "below": lambda rng, t, n: rng.integers(0, int(n), t.shape),
    "full": lambda rng, t, n: np.full(t.shape, float(n)),
    "sorted": lambda rng, t, _: np.sort(_normal(rng, t, ""), -1),
    "permuted": lambda rng, t, _: rng.permutation(int(np.prod(t.shape))).reshape(t.shape),
    "definite": _positive_definite,
    "dominant": lambda rng, t, _: rng.standard_normal(t.shape) + 3 * np.eye(*t.shape[-2:]),
    "simplex": lambda rng, t, _: (lambda p: p / p.sum(-1, keepdims=True))(rng.uniform(0.1, 1, t.shape)),
}


def base_of(t: T) -> tuple[Array, str]:
    """The array under `t`, and the code that makes the view of it."""
    a = values_of(t)
    if t.layout == "t":
        order = tuple(reversed(range(a.ndim)))
        return np.ascontiguousarray(a.transpose()), f".permute{order}" if a.ndim != 1 else ""
    if t.layout == "s":
        return np.stack([a, np.full_like(a, 1)], -1).reshape(*a.shape[:-1], 2 * a.shape[-1]), "[..., ::2]"
    if t.layout == "e":
        return a[:1].copy(), f".expand({', '.join(map(str, a.shape))})"
    if t.layout == "o":
        return np.concatenate([np.ones_like(a[:1]), a]), "[1:]"
    return a, ""


def tensors_in(value: Any) -> Iterator[T]:
    if isinstance(value, T):
        yield value
    elif isinstance(value, (tuple, list)):
        for v in value:
            yield from tensors_in(v)
    elif isinstance(value, dict):
        yield from tensors_in(tuple(value.values()))


# --- building and running -------------------------------------------------------------------------------


class Built:
    """The inputs of one run: leaves that take the gradient, and the tensors that the call sees."""

    def __init__(self, lib: Any, case: Case) -> None:
        self.lib, self.case = lib, case
        self.leaves: list[Any] = []
        self.seen: list[Any] = []

    def value(self, v: Any) -> Any:
        if isinstance(v, T):
            return self.tensor(v)
        if isinstance(v, Name):
            return functools.reduce(getattr, v.name.split("."), self.lib)
        if isinstance(v, (tuple, list)):
            return type(v)(map(self.value, v))
        if isinstance(v, dict):
            return {k: self.value(x) for k, x in v.items()}
        return v

    def tensor(self, t: T) -> Any:
        base, _ = base_of(t)
        x = self.lib.from_numpy(base.copy())
        if t.grad and t.dtype in FLOATS:
            x.requires_grad_()
            self.leaves.append(x)
            if self.case.in_place:
                x = x.clone()
        x = view_of(x, t)
        self.seen.append(x)
        return x


def view_of(x: Any, t: T) -> Any:
    if t.layout == "t" and len(t.shape) != 1:
        return x.permute(*reversed(range(len(t.shape))))
    if t.layout == "s":
        return x[..., ::2]
    if t.layout == "e":
        return x.expand(*t.shape)
    if t.layout == "o":
        return x[1:]
    return x


def invoke(lib: Any, call: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    where, _, name = call.partition(".")
    if where == "operator":
        return getattr(operator, name)(*args)
    if where == "Tensor" and not name.startswith("__"):
        found = getattr(args[0], name)
        return found(*args[1:], **kwargs) if callable(found) else found
    if where == "class":  # the unbound method, and what is reached through the class
        return getattr(lib.Tensor, name)(*args, **kwargs)
    return resolve(lib, call)(*args, **kwargs)


def resolve(lib: Any, call: str) -> Any:
    return functools.reduce(getattr, _full(call).split(".")[1:], lib)


def _full(call: str) -> str:
    for short, full in (("F.", "nn.functional."), ("init.", "nn.init."), ("nn.", "nn."), ("linalg.", "linalg.")):
        if call.startswith(short):
            return f"torch.{full}{call.removeprefix(short)}"
    return call


# --- the script that reproduces -------------------------------------------------------------------------


def snippet(case: Case) -> str:
    names: dict[int, str] = {}
    lines = ["import torch  # and once more with: import microdl as torch"]
    if "inf" in case.text or "nan" in case.text or "special" in case.text:
        lines.append("from math import inf, nan")

    def code(v: Any) -> str:
        if isinstance(v, T):
            name = f"x{len(names)}"
            names[len(names)] = name
            base, view = base_of(v)
            grad = ", requires_grad=True" if v.grad and v.dtype in FLOATS else ""
            clone = ".clone()" if grad and case.in_place else ""
            made = f"torch.tensor({base.tolist()}, dtype=torch.{NAMES[v.dtype]}{grad})"
            if base.size == 0:
                made = f"torch.empty({base.shape}, dtype=torch.{NAMES[v.dtype]}{grad})"
            lines.append(f"{name} = {made}{clone}{view}")
            return name
        if isinstance(v, tuple):
            return f"({''.join(code(x) + ', ' for x in v)})"
        if isinstance(v, list):
            return f"[{', '.join(map(code, v))}]"
        if isinstance(v, dict):
            return "{" + ", ".join(f"{k!r}: {code(x)}" for k, x in v.items()) + "}"
        return repr(v)

    given = [code(a) for a in case.args]
    named = [f"{k}={code(v)}" for k, v in case.kwargs]
    where, _, name = case.call.partition(".")
    if where == "Tensor":
        method = len(case.args) + len(case.kwargs) > 1 or name not in PROPERTIES
        call = f"{given[0]}.{name}" + (f"({', '.join(given[1:] + named)})" if method else "")
    elif where == "operator":
        lines.insert(1, "import operator")
        call = f"{case.call}({', '.join(given)})"
    else:
        call = f"{_full(case.call).replace('class.', 'torch.Tensor.')}({', '.join(given + named)})"
    lines.append("torch.manual_seed(0)")
    if case.is_module:
        lines.append(f"m = {call}.{'train' if case.train else 'eval'}()")
        call = f"m({', '.join(map(code, case.inputs))})"
    return "\n".join([*lines, f"print({call})"])
