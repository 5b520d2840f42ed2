"""The reader's package: laid out as stubs, filled in chapter by chapter, and put together for a check."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from .._atomic import write_atomically
from .chapter import Chapter

__all__ = ["MARK", "NAME", "Package", "Submission", "assemble", "called", "write_reference"]

NAME = "mydl"  # what the chapters call the reader's package, in `from mydl.tensor import Tensor`
MARK = ".microdl-learn.json"
_INIT = '"""My own deep learning framework."""\n'


class Package:
    """The reader's folder, with a note of which chapters have passed and how many hints were shown.

    Raises FileNotFoundError where the folder was not begun by `start`.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, root.name
        try:
            self._note: dict[str, Any] = json.loads((root / MARK).read_text("utf-8"))
        except OSError as error:
            raise FileNotFoundError(
                f"{root} is no package begun with microdl learn: run `microdl learn start {root}` first"
            ) from error
        except ValueError as error:
            raise FileNotFoundError(f"{root / MARK} is damaged ({error}): delete it, and run start again") from error

    @classmethod
    def start(cls, root: Path, chapters: Collection[Chapter]) -> Package:
        """Lay out the stubs; files that are there already stay as they are."""
        root.mkdir(parents=True, exist_ok=True)
        for name, text in {"__init__.py": _INIT, **_files(chapters, Chapter.stub)}.items():
            if not (root / name).exists():
                write_atomically(root / name, called(text, root.name).encode())
        if not (root / MARK).exists():
            write_atomically(root / MARK, json.dumps(_new_note()).encode())
        return cls(root)

    def passed(self, chapter: Chapter) -> bool:
        """Whether the chapter passed, and its files are still those that did."""
        return bool(self._note["passed"].get(str(chapter.number)) == self._digest(chapter))

    def remember(self, chapter: Chapter, passed: bool) -> None:
        """Note how a check ended."""
        self._note["passed"][str(chapter.number)] = self._digest(chapter) if passed else ""
        self._save()

    def next_hint(self, name: str, total: int) -> int:
        """How many hints to show for an exercise: one more than last time."""
        shown = min(self._note["hints"].get(name, 0) + 1, total)
        self._note["hints"][name] = shown
        self._save()
        return int(shown)

    def written(self, chapter: Chapter) -> list[str]:
        """The exercises whose stub is not there any more."""
        texts = [self._text(file) for file in chapter.files]
        waiting = {f'"chapter {chapter.number}: {exercise.name}"': exercise.name for exercise in chapter.exercises}
        return [name for mark, name in waiting.items() if not any(mark in text for text in texts)]

    def skip(self, chapter: Chapter) -> list[Path]:
        """Put the reference in place of the chapter's files; what was there is kept as NAME.mine. The kept files."""
        kept = []
        for file in chapter.files:
            path = self.root / file
            reference, stub = (called(text, self.root.name) for text in (chapter.reference(file), chapter.stub(file)))
            if path.exists() and path.read_text("utf-8") not in (reference, stub):
                kept.append(_free(path.with_suffix(".py.mine")))
                path.replace(kept[-1])
            write_atomically(path, reference.encode())
        return kept

    def _digest(self, chapter: Chapter) -> str:
        return hashlib.sha256("\0".join(self._text(file) for file in chapter.files).encode()).hexdigest()

    def _text(self, file: str) -> str:
        path = self.root / file
        return path.read_text("utf-8") if path.is_file() else ""

    def _save(self) -> None:
        write_atomically(self.root / MARK, json.dumps(self._note, indent=1).encode())


class Submission(Package):
    """A package that somebody handed in, with or without its note: nothing in its folder is changed.

    Its own files import from `name`: what is imported where a chapter's file is, else the folder's name.
    """

    def __init__(self, root: Path, chapters: Collection[Chapter]) -> None:
        self.root, self._note = root, _new_note()
        modules = "|".join(Path(file).stem for chapter in chapters for file in chapter.files)
        texts = [path.read_text("utf-8", errors="replace") for path in sorted(root.glob("*.py"))]
        found = re.search(rf"^\s*from (\w+)\.(?:{modules})\b", "\n".join(texts), re.MULTILINE)
        self.name = found[1] if found else root.name if root.name.isidentifier() else NAME

    def _save(self) -> None:
        """Kept in memory only."""


def assemble(target: Path, chapters: Mapping[int, Chapter], mine: Package, number: int) -> None:
    """Write into `target` what a check of chapter `number` needs: the reader's own file for it, and for each earlier
    chapter the reader's if it passed, else the reference; so no chapter waits for another."""
    target.mkdir(parents=True)
    (target / "__init__.py").write_text(mine._text("__init__.py") or _INIT, "utf-8")
    for chapter in chapters.values():
        if chapter.number > number:
            continue
        own = chapter.number == number or mine.passed(chapter)
        for file in chapter.files:
            text, name = (mine._text(file), mine.name) if own else (chapter.reference(file), NAME)
            (target / file).write_text(called(text, target.name, name), "utf-8")


def write_reference(target: Path, chapters: Collection[Chapter]) -> None:
    """Write the reference of these chapters as a package."""
    target.mkdir(parents=True, exist_ok=True)
    for name, text in {"__init__.py": _INIT, **_files(chapters, Chapter.reference)}.items():
        (target / name).write_text(called(text, target.name), "utf-8")


def called(text: str, name: str, before: str = NAME) -> str:
    """A file's text with what it imports from the package `before` imported from the package `name`."""
    return re.sub(rf"^(\s*(?:from|import) ){before}\b", rf"\g<1>{name}", text, flags=re.MULTILINE)


def _files(chapters: Collection[Chapter], make: Callable[[Chapter, str], str]) -> dict[str, str]:
    found = {file: make(chapter, file) for chapter in chapters for file in chapter.files}
    for file, text in found.items():
        ast.parse(text, file)  # a chapter's mistake is told here, not in the reader's package
    return found


def _new_note() -> dict[str, Any]:
    return {"passed": {}, "hints": {}}


def _free(path: Path) -> Path:
    """The path, or with the first number behind it that no file has."""
    numbered = (path.with_name(f"{path.name}{n}") for n in count(2))
    return path if not path.exists() else next(one for one in numbered if not one.exists())
