"""Training scripts as people write them for PyTorch, and what PyTorch 2.13 prints for each.

A script is any `*.py` below this folder beside the files of this package; it imports torch and prints. `expected/`
holds what it prints under PyTorch: `python -m tests.scripts` writes that anew (where PyTorch is installed), and
`python -m tests.scripts NAME ...` shows how microdl's output differs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|[-+]?\b(?:nan|inf)\b")


def names() -> list[str]:
    """The scripts, by their path without the suffix."""
    own = {"__init__.py", "__main__.py"}
    return sorted(p.relative_to(HERE).with_suffix("").as_posix() for p in HERE.rglob("*.py") if p.name not in own)


def command(framework: str, name: str) -> list[str]:
    """What runs a script: PyTorch as it is, or microdl in its place."""
    run = ["-m", "microdl", "run"] if framework == "microdl" else []
    return [sys.executable, *run, str(HERE / f"{name}.py")]


def output(framework: str, name: str) -> str:
    """What a script prints, run in a process and a folder of its own; RuntimeError if it fails."""
    root = str(HERE.parent.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg", "MICRODL_QUIET": "1", "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command(framework, name), capture_output=True, text=True, cwd=folder, env=env)
    if done.returncode:
        raise RuntimeError(f"{name} failed under {framework}:\n{done.stderr}")
    return done.stdout


def expected(name: str) -> str:
    return (EXPECTED / f"{name}.txt").read_text("utf-8")


def differences(ours: str, theirs: str, rtol: float = 1e-5) -> list[str]:
    """The lines in which two outputs differ: in text, or in a number by more than `rtol` and its last printed digit."""
    a, b = ours.splitlines(), theirs.splitlines()
    pairs = enumerate(zip(a, b, strict=False), 1)
    found = [f"line {n}:\n  ours   {x}\n  theirs {y}" for n, (x, y) in pairs if not _same(x, y, rtol)]
    if len(a) != len(b):
        found.append(f"{len(a)} lines, not {len(b)}")
    return found


def _same(x: str, y: str, rtol: float) -> bool:
    if x == y:
        return True
    if _text(x) != _text(y):
        return False
    return all(_close(p, q, rtol) for p, q in zip(_NUMBER.findall(x), _NUMBER.findall(y), strict=True))


def _text(line: str) -> str:
    """A line without its numbers; runs of blanks count as one, since they follow the numbers' widths."""
    return re.sub(r"\s+", " ", _NUMBER.sub("#", line))


def _close(p: str, q: str, rtol: float) -> bool:
    if p == q:
        return True
    if not re.search(r"[.e]", p + q):
        return False  # a count, or a label
    return abs(float(p) - float(q)) <= rtol * abs(float(q)) + 1.01 * _last_digit(q)


def _last_digit(number: str) -> float:
    """What one unit of the last printed digit is worth."""
    digits, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
