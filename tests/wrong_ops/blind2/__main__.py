"""Proves both lists: python -m tests.wrong_ops.blind2."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np

from ..prove import NotProven, as_tuple, call, check_forward, is_real, ones_for, prove, wrong_at
from . import ENTRIES, RIGHT, RightOp


def check_right(entry: RightOp, rng: Any) -> None:
    """Raises where, at one of its points, a gradient is outside the hull of the one-sided derivatives."""
    for inputs, values in product(entry.points, product(*entry.options.values())):
        options = dict(zip(entry.options, values, strict=True))
        check_forward(entry, inputs, options, max(entry.tolerance, 1e-9))  # type: ignore[arg-type]
        with np.errstate(all="ignore"):
            ones = ones_for(entry.forward(*inputs, **options))
        signed = tuple(rng.standard_normal(np.shape(v)) for v in as_tuple(ones))
        for g in (ones, signed if isinstance(ones, tuple) else signed[0]):
            grads: Any = call(entry, inputs, options, g)  # type: ignore[arg-type]
            places = [(k, i) for k, x in enumerate(inputs) if is_real(x) for i in np.ndindex(np.shape(x))]
            for k, index in places:
                why = wrong_at(entry, inputs, options, g, grads, k, index, entry.tolerance, 1e-9)  # type: ignore[arg-type]
                if why:
                    raise NotProven(f"{entry.name}, argument {k} at {index}: {why}")


def main() -> None:
    """One line for each list, and the bugs counted."""
    for entry in ENTRIES:
        prove(entry)
    rng = np.random.default_rng(0)
    for right in RIGHT:
        check_right(right, rng)
    for bug, count in Counter(entry.bug.split(":")[0] for entry in ENTRIES).most_common():
        print(f"{count:4d} {bug}")
    print(f"blind2: {len(ENTRIES)} wrong ops proven wrong, {len(RIGHT)} right ops proven right at their points")


if __name__ == "__main__":
    main()
