"""The inputs of both generators: the same for every checker, from a seed of the op's own."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests.wrong_ops.draws import draw
from tests.wrong_ops.entry import WrongOp
from tests.wrong_ops.kill import inputs_of

__all__ = ["GENERATORS", "feed"]

GENERATORS = ("plain", "strategies")
BATCH = 200  # as many as check_op draws: Hypothesis begins each batch with simple ones
Take = Callable[[tuple[Any, ...], dict[str, Any]], bool]  # inputs and options; whether to go on


class Enough(Exception):
    """No more inputs are wanted."""


def feed(entry: WrongOp, generator: str, take: Take) -> None:
    """Give inputs and options to `take` until it says False. Mutants of one op get the same."""
    key = f"{entry.forward.__module__}.{entry.forward.__qualname__} {entry.shapes} {entry.domains}"
    seed = zlib.crc32(key.encode())
    if generator == "plain":
        _plain(entry, seed, take)
    else:
        _strategies(entry, seed, take)


def _plain(entry: WrongOp, seed: int, take: Take) -> None:
    """Normal numbers in random shapes of 1 to 4 a side, where the forward is finite."""
    rng = np.random.default_rng(seed)
    going = True
    while going:
        drawn = draw(entry, rng)
        going = take(drawn.inputs, dict(drawn.options))


def _strategies(entry: WrongOp, seed: int, take: Take) -> None:
    """What microdl's strategies draw, where the forward does not raise; as check_op does."""
    going = True

    def each(args: tuple[Any, ...]) -> None:
        nonlocal going
        options = dict(args[-1]) if isinstance(args[-1], dict) else {}
        call = args[:-1] if entry.options else args
        if going and _accepted(entry, call, options):
            going = take(call, options)
        if not going:
            raise Enough

    while going:
        run = settings(
            max_examples=BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,), report_multiple_bugs=False,
        )(seeded(seed)(given(inputs_of(entry))(each)))  # fmt: skip
        try:
            run()
        except Enough:
            return
        seed += 1


def _accepted(entry: WrongOp, args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            entry.forward(*args, **options)
        except Exception:  # the op refuses them, which is its right
            return False
    return True
