"""Runs a program on both libraries, statement by statement, and compares what each statement did.

Where two floating results differ by rounding only, microdl's takes PyTorch's bits: so rounding never adds up, and the
comparison stays sharp, also behind a comparison or a floor.
"""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import torch

import microdl

from .allowed import Case, allowed
from .grammar import CHANGING, LINES
from .programs import OPERANDS, Program, Statement, execute

WILD = 1e4  # beyond such values rounding hides what is compared: the program ends
_SLACK = 256.0  # roundings of a statement's largest value

torch.set_num_threads(1)


class Difference(AssertionError):
    """An unlike outcome: of what kind, at which line, in which program."""

    def __init__(self, kind: str, detail: str, script: list[str], lines: list[str]) -> None:
        self.kind, self.detail, self.script, self.lines = kind, detail, script, lines
        super().__init__(str(self))

    def __reduce__(self) -> Any:
        return Difference, (self.kind, self.detail, self.script, self.lines)

    def __str__(self) -> str:
        head = ["import copy", "import torch as T  # or: import microdl as T", "F = T.nn.functional"]
        return "\n".join([f"{self.kind}: {self.detail}", *head, *self.script])


class Raised(NamedTuple):
    error: Exception

    @property
    def names(self) -> list[str]:
        return [c.__name__ for c in type(self.error).__mro__]


def attempt(statement: Statement, T: Any, operands: list[Any]) -> Any:
    try:
        return execute(statement, T, operands)
    except Exception as error:
        return Raised(error)


