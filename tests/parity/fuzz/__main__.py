"""`python -m tests.parity.fuzz --programs 100000`: random programs on both libraries, differences listed at the end."""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from .allowed import RULES
from .grammar import LINES
from .programs import Program, make, simpler
from .runner import Difference, Session

EVERY = 20.0  # seconds between two lines of progress


class Search:
    """Runs random programs; a difference is made small and listed, and those of its kind are counted from then on."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.programs = self.statements = self.known_again = 0
        self.found: list[Difference] = []

    def run(self, program: Program) -> None:
        self.programs += 1
        self.statements += len(program)
        try:
            Session(self.counts).run(program)
        except Difference as difference:
            if self.known(difference):
                self.known_again += 1
            else:
                self.found.append(smallest(program, difference))

    def known(self, difference: Difference) -> bool:
        return any(same(k, difference) and set(k.lines) <= set(difference.lines) for k in self.found)


def same(one: Difference, other: Difference) -> bool:
    return (one.kind, one.lines[-1]) == (other.kind, other.lines[-1])


def smallest(program: Program, difference: Difference) -> Difference:
    """The same difference in a program that cannot be made simpler."""
    while True:
        session = Session()
        with contextlib.suppress(Difference):
            session.run(program)
        for candidate in simpler(program, session.made):
            try:
                Session().run(candidate)
            except Difference as again:
                if same(again, difference):
                    program, difference = candidate, again
                    break
        else:
            return difference


def work(seed: int, wanted: int) -> Search:
    search, rng, start = Search(), random.Random(seed), time.time()
    said = start
    while search.programs < wanted:
        found = len(search.found)
        search.run(make(rng.randrange))
        if len(search.found) > found:
            print(f"\n--- difference {len(search.found)}\n{search.found[-1]}\n", flush=True)
        if time.time() - said > EVERY:
            said = time.time()
            done = f"{search.programs} of {wanted} programs ({search.programs / (said - start):.0f}/s)"
            print(f"{done}, {len(search.found)} differences, seed {seed}", flush=True)
    return search


def _merged(searches: list[Search]) -> Search:
    total = Search()
    for s in searches:
        total.counts += s.counts
        total.programs += s.programs
        total.statements += s.statements
        total.known_again += s.known_again
        total.found += [d for d in s.found if not total.known(d)]
    return total


def _summary(total: Search, spent: float) -> dict[str, Any]:
    table = {line.text: {o: total.counts[line.text, o] for o in ("ok", "refused")} for line in LINES}
    kinds: dict[str, Counter[str]] = {}
    for line in LINES:
        kinds.setdefault(line.kind, Counter()).update(table[line.text])
    return {
        "programs": total.programs,
        "statements": total.statements,
        "seconds": round(spent),
        "programs with a difference already listed": total.known_again,
        "differences": [str(d) for d in total.found],
        "documented differences met": {rule: total.counts["", rule] for rule in RULES},
        "by kind": kinds,
        "by line": table,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--summary", type=Path, help="a JSON file for the counts and the differences")
    args = parser.parse_args()
    start, each = time.time(), -(-args.programs // args.jobs)
    seeds = [args.seed + job * 1_000_000 for job in range(args.jobs)]
    if args.jobs == 1:
        total = work(args.seed, args.programs)
    else:
        with ProcessPoolExecutor(args.jobs, multiprocessing.get_context("spawn")) as pool:
            total = _merged(list(pool.map(work, seeds, [each] * args.jobs)))
    summary = _summary(total, time.time() - start)
    if args.summary:
        args.summary.write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    for kind, outcomes in summary["by kind"].items():
        print(f"{kind:12} {outcomes['ok']:8} ok {outcomes['refused']:8} refused by both")
    print(f"{total.programs} programs, {total.statements} statements, {summary['seconds']} s: ", end="")
    print(f"{len(total.found)} differences ({total.known_again} programs met one again)")
    for rule, n in summary["documented differences met"].items():
        print(f"{rule:15} {n:6} programs ended there")
    return bool(total.found)


if __name__ == "__main__":
    raise SystemExit(main())
