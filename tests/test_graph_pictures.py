"""The computational graph: what is found out about tensors of all kinds."""

from __future__ import annotations

import gc
import re
import time
from xml.etree import ElementTree

import pytest

import microdl as torch
from microdl import nn
from microdl.plots import graph_dot, graph_svg, plot_graph
from microdl.plots._layout import layered
from microdl.plots._trace import Options, trace

SVG = "{http://www.w3.org/2000/svg}"


def boxes(tensor, names=None, **options):
    return trace(tensor, names, Options(**options)).boxes


def titles(tensor, names=None, **options):
    return [box.title for box in boxes(tensor, names, **options)]


def arrows(tensor, names=None, **options):
    """Pairs of titles, with the argument's name."""
    picture = trace(tensor, names, Options(**options))
    return [(picture.boxes[a.source].title, picture.boxes[a.target].title, a.name) for a in picture.arrows]


def lines(tensor, title, names=None, **options):
    """The lines of the only box of that title, spaces as typed."""
    (box,) = [box for box in boxes(tensor, names, **options) if box.title == title]
    return [re.sub(r"\s+", " ", text).strip() for _, text in box.lines]


def leaf(*values):
    return torch.tensor(values[0] if len(values) == 1 else list(values), requires_grad=True)


# --- what is traced ---------------------------------------------------------------------------------------


def test_steps_and_inputs_in_the_order_of_computation():
    x, w, b = torch.tensor([1.0, 2.0]), leaf(3.0, -1.0), leaf(0.5)
    score = w @ x + b
    loss = torch.log(1 + torch.exp(-score))
    found = titles(loss, {"x": x, "w": w, "b": b, "loss": loss})
    assert sorted(found[:3]) == ["b", "w", "x"]
    assert found[3:] == ["dot", "add", "neg", "exp", "add", "loss = log"]
    assert arrows(loss, {"x": x, "w": w, "b": b})[:2] == [("w", "dot", "input"), ("x", "dot", "other")]


def test_kinds_of_boxes():
    x, w = torch.ones(2), leaf(1.0, 2.0)
    kinds = {box.title: box.kind for box in boxes((w * x).sum(), {"w": w, "x": x})}
    assert kinds == {"w": "leaf", "x": "constant", "mul": "step", "sum": "result"}


def test_shapes_and_dtypes():
    w = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    assert lines(w.sum(), "leaf", show_values=False) == ["(2, 3) float64"]
    assert lines(w.sum(), "sum", show_values=False) == ["() float64"]
    assert lines(w.sum(), "sum", show_values=False, show_shapes=False) == []


def test_values_of_small_tensors_and_the_range_of_large_ones():
    matrix = torch.tensor([[1.0, -20.5], [0.125, 3.0]], requires_grad=True)
    assert lines(matrix.sum(), "leaf", show_shapes=False) == ["value [[ 1, -20.5],", "[0.125, 3]]"]
    large = torch.arange(100.0, requires_grad=True)
    assert lines(large.sum(), "leaf", show_shapes=False) == ["value 0 … 99"]
    assert lines(leaf(1.0, 2.0).sum(), "leaf", show_shapes=False) == ["value [1, 2]"]
    assert lines(torch.ones(9, requires_grad=True).sum(), "leaf", show_shapes=False) == ["value all 1"]
    large = torch.ones(9)
    large[3] = float("nan")
    assert lines(large.requires_grad_().sum(), "leaf", show_shapes=False) == ["value some nan"]
    wide = torch.full((2, 6), -1.2347e-10, requires_grad=True)
    assert lines(wide.sum(), "leaf", show_shapes=False) == ["value all -1.235e-10"], "too wide to be written out"
    assert lines(torch.ones(1, 1, requires_grad=True).sum(), "leaf", show_shapes=False) == ["value [[1]]"]
    assert lines(torch.zeros(0, requires_grad=True).sum(), "leaf") == ["(0,) float32"]


def test_results_have_the_values_that_later_steps_saved():
    w = leaf(2.0)
    loss = (w + 1) * (w + 2)
    adds = [box.lines for box in boxes(loss, show_shapes=False) if box.title == "add"]
    assert [[text.replace("\xa0", " ") for _, text in lines] for lines in adds] == [
        ["other=(a number)", "value 3"],
        ["other=(a number)", "value 4"],
    ]
    assert lines(loss, "mul", show_shapes=False) == ["value 12"]


