"""One op on one set of inputs, as the checks see it: arrays in, arrays out, whatever the framework."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .adapters import Adapter, Unusable, bind, sequence
from .finding import Finding, GradcheckError

__all__ = ["Counts", "Subject", "accepted", "is_real", "largest", "real_places", "uneven"]

Array = np.ndarray[Any, Any]
# Signed, none of them one, no two of a magnitude: so that a lost, squared, clipped or exchanged upstream shows.
WEIGHTS = np.array([1.5, -0.5, 2.0, -1.25, 0.75, -3.0, 2.5, -0.625, 1.75, -2.25, 0.375])


def is_real(x: Any) -> bool:
    """Whether the value is an array that can have a gradient."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def real_places(args: Sequence[Any]) -> list[int]:
    """Which of the arguments can have a gradient."""
    return [i for i, a in enumerate(args) if is_real(a)]


def largest(*arrays: Array) -> float:
    """The largest finite size among the elements of all arrays, 0 where there is none."""
    return max((float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in arrays), default=0.0)


def uneven(n: int) -> Array:
    """n numbers between 0 and 1, no two alike: the fractions of multiples of the golden ratio."""
    found: Array = np.modf(np.arange(1, n + 1) * 0.6180339887498949)[0]
    return found


@dataclass
class Counts:
    """How many slopes were compared, and what became of them."""

    checked: int = 0  # smooth, and right
    kinks: int = 0  # between the slopes of the two sides
    skipped: int = 0  # no slope: a jump, a vertical tangent, outside the domain
    inconclusive: int = 0  # the differences say too little

    @property
    def total(self) -> int:
        return self.checked + self.kinks + self.skipped + self.inconclusive

    def add(self, status: str) -> None:
        name = {"smooth": "checked", "kink": "kinks", "wrong": "checked"}.get(status, status)
        setattr(self, name, getattr(self, name) + 1)

    def __iadd__(self, other: Counts) -> Counts:
        for name in ("checked", "kinks", "skipped", "inconclusive"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def __str__(self) -> str:
        return (
            f"checked {self.checked:,}, kink-verified {self.kinks:,}, skipped {self.skipped:,}, "
            f"inconclusive {self.inconclusive:,}"
        )


@dataclass
class Subject:
    """`op(*args, **options)`, where arrays of floating dtype among `args` are differentiated."""

    op: Any
    adapter: Adapter
    args: list[Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    wanted: list[int] = field(default_factory=list)  # the arguments whose gradient is checked; by default the real ones
    derived: bool = False  # whether the op is itself a derivative

    def __post_init__(self) -> None:
        self.args = [a.astype(self.dtype(a)) if is_real(a) and a.dtype != self.dtype(a) else a for a in self.args]
        self.wanted = self.wanted or real_places(self.args)

    @cached_property
    def bound(self) -> Any:
        return bind(self.op, self.options)

    def on(self, args: Sequence[Any]) -> Subject:
        """The same op on other arguments."""
        return Subject(self.op, self.adapter, list(args), self.options, self.seed, list(self.wanted), self.derived)

    def forward(self, args: Sequence[Any] | None = None) -> list[Array]:
        """The outputs' arrays, without a graph where the framework can do without."""
        args = self.args if args is None else args
        if self.adapter.call is not None:
            return [np.asarray(y) for y in self.adapter.call(self.bound, *args)]
        return [np.asarray(self.adapter.value(y)) for y in sequence(self.bound(*map(self.adapter.leaf, args)))]

    def backward(self, shared: tuple[int, int] | None = None) -> tuple[list[Array], Callable[..., list[Array | None]]]:
        """The outputs' arrays, and a function from upstream gradients to the gradient of each wanted argument.

        `shared` names two arguments for which the same leaf is given; the first gets the sum, the second None.
        """
        adapter = self.adapter
        wanted = set(self.wanted)
        leaves = [adapter.leaf(a) if i in wanted else adapter.constant(a) for i, a in enumerate(self.args)]
        if shared is not None:
            leaves[shared[1]] = leaves[shared[0]]
        with raised("recording the graph"):
            outputs, pull = adapter.vjp(self.bound, leaves)

        def gradients(*gs: Array) -> list[Array | None]:
            with raised("the backward"):
                tensors = sequence(pull(*map(adapter.constant, gs)))
            found = [None if t is None else np.asarray(adapter.value(t)) for t in tensors]
            if shared is not None:
                one, other = found[shared[0]], found[shared[1]]
                found[shared[0]] = one + other if adapter.positional and one is not None and other is not None else one
                found[shared[1]] = None
            return [found[i] for i in self.wanted]

        return [_recorded(np.asarray(adapter.value(y))) for y in sequence(outputs)], gradients

    def gradients(self, gs: Sequence[Array], missing: bool = False, shared: tuple[int, int] | None = None) -> list[Any]:
        """The gradients, from a new graph; zeros for None, unless `missing` is to be told."""
        found = self.backward(shared)[1](*gs)
        if missing:
            return found
        return [np.zeros_like(self.args[i]) if a is None else a for i, a in zip(self.wanted, found, strict=True)]

    def derivative(self, gs: Sequence[Array]) -> Subject:
        """The op that maps inputs and upstream gradients to the gradients: what second derivatives are tested on."""
        higher, n, bound = self.adapter.higher, len(self.args), self.bound
        if higher is None:
            raise TypeError(f"the adapter {self.adapter.name} has no second derivatives: give it `higher`")

        def first(*values: Any) -> list[Any]:
            found = higher(bound, values[:n], values[n:])
            return [t for i, t in enumerate(found) if i in self.wanted and t is not None]

        return Subject(first, self.adapter, [*self.args, *gs], seed=self.seed + 1, derived=True)

    def dtype(self, x: Array) -> Any:
        """The dtype in which the framework holds this array."""
        return x.dtype if x.dtype.name in self.adapter.dtypes else np.dtype(self.adapter.dtypes[0])

    @cached_property
    def outputs(self) -> list[Array]:
        return [np.array(y) for y in self.forward()]

    def upstream(self, turn: int = 0) -> list[Array]:
        """A gradient for each output: signed numbers other than one, others each turn; 0 where it is not finite."""
        gs, at = [], self.seed + 5 * turn
        for y in self.outputs:
            g = WEIGHTS[(at + np.arange(y.size)) % len(WEIGHTS)].reshape(y.shape)
            if self.seed % 4 == 3:
                g = g * (1 + 1 / 97)  # not of few bits, so that rounding to a narrow dtype shows
            at += y.size
            gs.append(np.where(np.isfinite(y), g, 0.0).astype(y.dtype if y.dtype.kind == "f" else np.float64))
        return gs


def accepted(subject: Subject) -> bool:
    """Whether the op takes these inputs: it may refuse sizes, or a layout, as a view of another shape does."""
    try:
        _ = subject.outputs
    except Exception:
        return False
    return True


def _recorded(y: Array) -> Array:
    if y.dtype.kind == "O":
        raise Unusable("with gradients, the forward gives an array of objects: the framework does not record this op")
    return y


@contextlib.contextmanager
def raised(what: str) -> Iterator[None]:
    """What fails where the forward gave a value is a finding."""
    try:
        yield
    except GradcheckError:
        raise
    except Exception as error:
        raise Finding("raises", f"{what} raised {type(error).__name__}: {error}") from error


def flat(outputs: Sequence[Array]) -> Array:
    """All real outputs as one new vector of float64."""
    real = [y.astype(np.float64).ravel() for y in outputs if y.dtype.kind == "f"]
    return real[0] if len(real) == 1 else np.concatenate(real or [np.zeros(0)])
