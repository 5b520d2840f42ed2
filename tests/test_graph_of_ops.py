"""The computational graph of every operation of the table can be drawn, before backward and after."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microdl as torch
from microdl.plots._trace import Options, trace
from microdl.plots.graph import graph_svg

from .op_samples import REFUSED, SAMPLES, differentiable


def _leaves(inputs):
    tensors = [torch.tensor(array) for array in inputs]
    return [t.requires_grad_() if t.is_floating_point() else t for t in tensors]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name in {*differentiable(), *REFUSED}])
@settings(max_examples=1)
@given(data=st.data())
def test_every_operation_is_drawn(name, data):
    case = data.draw(SAMPLES[name], label="case")
    inputs = _leaves(case.inputs)
    made = case.call(*inputs)
    results = [t for t in (made if isinstance(made, (list, tuple)) else [made]) if t.requires_grad]
    if not results:
        return
    names = {f"input {i}": t for i, t in enumerate(inputs)}
    before = trace(results, names, Options()).boxes
    assert {box.kind for box in before} >= {"leaf", "result"}
    assert "leaf" not in [box.title for box in before], "all leaves are named"
    ElementTree.fromstring(graph_svg(results, names))
    if name not in REFUSED:
        sum(t.sum() for t in results).backward()
        after = trace(results, names, Options()).boxes
        of_leaves = [{(box.title, box.kind) for box in boxes if box.kind == "leaf"} for boxes in (before, after)]
        assert of_leaves[0] == of_leaves[1]
