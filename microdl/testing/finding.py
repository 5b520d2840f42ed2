"""What a check found: the error that says where a gradient is wrong, by how much, and why perhaps."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Finding", "GradcheckError"]

Array = np.ndarray[Any, Any]


class GradcheckError(RuntimeError, AssertionError):
    """A gradient is wrong, or cannot be checked; an AssertionError too, so that test runners show it as a failure.

    `finding` is what was found, None where nothing could be checked; `size` the number of elements of the inputs shown.
    """

    finding: Finding | None = None
    size: int = 0


class Finding(GradcheckError):
    """One wrong gradient: which check found it, what it says, and the numbers that show it.

    `kind` is the check's name; `argument` the place of the input among the arguments, `index` that of its worst
    element; `analytic` and `numeric` what backward gave and what it should have been, whole arrays or numbers; `bar`
    the error that the numeric value may have, `ratio` the difference in bars.
    """

    def __init__(
        self,
        kind: str,
        claim: str,
        analytic: Any = None,
        numeric: Any = None,
        argument: int | None = None,
        index: tuple[int, ...] | None = None,
        bar: float = 0.0,
        ratio: float = 0.0,
        upstream: list[Array] | None = None,
    ) -> None:
        super().__init__(claim)
        self.kind, self.claim, self.argument, self.index = kind, claim, argument, index
        self.analytic, self.numeric, self.bar, self.ratio = analytic, numeric, bar, ratio
        self.upstream = upstream
        self.check = kind  # the name of the check in the battery, which `check_op` fills in

    def largest(self) -> float:
        """The largest difference between the two, infinite where they cannot be subtracted."""
        try:
            return float(np.max(np.abs(np.subtract(self.analytic, self.numeric, dtype=np.float64)), initial=0.0))
        except (TypeError, ValueError):
            return float("inf")
