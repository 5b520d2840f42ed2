"""One property over the whole table of operations: values against NumPy, derivatives against differences."""

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

from .op_samples import SAMPLES, Array, Case

for _module in pkgutil.iter_modules(microdl.ops.__path__):
    importlib.import_module(f"microdl.ops.{_module.name}")

STEP = 2.0**-12
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "C": np.copy,
    "Fortran": lambda a: np.array(a, order="F"),
    "reversed": lambda a: np.asarray(np.flip(np.flip(a).copy())),
    "spaced": lambda a: np.stack([a, np.full_like(a, 99)], axis=-1)[..., 0],
}
UPSTREAM = LAYOUTS | {"repeated": lambda a: np.broadcast_to(np.float64(-1.5), a.shape)}


def test_every_operation_has_a_sample() -> None:
    draws = {name for name, op in TABLE.items() if getattr(op.forward, "__module__", "").startswith("microdl.random")}
    missing = sorted(set(TABLE) - set(SAMPLES) - draws)  # tests/test_random.py has the random draws
    assert not missing, f"give these operations a sample in tests/op_samples.py: {missing}"


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=max(settings().max_examples // 2, 1))
@given(data=st.data())
def test_operation(name: str, data: st.DataObject) -> None:
    case = data.draw(SAMPLES[name], label="case")
    layout = data.draw(st.sampled_from(sorted(LAYOUTS)), label="layout of the inputs")
    g_layout = data.draw(st.sampled_from(sorted(UPSTREAM)), label="layout of the upstream gradient")
    rng = np.random.default_rng(data.draw(st.integers(0, 9), label="seed of the upstream gradient"))
    check_values(case, layout)
    if name in TABLE and not TABLE[name].formulas:
        assert not any(t.requires_grad for t in outputs_of(case.call, leaves(case.inputs)))
        return
    check_recorded(name, case)
    if not case.differentiable:
        check_refused(case)
        return
    gs = [UPSTREAM[g_layout](signed(rng, a.shape)) for a in values_of(case.call, case.inputs)]
    check_backward(case, gs, layout)
    check_gradient(case.call, case.inputs, gs, required=True)
    check_second_derivative(case, gs, rng)
    check_float32(case, gs)
    check_same_tensor_twice(case, gs)


# --- what is checked ------------------------------------------------------------------------------------


def check_values(case: Case, layout: str) -> None:
    """NumPy's value, from inputs in any layout, which stay as they were."""
    inputs = [LAYOUTS[layout](a) for a in case.inputs]
    results = [t.numpy(force=True) for t in as_list(case.call(*map(wrap, inputs)))]
    for before, after in zip(case.inputs, inputs, strict=True):
        np.testing.assert_array_equal(after, before, "an input was changed")
    if case.reference is None:
        return
    with np.errstate(all="ignore"):
        expected = as_list(case.reference(*case.inputs))
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, value, rtol=1e-13, atol=1e-14, strict=True)


def check_recorded(name: str, case: Case) -> None:
    """The sample runs the operation it stands for, and records it."""
    if name in TABLE:
        nodes = [node for t in outputs_of(case.call, leaves(case.inputs)) for node in graph(t.grad_fn)]
        wanted = TABLE[name].grad_name
        stem = wanted if isinstance(wanted, str) else f"{name.title()}Backward"
        assert any(node.name().startswith(stem) or _operation(node) is TABLE[name] for node in nodes)


def _operation(node: Any) -> Any:
    return node.plan.declared if hasattr(node, "plan") else None


def check_refused(case: Case) -> None:
    """What has no derivative says so at backward instead of giving none."""
    tensors = leaves(case.inputs)
    with pytest.raises(RuntimeError, match="not differentiable|not implemented"):
        outputs_of(case.call, tensors)[0].sum().backward()
    assert all(t.grad is None for t in tensors)


def check_backward(case: Case, gs: Sequence[Array], layout: str) -> None:
    """`grad` is a new array of the input's shape and dtype; nothing else changes; a second walk adds to it."""
    inputs = [LAYOUTS[layout](a) for a in case.inputs]
    tensors = [wrap(a).requires_grad_() for a in inputs]
    upstream = [g.copy() for g in gs]
    torch.autograd.backward(outputs_of(case.call, tensors), [wrap(g) for g in gs], retain_graph=True)
    first = [t.grad._a.copy() for t in tensors]
    for t, a, before in zip(tensors, inputs, case.inputs, strict=True):
        assert (t.grad.shape, t.grad.dtype) == (t.shape, t.dtype)
        np.testing.assert_array_equal(a, before, "an input was changed")
        others = [*inputs, *gs, *(u.grad._a for u in tensors if u is not t)]
        assert not any(np.shares_memory(t.grad._a, o) for o in others), "a gradient shares memory"
    for g, before in zip(gs, upstream, strict=True):
        np.testing.assert_array_equal(g, before, "the upstream gradient was changed")
    again = [t * 1 for t in outputs_of(case.call, tensors)]  # a product of 0-d arrays is a NumPy scalar
    torch.autograd.backward(again, [wrap(g) for g in gs])
    for t, once in zip(tensors, first, strict=True):
        np.testing.assert_allclose(t.grad._a, 2 * once, rtol=1e-12)


