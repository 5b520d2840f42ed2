"""The computational graph of a tensor, from left to right in the order of computation: as DOT text, SVG, or on axes.

Each box is one step of the computation, with what it made: shape and dtype, values, gradient. Boxes with round corners
are what went in: leaves that require grad, and, with dashed outlines, constants. The boxes with thick outlines are the
tensors whose graph it is.

The graph keeps only what the gradients need. A result, or an input that requires no grad, has values in the picture if
a step saved it, or if its tensor is named, is one of those drawn, or retains its gradient; a constant whose values no
step needs stands there as "not kept". `backward` frees what was saved (unless `retain_graph=True`), not the structure:
draw before it for values, after it for gradients, or with `retain_graph=True` for both. Leaves have both as long as
somebody holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ._trace import Options, Picture, trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["graph_dot", "graph_svg", "plot_graph"]


def graph_svg(
    tensor: Any,
    names: Any = None,
    *,
    show_values: bool = True,
    show_shapes: bool = True,
    show_gradients: bool = True,
    max_nodes: int = 200,
    title: str | None = None,
) -> str:
    """The computational graph as the text of an SVG picture, drawn without Graphviz or matplotlib.

    Write it to a file, in any encoding, for all its characters are ASCII; or show it in a notebook with
    ``IPython.display.SVG(graph_svg(loss))``.

    Args:
        tensor: what was computed, such as a loss; or a list of several.
        names: a dict of names and tensors, ``{"w": w, "x": x}``; or a module, whose parameters and buffers then bear
            their names; or a dict in which some values are modules. Tensors that are not in the graph do no harm.
        show_values: the values of small tensors, and of larger ones the least and the greatest. Values that were
            changed in place after they had been used, as those of weights by an optimizer's step, are marked "now".
        show_shapes: shapes and dtypes.
        show_gradients: the gradients of leaves, and of other tensors after ``retain_grad()``, once backward has run.
        max_nodes: how many boxes are drawn: those nearest to the end. If there are more, one box says how many.
        title: of the picture; by default made of the names.

    Returns:
        A well-formed XML document, with a title and a description for screen readers.

    Raises:
        TypeError: ``tensor`` is no tensor, ``names`` are no names of tensors, ``max_nodes`` is no integer.
        ValueError: the tensor requires no grad, so there is no graph; an empty list; ``max_nodes`` below 1.

    Example:
        >>> import microdl as torch
        >>> from microdl.plots import graph_svg
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> loss = (w * w).sum()
        >>> svg = graph_svg(loss, {"w": w, "loss": loss})
        >>> svg.count("<rect"), "loss = sum" in svg  # the ground and three boxes
        (4, True)

    Source: the pictures of circuits in https://cs231n.github.io/optimization-2/, and micrograd's ``draw_dot``.
    """
    from ._svg import written

    picture = trace(tensor, names, Options(show_values, show_shapes, show_gradients, max_nodes))
    return written(picture, _title(picture) if title is None else title, _description(picture))


def graph_dot(
    tensor: Any,
    names: Any = None,
    *,
    show_values: bool = True,
    show_shapes: bool = True,
    show_gradients: bool = True,
    max_nodes: int = 200,
) -> str:
    r"""The computational graph in Graphviz's DOT language. Arguments and errors as for `graph_svg`.

    Graphviz reads it as UTF-8.

    Example:
        >>> import microdl as torch
        >>> from microdl.plots import graph_dot
        >>> w = torch.tensor(3.0, requires_grad=True)
        >>> print(graph_dot(w.exp(), {"w": w}, show_values=False))
        digraph computation {
          rankdir=LR
          node [shape=box, fontname="monospace", fontsize=10]
          n0 [label="w\l() float32\l", style="rounded,filled", fillcolor="#d9e8f6", tooltip="w: leaf, requires grad"]
          n1 [label="exp\l() float32\l", style="filled,bold", fillcolor="#fdeccb", tooltip="exp: ExpBackward0"]
          n0 -> n1 [tooltip="input"]
        }
        <BLANKLINE>

    Source: https://graphviz.org/doc/info/lang.html
    """
    return _dot(trace(tensor, names, Options(show_values, show_shapes, show_gradients, max_nodes)))


def plot_graph(
    tensor: Any,
    ax: Axes | None = None,
    names: Any = None,
    *,
    show_values: bool = True,
    show_shapes: bool = True,
    show_gradients: bool = True,
    max_nodes: int = 200,
    title: str | None = None,
) -> Axes:
    """The computational graph on matplotlib axes, laid out as by `graph_svg`.

    Args:
        tensor, names, show_values, show_shapes, show_gradients, max_nodes: as for `graph_svg`.
        ax: the axes to draw on, into which the graph is made to fit; by default those of a new figure of its size.
        title: above the picture.

    Returns:
        ``ax``.

    Raises:
        TypeError, ValueError: as for `graph_svg`; TypeError also where ``ax`` is no axes.
        ImportError: matplotlib is not installed.

    Example:
        >>> import microdl as torch
        >>> from microdl.plots import plot_graph
        >>> w = torch.tensor(3.0, requires_grad=True)
        >>> axes = plot_graph((w * w).sqrt(), names={"w": w})
        >>> [text.get_text() for text in axes.texts if text.get_weight() == "bold"]
        ['w', 'mul', 'sqrt']
    """
    from ._graph_axes import drawn

    return drawn(trace(tensor, names, Options(show_values, show_shapes, show_gradients, max_nodes)), ax, title)


# --- words ------------------------------------------------------------------------------------------------


def _title(picture: Picture) -> str:
    results = [box.title for box in picture.boxes if box.kind == "result"] or [picture.boxes[-1].title]
    return f"Computational graph of {', '.join(results[:3])}{', …' if len(results) > 3 else ''}"


def _description(picture: Picture) -> str:
    """What a picture shows, for those who do not see it."""
    kinds = [box.kind for box in picture.boxes]
    counts = [(len(kinds) - sum(map(kinds.count, ("leaf", "constant", "output", "more"))), "step")]
    counts += [(kinds.count("leaf"), "leaf"), (kinds.count("constant"), "constant")]
    plural = {"step": "steps", "leaf": "leaves", "constant": "constants"}
    amounts = ", ".join(f"{n} {what if n == 1 else plural[what]}" for n, what in counts if n)
    sentences = list(_sentences(picture))
    rest = len(sentences) - 30
    return f"{amounts}. " + " ".join(sentences[:30]) + (f" And {rest} more." if rest > 0 else "")


def _sentences(picture: Picture) -> Iterator[str]:
    sources: dict[int, list[str]] = {}
    for arrow in picture.arrows:
        sources.setdefault(arrow.target, []).append(picture.boxes[arrow.source].title)
    for number, box in enumerate(picture.boxes):
        if number in sources:
            yield f"{box.title} from {', '.join(sources[number])}."


# --- DOT --------------------------------------------------------------------------------------------------

_DOT_STYLES: Mapping[str, str] = {
    "leaf": 'style="rounded,filled", fillcolor="#d9e8f6"',
    "constant": 'style="rounded,dashed,filled", fillcolor="#f1f1f1"',
    "step": 'style="filled", fillcolor="#ffffff"',
    "output": 'style="rounded,filled", fillcolor="#ffffff"',
    "result": 'style="filled,bold", fillcolor="#fdeccb"',
    "more": 'style="dotted"',
}


def _dot(picture: Picture) -> str:
    lines = ["digraph computation {", "  rankdir=LR", '  node [shape=box, fontname="monospace", fontsize=10]']
    for number, box in enumerate(picture.boxes):
        label = "".join(f"{_quoted(text)}\\l" for text in (box.title, *(text for _, text in box.lines)))
        lines.append(f'  n{number} [label="{label}", {_DOT_STYLES[box.kind]}, tooltip="{_quoted(box.full)}"]')
    for arrow in picture.arrows:
        tooltip = f' [tooltip="{_quoted(arrow.name)}"]' if arrow.name else ""
        lines.append(f"  n{arrow.source} -> n{arrow.target}{tooltip}")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    """The inside of a quoted string: there a backslash begins a command, and an ampersand a character's name."""
    from ._labels import shortened

    return shortened(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
