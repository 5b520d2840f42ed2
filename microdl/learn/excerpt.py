"""Parts of microdl's own source, shown at the end of a chapter beside what the reader wrote."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import microdl

__all__ = ["Excerpt", "excerpt"]


class Excerpt:
    """A function or class as it stands in a file: text where it is printed, coloured code in a notebook."""

    def __init__(self, path: str, name: str, text: str) -> None:
        self.path, self.name, self.text = path, name, text

    def __repr__(self) -> str:
        return f"{self.path}\n\n{self.text}"

    def _repr_markdown_(self) -> str:
        return f"`{self.path}`\n\n```python\n{self.text}\n```"


def excerpt(path: str, name: str) -> Excerpt:
    """What a file of microdl defines by that name, as it stands there now: a function, a class, a method
    ("Module.parameters") or a table.

    Raises ValueError for a name that the file does not define, with those that it does.

    >>> from microdl import learn
    >>> learn.excerpt("microdl/autograd/engine.py", "unbroadcast").path
    'microdl/autograd/engine.py'
    """
    source = (Path(microdl.__file__).parents[1] / path).read_text("utf-8")
    place: ast.AST = ast.parse(source)
    for part in name.split("."):
        defined = {key: node for node in ast.iter_child_nodes(place) for key in _names(node)}
        if part not in defined:
            raise ValueError(f"{path} defines no {name}; {part!r} is none of {', '.join(defined)}")
        place = defined[part]
    return Excerpt(path, name, _lines(source, place))


def _names(node: ast.AST) -> list[str]:
    """The names that a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _lines(source: str, place: Any) -> str:
    """The lines of a definition with its decorators, moved to the left margin."""
    first = min([place.lineno, *(decorator.lineno for decorator in getattr(place, "decorator_list", []))])
    lines = source.splitlines()[first - 1 : place.end_lineno]
    return "\n".join(line[place.col_offset :] for line in lines)
