"""A chapter's source: prose, code that is run, and the code that the reader writes, with hints.

It is a Python file in the percent format (cells begin with `# %%`). A cell that begins `# %% file="scalar.py"` goes
to that file of the reader's package. In it an exercise is what stands between two marks:

    # <exercise Value.backward: Call every step's rule, newest first.>
    # hint: A node must not run before everything that uses it has run.
    order = ...
    # </exercise>

The reader's stub has the text after the name and raises NotImplementedError; the reference has the code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import distribution
from pathlib import Path

import microdl

__all__ = ["Cell", "Chapter", "Exercise", "chapters"]

_OPEN = re.compile(r"^(?P<indent> *)# <exercise (?P<name>[\w.]+): (?P<task>.+)>$")
_CLOSE = re.compile(r"^ *# </exercise>$")
_HINT = re.compile(r"^ *# hint: (?P<text>.+)$")
_FILE = re.compile(r'^# %% file="(?P<file>[\w.]+)"$')


@dataclass(frozen=True)
class Cell:
    """A cell: its text without the line that begins it; the file of the reader's package that it goes to, or ""."""

    kind: str
    text: str
    file: str = ""


@dataclass
class Exercise:
    """Something for the reader to write: what it is called, what is asked, hints from vague to plain, the solution."""

    name: str
    task: str
    hints: list[str] = field(default_factory=list)
    solution: list[str] = field(default_factory=list)


class Chapter:
    """One chapter, from the path of its source.

    Raises ValueError, with the line, for an exercise that does not end, has no hint, or has the name of another.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = int(path.name[:2])
        self.title = next(
            (line[4:].strip() for line in path.read_text("utf-8").splitlines() if line.startswith("# # ")), path.stem
        )

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells in order."""
        found: list[Cell] = []
        kind, file, lines = "", "", []
        for line in [*self.path.read_text("utf-8").splitlines(), "# %%"]:
            if not line.startswith("# %%"):
                lines.append(line)
                continue
            text = "\n".join(lines).strip("\n")
            if kind and text:
                found.append(Cell(kind, _prose(text) if kind == "markdown" else text, file))
            match = _FILE.match(line)
            kind, file, lines = ("markdown" if "[markdown]" in line else "code"), match["file"] if match else "", []
        return found

    @cached_property
    def files(self) -> list[str]:
        """The files that the reader writes in this chapter."""
        return list(dict.fromkeys(cell.file for cell in self.cells if cell.file))

    @cached_property
    def exercises(self) -> list[Exercise]:
        """What there is to write, in order."""
        found = [part for file in self.files for part in self._parts(self._source(file)) if isinstance(part, Exercise)]
        names = [exercise.name for exercise in found]
        if double := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"{self.path.name}: two exercises are called {', '.join(double)}")
        return found

    def reference(self, file: str) -> str:
        """The file as it is in the end."""
        return self._text(self._source(file), lambda exercise: exercise.solution)

    def solved(self, cell: Cell) -> str:
        """A cell of a file as it is in the end."""
        return self._text(cell.text, lambda exercise: exercise.solution)

    def asked(self, cell: Cell) -> list[Exercise]:
        """The exercises in a cell."""
        return [part for part in self._parts(cell.text) if isinstance(part, Exercise)]

    def stub(self, file: str) -> str:
        """The file as the reader gets it."""
        return self._text(self._source(file), self._stub)

    def _stub(self, exercise: Exercise) -> list[str]:
        indent = " " * (len(exercise.solution[0]) - len(exercise.solution[0].lstrip()))
        error = f'raise NotImplementedError("chapter {self.number}: {exercise.name}")'
        return [f"{indent}# Your turn. {exercise.task}", indent + error]

    def _source(self, file: str) -> str:
        return "\n\n\n".join(cell.text for cell in self.cells if cell.file == file)

    def _text(self, source: str, shown: Callable[[Exercise], list[str]]) -> str:
        lines: list[str] = []
        for part in self._parts(source):
            lines += shown(part) if isinstance(part, Exercise) else [part]
        return "\n".join(lines) + "\n"

    def _parts(self, source: str) -> Iterator[str | Exercise]:
        """The lines of a file, and exercises in place of those that are theirs."""
        exercise: Exercise | None = None
        for line in source.splitlines():
            if begun := _OPEN.match(line):
                if exercise is not None:
                    raise ValueError(f"{self.path.name}: {exercise.name} does not end before {line.strip()!r}")
                exercise = Exercise(begun["name"], begun["task"])
            elif _CLOSE.match(line):
                if exercise is None or not exercise.hints or not exercise.solution:
                    raise ValueError(f"{self.path.name}: an exercise ends without a beginning, a hint or a solution")
                yield exercise
                exercise = None
            elif exercise is None:
                yield line
            elif hint := _HINT.match(line):
                exercise.hints.append(hint["text"])
            else:
                exercise.solution.append(line)
        if exercise is not None:
            raise ValueError(f"{self.path.name}: the exercise {exercise.name} does not end")


def _prose(text: str) -> str:
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines())


def folder() -> Path:
    """Where the chapters are: beside the package in a checkout, else where an installer put them."""
    beside = Path(microdl.__file__).parents[1] / "tutorials"
    if not beside.is_dir():
        for file in distribution("microdl").files or []:
            if file.parent.parts[-2:] == ("microdl", "tutorials"):
                return Path(str(file.locate())).parent.resolve()
    return beside


def chapters(where: Path | None = None) -> dict[int, Chapter]:
    """All chapters by number. FileNotFoundError where there are none."""
    found = [Chapter(path) for path in sorted((where or folder()).glob("[0-9][0-9]_*.py"))]
    if not found:
        raise FileNotFoundError(f"no chapters in {where or folder()}: install microdl again, or clone its repository")
    return {chapter.number: chapter for chapter in found}
