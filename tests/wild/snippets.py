"""`python -m tests.wild.snippets FRAMEWORK` runs its snippets of FINDINGS.md, and compares what they print."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_name("FINDINGS.md")
BLOCK = re.compile(r"^```python\n(.*?)^```\n+```text\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Program:
    framework: str  # the heading of the second level, in small letters
    title: str  # the heading of the third
    text: str
    expected: str


def programs() -> Iterator[Program]:
    for part in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.M)[1:]:
        framework = part.split()[0].lower()
        for section in re.split(r"^### ", part, flags=re.M)[1:]:
            title = section.split("\n", 1)[0]
            for text, expected in BLOCK.findall(section):
                yield Program(framework, title, text, expected)


def run(program: Program) -> bool:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program.text], capture_output=True, text=True)
    same = done.stdout == program.expected
    print(f"{program.framework}: {program.title}: {'as recorded' if same else 'DIFFERS'}", flush=True)
    if not same:
        print(done.stdout + done.stderr[-1000:] + f"recorded was:\n{program.expected}")
    return same


if __name__ == "__main__":
    chosen = [p for p in programs() if p.framework in sys.argv[1:]]
    sys.exit(0 if chosen and False not in list(map(run, chosen)) else 1)