class Session:
    """Both libraries' tensors, side by side, while a program runs."""

    def __init__(self, counts: Counter[tuple[str, str]] | None = None) -> None:
        self.ours: list[Any] = []
        self.theirs: list[Any] = []
        self.script: list[str] = []
        self.lines: list[str] = []
        self.counts = counts
        self.made: list[range] = []  # by statement, the variables that it made
        self.versions: list[int] = []  # by variable, how much PyTorch's counter was ahead when it was made
        self.scale = 1.0

    def run(self, program: Program) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for statement in program:
                if not self.step(statement):
                    return

    def step(self, statement: Statement) -> bool:
        """Whether the program goes on."""
        line = LINES[statement.line]
        first = len(self.ours)
        self.made.append(range(first, first))
        if line.operands and not self.ours:
            return True
        at = [len(self.ours) - 1 - n % len(self.ours) for n in statement.tensors]
        self.lines.append(line.text)
        changing = line.kind in CHANGING
        before = [_state(t) for t in self.ours] if changing else []
        operands = [self.theirs[i] for i in at]
        theirs = attempt(statement, torch, operands)
        ours = attempt(statement, microdl, [self.ours[i] for i in at])
        refused = isinstance(theirs, Raised)
        self.script.append(self._named(statement, at))
        try:
            goes_on = self._judge(line, ours, theirs)
            self.made[-1] = range(first, len(self.ours))
            if goes_on and changing:
                if refused and before != [_state(t) for t in self.ours]:
                    raise self.differ("changed though refused", repr(ours.error))
                goes_on = self._compare_all(refused)
        except Difference as difference:
            errors = [x.error if isinstance(x, Raised) else None for x in (ours, theirs)]
            changes = line.kind == "in place"
            case = Case(difference.kind, statement.text, *errors, operands, self.theirs, changes, difference.lines)
            rule = allowed(case)
            if rule is None:
                raise
            if self.counts is not None:
                self.counts["", rule] += 1
            if difference.kind != "error type":
                return False
            self.made[-1], goes_on = range(first, first), True
        if self.counts is not None:
            self.counts[line.text, "refused" if refused else "ok"] += 1
        if refused:
            self.script.pop()
            self.lines.pop()
        return goes_on

    def _named(self, statement: Statement, at: list[int]) -> str:
        names = dict(zip(OPERANDS, at, strict=False))
        text = re.sub(r"(?<![\w'.])([xyz])(?![\w'(])", lambda m: f"v{names[m[1]]}", statement.text)
        if not LINES[statement.line].is_statement:
            text = f"v{len(self.ours)} = {text}"
        return f"with T.no_grad(): {text}" if statement.no_grad else text

    def differ(self, kind: str, detail: str) -> Difference:
        return Difference(kind, detail, list(self.script), list(self.lines))

    # --- outcomes ------------------------------------------------------------------------------------------

    def _judge(self, line: Any, ours: Any, theirs: Any) -> bool:
        if isinstance(ours, Raised) or isinstance(theirs, Raised):
            return self._judge_refusal(ours, theirs)
        for mine, other in zip(*self._paired(ours, theirs), strict=True):
            if isinstance(other, torch.Tensor) != isinstance(mine, microdl.Tensor):
                raise self.differ("type", f"{type(other).__name__} in PyTorch, {type(mine).__name__} here")
            if isinstance(other, torch.Tensor):
                if not self._take(mine, other):
                    return False
            elif not _same_value(mine, other):
                raise self.differ("answer", f"{other!r} in PyTorch, {mine!r} here")
        return True

    def _judge_refusal(self, ours: Any, theirs: Any) -> bool:
        if isinstance(ours, Raised) and isinstance(theirs, Raised):
            name = type(theirs.error).__name__
            if name in ours.names or (name[0] == "_" and "RuntimeError" in ours.names):
                return True
            raise self.differ("error type", f"{theirs.error!r:.200} in PyTorch, {ours.error!r:.200} here")
        error, who = (ours.error, "here") if isinstance(ours, Raised) else (theirs.error, "in PyTorch")
        raise self.differ(f"{type(error).__name__} only {who}", str(error)[:300])

    def _paired(self, ours: Any, theirs: Any) -> tuple[list[Any], list[Any]]:
        pair = ours, theirs
        if isinstance(theirs, (tuple, list)) and not isinstance(theirs, torch.Size):
            if not isinstance(ours, (tuple, list)) or len(ours) != len(theirs):
                raise self.differ("type", f"{theirs!r:.100} in PyTorch, {ours!r:.100} here")
            return list(ours), list(theirs)
        return [pair[0]], [pair[1]]

    # --- tensors -------------------------------------------------------------------------------------------

    def _take(self, mine: Any, other: Any) -> bool:
        """Compares a result; a new tensor joins the environment."""
        same_mine = next((i for i, t in enumerate(self.ours) if t is mine), None)
        same_other = next((i for i, t in enumerate(self.theirs) if t is other), None)
        if same_mine != same_other:
            raise self.differ("identity", f"is v{same_other} in PyTorch, v{same_mine} here (None: a new tensor)")
        if not self._compare(mine, other):
            return False
        if same_mine is None:
            self._compare_sharing(mine, other)
            self.ours.append(mine)
            self.theirs.append(other)
            self.versions.append(other._version - mine._version)
        return True

    def _compare_sharing(self, mine: Any, other: Any) -> None:
        if not other.numel():
            return
        place, root = other.untyped_storage().data_ptr(), _root(mine)
        for i, (m, o) in enumerate(zip(self.ours, self.theirs, strict=True)):
            if o.numel() and (o.untyped_storage().data_ptr() == place) != (_root(m) is root):
                shares = o.untyped_storage().data_ptr() == place
                raise self.differ("sharing", f"shares memory with v{i}: {shares} in PyTorch, {not shares} here")

    def _compare_all(self, refused: bool) -> bool:
        for i, (mine, other) in enumerate(zip(self.ours, self.theirs, strict=True)):
            try:
                if not self._compare(mine, other):
                    return False
                if other._version - mine._version != self.versions[i]:
                    made = self.versions[i]
                    raise self.differ("_version", f"{other._version} in PyTorch, {mine._version + made} here")
            except Difference as difference:
                if refused:  # PyTorch changed something before it refused
                    return False
                difference.detail = f"v{i}: {difference.detail}"
                raise
        return True

    def _compare(self, mine: Any, other: Any) -> bool:
        if not _answers(other):
            return False
        for name in ("shape", "dtype", "requires_grad", "is_leaf"):
            a, b = getattr(mine, name), getattr(other, name)
            if (str(a) if name == "dtype" else a) != (str(b) if name == "dtype" else b):
                raise self.differ(name, f"{b} in PyTorch, {a} here")
        if (mine.grad_fn is None) != (other.grad_fn is None):
            raise self.differ("grad_fn", f"{other.grad_fn} in PyTorch, {mine.grad_fn} here")
        if not self._compare_values(mine, other, "value"):
            return False
        if not (other.is_leaf or other.retains_grad):
            return True
        if (mine.grad is None) != (other.grad is None):
            raise self.differ("grad", f"{other.grad} in PyTorch, {mine.grad} here")
        if other.grad is None:
            return True
        for name in ("requires_grad", "is_leaf"):
            if getattr(mine.grad, name) != getattr(other.grad, name):
                raise self.differ(f"grad's {name}", f"{getattr(other.grad, name)} in PyTorch")
        return self._compare_values(mine.grad, other.grad, "grad")

    def _compare_values(self, mine: Any, other: Any, kind: str) -> bool:
        a, b = mine._a, other.detach().numpy()
        if a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes():
            return self._grow(b)
        if a.shape != b.shape or a.dtype != b.dtype:
            raise self.differ(kind, f"{b.dtype}{list(b.shape)} in PyTorch, {a.dtype}{list(a.shape)} here")
        if not self._grow(b):
            return False
        slack = (
            _SLACK * self._rounding(b.dtype) * self.scale * (16 if kind == "grad" else 1) if b.dtype.kind == "f" else 0
        )
        with np.errstate(all="ignore"):
            if not np.allclose(a, b, rtol=slack, atol=slack, equal_nan=True):
                raise self.differ(kind, f"{b.tolist()!r:.200} in PyTorch, {a.tolist()!r:.200} here")
        if a.flags.writeable:
            np.copyto(a, b)
        return True

    def _rounding(self, dtype: Any) -> float:
        """That of the coarsest dtype so far: a float64 result of float32 operands, or of integers that were
        divided, is as good as those."""
        each = [torch.finfo(t.dtype if t.is_floating_point() else torch.float32).eps for t in self.theirs]
        return float(max([np.finfo(dtype).eps, *each]))

    def _grow(self, b: Any) -> bool:
        """Whether the values are still tame; the largest sets the tolerance."""
        if b.dtype.kind == "f" and b.size:
            with np.errstate(all="ignore"):
                largest = float(np.max(np.abs(b), where=np.isfinite(b), initial=0.0))
            self.scale = max(self.scale, largest)
        return self.scale < WILD


def _answers(t: Any) -> bool:
    """Some views made under no_grad are so broken after a change of their base that PyTorch refuses every question."""
    try:
        return isinstance(t.is_leaf, bool)
    except RuntimeError:
        return False


def _root(t: Any) -> Any:
    a = t._a
    while getattr(a, "base", None) is not None:
        a = a.base
    return a


def _state(t: Any) -> tuple[Any, ...]:
    grad = None if t.retains_grad else t._grad  # a retained gradient is there once a walk has passed, wherever it ends
    return t._a.tobytes(), t._a.shape, t._version, t._node, id(grad), None if grad is None else grad._a.tobytes()


def _same_value(mine: Any, other: Any) -> bool:
    if isinstance(other, (list, tuple)):
        return isinstance(mine, (list, tuple)) and len(mine) == len(other) and all(map(_same_value, mine, other))
    if isinstance(other, float):
        return type(mine) is float and (
            math.isclose(mine, other, rel_tol=1e-4, abs_tol=1e-4) or (mine != mine and other != other)
        )
    if isinstance(other, (bool, int, str, type(None))):
        return type(mine) is type(other) and bool(mine == other)
    return True  # handles and the like
