"""Every entry of the corpus is wrong as its witness says, and its forward is right."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from .wrong_ops import corpus, mutations
from .wrong_ops.draws import draw
from .wrong_ops.entry import Witness, WrongOp
from .wrong_ops.prove import NotProven, any_wrong, call, check_forward, prove, upstream_for

CORPUS = [pytest.param(op, id=f"{stratum}-{op.name}") for stratum, op in corpus()]


def random_of(name: str) -> np.random.Generator:
    """A stream that depends on the entry's name alone."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def test_strata_are_there_and_names_are_unique() -> None:
    names = [(stratum, op.name) for stratum, op in corpus()]
    assert len(set(names)) == len(names)
    counts = Counter(stratum for stratum, _ in names)
    assert counts["historical"] >= 60
    assert counts["mutation"] >= 100
    assert all(op.source for stratum, op in corpus() if stratum == "historical")


@pytest.mark.parametrize("op", CORPUS)
def test_witness_proves_it(op: WrongOp) -> None:
    assert prove(op)


@pytest.mark.parametrize("op", CORPUS)
def test_forward_is_right(op: WrongOp) -> None:
    rng = random_of(op.name)
    for _ in range(5):
        drawn = draw(op, rng)
        check_forward(op, drawn.inputs, dict(drawn.options), relative=1e-9)


@pytest.mark.parametrize("kind", ["value", "float32", "layout", "repeat", "mutates", "raises", "linear"])
def test_a_right_op_is_not_proven_wrong(kind: str) -> None:
    right = next(op for op in mutations.correct() if op.name == "softmax")
    x = np.array([[0.5, -1.5], [2.0, 2.0]])
    witness = Witness((x,), 0, (1, 0), g=np.array([[1.0, -2.0], [0.5, 3.0]]), kind=kind, layout=np.asfortranarray)
    with pytest.raises(NotProven):
        prove(replace(right, witness=witness))


@pytest.mark.parametrize("op", mutations.correct(), ids=lambda op: op.name)
def test_correct_ops_are_right(op: WrongOp) -> None:
    rng = random_of(op.name)
    for k in range(6):
        drawn = draw(op, rng, special=k % 2 == 1, zero_sizes=k == 5)
        options = dict(drawn.options)
        check_forward(op, drawn.inputs, options, relative=1e-9)
        g = upstream_for(op, drawn.inputs, options, rng)
        assert any_wrong(op, drawn.inputs, options, g, call(op, drawn.inputs, options, g)) is None