def test_numbers_among_the_arguments():
    w = leaf(2.0, 3.0)
    assert lines((w**3).sum(), "pow", show_shapes=False, show_values=False) == ["other=3"]
    assert lines((w * 2.5).sum(), "mul", show_shapes=False, show_values=False) == ["other=2.5"]
    assert lines(torch.softmax(w, 0).sum(), "softmax", show_shapes=False, show_values=False) == ["dim=0"]


def test_gradients_of_leaves_and_of_those_that_retain_them():
    w = leaf(1.0, 2.0)
    hidden = w * 3
    hidden.retain_grad()
    loss = (hidden * hidden).sum()
    assert not any("grad" in text for box in boxes(loss) for _, text in box.lines)
    loss.backward()
    assert lines(loss, "leaf", show_shapes=False, show_values=False) == ["grad [18, 36]"]
    retained = [box for box in boxes(loss) if any(kind == "grad" for kind, _ in box.lines) and box.kind == "step"]
    assert [text for kind, text in retained[0].lines if kind == "grad"] == ["grad\xa0\xa0[6, 12]"]
    assert "grad" not in graph_svg(loss, show_gradients=False).replace("requires grad", "")


def test_after_backward_the_structure_stays():
    x, w = torch.tensor([1.0, 2.0]), leaf(3.0, 4.0)
    loss = (w * x).exp().sum()
    before, between = titles(loss, {"x": x}), arrows(loss, {"x": x})
    loss.backward()
    freed = ["constant" if title == "x" else title for title in before]
    assert titles(loss, {"x": x}) == freed
    assert arrows(loss) == [tuple("constant" if part == "x" else part for part in arrow) for arrow in between]
    assert lines(loss, "constant") == ["freed by backward"]
    assert lines(loss, "exp") == ["(2,) float32"]


def test_a_retained_graph_shows_values_and_gradients():
    x, w = torch.tensor([1.0, 2.0]), leaf(3.0, 4.0)
    loss = (w * x).sum()
    loss.backward(retain_graph=True)
    assert lines(loss, "x", {"x": x}) == ["(2,) float32", "value [1, 2]"]
    assert lines(loss, "leaf") == ["(2,) float32", "value [3, 4]", "grad [1, 2]"]


def test_a_constant_that_no_gradient_needs_is_noted():
    w = leaf(1.0, 2.0)
    loss = (w + torch.ones(2)).sum()
    assert lines(loss, "constant") == ["not kept"]
    assert arrows(loss) == [("leaf", "add", "input"), ("constant", "add", "other"), ("add", "sum", "input")]


def test_what_is_used_twice_stands_once():
    x, w = torch.tensor([1.0, 2.0]), leaf(3.0, 4.0)
    part = w * x
    loss = (part * part + part * x).sum()
    found = titles(loss, {"x": x, "w": w})
    assert (found.count("x"), found.count("w"), found.count("mul")) == (1, 1, 3)
    assert [arrow[:2] for arrow in arrows(loss, {"x": x})].count(("mul", "mul")) == 3, "both factors of the square"


def test_names_of_a_module_and_of_what_stands_in_a_dict():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = torch.ones(4, 2)
    loss = model(x).mean()
    assert {"0.weight", "0.bias", "2.weight", "2.bias", "addmm", "relu", "mean"} <= set(titles(loss, model))
    assert {"net.0.weight", "x", "loss = mean"} <= set(titles(loss, {"net": model, "x": x, "loss": loss}))
    assert titles(loss, {"unused": torch.ones(1, requires_grad=True)}).count("leaf") == 4


def test_labels_are_named_though_the_step_keeps_a_copy():
    scores, y = leaf(1.0, 2.0), torch.tensor([1])
    loss = nn.CrossEntropyLoss()(scores.reshape(1, 2), y)
    assert "y" in titles(loss, {"y": y})
    row = scores[torch.tensor([1, 0])]
    assert titles(row.sum())[-2:] == ["index", "sum"]


