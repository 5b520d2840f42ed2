"""`python -m tests.wild FRAMEWORK [--examples N] [--seed N] [op ...]`: what was checked, what was found."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import time
import warnings
from typing import Any

from microdl.testing import GradcheckError, check_op

from .table import Op

FRAMEWORKS = ("autograd", "jax", "jax64", "mygrad", "tinygrad", "torch")
COUNTS = re.compile(r"checked ([\d,]+), kink-verified ([\d,]+), skipped ([\d,]+), inconclusive ([\d,]+)")
LINE = "{:<38}{:>9}{:>9}{:>7}{:>9}{:>14}{:>7}  {}"


def row(op: Op, adapter: Any, examples: int, seed: int) -> tuple[list[Any], str]:
    """The op's line of the table, and the report of what was found."""
    start = time.perf_counter()
    found, drawn, text = "right", "", ""
    try:
        result = check_op(op.function, op.inputs, adapter=adapter, max_examples=examples, battery=op.battery, seed=seed)
        text, drawn = str(result), str(result.examples)
    except GradcheckError as error:
        text = str(error)
        finding = getattr(error, "finding", None)
        found = f"WRONG ({finding.kind})" if finding else "undecided"
        if "NotImplementedError" in text or "not implemented" in text:
            found = "no gradient"
        drawn = next(iter(re.findall(r"(?:in )?(\d+) examples", text)), "")
    except Exception as error:
        found, text = "raised", f"{op.name} raised {type(error).__name__}: {error}"
    counts = COUNTS.search(text)
    numbers = counts.groups() if counts else ("",) * 4
    seconds = f"{time.perf_counter() - start:.1f}"
    known = f", known: {op.known}" if op.known and found != "right" else ""
    return [op.name, drawn, *numbers, seconds, found + known], "" if found in ("right", "no gradient") else text


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.wild", description=__doc__)
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("ops", nargs="*", help="names of ops; all by default")
    parser.add_argument("--examples", type=int, help="inputs drawn for each op")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_intermixed_args(arguments)
    warnings.simplefilter("ignore")
    module = importlib.import_module(f".{given.framework}_ops", __package__)
    adapter, examples = module.adapter(), given.examples or module.EXAMPLES
    chosen = [op for op in module.OPS if not given.ops or op.name in given.ops]
    start, findings, new = time.perf_counter(), [], 0
    print(f"{given.framework} {module.VERSION}, {len(chosen)} ops, {examples} examples each, seed {given.seed}")
    print(LINE.format("op", "examples", "checked", "kinks", "skipped", "inconclusive", "s", "verdict"))
    for op in chosen:
        values, text = row(op, adapter, examples, given.seed)
        print(LINE.format(*values), flush=True)
        if text:
            findings.append(text)
            new += not op.known
    for text in findings:
        print(f"\n{'-' * 100}\n{text}")
    seconds = time.perf_counter() - start
    print(f"\n{len(chosen)} ops in {seconds:.0f} s: {len(findings)} findings, {new} of them not known")
    return int(new > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
