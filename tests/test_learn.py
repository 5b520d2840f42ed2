"""The chapters: references pass, stubs are empty, each planted bug is explained, each chapter runs to its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module
from itertools import count
from pathlib import Path

import pytest

import microdl
from microdl.learn.bugs import BUGS, Bug, planted
from microdl.learn.chapter import Chapter, chapters, folder
from microdl.learn.checking import CHECKS, run_check, run_checks
from microdl.learn.package import called, write_reference

EVERY = chapters()
ROOT = Path(microdl.__file__).parents[1]
NAMES = map("learned_{}".format, count())  # each package a name of its own: Python imports a name once


def package(where: Path, number: int, changed: dict[str, str]) -> str:
    """The name of an importable package: the reference up to a chapter, but for the files that are given."""
    name = next(NAMES)
    write_reference(where / name, [chapter for chapter in EVERY.values() if chapter.number <= number])
    for file, text in changed.items():
        (where / name / file).write_text(called(text, name), "utf-8")
    return name


@pytest.mark.parametrize("chapter", EVERY.values(), ids=lambda one: f"chapter {one.number}")
def test_the_reference_passes_with_the_chapters_up_to_its_own(
    chapter: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = run_checks(package(tmp_path, chapter.number, {}), chapter.number)
    assert [one for one in found if one["state"] != "passed"] == []


@pytest.mark.parametrize("chapter", EVERY.values(), ids=lambda one: f"chapter {one.number}")
def test_every_check_of_the_stubs_says_that_nothing_is_written(
    chapter: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    stubs = {file: chapter.stub(file) for file in chapter.files}
    found = run_checks(package(tmp_path, chapter.number, stubs), chapter.number)
    assert [one for one in found if one["state"] != "empty"] == []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.chapter} {bug.name}")
def test_each_planted_bug_is_explained(bug: Bug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first check of the exercise that fails: a reader sees that one first."""
    monkeypatch.syspath_prepend(tmp_path)
    name = package(tmp_path, bug.chapter, {bug.file: planted(bug, EVERY[bug.chapter])})
    import_module(f"microdl.learn.checks.chapter{bug.chapter:02}")
    for one in CHECKS[bug.chapter]:
        if one.exercise == bug.exercise:
            found = run_check(one, name)
            if found.state != "passed":
                assert re.search(bug.why, found.why), found
                return
    pytest.fail(f"all checks of {bug.exercise} pass")


@pytest.mark.parametrize("chapter", EVERY.values(), ids=lambda one: f"chapter {one.number}")
def test_every_exercise_has_checks_and_every_chapter_five_bugs(chapter: Chapter) -> None:
    import_module(f"microdl.learn.checks.chapter{chapter.number:02}")
    exercises = {exercise.name for exercise in chapter.exercises}
    assert exercises <= {one.exercise for one in CHECKS[chapter.number]}
    bugs = [bug for bug in BUGS if bug.chapter == chapter.number]
    assert len(bugs) >= 5
    assert {bug.exercise for bug in bugs} <= exercises
    assert [name for name, times in Counter(bug.name for bug in bugs).items() if times > 1] == []


def test_the_teachers_guide_has_a_misconception_and_its_bug_for_every_chapter() -> None:
    row = re.compile(r'^\| (\d+) [^|]*\| (\d+) \|.*"[^"]+": \*([^*]+)\* \|$', re.MULTILINE)
    rows = [(int(n), int(time), bug) for n, time, bug in row.findall((folder() / "TEACHING.md").read_text("utf-8"))]
    assert [number for number, _, _ in rows] == list(EVERY)
    zoo = {(bug.chapter, bug.name) for bug in BUGS}
    assert [(number, bug) for number, _, bug in rows if (number, bug) not in zoo] == []
    told = [re.search(r"Time: (\d+) minutes", chapter.path.read_text("utf-8")) for chapter in EVERY.values()]
    assert [minutes for _, minutes, _ in rows] == [int(time[1]) for time in told if time]


