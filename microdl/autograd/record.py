"""`unary`, `binary`, `op`, `view`: a forward on arrays and its formulas become a function of tensors.

Each runs the forward, wraps the result, and, where an input requires grad and recording is on, makes the
node. The shapes of call that matter most (one tensor; two tensors that broadcast) have a wrapper of their
own, because this is the price that every operation pays.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import dtypes
from .graph import Output, TensorBase, wrap
from .kinds import refusing
from .mode import mode
from .table import Aux, Formula, Name, Op, Plan, parameters

TABLE: dict[str, Op] = {}
BY_UFUNC: dict[np.ufunc, Callable[..., Any]] = {}

_ndarray = np.ndarray


def _declare(
    op: Op, call: Callable[..., Any], doc: str | None = None, ufunc: Any = None, with_numbers: Any = None
) -> Callable[..., Any]:
    TABLE[op.name] = op
    call.__name__ = call.__qualname__ = op.name
    call.__module__ = sys._getframe(2).f_globals["__name__"]  # where it is declared, and where pickle looks for it
    call.__doc__ = doc
    call.op = op  # type: ignore[attr-defined]
    ufunc = getattr(ufunc, "__wrapped__", ufunc)
    if isinstance(ufunc, np.ufunc):
        BY_UFUNC.setdefault(ufunc, with_numbers or call)
    return call


def not_a_tensor(name: str, position: int, value: Any, argument: str = "input") -> TypeError:
    return TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}. "
        "Make one with torch.tensor(...) or torch.from_numpy(...)."
    )


def _to_float(a: Any) -> Any:
    return dtypes.converted(a, dtypes.get_default_dtype().numpy)


def unary(
    name: str,
    forward: Callable[..., Any],
    input: Formula | None = None,
    *,
    floating: bool = False,
    refuses: tuple[str, str] | None = None,
    grad_name: Name | None = None,
    doc: str | None = None,
) -> Callable[..., Any]:
    """Declares an elementwise operation on one tensor; `floating` ones turn integers into floats first.

    `refuses` has PyTorch's name of the kernel, and the kinds of dtype (none of them floating) for which there is none.
    """
    op = Op(name, forward, ("input",), {"input": input} if input else {}, grad_name=grad_name)
    plan = op.plan(("input",), ("input",)) if input else None
    prepare = _to_float if floating else refuses and refusing(*refuses)

    def call(input: Any, *, out: Any = None) -> Any:
        try:
            a = input._a
        except AttributeError:
            raise not_a_tensor(name, 1, input) from None
        if prepare is not None and a.dtype.kind != "f":
            a = prepare(a)
        t = wrap(forward(a))
        if input._node is not None and mode.enabled and plan is not None:
            plan.record(input, t)
        return t if out is None else store(name, out, t)

    return _declare(op, call, doc, forward)


def binary(
    name: str,
    forward: Callable[..., Any],
    input: Formula | None = None,
    other: Formula | None = None,
    *,
    floating: bool = False,
    numbers: bool = True,
    refuse: Callable[[Any, Any], None] | None = None,
    grad_name: Name | None = None,
    doc: str | None = None,
) -> Callable[..., Any]:
    """Declares an elementwise operation on two operands that broadcast and promote.

    Either operand may be a Python number, unless `numbers` is False; NumPy's function takes one for the second always.
    `floating` ones turn integers into floats first. Before operands of two dtypes are promoted, `refuse` may raise.
    """

    def agreed(input: Any, other: Any) -> tuple[Any, Any]:
        if refuse is not None:
            refuse(input, other)
        return promoted(input, other, floating)

    formulas = {k: f for k, f in (("input", input), ("other", other)) if f}
    op = Op(name, forward, ("input", "other"), formulas, grad_name=grad_name)
    plans: dict[int, Any] = {}

    def call(input: Any, other: Any, *, out: Any = None) -> Any:
        kind = type(other)
        try:
            x = input._a
            x_node = input._node
            if kind is float or kind is int:
                y = other
                y_node = None
                if x.dtype.kind != "f":
                    x, y = agreed(input, other)
            else:
                y = other._a
                y_node = other._node
                if x.dtype != y.dtype or (floating and x.dtype.kind != "f"):
                    x, y = agreed(input, other)
        except AttributeError:
            input, other = _operands(name, input, other)
            x, y = agreed(input, other)
            x_node, y_node = getattr(input, "_node", None), getattr(other, "_node", None)
        try:
            t = wrap(forward(x, y))
        except ValueError:
            raise shape_error(input, other) from None
        if (x_node is not None or y_node is not None) and mode.enabled and formulas:
            key = (x_node is not None) + 2 * (y_node is not None) + 4 * (y is other) + 8 * (x is input)
            plan = plans.get(key) or plans.setdefault(key, _binary_plan(op, key))
            plan.record(input, other, t)
        return t if out is None else store(name, out, t)

    return _declare(op, call if numbers else _of_tensors(name, call), doc, forward, call)


def _of_tensors(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def checked(input: Any, other: Any, *, out: Any = None) -> Any:
        if not isinstance(input, TensorBase):
            raise not_a_tensor(name, 1, input)
        if not isinstance(other, TensorBase):
            raise not_a_tensor(name, 2, other, "other")
        return call(input, other, out=out)

    return checked


def _binary_plan(op: Op, key: int) -> Plan:
    """Which operand requires grad (1, 2), and which is a Python number (8 the first, 4 the second)."""
    names = ("input", "other")
    wanted = tuple(n for n, bit in zip(names, (1, 2), strict=True) if key & bit)
    return op.plan(wanted, tuple(n for n, bit in zip(names, (8, 4), strict=True) if not key & bit))


def _operands(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    """Both operands as tensors or Python numbers; at least one is a tensor."""
    input, other = operand(name, 1, input), operand(name, 2, other)
    if not (isinstance(input, TensorBase) or isinstance(other, TensorBase)):
        raise not_a_tensor(name, 1, input)
    return input, other


def operand(name: str, position: int, value: Any) -> Any:
    if isinstance(value, np.generic):  # before float: np.float64 is one, and would promote like an array
        return value.item()
    if isinstance(value, (TensorBase, bool, int, float)):
        return value
    if isinstance(value, _ndarray):
        dtypes.from_numpy_dtype(value.dtype)
        return wrap(value)
    raise not_a_tensor(name, position, value, ("input", "other")[position - 1])


def promoted(input: Any, other: Any, floating: bool = False) -> tuple[Any, Any]:
    """The operands as arrays (or a number) of their common dtype."""
    if not isinstance(input, TensorBase):
        y, x = _with_number(other._a, input, floating)
        return x, y
    if not isinstance(other, TensorBase):
        return _with_number(input._a, other, floating)
    x, y = input._a, other._a
    common = dtypes.result_dtype([x, y])
    if floating and common.kind != "f":
        common = dtypes.get_default_dtype().numpy
    return dtypes.converted(x, common), dtypes.converted(y, common)


def _with_number(x: Any, number: Any, floating: bool) -> tuple[Any, Any]:
    common = dtypes.promote_scalar(x.dtype, number)
    if floating and common.kind != "f":
        common = dtypes.get_default_dtype().numpy
    x = dtypes.converted(x, common)
    if common.kind in "iu":
        number = np.array(number).astype(common)
    return x, number


def shape_error(input: Any, other: Any) -> RuntimeError:
    x, y = shape_of(input), shape_of(other)
    n = max(len(x), len(y))
    wide_x, wide_y = (1,) * (n - len(x)) + x, (1,) * (n - len(y)) + y
    for dim in reversed(range(n)):
        a, b = wide_x[dim], wide_y[dim]
        if a != b and 1 not in (a, b):
            return RuntimeError(
                f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension "
                f"{dim}: the shapes are {list(x)} and {list(y)}. Reshape one of them, for example with unsqueeze."
            )
    return RuntimeError(f"shapes {list(x)} and {list(y)} do not combine")


def shape_of(value: Any) -> tuple[int, ...]:
    return tuple(value._a.shape) if isinstance(value, TensorBase) else np.shape(value)


def op(
    name: str,
    forward: Callable[..., Any],
    *,
    aux: Mapping[str, Aux | None] | None = None,
    polymorphic: bool = False,
    outputs: bool = False,
    grad_name: Name | None = None,
    **formulas: Formula,
) -> Callable[..., Any]:
    """Declares an operation on any number of tensors and Python values, all given by position.

    With `aux`, the forward returns `(out, *aux)`. A `polymorphic` one, used inside other formulas, computes
    on arrays when it is given only arrays. One with `outputs` returns several tensors.
    """
    params = parameters(forward)
    declared = Op(name, forward, params, formulas, aux, grad_name)
    if tuple(formulas) == params[:1] and not (aux or polymorphic or outputs):
        return _declare(declared, _on_one(declared))

    def call(*args: Any) -> Any:
        is_tensor = [isinstance(x, TensorBase) for x in args]
        if polymorphic and not any(is_tensor):
            return forward(*args)
        if polymorphic:
            args = tuple(wrap(x) if isinstance(x, (_ndarray, np.generic)) else x for x in args)
            is_tensor = [isinstance(x, TensorBase) for x in args]
        result = forward(*[x._a if held else x for x, held in zip(args, is_tensor, strict=True)])
        extra: tuple[Any, ...] = ()
        if aux:
            result, *rest = result
            extra = tuple(rest)
        if outputs:
            return _several(declared, args, is_tensor, result)
        t = wrap(result)
        attach(declared, args, is_tensor, t, extra)
        return t

    return _declare(declared, call)


def _on_one(op: Op) -> Callable[..., Any]:
    """The call of an operation on one differentiable tensor and Python values (or index tensors)."""
    forward = op.forward
    plan = op.plan(op.params[:1], op.params[:1])

    def call(input: Any, *args: Any) -> Any:
        try:
            a = input._a
        except AttributeError:
            raise not_a_tensor(op.name, 1, input) from None
        if any_tensor(args):
            held = [True, *(isinstance(x, TensorBase) for x in args)]
            t = wrap(forward(a, *(x._a if h else x for x, h in zip(args, held[1:], strict=True))))
            attach(op, (input, *args), held, t)
            return t
        t = wrap(forward(a, *args))
        if input._node is not None and mode.enabled:
            plan.record(input, *args, t)
        return t

    return call


def any_tensor(args: tuple[Any, ...]) -> bool:
    for x in args:  # a plain loop: any() with a generator costs three times as much
        if isinstance(x, TensorBase):
            return True
    return False


def attach(op: Op, args: tuple[Any, ...], is_tensor: list[bool], out: TensorBase, extra: tuple[Any, ...] = ()) -> Any:
    """Records the step where recording is on and a differentiable argument requires grad."""
    if not mode.enabled:
        return None
    tensors, wanted = [], []
    for p, x, held in zip(op.params, args, is_tensor, strict=True):
        if held:
            tensors.append(p)
            if p in op.formulas and x._node is not None:
                wanted.append(p)
    return op.plan(tuple(wanted), tuple(tensors)).record(*args, out, *extra) if wanted else None


def _several(op: Op, args: tuple[Any, ...], is_tensor: list[bool], arrays: Any) -> tuple[Any, ...]:
    node = attach(op, args, is_tensor, wrap(np.empty(0)))
    results = tuple(wrap(a) for a in arrays)
    if node is not None:
        for i, t in enumerate(results):
            t._node = Output(node, i, len(results), t._a)
    return results


def refuse_history(name: str, *operands: Any) -> None:
    """RuntimeError where writing into `out=` would lose a gradient: it takes no part in the graph, as in PyTorch."""
    if mode.enabled and any(getattr(x, "_node", None) is not None for x in operands):
        raise RuntimeError(
            f"{name}: functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad. Call it without out=, or under torch.no_grad()."
        )


def store(name: str, out: Any, result: Any) -> Any:
    """Writes a result into `out=`."""
    if not isinstance(out, TensorBase):
        raise not_a_tensor(name, 1, out, "out")
    refuse_history(f"{name}()", result, out)
    if not out._a.size:
        out._a = np.empty(result._a.shape, out._a.dtype)
    if out._a.shape != result._a.shape:
        raise RuntimeError(f"{name}(): out has shape {list(out._a.shape)}, the result {list(result._a.shape)}")
    if dtypes.promote(out._a.dtype, result._a.dtype) != out._a.dtype:
        raise RuntimeError(f"result type {result._a.dtype} can't be cast to the desired output type {out._a.dtype}")
    np.copyto(out._a, result._a, casting="unsafe")
    out._version_counter.bump(name)
    return out
