"""Checks of what the reader wrote: each is a property with a name, and an explanation where it does not hold."""

from __future__ import annotations

import importlib
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

__all__ = ["CHECKS", "Check", "Outcome", "Wrong", "check", "expect", "run_check", "run_checks"]

CHECKS: dict[int, list[Check]] = {}


class Wrong(AssertionError):
    """A property does not hold: what was expected, what came, and the likely cause."""


@dataclass(frozen=True)
class Check:
    """A property of an exercise. `exercise` is its name, `says` the property in words, `run(module)` raises Wrong."""

    chapter: int
    exercise: str
    says: str
    run: Callable[[Any], None]


@dataclass(frozen=True)
class Outcome:
    """How a check ended: "passed", "wrong", "empty" (the stub is still there) or "error"; and the explanation."""

    exercise: str
    says: str
    state: str
    why: str = ""


def check(chapter: int, exercise: str, says: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Declares a check, a function of the reader's package."""

    def declare(run: Callable[[Any], None]) -> Callable[[Any], None]:
        CHECKS.setdefault(chapter, []).append(Check(chapter, exercise, says, run))
        return run

    return declare


def expect(holds: Any, why: str) -> None:
    """Raise Wrong with the explanation unless it holds."""
    if not holds:
        raise Wrong(why)


def run_checks(package: str, chapter: int) -> list[dict[str, str]]:
    """Run a chapter's checks on an importable package; one outcome each, as a dict."""
    importlib.import_module(f"microdl.learn.checks.chapter{chapter:02}")
    return [asdict(run_check(one, package)) for one in CHECKS[chapter]]


def run_check(one: Check, package: str) -> Outcome:
    """Run one check on an importable package."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", RuntimeWarning
            )  # NaN and infinity are values, and what some checks look for
            one.run(_Modules(package))
    except NotImplementedError as error:
        return Outcome(one.exercise, one.says, "empty", str(error))
    except AssertionError as error:
        return Outcome(one.exercise, one.says, "wrong", str(error))
    except Exception as error:
        return Outcome(one.exercise, one.says, "error", _where(error, package))
    return Outcome(one.exercise, one.says, "passed")


class _Modules:
    """The modules of the reader's package, imported when a check asks for them."""

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self._package}.{name}")


def _where(error: Exception, package: str) -> str:
    """The error, and the reader's own line that raised it."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if f"/{package}/" in frame.filename]
    at = f", in {own[-1].filename.rpartition('/')[2]}, line {own[-1].lineno}: {own[-1].line}" if own else ""
    return f"{type(error).__name__}: {error}{at}"
