"""`python -m tests.parity.fuzz --programs 100000`: random programs on both libraries, differences listed at the end."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from .allowed import RULES
from .grammar import LINES
from .search import Search, work


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
