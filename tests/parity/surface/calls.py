"""Calls made from PyTorch's signatures, given to both frameworks, and where their outcomes part."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import microdl

from .hints import NOT_UNIQUE, TENSORS, UNCALLED, VALUES
from .signatures import UNUSED, Overload, Param

SHAPES = [(2, 3), (2, 3), (2, 3), (3,), (2, 2), (3, 2), (), (1,), (0, 3), (2, 3, 2)]
DTYPES = ["float32", "float32", "float32", "float64", "int64", "bool", "uint8", "int32"]
LETTERS = {"d": "float64", "i": "int64", "b": "bool"}
NUMPY_NAMES = {"dim": "axis", "keepdim": "keepdims"}  # PyTorch's parser of native calls takes both


class Dtype(NamedTuple):
    """A dtype, not yet of either framework."""

    name: str


class Outcome(NamedTuple):
    """What a call gave: its result, or the type of its error, and the tensors it was given, after it."""

    result: Any
    error: str | None
    text: str
    after: list[Any]


class Maker:
    """Arguments for one callable, from its name: the same each time."""

    def __init__(self, path: str) -> None:
        self.draw = random.Random(path)
        self.numbers = np.random.default_rng(self.draw.randrange(2**32))
        self.name = path.rpartition(".")[2].rstrip("_")
        self.hint: list[str] = []

    def call(self, form: Overload, native: bool) -> tuple[list[Any], dict[str, Any]]:
        """Arguments by position and by keyword: mostly those that fit well, else whatever their types allow."""
        draw = self.draw
        self.hint = TENSORS.get(self.name, "").split() if draw.random() < 0.8 else []
        self.shape = draw.choice(SHAPES) if draw.random() < 0.6 else (2, 3)
        self.dtype = draw.choice(DTYPES) if draw.random() < 0.5 else "float32"
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        by_name = draw.random() < 0.3
        for p in form:
            if p.name in UNUSED or p.name in ("out", "generator", "device", "non_blocking"):
                by_name = True
                continue
            if p.several:
                args += [self.value(p) for _ in range(draw.choice([1, 2, 2, 3]))]
            elif not p.required and draw.random() < 0.55:
                by_name = True
            elif p.keyword_only or by_name:
                by_name = True
                alias = NUMPY_NAMES.get(p.name, p.name) if native and draw.random() < 0.15 else p.name
                kwargs[alias] = self.value(p)
            else:
                args.append(self.value(p))
        return args, kwargs

    def tensor(self, p: Param | None = None) -> Any:
        if self.hint:
            return self.hinted(self.hint.pop(0))
        draw = self.draw
        shape = self.shape if draw.random() < 0.8 else draw.choice(SHAPES)
        dtype = self.dtype if draw.random() < 0.85 else draw.choice(DTYPES)
        if p and p.name in ("index", "indices"):
            dtype = "int64"
        if p and p.name in ("mask", "condition"):
            dtype = "bool"
        return self.array(shape, dtype)

    def array(self, shape: tuple[int, ...], dtype: str) -> Any:
        if dtype == "bool":
            return np.asarray(self.numbers.random(shape) < 0.5)
        if "int" in dtype:
            return np.asarray(self.numbers.integers(0, 4, shape)).astype(dtype)
        a = np.asarray(np.round(self.numbers.standard_normal(shape), 2)).astype(dtype)
        if self.draw.random() < 0.1 and a.size > 1:
            a.flat[0] = self.draw.choice([np.nan, np.inf, 0.0])
        return np.asarray(a)

    def hinted(self, word: str) -> Any:
        shape = tuple(int(c) for c in word if c.isdigit())
        kind = word.lstrip("_0123456789")
        if kind == "s":
            return self.hinted(word.rstrip("s"))
        if kind == "i":
            return self.numbers.integers(0, 2, shape)
        if kind == "b":
            return self.array(shape, "bool")
        if kind in ("p", "u"):
            return self.numbers.uniform(0.1, 0.9, shape).astype("float32")
        a = np.round(self.numbers.standard_normal(shape), 2).astype(LETTERS.get(kind, self.floating()))
        return (a @ a.T + 2 * np.eye(len(a), dtype=a.dtype)) if kind == "q" else a

    def floating(self) -> str:
        return self.draw.choice(["float32", "float32", "float64"])

    def value(self, p: Param) -> Any:
        draw, kind = self.draw, p.type
        if p.name in VALUES and "Tensor" not in kind:
            return draw.choice(VALUES[p.name])
        if p.name in ("dim", "dim0", "dim1", "axis0", "axis1", "start_dim", "end_dim", "source", "destination"):
            return self.dim(kind)
        if p.name in ("tensors", "matrices", "arrays") or (
            "list[Tensor]" in kind and "Tensor |" not in kind.replace("list[Tensor]", "")
        ):
            return [self.tensor() for _ in range(draw.choice([1, 2, 2, 3]))]
        if "dtype" in p.name:
            return Dtype(draw.choice(["float32", "float64", "int64"])) if draw.random() < 0.8 else None
        return self.by_type(p, kind)

    def by_type(self, p: Param, kind: str) -> Any:
        draw = self.draw
        if ("None" in kind or "Optional" in kind) and draw.random() < 0.3:
            return None
        if "Tensor" in kind and ("Number" not in kind or draw.random() < 0.6):
            return self.tensor(p)
        if "bool" in kind or isinstance(p.default, bool):
            return draw.random() < 0.5
        if "Number" in kind or "Scalar" in kind:
            return draw.choice([0, 1, 2, 0.5, -1, 2.0, 3])
        if "Sequence" in kind or "size" in kind or "int[]" in kind:
            return draw.choice([(2, 3), (0,), (1,), (0, 1), (-1,), (1, 0)])
        if "int" in kind or isinstance(p.default, int):
            return draw.choice([0, 1, 2, -1])
        if "float" in kind or isinstance(p.default, float):
            return draw.choice([0.0, 0.5, 1.0, 2.0, 0.1])
        return self.tensor(p) if p.required else p.default

    def dim(self, kind: str) -> Any:
        draw = self.draw
        if draw.random() < 0.2 and ("_size" in kind or "[" in kind):
            return draw.choice([(0,), (0, 1), (1, 0), [-1]])
        return draw.choice([0, 1, -1, 0, 1, 2, -2] if draw.random() < 0.3 else [0, -1, 1])


# --- giving a call to a framework ---


def _into(value: Any, framework: Any) -> Any:
    if isinstance(value, np.ndarray):
        return framework.tensor(value.copy())
    if isinstance(value, Dtype):
        return getattr(framework, value.name)
    if isinstance(value, list):
        return [_into(v, framework) for v in value]
    return value


def outcome(framework: Any, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Outcome:
    args, kwargs = [_into(a, framework) for a in args], {k: _into(v, framework) for k, v in kwargs.items()}
    given = [v for v in [*args, *kwargs.values()] if isinstance(v, framework.Tensor)]
    framework.manual_seed(5)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = function(*args, **kwargs)
    except Exception as error:
        return Outcome(None, type(error).__name__, str(error), [])
    return Outcome(result, None, "", given)


def unlike(theirs: Any, ours: Any, values: bool = True) -> str | None:
    """In what two results differ; None where they do not."""
    if isinstance(theirs, torch.Tensor):
        return _tensors_unlike(theirs, ours, values)
    if isinstance(theirs, (tuple, list)):
        if not isinstance(ours, (tuple, list)) or len(theirs) != len(ours):
            length = len(ours) if isinstance(ours, (tuple, list)) else 1
            return f"result is {type(ours).__name__} of {length}, not {type(theirs).__name__} of {len(theirs)}"
        return next((d for t, o in zip(theirs, ours, strict=True) if (d := unlike(t, o, values))), None)
    if isinstance(theirs, torch.dtype):
        return None if str(theirs) == str(ours) else f"{ours}, not {theirs}"
    if isinstance(theirs, (bool, int, float, str)) or theirs is None:
        same = type(theirs) is type(ours) and (theirs == ours or theirs != theirs)
        close = isinstance(theirs, float) and isinstance(ours, float) and bool(np.isclose(theirs, ours, 1e-5))
        return None if same or close else f"{ours!r}, not {theirs!r}"
    return None if str(theirs).replace("torch.", "") == str(ours).replace("torch.", "") else f"{ours}, not {theirs}"


def _tensors_unlike(theirs: torch.Tensor, ours: Any, values: bool) -> str | None:
    if not isinstance(ours, microdl.Tensor):
        return f"result is {type(ours).__name__}, not Tensor"
    if str(theirs.dtype) != str(ours.dtype):
        return f"dtype {ours.dtype}, not {theirs.dtype}"
    if tuple(theirs.shape) != tuple(ours.shape):
        return f"shape {tuple(ours.shape)}, not {tuple(theirs.shape)}"
    a, b = theirs.detach().numpy(), ours.detach().numpy()
    tolerance = 1e-9 if a.dtype == np.float64 else 2e-5
    if values and not np.allclose(a, b, tolerance, tolerance, equal_nan=True):
        return "values"
    return None


# --- the check of one callable ---


class Report(NamedTuple):
    """How many calls gave the same result, how many the same error, and the findings with a call for each."""

    results: int
    errors: int
    findings: dict[str, str]
    counts: dict[str, int]


def check(path: str, forms: tuple[Overload, ...], theirs: Any, ours: Any, method: bool, rounds: int = 40) -> Report:
    """Calls of every form, given to both."""
    name = path.rpartition(".")[2]
    findings: dict[str, str] = {}
    counts: dict[str, int] = {}
    results = errors = 0
    if name in UNCALLED or name.startswith("__"):
        return Report(0, 0, {}, {})
    maker = Maker(path)
    native = not hasattr(theirs, "__code__")
    for form in filter(_current, forms):
        if method:
            form = (Param("self", "Tensor"), *form)
        for _ in range(rounds):
            args, kwargs = maker.call(form, native)
            if "self" in kwargs:
                args = [kwargs.pop("self"), *args]
            there, here = outcome(torch, theirs, args, kwargs), outcome(microdl, ours, args, kwargs)
            finding = difference_of(there, here, name not in NOT_UNIQUE)
            if finding:
                counts[finding] = counts.get(finding, 0) + 1
                findings.setdefault(finding, f"{name}({_shown(args, kwargs)}): {here.text or there.text}")
            elif there.error:
                errors += 1
            else:
                results += 1
    return Report(results, errors, findings, counts)


def _current(form: Overload) -> bool:
    """Not one of the deprecated forms that put a factor before a tensor: `add(input, alpha, other)`."""
    factors = [i for i, p in enumerate(form) if p.name in ("alpha", "beta", "value") and p.required]
    return not any(p.required and p.type == "Tensor" for i in factors for p in form[i:] if not p.keyword_only)


def difference_of(there: Outcome, here: Outcome, values: bool) -> str | None:
    if there.error and here.error:
        return None if _compatible(there.error, here.error) else f"{here.error} in place of {there.error}"
    if there.error:
        return f"accepted here, {there.error} there"
    if here.error:
        return f"{here.error} here, accepted there"
    return unlike(there.result, here.result, values) or unlike(there.after, here.after, values)


def _compatible(theirs: str, ours: str) -> bool:
    runtime = {"RuntimeError", "NotImplementedError", "LinAlgError", "_LinAlgError"}
    return theirs == ours or {theirs, ours} <= runtime


def _shown(args: list[Any], kwargs: dict[str, Any]) -> str:
    shown = [_argument(a) for a in args] + [f"{k}={_argument(v)}" for k, v in kwargs.items()]
    return ", ".join(shown)


def _argument(value: Any) -> str:
    if isinstance(value, np.ndarray):
        text = f"tensor({value.tolist()}" + (f", dtype={value.dtype})" if value.dtype != np.float32 else ")")
        return text if value.size else f"zeros({value.shape}, dtype={value.dtype})"
    if isinstance(value, list):
        return f"[{', '.join(map(_argument, value))}]"
    return value.name if isinstance(value, Dtype) else repr(value)
