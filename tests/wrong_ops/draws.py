"""Random inputs for an entry's `shapes`, `domains` and `options`, by NumPy's Generator alone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .entry import WrongOp

Array = np.ndarray[Any, Any]
INTEGER = ("labels", "indices")
# what special draws are made of: few values, so that ties, zeros and repeats are common
PALETTE = {
    "real": np.array([0.0, 0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0]),
    "positive": np.array([1.0, 2.0, 0.5, 3.0]),
    "nonzero": np.array([1.0, -1.0, 2.0, -2.0, 0.5, -0.5]),
    "unit": np.array([0.5, 0.25, 0.75]),
}


@dataclass(frozen=True)
class Draw:
    """The inputs of one call, and its keywords."""

    inputs: tuple[Any, ...]
    options: Mapping[str, Any]


def domains_of(entry: WrongOp) -> tuple[str, ...]:
    """One domain an input, "real" where the entry says nothing."""
    count = len(entry.shapes.split(","))
    domains = tuple(entry.domains) or ("real",) * count
    if len(domains) != count:
        raise ValueError(f"{entry.name}: {len(domains)} domains for {count} shapes in {entry.shapes!r}")
    return domains


def draw_shapes(
    shapes: str, rng: np.random.Generator, *, low: int = 1, high: int = 4, at_least_one: str = ""
) -> tuple[list[tuple[int, ...]], dict[str, int]]:
    """The shape of each input and the size of each letter; letters of `at_least_one` are never of size zero."""
    specs = [spec.strip() for spec in shapes.split(",")]
    letters = sorted({c for spec in specs for c in spec if c.isalpha()})
    sizes = {c: int(rng.integers(max(low, 1) if c in at_least_one else low, high + 1)) for c in letters}
    lead = tuple(int(s) for s in rng.integers(low, high + 1, size=int(rng.integers(0, 3))))
    star = tuple(int(s) for s in rng.integers(low, high + 1, size=int(rng.integers(0, 4))))
    drawn = []
    several = sum("..." in spec for spec in specs) > 1
    for spec in specs:
        dims: list[int] = []
        for part in spec.replace("...", ".").replace(" ", ""):
            if part == ".":
                first = int(rng.integers(0, len(lead) + 1)) if several else 0
                dims += [1 if several and rng.random() < 0.3 else s for s in lead[first:]]
            elif part == "*":
                dims += star
            else:
                dims.append(1 if part == "1" else sizes[part])
        drawn.append(tuple(dims))
    return drawn, sizes


def draw_values(
    domain: str, shape: tuple[int, ...], sizes: Mapping[str, int], rng: np.random.Generator, *, special: bool = False
) -> Array:
    """One input of a domain; `special` draws from a small palette, for ties, zeros and repeats."""
    word, _, letter = domain.partition(":")
    if word in INTEGER:
        n = int(letter) if letter.isdigit() else sizes[letter]
        return rng.integers(-n if word == "indices" else 0, n, size=shape)
    if word == "mask":
        return rng.random(shape) < 0.5
    if word == "probability":
        x = rng.exponential(size=shape) + 0.05
        return x / x.sum(-1, keepdims=True)
    if special:
        return rng.choice(PALETTE[word], size=shape)
    if word == "unit":
        return rng.uniform(0.05, 0.95, size=shape)
    x = rng.normal(size=shape)
    if word == "positive":
        return np.asarray(np.exp(0.7 * x))
    if word == "nonzero":
        return np.asarray(np.sign(x) * (0.1 + np.abs(x)))
    if word != "real":
        raise ValueError(f"unknown domain {domain!r}")
    return np.asarray(x)


def draw(
    entry: WrongOp, rng: np.random.Generator, *, zero_sizes: bool = False, special: bool = False, tries: int = 50
) -> Draw:
    """Inputs and options on which forward gives finite values; sizes are 0..4 with `zero_sizes`, else 1..4."""
    domains = domains_of(entry)
    needed = "".join(d.partition(":")[2] for d in domains)
    for _ in range(tries):
        low = 0 if zero_sizes and rng.random() < 0.3 else 1
        shapes, sizes = draw_shapes(entry.shapes, rng, low=low, at_least_one=needed)
        inputs = tuple(draw_values(d, s, sizes, rng, special=special) for d, s in zip(domains, shapes, strict=True))
        options = {k: v[int(rng.integers(len(v)))] for k, v in entry.options.items()}
        if has_value(entry, inputs, options):
            return Draw(inputs, options)
    raise RuntimeError(f"{entry.name}: no input with a finite value in {tries} draws of {entry.shapes!r}")


def has_value(entry: WrongOp, inputs: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """Whether forward gives finite numbers there."""
    with np.errstate(all="ignore"):
        try:
            out = entry.forward(*inputs, **options)
        except (ValueError, IndexError, ZeroDivisionError, np.exceptions.AxisError):
            return False
    outs = out if isinstance(out, tuple) else (out,)
    return all(bool(np.all(np.isfinite(o))) for o in outs)


def upstream(out: Any, rng: np.random.Generator) -> Any:
    """Signed gradients for the value of a forward, none of them zero or one."""
    if isinstance(out, tuple):
        return tuple(upstream(o, rng) for o in out)
    x = rng.normal(size=np.shape(out))
    return np.asarray(np.sign(x) * (0.2 + np.abs(x)))


def all_options(entry: WrongOp) -> list[dict[str, Any]]:
    """Every combination of an entry's options."""
    keys = list(entry.options)
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*entry.options.values())]