def test_constants_that_share_the_memory_of_a_named_tensor():
    x, w = torch.ones(2, 3), torch.ones(6, requires_grad=True)
    assert "x (view)" in titles((w * x.flatten()).sum(), {"x": x})
    assert "w (detached)" in titles((w * w.detach()).sum(), {"w": w})
    assert "constant" in titles((w * x.flatten().clone()).sum(), {"x": x, "w": w})


def test_whole_steps_have_the_names_they_are_called_by():
    x, w = torch.ones(2, 3, 4), torch.ones(5, 4, requires_grad=True)
    assert titles(nn.functional.linear(x, w))[-1] == "linear", "whose last step in PyTorch is a view"
    assert titles(x @ w.T)[-1] == "matmul"
    assert titles(nn.functional.cross_entropy(w, torch.zeros(5, dtype=torch.int64)))[-1] == "cross_entropy"
    assert titles(nn.functional.log_softmax(w, 1))[-1] == "log_softmax"
    assert titles(w.reshape(4, 5))[-1] in ("view", "reshape_alias", "unsafe_view")
    assert boxes(w.exp())[-1].full == "exp: ExpBackward0"


def test_values_that_changed_since_are_marked():
    w, x = leaf(1.0, 2.0), torch.ones(2)
    loss = (w * x).sum()
    loss.backward(retain_graph=True)
    torch.optim.SGD([w], lr=0.5).step()
    assert lines(loss, "leaf", show_shapes=False) == ["now [0.5, 1.5]", "grad [1, 1]"]
    assert lines(loss, "x", {"x": x}, show_shapes=False) == ["value [1, 1]"]
    x.zero_()
    assert lines(loss, "x", {"x": x}, show_shapes=False) == ["now [0, 0]"]


def test_a_leaf_that_nobody_holds():
    loss = leaf(1.0, 2.0).sum()
    gc.collect()
    assert lines(loss, "leaf") == ["(2,) float32", "no longer held"]


# --- all kinds of graphs ----------------------------------------------------------------------------------


def test_steps_with_several_outputs():
    w = torch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    first, second = w.unbind()
    loss = (first * second).sum()
    assert arrows(loss, {"first": first}) == [
        ("leaf", "unbind", "input"),
        ("unbind", "first = [0]", ""),
        ("unbind", "[1]", ""),
        ("first = [0]", "mul", "input"),
        ("[1]", "mul", "other"),
        ("mul", "sum", "input"),
    ]
    assert lines(loss, "[1]") == ["(2,) float32", "value [3, 5]"]
    assert lines(loss, "unbind", show_values=False) in ([], ["dim=0"]), "only the outputs have a shape"


def test_an_output_retains_its_gradient_and_may_be_the_root():
    w = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, _ = w.unbind()
    first.retain_grad()
    (first * first).sum().backward()
    assert lines(first, "[0]") == ["(2,) float32", "value [1, 2]", "grad [2, 4]"]
    assert boxes(first)[-1].kind == "result"


def test_topk_and_sort():
    w = leaf(3.0, 1.0, 2.0)
    assert titles(w.topk(2).values.sum())[-2:] == ["topk", "sum"]
    assert titles(w.sort().values.prod())[-2:] == ["sort", "prod"]


def test_views_and_changes_in_place():
    w = leaf(1.0, 2.0, 3.0, 4.0)
    base = w.clone()
    part = base.view(2, 2)[0]
    part.mul_(10)
    assert {"clone", "mul", "copy_slices"} <= set(titles(base.sum()))
    assert "as_strided" in titles(part.sum())
    assert lines(base.sum(), "base = copy_slices", {"base": base}) == ["(4,) float32", "value [10, 20, 3, 4]"]


def test_several_tensors_at_once():
    w = leaf(1.0, 2.0)
    shared = w.exp()
    found = boxes([shared.sum(), shared.mean(), shared])
    assert sorted((box.title, box.kind) for box in found) == [
        ("exp", "result"),
        ("leaf", "leaf"),
        ("mean", "result"),
        ("sum", "result"),
    ]


def test_a_leaf_alone():
    w = leaf(1.0)
    assert [(box.title, box.kind) for box in boxes(w, {"w": w})] == [("w", "leaf")]
    assert ElementTree.fromstring(graph_svg(w)).tag == f"{SVG}svg"


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x, scale)
        return scale * x**3

    @staticmethod
    def backward(ctx, g):
        x, scale = ctx.saved_tensors
        return g * scale * 3 * x**2, None


