"""Many random programs one after the other, and the differences among them made small."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter

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
