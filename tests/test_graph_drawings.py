"""The computational graph as SVG, as DOT text, and on matplotlib axes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import microdl as torch
from microdl import nn
from microdl.plots import graph_dot, graph_svg, plot_graph
from microdl.plots._svg import columns

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<w> & \"x\" 'y' ]]> \\N \x00\n重み"


def leaf(*values):
    return torch.tensor(list(values), requires_grad=True)


@pytest.fixture
def network():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    loss = nn.functional.cross_entropy(model(torch.rand(5, 4)), torch.tensor([0, 1, 0, 1, 1]))
    loss.backward(retain_graph=True)
    return model, loss


# --- SVG --------------------------------------------------------------------------------------------------


def test_the_svg_is_well_formed_and_says_what_it_shows(network):
    model, loss = network
    root = ElementTree.fromstring(graph_svg(loss, {"model": model, "loss": loss}))
    assert root.tag == f"{SVG}svg"
    title, desc = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "Computational graph of loss = cross_entropy")
    assert desc.text.startswith("4 steps, 4 leaves, 2 constants. addmm from ")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert {element.get("font-family") for element in root.iter()} == {None, "monospace"}
    assert not re.search(r"<(script|style|image|foreignObject)|href|url\(", graph_svg(loss))


def test_title_of_ones_own():
    w = leaf(1.0)
    assert ElementTree.fromstring(graph_svg(w.sum(), title="a < b"))[0].text == "a < b"


def test_two_graphs_in_one_page_have_their_own_ids():
    w = leaf(1.0)
    first, second = (ElementTree.fromstring(graph_svg(t)) for t in (w.exp(), w.sin()))
    assert first[0].get("id") != second[0].get("id")


def test_equal_graphs_give_equal_text(network):
    model, loss = network
    assert graph_svg(loss, model) == graph_svg(loss, model)
    assert graph_dot(loss, model) == graph_dot(loss, model)


def test_names_are_escaped():
    w = leaf(1.0)
    root = ElementTree.fromstring(graph_svg(w.sum(), {NASTY: w}))
    shown = NASTY.replace("\x00", "\ufffd").replace("\n", "\ufffd")
    assert shown in [element.text for element in root.iter(f"{SVG}text")]
    dot = graph_dot(w.sum(), {NASTY: w})
    expected = shown.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    assert f'n0 [label="{expected}\\l(1,) float32\\l' in dot


def test_long_names_are_cut():
    w = leaf(1.0)
    (text,) = [e.text for e in ElementTree.fromstring(graph_svg(w.sum(), {"w" * 99: w})).iter(f"{SVG}text")][:1]
    assert text == "w" * 63 + "…"


@pytest.mark.parametrize(("text", "wide"), [("", 0), ("abc", 3), ("重み", 4), ("e\u0301", 1), ("…", 1)])
def test_how_wide_a_text_is(text, wide):
    assert columns(text) == wide


def test_texts_lie_within_their_boxes(network):
    model, loss = network
    for group in ElementTree.fromstring(graph_svg(loss, model)).iter(f"{SVG}g"):
        for rect in group.findall(f"{SVG}rect"):
            x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
            texts = group.findall(f"{SVG}text")
            assert texts
            for text in texts:
                assert x < float(text.get("x"))
                assert float(text.get("x")) + 7.25 * columns(text.text) < x + width
                assert y < float(text.get("y")) < y + height


def test_kinds_differ_without_colour():
    w = leaf(1.0, 2.0)
    root = ElementTree.fromstring(graph_svg((w * torch.ones(2)).sum()))
    looks = {
        group.get("class"): (rect.get("rx"), rect.get("stroke-width"), rect.get("stroke-dasharray"))
        for group in root.iter(f"{SVG}g")
        for rect in group.findall(f"{SVG}rect")
    }
    assert set(looks) == {"leaf", "constant", "step", "result"}
    assert len(set(looks.values())) == 4


def test_where_the_pointer_rests_stands_the_full_name(network):
    _, loss = network
    titles = [element.text for element in ElementTree.fromstring(graph_svg(loss)).iter(f"{SVG}title")]
    assert "addmm: AddmmBackward0" in titles
    assert "cross_entropy: NllLossBackward0" in titles
    assert "weight" in titles, "of the arrow"


# --- DOT --------------------------------------------------------------------------------------------------


def test_dot_text():
    w, x = leaf(3.0, 4.0), torch.tensor([1.0, 2.0])
    w.grad = torch.ones(2)
    space = "\N{NO-BREAK SPACE}"
    assert graph_dot((w * x).sum(), {"w": w}).splitlines() == [
        "digraph computation {",
        "  rankdir=LR",
        '  node [shape=box, fontname="monospace", fontsize=10]',
        f'  n0 [label="constant\\l(2,) float32\\lvalue{space}[1, 2]\\l", style="rounded,dashed,filled", '
        'fillcolor="#f1f1f1", tooltip="constant: requires no grad"]',
        f'  n1 [label="w\\l(2,) float32\\lvalue{space}[3, 4]\\lgrad{space * 2}[1, 1]\\l", style="rounded,filled", '
        'fillcolor="#d9e8f6", tooltip="w: leaf, requires grad"]',
        '  n2 [label="mul\\l(2,) float32\\l", style="filled", fillcolor="#ffffff", tooltip="mul: MulBackward0"]',
        f'  n3 [label="sum\\l() float32\\lvalue{space}11\\l", style="filled,bold", fillcolor="#fdeccb", '
        'tooltip="sum: SumBackward0"]',
        '  n1 -> n2 [tooltip="input"]',
        '  n0 -> n2 [tooltip="other"]',
        '  n2 -> n3 [tooltip="input"]',
        "}",
    ]


# --- axes -------------------------------------------------------------------------------------------------


@pytest.fixture
def figure_module():
    return pytest.importorskip("matplotlib.figure", reason="pictures need the extra microdl[plots]")


def drawn_extents(axes):
    """Extents in pixels of the boxes and of the texts, once drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.patches import FancyBboxPatch

    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    boxes = [patch.get_window_extent() for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    return boxes, [text.get_window_extent(canvas.get_renderer()) for text in axes.texts]


def test_the_axes_have_the_texts_of_the_svg(network, figure_module):
    model, loss = network
    texts = [element.text for element in ElementTree.fromstring(graph_svg(loss, model)).iter(f"{SVG}text")]
    assert [text.get_text() for text in plot_graph(loss, names=model).texts] == texts


@pytest.mark.parametrize("size", [None, (3.0, 2.0), (14.0, 9.0)])
def test_on_any_axes_the_texts_lie_in_their_boxes(network, figure_module, size):
    model, loss = network
    ax = None if size is None else figure_module.Figure(figsize=size, layout="constrained").subplots(1, 2)[0]
    axes = plot_graph(loss, ax, model, title="a network")
    assert ax in (None, axes)
    boxes, texts = drawn_extents(axes)
    assert len(boxes) == 10
    for text in texts:
        assert any(
            box.x0 - 1 <= text.x0 and text.x1 <= box.x1 + 1 and box.y0 - 1 <= text.y0 and text.y1 <= box.y1 + 1
            for box in boxes
        )
    assert axes.get_title() == "a network"


def test_a_graph_too_wide_for_a_file_is_drawn_smaller(figure_module):
    t = leaf(1.0)
    for _ in range(180):
        t = t.sin()
    assert max(plot_graph(t).figure.get_size_inches()) <= 200


def test_only_axes_are_drawn_on(figure_module):
    with pytest.raises(TypeError, match="ax must be"):
        plot_graph(leaf(1.0), figure_module.Figure())