def test_functions_of_ones_own():
    w, scale = leaf(1.0, 2.0), torch.tensor(2.0)
    loss = Cube.apply(w, scale).sum()
    assert arrows(loss, {"scale": scale, "w": w}) == [
        ("w", "Cube", ""),
        ("scale", "Cube", "saved"),
        ("Cube", "sum", "input"),
    ]
    assert boxes(loss)[-2].full == "Cube: CubeBackward"
    loss.backward()
    assert arrows(loss, {"w": w}) == [("w", "Cube", ""), ("Cube", "sum", "input")]


def test_gradients_of_gradients():
    w = leaf(1.0, 2.0)
    (slope,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
    assert boxes(slope)[-1].kind == "result"
    assert "leaf" in titles(slope)


def test_a_long_chain_is_cut_with_a_word_on_it():
    t = w = leaf(1.0)
    for _ in range(20_000):
        t = t + 1
    began = time.perf_counter()
    found = boxes(t, max_nodes=50)
    assert len(found) == 51
    assert (found[0].kind, found[0].title) == ("more", "… 19,951 more")
    assert found[0].lines == (("note", "max_nodes=50"),)
    assert "19,801 more" in graph_svg(t, {"w": w})
    assert time.perf_counter() - began < 20, "linear in the steps, without recursion"


def test_the_cut_keeps_what_is_nearest_to_the_end():
    w, last = leaf(1.0), leaf(2.0)
    loss = w.exp().log().sin() * last
    assert sorted(titles(loss, {"last": last}, max_nodes=3)) == ["last", "mul", "sin", "… 3 more"]
    assert ("… 3 more", "sin", "") in arrows(loss, max_nodes=3)
    assert not any("more" in title for title in titles(loss, max_nodes=6))


def test_a_recurrent_weight_becomes_one_line_with_branches():
    w, x = leaf(0.5), torch.tensor(1.0)
    state = torch.tensor(0.0)
    for _ in range(30):
        state = torch.tanh(state * w + x)
    picture = trace(state, {"w": w}, Options())
    sizes = [(40.0, 20.0)] * len(picture.boxes)
    layout = layered(sizes, [(a.source, a.target) for a in picture.arrows])
    own = [box.title for box in picture.boxes].index("w")
    assert len(layout.lines[own]) < 10 * 30, "linear, where a line for each use would make a square"


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "options", "error", "text"),
    [
        (lambda: torch.ones(2), {}, ValueError, r"no graph: it requires no grad \(shape \(2,\)\).*requires_grad=True"),
        (lambda: [leaf(1.0), torch.ones(2)], {}, ValueError, "tensor 1 of the list has no graph"),
        (list, {}, ValueError, "no tensor given"),
        (lambda: 3.0, {}, TypeError, "the tensor must be a Tensor, got float: pass what was computed"),
        (lambda: [leaf(1.0), "w"], {}, TypeError, "tensor 1 of the list must be a Tensor, got str"),
        (lambda: leaf(1.0), {"names": ["w"]}, TypeError, r'names must be a dict such as \{"w": w\}.*not list'),
        (lambda: leaf(1.0), {"names": {"w": 1.0}}, TypeError, r"names\['w'\] must be a Tensor or a module, not float"),
        (lambda: leaf(1.0), {"max_nodes": 0}, ValueError, "max_nodes must be at least 1, got 0"),
        (lambda: leaf(1.0), {"max_nodes": 2.5}, TypeError, "max_nodes must be an integer, got 2.5"),
    ],
)
@pytest.mark.parametrize("draw", [graph_svg, graph_dot, plot_graph])
def test_refused(draw, make, options, error, text):
    with pytest.raises(error, match=text):
        draw(make(), **options)


def test_nothing_is_changed():
    w = leaf(1.0, 2.0)
    hidden = w * 2
    loss = hidden.sum()
    node, name = loss._node, repr(loss)
    graph_svg(loss), graph_dot(loss)
    assert (loss._node, repr(loss), w.grad, hidden.retains_grad) == (node, name, None, False)
    loss.backward()
    assert w.grad.tolist() == [2.0, 2.0]
