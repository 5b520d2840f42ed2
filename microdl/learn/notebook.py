"""The notebooks: each is made of its chapter's source and executed, so what it prints was printed.

`python -m microdl.learn.notebook [NUMBER ...]` writes them beside the sources. What the reader has to write is folded
away in the notebook, under the task.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from .._atomic import write_atomically
from .chapter import Cell, Chapter, chapters

__all__ = ["build", "cells_of", "execute", "main"]

_SECONDS = 300


def cells_of(chapter: Chapter) -> list[tuple[str, str, str]]:
    """(kind, text, the file it goes to) of each cell of the notebook: exercises are preceded by their tasks."""
    found = []
    for cell in chapter.cells:
        if cell.file:
            found += [("markdown", _tasks(chapter, cell), "")] if chapter.asked(cell) else []
            found.append(("code", chapter.solved(cell).rstrip("\n"), cell.file))
        else:
            found.append((cell.kind, cell.text, ""))
    return found


def _tasks(chapter: Chapter, cell: Cell) -> str:
    lines = [f"- `{exercise.name}`: {exercise.task}" for exercise in chapter.asked(cell)]
    check = f"`microdl learn check {chapter.number}`"
    return "\n".join([f"**Your turn**, in `{cell.file}` ({check}); the solution is folded away below.", "", *lines])


def build(chapter: Chapter) -> Any:
    """The notebook without outputs."""
    v4: Any = importlib.import_module("nbformat.v4")

    made = []
    for number, (kind, text, file) in enumerate(cells_of(chapter)):
        options = {"id": f"cell-{number:03}"}
        if kind == "markdown":
            made.append(v4.new_markdown_cell(text, **options))
        else:
            hidden = {"tags": ["hide-input"], "jupyter": {"source_hidden": True}} if file else {}
            made.append(v4.new_code_cell(text, metadata=hidden, **options))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=made, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def execute(notebook: Any, folder: Path) -> Any:
    """Run it in `folder`; nbclient's CellExecutionError where a cell fails. Times of execution are left out."""
    from nbclient import NotebookClient

    NotebookClient(notebook, timeout=_SECONDS, resources={"metadata": {"path": str(folder)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """What a cell printed is one text, however many pieces the kernel sent it in."""
    found: list[Any] = []
    for output in outputs:
        if found and output.output_type == "stream" and output.get("name") == found[-1].get("name"):
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def main(numbers: list[int]) -> None:
    """Write the notebooks of these chapters, or of all."""
    nbformat: Any = importlib.import_module("nbformat")
    for number, chapter in chapters().items():
        if number in numbers or not numbers:
            notebook = execute(build(chapter), chapter.path.parent)
            text: str = nbformat.writes(notebook)
            write_atomically(chapter.path.with_suffix(".ipynb"), (text + "\n").encode())
            print(f"{chapter.path.with_suffix('.ipynb').name}: {len(notebook.cells)} cells")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
