"""How far training is, on standard error: a bar where tqdm is installed, else a line an epoch."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["Progress"]


class Progress:
    """Counts to `total` while its `with` block runs; silent where `verbose` is false."""

    def __init__(self, total: int, unit: str, name: str, verbose: Any) -> None:
        self.total, self.unit, self.name, self.verbose = total, unit, name, bool(verbose)
        self.done = 0
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def show(self, loss: float, scores: list[float] | None = None, step: int = 1) -> None:
        """`step` more are done."""
        self.done += step
        if not self.verbose:
            return
        text = f"loss {loss:.4f}" + (f", validation {scores[-1]:.1%}" if scores else "")
        try:
            from tqdm import tqdm
        except ImportError:
            print(f"{self.name}: {self.unit} {self.done}/{self.total}, {text}", file=sys.stderr)
            return
        if self._bar is None:  # not before the first is done: microdl may say first that it compiles kernels
            self._bar = tqdm(total=self.total, desc=self.name, unit=self.unit, dynamic_ncols=True)
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(step)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()
