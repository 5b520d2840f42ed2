"""`python -m tests.wrong_ops`: how many entries there are, by stratum, kind of witness and class of bug."""

from __future__ import annotations

from collections import Counter

from . import WRITTEN, corpus

for name in (*WRITTEN, "mutation"):
    entries = [op for stratum, op in corpus() if stratum == name]
    kinds = Counter(op.witness.kind for op in entries)
    print(f"{name}: {len(entries)} ({', '.join(f'{kind} {n}' for kind, n in kinds.most_common())})")
    for bug, count in Counter(op.bug.partition(":")[0] for op in entries).most_common():
        print(f"  {count:3d} {bug}")