def check_gradient(
    call: Callable[..., Any], inputs: Sequence[Array], gs: Sequence[Array], required: bool = False
) -> None:
    """The analytic gradient of sum(g * call(inputs)) against central differences, element by element."""
    analytic = gradients(call, inputs, gs, required)
    for i, x in enumerate(inputs):
        for index in np.ndindex(x.shape):
            value, error = slope(call, inputs, gs, i, index)
            found = analytic[i][index]
            assert error <= 1e-3 * (1 + abs(value)), f"input {i} at {index} is too close to a kink: {x[index]}"
            assert abs(found - value) <= error + 1e-8 * (1 + abs(value)), (
                f"input {i} at {index} = {x[index]}: analytic {found}, numeric {value} +- {error}"
            )


def check_second_derivative(case: Case, gs: Sequence[Array], rng: np.random.Generator) -> None:
    """Under `create_graph` the same gradient comes out, and its own gradient agrees with differences."""
    n = len(case.inputs)

    def vjp(*args: Any) -> list[Any]:
        with torch.enable_grad():
            tensors = [t if t.requires_grad else t.detach().requires_grad_() for t in args[:n]]
            outputs = outputs_of(case.call, tensors)
            return list(torch.autograd.grad(outputs, tensors, args[n:], create_graph=True))

    inputs = [*case.inputs, *gs]
    plain = gradients(case.call, case.inputs, gs, True)
    for a, b in zip(values_of(vjp, inputs), plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    check_gradient(vjp, inputs, [signed(rng, x.shape) for x in case.inputs])


def check_float32(case: Case, gs: Sequence[Array]) -> None:
    """float32 stays float32, forward and backward, with the values of float64."""
    if not case.keeps_dtype:
        return
    narrow = [a.astype(np.float32) for a in case.inputs]
    assert {a.dtype for a in values_of(case.call, narrow)} <= {np.dtype(np.float32)}
    found = gradients(case.call, narrow, [g.astype(np.float32) for g in gs], True)
    for a, b in zip(found, gradients(case.call, case.inputs, gs, True), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * (1 + np.abs(b).max(initial=0)))


def check_same_tensor_twice(case: Case, gs: Sequence[Array]) -> None:
    """One tensor in two places gets the sum of what two equal tensors get."""
    x = case.inputs[0]
    if len({a.shape for a in case.inputs}) > 1:
        return
    copies = gradients(case.call, [x] * len(case.inputs), gs, True)
    once = gradients(lambda t: case.call(*[t] * len(case.inputs)), [x], gs, True)
    np.testing.assert_allclose(once[0], sum(copies), rtol=1e-12, atol=1e-14)


# --- how ------------------------------------------------------------------------------------------------


def slope(
    call: Callable[..., Any], inputs: Sequence[Array], gs: Sequence[Array], i: int, index: tuple[int, ...]
) -> tuple[float, float]:
    """d sum(g * call) / d inputs[i][index]: Richardson's value from two central differences, and its error."""
    h = STEP * max(1.0, abs(inputs[i][index]))
    wide, narrow = (_difference(call, inputs, gs, i, index, s) for s in (h, h / 2))
    value = (4 * narrow - wide) / 3
    return value, abs(value - narrow)


def _difference(
    call: Callable[..., Any], inputs: Sequence[Array], gs: Sequence[Array], i: int, index: Any, h: float
) -> float:
    sides = []
    for step in (h, -h):
        moved = inputs[i].copy()
        moved[index] += step
        sides.append(values_of(call, [*inputs[:i], moved, *inputs[i + 1 :]]))
    return sum(float(np.sum(g * (a - b))) for g, a, b in zip(gs, *sides, strict=True)) / (2 * h)


def gradients(call: Callable[..., Any], inputs: Sequence[Array], gs: Sequence[Array], required: bool) -> list[Array]:
    """The analytic gradients; where not `required`, zeros for an input that nothing depends on."""
    tensors = leaves(inputs)
    recorded = [(t, wrap(g)) for t, g in zip(outputs_of(call, tensors), gs, strict=True) if t.requires_grad]
    if not recorded and not required:
        return [np.zeros_like(a) for a in inputs]
    outs, grads = zip(*recorded, strict=True)
    found = torch.autograd.grad(outs, tensors, grads, materialize_grads=not required)
    return [t.numpy() for t in found]


def leaves(inputs: Sequence[Array]) -> list[Any]:
    return [wrap(a.copy()).requires_grad_() if a.dtype.kind == "f" else wrap(a) for a in inputs]


def outputs_of(call: Callable[..., Any], tensors: Sequence[Any]) -> list[Any]:
    return as_list(call(*tensors))


def values_of(call: Callable[..., Any], inputs: Sequence[Array]) -> list[Array]:
    with torch.no_grad():
        return [t.numpy(force=True) for t in outputs_of(call, [wrap(a) for a in inputs])]


def as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def signed(rng: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Sixteenths of either sign, none of them 0 or 1 in size."""
    return np.asarray(rng.integers(17, 48, size) / 16 * rng.choice([-1.0, 1.0], size))


def graph(node: Node) -> Iterator[Node]:
    seen = {node}
    todo = [node]
    while todo:
        found = todo.pop()
        yield found
        new = {edge for edge, _ in found.next_functions if edge is not None} - seen
        seen |= new
        todo.extend(new)
