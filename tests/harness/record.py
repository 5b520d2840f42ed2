"""The record of what PyTorch does in every case, for machines without it.

    python -m tests.harness.record

runs all cases on PyTorch and writes `record.xz`: what surrounds the values as it is, of each value a digest.
"""

from __future__ import annotations

import functools
import hashlib
import json
import lzma
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .cases import Array, Case
from .outcome import Entry, Outcome, digest, needed_words, run, skeleton
from .tables import TABLE

PATH = Path(__file__).with_name("record.xz")


def key(cases: Iterable[Case]) -> str:
    return hashlib.sha256("\n".join(c.text for c in cases).encode()).hexdigest()[:16]


def summary(case: Case, outcome: Outcome) -> Outcome:
    """What the record keeps of an outcome."""
    entries = [
        Entry(e.where, _facts(e), None, rounded(digest(e.array)) if e.array is not None and case.values else None)
        for e in outcome.entries
    ]
    needed = needed_words(case, outcome) if outcome.stage == "call" else []
    return Outcome(entries, outcome.stage, outcome.error, outcome.message.split("\n")[0][:90], needed)


def _facts(e: Entry) -> dict[str, str]:
    return {k: skeleton(v) if k == "repr" and e.array is not None else v for k, v in e.facts.items()}


def rounded(a: Array) -> Array:
    """With 24 bits of fraction; not a number in one way only."""
    bits = np.ascontiguousarray(a, np.float64).view(np.uint64)
    kept = ((bits + np.uint64(1 << 27)) & ~np.uint64((1 << 28) - 1)).view(np.float64)
    return np.where(np.isfinite(a), kept, np.where(np.isnan(a), np.nan, a))


class _Table:
    """Distinct values, numbered as they come."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.places: dict[Any, int] = {}

    def place(self, item: Any, at: Any = None) -> int:
        at = item if at is None else at
        if at not in self.places:
            self.places[at] = len(self.items)
            self.items.append(item)
        return self.places[at]


def write(path: Path, table: dict[str, list[Case]], lib: Any) -> None:
    strings, digests = _Table(), _Table()
    numbers: list[int] = []
    for cases in table.values():
        for case in cases:
            o = summary(case, run(lib, case))
            error = [o.stage, o.error, o.message, o.needed]
            numbers += [len(o.entries), strings.place(error, repr(error))]
            for e in o.entries:
                numbers += [strings.place([e.where, e.facts], repr((e.where, e.facts)))]
                numbers += [-1 if e.digest is None else digests.place(e.digest, (e.digest.size, e.digest.tobytes()))]
    head = {
        "torch": lib.__version__.split("+")[0],
        "groups": {name: [len(cases), key(cases)] for name, cases in table.items()},
        "strings": strings.items,
        "sizes": "".join(str(d.size) for d in digests.items),
        "numbers": len(numbers),
    }
    flat = np.concatenate(digests.items).astype("<f8")
    planes = _planes(flat) + _planes(np.array(numbers, "<i4"))
    text = json.dumps(head, separators=(",", ":")).encode()
    path.write_bytes(lzma.compress(text + b"\0" + planes, preset=9 | lzma.PRESET_EXTREME))


def _planes(a: Array) -> bytes:
    """All first bytes, then all second bytes ...: alike bytes side by side pack better."""
    return a.view(np.uint8).reshape(-1, a.itemsize).T.tobytes()


@functools.cache
def read(path: Path = PATH) -> dict[str, tuple[str, list[Outcome]]]:
    """For each group the key of its cases, and an outcome for each case."""
    text, planes = lzma.decompress(path.read_bytes()).split(b"\0", 1)
    head = json.loads(text)
    sizes = [int(c) for c in head["sizes"]]
    split = 8 * sum(sizes)
    flat = np.frombuffer(planes[:split], np.uint8).reshape(8, -1).T.copy().view("<f8").reshape(-1)
    digests = np.split(flat, np.cumsum(sizes)[:-1])
    numbers = iter(np.frombuffer(planes[split:], np.uint8).reshape(4, -1).T.copy().view("<i4").reshape(-1).tolist())
    return {
        name: (k, [_outcome(numbers, head["strings"], digests) for _ in range(n)])
        for name, (n, k) in head["groups"].items()
    }


def _outcome(numbers: Any, strings: Sequence[Any], digests: Sequence[Array]) -> Outcome:
    count, error = next(numbers), next(numbers)
    entries = []
    for _ in range(count):
        where, facts = strings[next(numbers)]
        at = next(numbers)
        entries.append(Entry(where, facts, None, None if at < 0 else digests[at]))
    return Outcome(entries, *strings[error])


def of_group(name: str) -> list[Outcome]:
    recorded = read().get(name)
    if recorded is None or recorded[0] != key(TABLE[name]):
        raise LookupError(f"the record has other cases for {name!r}: run python -m tests.harness.record where torch is")
    return recorded[1]


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    write(PATH, TABLE, torch)
    print(f"{sum(map(len, TABLE.values()))} cases in {len(TABLE)} groups, {PATH.stat().st_size} bytes: {PATH}")
