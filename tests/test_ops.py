"""The whole table of operations: values against NumPy, gradients by the battery of `microdl.testing`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microdl as torch
import microdl.ops
from microdl.autograd.graph import Node, wrap
from microdl.autograd.record import TABLE
from microdl.testing import ALL, check_op

from .op_samples import NARROWING, REFUSED, SAMPLES, Array, Case, arguments, differentiable, operation

for _module in pkgutil.iter_modules(microdl.ops.__path__):
    importlib.import_module(f"microdl.ops.{_module.name}")

EXAMPLES = max(settings().max_examples // 3, 1)
NUDGE = 2.0**-30
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "C": np.copy,
    "Fortran": lambda a: np.array(a, order="F"),
    "reversed": lambda a: np.asarray(np.flip(np.flip(a).copy())),
    "spaced": lambda a: np.stack([a, np.full_like(a, 99)], axis=-1)[..., 0],
}


def test_every_operation_has_a_sample() -> None:
    draws = {name for name, op in TABLE.items() if getattr(op.forward, "__module__", "").startswith("microdl.random")}
    missing = sorted(set(TABLE) - set(SAMPLES) - draws)  # tests/test_random.py has the random draws
    assert not missing, f"give these operations a sample in tests/op_samples.py: {missing}"


@pytest.mark.parametrize("name", differentiable())
def test_gradient(name: str) -> None:
    battery = [check for check in ALL if check != "float32" or name not in NARROWING]
    seed = 0 if settings().derandomize else None
    check_op(operation(name), arguments(name), battery=battery, max_examples=EXAMPLES, seed=seed)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_operation(name: str, data: st.DataObject) -> None:
    case = data.draw(SAMPLES[name], label="case")
    layout = data.draw(st.sampled_from(sorted(LAYOUTS)), label="layout of the inputs")
    with np.errstate(all="ignore"):
        check_values(case, layout)
        if name in TABLE and not TABLE[name].formulas:
            assert not any(t.requires_grad for t in as_list(case.call(*leaves(case.inputs))))
            return
        check_recorded(name, case)
        if name in REFUSED:
            check_refused(case)
        else:
            check_accumulated(case)


# --- what is checked ------------------------------------------------------------------------------------


def check_values(case: Case, layout: str) -> None:
    """NumPy's value, from inputs in any layout, which stay as they were."""
    inputs = [LAYOUTS[layout](a) for a in case.inputs]
    results = [t.numpy(force=True) for t in as_list(case.call(*map(wrap, inputs)))]
    for before, after in zip(case.inputs, inputs, strict=True):
        np.testing.assert_array_equal(after, before, "an input was changed")
    if case.reference is None:
        return
    expected = as_list(case.reference(*case.inputs))
    for result, value, bar in zip(results, expected, bars(case, expected), strict=True):
        assert (result.shape, result.dtype) == (np.shape(value), np.asarray(value).dtype)
        far = np.abs(np.subtract(result, value, dtype=np.float64)) > bar
        differ = far | (np.isfinite(result) != np.isfinite(value)) | (np.isnan(result) != np.isnan(value))
        assert not differ.any(), f"{result}\nis not\n{value}"


def bars(case: Case, expected: Sequence[Any]) -> Iterator[Any]:
    """How far a value may be off: its own rounding, and what some units in the last place of the inputs do to it."""
    inputs = [np.asarray(a * (1 + NUDGE)) if a.dtype.kind == "f" else a for a in case.inputs]
    moved = as_list(case.reference(*inputs)) if case.reference is not None else expected
    for value, other in zip(expected, moved, strict=True):
        same = np.shape(value) == np.shape(other)
        change = np.abs(np.subtract(value, other, dtype=np.float64)) if same else 0.0
        yield 1e-14 + 1e-13 * np.abs(np.asarray(value, np.float64)) + np.nan_to_num(change) * 2.0**-16


def check_recorded(name: str, case: Case) -> None:
    """The sample runs the operation it stands for, and records it."""
    if name in TABLE:
        nodes = [node for t in as_list(case.call(*leaves(case.inputs))) for node in graph(t.grad_fn)]
        wanted = TABLE[name].grad_name
        stem = wanted if isinstance(wanted, str) else f"{name.title()}Backward"
        assert any(node.name().startswith(stem) or _operation(node) is TABLE[name] for node in nodes)


def _operation(node: Any) -> Any:
    return node.plan.declared if hasattr(node, "plan") else None


def check_refused(case: Case) -> None:
    """What has no derivative says so at backward instead of giving none."""
    tensors = leaves(case.inputs)
    with pytest.raises(RuntimeError, match="not differentiable|not implemented"):
        as_list(case.call(*tensors))[0].sum().backward()
    assert all(t.grad is None for t in tensors)


def check_accumulated(case: Case) -> None:
    """`grad` is memory of its own, and a second walk adds to it."""
    tensors = leaves(case.inputs)
    outputs = as_list(case.call(*tensors))
    gs = [torch.ones_like(t) for t in outputs]
    torch.autograd.backward(outputs, gs, retain_graph=True)
    first = [t.grad._a.copy() for t in tensors]
    for t in tensors:
        others = [*(u._a for u in (*tensors, *outputs, *gs)), *(u.grad._a for u in tensors if u is not t)]
        assert not any(np.shares_memory(t.grad._a, o) for o in others), "a gradient shares memory"
    torch.autograd.backward(outputs, gs)
    for t, once in zip(tensors, first, strict=True):
        np.testing.assert_allclose(t.grad._a, 2 * once, rtol=1e-12)


# --- how ------------------------------------------------------------------------------------------------


def leaves(inputs: Sequence[Array]) -> list[Any]:
    return [wrap(a.copy()).requires_grad_() if a.dtype.kind == "f" else wrap(a) for a in inputs]


def as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def graph(node: Node) -> Iterator[Node]:
    seen = {node}
    todo = [node]
    while todo:
        found = todo.pop()
        yield found
        new = {edge for edge, _ in found.next_functions if edge is not None} - seen
        seen |= new
        todo.extend(new)
