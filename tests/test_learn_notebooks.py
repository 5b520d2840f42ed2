"""The notebooks beside the chapters: made from the sources as they are now, executed, with pictures."""

from __future__ import annotations

import json
import re

import pytest

from microdl.learn import excerpt
from microdl.learn.chapter import Chapter, chapters
from microdl.learn.notebook import cells_of

CHAPTERS = chapters()


def cells(chapter: Chapter) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(chapter.path.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    return found


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_notebook_is_its_source(number: int) -> None:
    """After a change: `python -m microdl.learn.notebook NUMBER` (it needs nbformat, nbclient and ipykernel)."""
    chapter = CHAPTERS[number]
    found = [(cell["cell_type"], "".join(cell["source"])) for cell in cells(chapter)]  # type: ignore[arg-type]
    assert found == [(kind, text) for kind, text, _ in cells_of(chapter)]


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_notebook_was_executed_without_errors(number: int) -> None:
    code = [cell for cell in cells(CHAPTERS[number]) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]  # type: ignore[attr-defined]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_notebook_has_a_picture(number: int) -> None:
    assert '"image/png"' in CHAPTERS[number].path.with_suffix(".ipynb").read_text("utf-8")


@pytest.mark.parametrize("number", CHAPTERS)
def test_solutions_are_folded_away_under_their_task(number: int) -> None:
    chapter, previous = CHAPTERS[number], ""
    for cell, (_, _, file) in zip(cells(chapter), cells_of(chapter), strict=True):
        if file:
            assert cell["metadata"]["jupyter"] == {"source_hidden": True}  # type: ignore[index]
        previous = "".join(cell["source"])  # type: ignore[arg-type]
    assert previous
    tasks = [text for kind, text, _ in cells_of(chapter) if kind == "markdown" and text.startswith("**Your turn**")]
    named = "\n".join(tasks)
    assert [exercise.name for exercise in chapter.exercises if f"`{exercise.name}`" not in named] == []


EXCERPT = re.compile(r'learn\.excerpt\("(?P<path>[^"]+)", "(?P<name>[^"]+)"\)')


@pytest.mark.parametrize("number", CHAPTERS)
def test_what_the_real_file_adds_is_shown_as_it_stands_there(number: int) -> None:
    source = CHAPTERS[number].path.read_text("utf-8")
    before, _, after = source.partition("**What the real file adds**")
    assert EXCERPT.findall(after)
    assert not EXCERPT.search(before)
    for cell in cells(CHAPTERS[number]):
        if match := EXCERPT.search("".join(cell["source"])):  # type: ignore[arg-type]
            shown = cell["outputs"][-1]["data"]  # type: ignore[index]
            now = excerpt(match["path"], match["name"])
            assert "".join(shown["text/plain"]) == repr(now), "build the notebook again"
            assert "".join(shown["text/markdown"]) == now._repr_markdown_()
            assert len(now.text.splitlines()) <= 40, "longer than a reader follows"
