"""`python -m tests.false_alarms --draws 100000`: how often the toolkit calls a right gradient wrong.

Draws inputs of every right op there is, microdl's own and those of `tests/wrong_ops/correct`, with new seeds, and
prints how many draws and comparisons there were, which alarms, and what share decided nothing.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import time
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from microdl.testing import ALL, GradcheckError, Result, check_op
from microdl.testing.strategies import signature
from microdl.testing.subject import Counts

from .op_samples import NARROWING, arguments, differentiable, operation
from .wrong_ops import correct
from .wrong_ops.draws import domains_of
from .wrong_ops.entry import WrongOp

EXAMPLES = 200  # one run of `check_op`
SHOWN = 0.02  # the share that decided nothing from which on an op is named
Check = Callable[[int, int], Result]


def checks() -> Iterator[tuple[str, Check]]:
    """A name and a function of seed and number of examples, for each right op."""
    for name in differentiable():
        yield name, _of_table(name)
    for module in pkgutil.iter_modules(correct.__path__):
        for op in getattr(importlib.import_module(f"{correct.__name__}.{module.name}"), "CORRECT", []):
            yield f"correct.{op.name}", _of_corpus(op)


def _of_table(name: str) -> Check:
    battery = [check for check in ALL if check != "float32" or name not in NARROWING]
    op, inputs = operation(name), arguments(name)
    return lambda seed, n: check_op(op, inputs, battery=battery, max_examples=n, seed=seed)


def _of_corpus(op: WrongOp) -> Check:
    inputs = signature(op.shapes, *domains_of(op), **op.options)
    return lambda seed, n: check_op((op.forward, op.backward), inputs, max_examples=n, seed=seed)


def run(draws: int, seed: int, seconds: float) -> tuple[int, dict[str, Counts], list[str]]:
    """The draws made, the comparisons of each op, and the alarms: rounds over all ops until there are enough."""
    begin, made, found, alarms = time.monotonic(), 0, dict[str, Counts](), list[str]()
    ops = list(checks())
    each = max(1, min(EXAMPLES, -(-draws // len(ops))))
    while made < draws:
        for name, check in ops:
            if made >= draws or time.monotonic() - begin > seconds:
                return made, found, alarms
            try:
                result = check(seed, each)
                made += result.examples
                found[name] = found.get(name, Counts())
                found[name] += result.counts
            except GradcheckError as error:
                alarms.append(f"seed {seed}, {name}: {error}")
                print(f"ALARM {alarms[-1]}\n", flush=True)
            seed += 1
    return made, found, alarms


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.false_alarms", description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None, help="by default another one every time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    given = parser.parse_args()
    seed = int(np.random.default_rng().integers(2**31)) if given.seed is None else given.seed
    made, found, alarms = run(given.draws, seed, given.seconds)
    total = Counts()
    for counts in found.values():
        total += counts
    print(f"seed {seed}: {made:,} draws of {len(found)} ops, {total.total:,} comparisons: {total}")
    of = max(total.total, 1)
    print(f"skipped {total.skipped / of:.2%}, inconclusive {total.inconclusive / of:.2%}")
    for name, counts in found.items():
        undecided = (counts.skipped + counts.inconclusive) / max(counts.total, 1)
        if undecided > SHOWN:
            print(f"  {name}: {undecided:.1%} undecided ({counts})")
    named = Counter(text.split(":")[0].split(", ")[1] for text in alarms)
    print(f"alarms: {len(alarms)}", *(f"  {name}: {n}" for name, n in named.most_common()), sep="\n")
    return bool(alarms)


if __name__ == "__main__":
    raise SystemExit(main())
