"""``microdl learn class``: the results of a class, from a folder with one folder for each who handed something in."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .._atomic import write_atomically
from .chapter import Chapter, chapters
from .package import MARK, Submission
from .running import LearnError, outcomes, the_chapter

__all__ = ["Result", "class_results", "show_class"]


@dataclass(frozen=True)
class Result:
    """What one of the class handed in: the outcomes of the checks by chapter, or why there are none."""

    who: str
    outcomes: dict[int, list[dict[str, str]]]
    why: str = ""

    def passes(self, number: int) -> bool:
        """Whether all checks of a chapter pass."""
        return number in self.outcomes and _all(self.outcomes[number], "passed")


def show_class(folder: Path, numbers: list[int], table: Path | None) -> int:
    """Print who passed what and what most have wrong; write every outcome to `table`. 0 if everyone passes.

    What was handed in is run, with all that you may do on this machine: read it before, or work in a container.
    """
    if not folder.is_dir() or not (handed_in := sorted(path for path in folder.iterdir() if _counts(path))):
        raise LearnError(f"{folder} has no folders in it: it should hold one for each of the class")
    if table is not None and not table.resolve().parent.is_dir():
        raise LearnError(f"cannot write {table}: there is no folder {table.parent}. Make it first")
    every = chapters()
    chosen = [the_chapter(every, number) for number in numbers or sorted(every)]
    width = max(len(path.name) for path in handed_in)
    print(" " * width, *(f"{chapter.number:>6}" for chapter in chosen), "   passed")
    results = []
    for result in class_results(handed_in, every, chosen):
        results.append(result)
        print(f"{result.who:<{width}}", _row(result, chosen), flush=True)
    passed = [sum(result.passes(chapter.number) for result in results) for chapter in chosen]
    print(f"\nof {len(results)} ".ljust(width + 1), *(f"{number:>6}" for number in passed))
    _show_mistakes(results)
    if table is not None:
        write_atomically(table, _csv(results).encode())
        print(f"\nEach check, with its explanation: {table}")
    return 0 if all(number == len(results) for number in passed) else 1


def class_results(handed_in: Sequence[Path], every: dict[int, Chapter], chosen: Sequence[Chapter]) -> Iterable[Result]:
    """The results in order, several at a time. A chapter is checked with the earlier ones that passed, else with their
    references, so that an early mistake counts once."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda folder: _result(folder, every, chosen), handed_in)


def _result(folder: Path, every: dict[int, Chapter], chosen: Sequence[Chapter]) -> Result:
    roots = _packages(folder, {file for chapter in every.values() for file in chapter.files})
    if len(roots) != 1:
        found = ", ".join(str(root.relative_to(folder)) for root in roots) or "none"
        return Result(folder.name, {}, f"one package is looked for, found: {found}")
    package, results = Submission(roots[0], every.values()), {}
    for chapter in chosen:
        there = any((package.root / file).is_file() for file in chapter.files)
        results[chapter.number] = outcomes(package, every, chapter.number) if there else _missing(chapter)
        package.remember(chapter, _all(results[chapter.number], "passed"))
    return Result(folder.name, results)


def _missing(chapter: Chapter) -> list[dict[str, str]]:
    why = f"{', '.join(chapter.files)} is not there"
    return [{"exercise": one.name, "says": one.task, "state": "empty", "why": why} for one in chapter.exercises]


def _counts(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "__")) and not (path / "pyvenv.cfg").exists()


def _packages(folder: Path, files: set[str]) -> list[Path]:
    """The folders that `start` laid out, if there are any, else those in which a file of a chapter is."""
    every = list(_folders(folder))
    return [one for one in every if (one / MARK).is_file()] or [
        one for one in every if any((one / file).is_file() for file in files)
    ]


def _folders(folder: Path) -> Iterator[Path]:
    yield folder
    for below in sorted(folder.iterdir()):
        if _counts(below):
            yield from _folders(below)


def _all(found: list[dict[str, str]], state: str) -> bool:
    return all(outcome["state"] == state for outcome in found)


def _row(result: Result, chosen: Sequence[Chapter]) -> str:
    if result.why:
        return f" {result.why}"
    cells = [_cell(result.outcomes[chapter.number]) for chapter in chosen]
    return " ".join([*(f"{cell:>6}" for cell in cells), f"{cells.count('all'):>3} of {len(cells)}"])


def _cell(found: list[dict[str, str]]) -> str:
    """`all`, `-` where nothing is written, else how many checks pass of how many."""
    if _all(found, "passed"):
        return "all"
    return "-" if _all(found, "empty") else f"{sum(o['state'] == 'passed' for o in found)}/{len(found)}"


def _show_mistakes(results: Sequence[Result]) -> None:
    """The checks that something was written for and that it fails, those of most first."""
    who: dict[str, list[str]] = {}
    for result in results:
        for number, found in result.outcomes.items():
            for outcome in found:
                if outcome["state"] in ("wrong", "error"):
                    who.setdefault(f"{number:>2}  {outcome['exercise']}: {outcome['says']}", []).append(result.who)
    if who:
        print("\nWritten, and wrong:")
    for what, names in sorted(who.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"{len(names):>4} in chapter {what} ({', '.join(names)})")


def _csv(results: Iterable[Result]) -> str:
    text = io.StringIO()
    fields = ["who", "chapter", "exercise", "says", "state", "why"]
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    for result in results:
        if result.why:
            writer.writerow({"who": result.who, "state": "error", "why": result.why})
        for number, found in result.outcomes.items():
            writer.writerows({"who": result.who, "chapter": number, **outcome} for outcome in found)
    return text.getvalue()
