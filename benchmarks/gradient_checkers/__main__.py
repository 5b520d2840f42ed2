"""Gradient checkers side by side: what each rejects of tests/wrong_ops, with which inputs.

Run in the root: python -m benchmarks.gradient_checkers [--peers torch,torch-fast,jax,autograd] [--json]

Each checker runs with each generator in a process of its own. Both generators give all checkers the same inputs:
`plain` ones (normal numbers, shapes of 1 to 4 a side) and those of microdl's strategies. A wrong op counts as rejected
where the checker raises on one of the draws; an error of the op's own forward counts for nothing. The same inputs go to
the right ops of tests/wrong_ops/correct, where what is raised is a false alarm.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from .draws import GENERATORS
from .peers import CHECKERS
from .table import Records, markdown, read, summaries, time_of
from .worker import Record

PACKAGES = {"microdl": "microdl", "torch": "torch", "torch-fast": "torch", "jax": "jax", "autograd": "autograd"}


def installed(checker: str) -> bool:
    return checker == "microdl" or importlib.util.find_spec(PACKAGES[checker]) is not None


def work(checker: str, generator: str, given: argparse.Namespace, seconds: float) -> list[Record]:
    """The records of one checker with one generator; those in the folder where it has been run before."""
    kept = None if given.records is None else given.records / f"{checker}-{generator}.jsonl"
    if kept is not None and kept.exists():
        return read(kept.read_text())
    command = [sys.executable, "-m", "benchmarks.gradient_checkers.worker", checker, generator]
    command += ["--draws", str(given.draws), "--ops", str(given.ops), "--limit", str(given.limit)]
    command += ["--seconds", str(seconds)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(done.stdout)
    return read(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gradient_checkers",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    peers = [name for name in CHECKERS if name != "microdl"]
    parser.add_argument("--peers", default=",".join(peers), help="which to compare with (all that are installed)")
    parser.add_argument("--draws", type=int, default=200, help="draws of inputs for an op (200)")
    parser.add_argument("--limit", type=float, default=20.0, help="CPU seconds at which an op is given up (20)")
    parser.add_argument("--ops", type=int, default=1000, help="take so many ops only, of all strata")
    parser.add_argument("--seconds", type=float, default=0.0, help="CPU time for each op (that of microdl's draws)")
    parser.add_argument("--records", type=Path, help="a folder that keeps the runs, and from which they are taken up")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    names = given.peers.split(",") if given.peers else []
    if unknown := set(names) - set(peers):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(peers)}")
    chosen = [name for name in ["microdl", *names] if installed(name)]
    for name in names:
        if name not in chosen:
            print(f"{name} is left out: {PACKAGES[name]} is not installed", file=sys.stderr)
    records: dict[tuple[str, str], list[Record]] = {}
    seconds = given.seconds
    for checker in chosen:
        for generator in reversed(GENERATORS):
            records[checker, generator] = work(checker, generator, given, seconds)
            seconds = seconds or time_of(records[checker, generator])
    show(records, seconds, given.json)


def show(records: Records, seconds: float, as_json: bool) -> None:
    rows = list(summaries(records, seconds))
    versions = {p: importlib.metadata.version(p) for p in sorted({PACKAGES[c] for c, _ in records} - {"microdl"})}
    versions |= {"python": platform.python_version(), "numpy": importlib.metadata.version("numpy")}
    if as_json:
        print(json.dumps({"versions": versions, "seconds": seconds, "rows": rows}, indent=1))
        return
    print(markdown(rows))
    print("\n" + ", ".join(f"{name} {version}" for name, version in versions.items()))


if __name__ == "__main__":
    main()
