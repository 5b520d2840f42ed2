"""`python -m tests.wrong_ops.kill [--jobs N] [stratum ...]`: how many of the wrong ops check_op rejects.

Prints the kill rate by stratum and by class of bug, what was missed, false alarms on the right ops of `correct`, the
size of the counterexamples, and times. The exit code is 1 where a rate falls below the figure to reach.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import pkgutil
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

import microdl
from microdl.testing import GradcheckError, check_op
from microdl.testing.check import Result
from microdl.testing.finding import Finding
from microdl.testing.strategies import signature

from . import WRITTEN, blind2, corpus
from .entry import WrongOp
from .pair import pair

__all__ = ["AIMS", "STRATA", "correct", "entries", "inputs_of", "op_of"]

STRATA = (*WRITTEN, "mutation", "correct")
AIMS = {"historical": 0.98, "blind": 0.95, "blind2": 0.95, "mutation": 0.95}  # on correct ops no alarm
MOST_UNDECIDED = 0.02  # of the comparisons on a right op


@dataclass
class Verdict:
    """What check_op said of an op: rejected or not, with the size of its counterexample, or why nothing was told."""

    stratum: str
    name: str
    bug: str
    rejected: bool
    text: str
    size: int | None
    seconds: float
    undecided: float = 0.0


def correct() -> list[WrongOp]:
    """The right ops, of every module in `correct` and of `blind2`."""
    package = importlib.import_module(f"{__package__}.correct")
    modules = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    plain = [op for m in modules for op in importlib.import_module(f"{package.__name__}.{m}").CORRECT]
    return plain + [
        pair(op.name, op.forward, op.backward, op.exact, op.shapes, op.domains, op.options)
        for op in blind2.RIGHT
        if op.name not in blind2.BEYOND
    ]


@functools.cache
def entries(stratum: str) -> tuple[WrongOp, ...]:
    """The ops of one stratum, or the right ones."""
    return tuple(correct() if stratum == "correct" else [op for name, op in corpus() if name == stratum])


def op_of(entry: WrongOp, framework: Any = microdl) -> Any:
    """What stands before the checker: the pair of functions, or the function of tensors where there is one."""
    if entry.differentiable is not None:
        return entry.differentiable(framework)
    return entry.forward, entry.backward


def inputs_of(entry: WrongOp) -> Any:
    """The strategy of the entry's inputs."""
    return signature(entry.shapes, *entry.domains, **entry.options)


def judge(stratum: str, place: int) -> Verdict:
    """check_op on one op."""
    entry = entries(stratum)[place]
    start = time.perf_counter()
    found: Result | GradcheckError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wrong gradients overflow and divide by zero
        try:
            found = check_op(op_of(entry), inputs_of(entry))
        except GradcheckError as error:
            found = error
    seconds = time.perf_counter() - start
    rejected, undecided, size = isinstance(found, GradcheckError), 0.0, None
    if isinstance(found, Result):
        undecided = (found.counts.skipped + found.counts.inconclusive) / max(found.counts.total, 1)
    else:
        rejected = isinstance(getattr(found, "finding", None), Finding)
        size = getattr(found, "size", None)
    return Verdict(stratum, entry.name, entry.bug, rejected, str(found), size, seconds, undecided)


def verdicts(strata: Iterable[str], jobs: int) -> list[Verdict]:
    places = [(s, k) for s in strata for k in range(len(entries(s)))]
    if jobs == 1:
        return [judge(*place) for place in places]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(judge, *zip(*places, strict=True)))


def report(found: Sequence[Verdict]) -> bool:
    """Print the tables; whether the figures are reached."""
    reached = True
    by_stratum = defaultdict(list)
    for v in found:
        by_stratum[v.stratum].append(v)
    for name, group in by_stratum.items():
        rate = sum(v.rejected for v in group) / len(group)
        good = rate == 0 if name == "correct" else rate >= AIMS[name]
        reached &= good
        what = "false alarms" if name == "correct" else "rejected"
        print(f"{name}: {sum(v.rejected for v in group)} of {len(group)} {what}, {rate:.1%}" + " BELOW" * (not good))
        if name == "correct":
            _right_ops(group)
        else:
            _classes(group)
    sizes = [v.size for v in found if v.size is not None and v.stratum != "correct"]
    if sizes:
        print(f"counterexamples: {median(sizes):g} elements in the median, {np.percentile(sizes, 90):g} at 90 %")
    times = sorted((v.seconds, v.name) for v in found)
    print(f"seconds an op: median {median(t for t, _ in times):.2f}, slowest", end=" ")
    print(", ".join(f"{name} {t:.2f}" for t, name in times[:-4:-1]))
    return reached


def _classes(group: Sequence[Verdict]) -> None:
    of, killed = Counter(v.bug.partition(":")[0] for v in group), Counter[str]()
    killed.update(v.bug.partition(":")[0] for v in group if v.rejected)
    for bug, n in of.most_common():
        print(f"  {killed[bug]:3d} of {n:3d} {bug}")
    for v in group:
        if not v.rejected:
            print(f"  missed: {v.name} ({v.bug})\n    {v.text.splitlines()[0]}")


def _right_ops(group: Sequence[Verdict]) -> None:
    for v in group:
        if v.rejected:
            print(f"  alarm on {v.name}:\n{v.text}")
        elif v.undecided > MOST_UNDECIDED:
            print(f"  {v.undecided:.1%} undecided of {v.name}: {v.text.partition(': ')[2]}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.wrong_ops.kill", description=__doc__)
    parser.add_argument("strata", nargs="*", metavar="stratum", help=f"{', '.join(STRATA)}; by default all")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    given = parser.parse_args()
    if unknown := set(given.strata) - set(STRATA):
        parser.error(f"no such stratum: {', '.join(sorted(unknown))}; there are {', '.join(STRATA)}")
    return 0 if report(verdicts(given.strata or STRATA, given.jobs)) else 1


if __name__ == "__main__":
    sys.exit(main())