@pytest.mark.parametrize("chapter", EVERY.values(), ids=lambda one: f"chapter {one.number}")
def test_the_chapter_runs_to_its_end(chapter: Chapter, tmp_path: Path) -> None:
    words, quiet = [sys.executable, str(chapter.path)], {**os.environ, "MICRODL_QUIET": "1"}
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path, env=quiet)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("chapter", EVERY.values(), ids=lambda one: f"chapter {one.number}")
def test_the_files_that_a_chapter_names_are_there(chapter: Chapter) -> None:
    named = re.findall(r"`(microdl/[\w./]+)`", chapter.path.read_text("utf-8"))
    assert named, "a chapter says what the real file adds, and which file that is"
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_reference_is_a_small_framework() -> None:
    lines = [
        line for chapter in EVERY.values() for file in chapter.files for line in chapter.reference(file).splitlines()
    ]
    assert 600 <= sum(bool(line.strip()) for line in lines) <= 900


def test_the_package_of_another_name_imports_from_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    text = 'from mydl.tensor import op\nimport mydl.nn\n# from mydl\n    from mydl import data\nx = "import mydl"\n'
    assert called(text, "mine") == (
        'from mine.tensor import op\nimport mine.nn\n# from mydl\n    from mine import data\nx = "import mydl"\n'
    )
    assert called(called(text, "mine"), "mydl", "mine") == text
    assert called("from mydlx import a\n", "mine") == "from mydlx import a\n"
    name = package(tmp_path, 7, {})
    assert issubclass(import_module(f"{name}.nn").Parameter, import_module(f"{name}.tensor").Tensor)


def test_a_bug_whose_place_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere: 'no such text' stands 0 times in scalar.py"):
        planted(Bug(5, "nowhere", "scalar.py", "no such text", "", "Value.exp", ""), EVERY[5])


SOURCE = """# %% [markdown]
# # A title
# %% file="a.py"
def one():
    # <exercise one: Return 1.>
    # hint: It is a number.
    # hint: return 1
    return 1
    # </exercise>
# %%
print(1)
# %% file="a.py"
def two():
    return 2
"""


def made(tmp_path: Path, source: str) -> Chapter:
    path = tmp_path / "99_made.py"
    path.write_text(source, "utf-8")
    return Chapter(path)


def test_the_parts_of_a_chapter(tmp_path: Path) -> None:
    chapter = made(tmp_path, SOURCE)
    assert (chapter.number, chapter.title, chapter.files) == (99, "A title", ["a.py"])
    assert [cell.kind for cell in chapter.cells] == ["markdown", "code", "code", "code"]
    assert [(e.name, e.task, e.hints) for e in chapter.exercises] == [
        ("one", "Return 1.", ["It is a number.", "return 1"])
    ]
    assert chapter.reference("a.py") == "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    assert chapter.stub("a.py") == (
        'def one():\n    # Your turn. Return 1.\n    raise NotImplementedError("chapter 99: one")\n\n\n'
        "def two():\n    return 2\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("    # </exercise>\n", "", "the exercise one does not end"),
        ("    # </exercise>\n", "    # <exercise two: Too.>\n", "one does not end before '# <exercise two"),
        ("    # hint: It is a number.\n    # hint: return 1\n", "", "without a beginning, a hint or a solution"),
        ("    return 1\n", "", "without a beginning, a hint or a solution"),
        ("def two():\n    return 2\n", SOURCE.partition('file="a.py"\n')[2].partition("# %%")[0], "two exercises are"),
    ],
)
def test_a_chapter_that_is_not_well_formed(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        _ = made(tmp_path, SOURCE.replace(before, after)).exercises


def test_the_chapters_are_where_they_are_looked_for() -> None:
    assert {path.name for path in folder().glob("[0-9][0-9]_*.py")} == {c.path.name for c in EVERY.values()}
    assert all(chapter.title != chapter.path.stem for chapter in EVERY.values()), "a chapter begins with `# # Title`"
