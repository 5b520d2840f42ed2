"""What a table of ops is made of: the op with its inputs, and strategies that a slow framework can follow."""

# ruff: noqa: E501 - a table is read better with few lines

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from microdl.testing import ALL
from microdl.testing.strategies import _of_domain, broadcastable_shapes, matmul_pair, shapes, signature, tensors

INF = float("inf")
FIRST_ORDER = tuple(name for name in ALL if name != "second")


@dataclass(frozen=True)
class Op:
    """An op, the strategy of its inputs, and the heading in FINDINGS.md of what is known to be wrong with it."""

    name: str
    function: Callable[..., Any]
    inputs: Any
    known: str = ""
    battery: Sequence[str] = ALL


class Wide:
    """Strategies of all shapes, for frameworks that answer at once."""

    @staticmethod
    def one(domain: Any = "real", **options: Any) -> Any:
        return st.tuples(_of(domain, shapes()), _drawn(options))

    @staticmethod
    def two(*domains: Any, **options: Any) -> Any:
        sizes = broadcastable_shapes(max(len(domains), 2))
        arrays = sizes.flatmap(
            lambda s: st.tuples(*(_of(d, n) for d, n in zip(domains or ("real",) * 2, s, strict=True)))
        )
        return st.tuples(arrays, _drawn(options)).map(lambda t: (*t[0], t[1]))

    @staticmethod
    def of(spec: str, *domains: Any, **options: Any) -> Any:
        return signature(spec, *domains, **options)

    @staticmethod
    def matmul() -> Any:
        return matmul_pair()


SHAPES: tuple[tuple[int, ...], ...] = ((3,), (2, 2))
PAIRS = (((2, 1), (2,)), ((2,), (2,)))
PRODUCTS = (((2, 3), (3, 2)), ((2,), (2,)), ((2,), (2, 3)), ((2, 2, 2), (2, 2)), ((2, 1, 2), (2, 2, 1)))
SIDES = (2, 3, 2, 1)


class Narrow(Wide):
    """Strategies of a few shapes, for frameworks that compile for each."""

    @staticmethod
    def one(domain: Any = "real", **options: Any) -> Any:
        return st.tuples(_of(domain, st.sampled_from(SHAPES)), _drawn(options))

    @staticmethod
    def two(*domains: Any, **options: Any) -> Any:
        domains = domains or ("real", "real")
        shapes = st.sampled_from([(*pair, *[pair[0]] * (len(domains) - 2)) for pair in PAIRS])
        arrays = shapes.flatmap(lambda s: st.tuples(*(_of(d, n) for d, n in zip(domains, s, strict=True))))
        return st.tuples(arrays, _drawn(options)).map(lambda t: (*t[0], t[1]))

    @staticmethod
    def of(spec: str, *domains: Any, **options: Any) -> Any:
        letters = sorted({c for c in spec if c.isalpha()})
        sides = {letter: SIDES[k % len(SIDES)] for k, letter in enumerate(letters)}
        parts = spec.replace(" ", "").split(",")
        shapes = [tuple(int(c) if c.isdigit() else sides[c] for c in part.replace("...", "")) for part in parts]
        kinds = [*domains, *["real"] * len(parts)]
        return st.tuples(*(_of_domain(kinds[k], s, sides) for k, s in enumerate(shapes)), _drawn(options))

    @staticmethod
    def matmul() -> Any:
        return st.sampled_from(PRODUCTS).flatmap(lambda s: st.tuples(tensors("real", s[0]), tensors("real", s[1])))


def _of(domain: Any, shape: Any) -> Any:
    if domain == "steps":  # of functions that jump, away from most of their jumps
        return tensors((-3.0, 3.0), shape, specials=False, ties=False)
    return tensors(domain, shape)


def _drawn(options: dict[str, Any]) -> Any:
    return st.fixed_dictionaries({name: st.sampled_from(list(values)) for name, values in options.items()})


def spread(*shape: int) -> Any:
    """Values without ties and extremes, for ops whose slope needs distance: decompositions, powers of matrices."""
    return tensors("real", shape, specials=False, ties=False)


def regular(n: int) -> Any:
    """Square matrices that are far from singular."""
    return spread(n, n).map(lambda a: a + 4 * np.sign(np.diag(a) + 0.01) * np.eye(n))


def symmetric(n: int) -> Any:
    """Symmetric matrices whose eigenvalues are apart."""
    return spread(n, n).map(lambda a: (a + a.T) / 8 + np.diag(2.0 * np.arange(1, n + 1)))


def named(prefix: str, module: Any, domains: dict[str, Any], strategy: Callable[[Any], Any]) -> list[Op]:
    """Ops by their names in a module; those it has not are left out."""
    return [Op(prefix + n, getattr(module, n), strategy(d)) for n, d in domains.items() if hasattr(module, n)]


def marked(ops: Sequence[Op], known: dict[str, str]) -> list[Op]:
    """The ops, those with known findings marked so."""
    return [replace(op, known=known.get(op.name, "")) for op in ops]


UNARY: dict[str, Any] = {
    "abs": "real", "absolute": "real", "fabs": "real", "negative": "real", "positive": "real", "sign": "real",
    "square": "real", "sqrt": "positive", "cbrt": "real", "reciprocal": "nonzero",
    "exp": "real", "exp2": "real", "expm1": "real", "log": "positive", "log2": "positive", "log10": "positive",
    "log1p": (-1.0, INF), "sin": "real", "cos": "real", "tan": "real", "arcsin": (-1.0, 1.0), "arccos": (-1.0, 1.0),
    "arctan": "real", "sinh": "real", "cosh": "real", "tanh": "real", "arcsinh": "real", "arccosh": (1.0, INF),
    "arctanh": (-1.0, 1.0), "sinc": "real", "deg2rad": "real", "rad2deg": "real", "nan_to_num": "real", "i0": "real",
    "floor": "steps", "ceil": "steps", "trunc": "steps", "rint": "steps",
    "asin": (-1.0, 1.0), "acos": (-1.0, 1.0), "atan": "real", "asinh": "real", "acosh": (1.0, INF), "atanh": (-1.0, 1.0),
}  # fmt: skip
BINARY: dict[str, Any] = {
    "add": ("real", "real"), "subtract": ("real", "real"), "multiply": ("real", "real"), "divide": ("real", "nonzero"),
    "true_divide": ("real", "nonzero"), "power": ("positive", "real"), "float_power": ("positive", "real"),
    "arctan2": ("real", "nonzero"), "hypot": ("real", "nonzero"), "maximum": ("real", "real"), "minimum": ("real", "real"),
    "fmax": ("real", "real"), "fmin": ("real", "real"), "mod": ("steps", (0.4, 3.0)), "remainder": ("steps", (0.4, 3.0)),
    "fmod": ("steps", (0.4, 3.0)), "logaddexp": ("real", "real"), "logaddexp2": ("real", "real"),
    "copysign": ("real", "nonzero"), "heaviside": ("real", "real"),
}  # fmt: skip
