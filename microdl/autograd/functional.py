"""Derivatives of functions: Jacobians, Hessians and their products with vectors, by reverse differentiation.

Every function here takes `func` and its inputs, a tensor or a tuple of tensors, and gives derivatives in the same
structure. With `create_graph` they can be differentiated again; `strict` refuses outputs that do not depend on the
inputs, which otherwise give zeros. `vectorize` and `strategy` change only how PyTorch computes; here they are accepted.

Source: https://pytorch.org/docs/stable/autograd.html#functional-higher-level-api
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import surface
from .backward import grad
from .graph import TensorBase, wrap
from .mode import enable_grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Any, ...]


# --- what all of them share --------------------------------------------------------------------------------


def _as_tuple(value: Any, what: str, function: str) -> tuple[Tensors, bool]:
    """A tensor or a tuple of tensors as a tuple, and whether it was one."""
    if isinstance(value, TensorBase):
        return (value,), False
    if not isinstance(value, tuple):
        value = (value,)
    for i, t in enumerate(value):
        if not isinstance(t, TensorBase):
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the value at index "
                f"{i} has type {type(t)}."
            )
    return value, True


def _fresh(inputs: Tensors, create_graph: bool) -> Tensors:
    """The inputs as new points of the graph: attached to what they came from only with `create_graph`."""
    return tuple(t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_() for t in inputs)


def _called(func: Callable[..., Any], inputs: Tensors, function: str) -> tuple[Tensors, bool]:
    return _as_tuple(func(*inputs), "outputs of the user-provided function", function)


def _grads(outputs: Tensors, inputs: Tensors, vectors: Tensors | None, create_graph: bool) -> Tensors:
    """The gradients for the inputs, None where there is no way from an output that requires grad."""
    pairs = [(t, None if vectors is None else vectors[i]) for i, t in enumerate(outputs) if t.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    seeds = None if vectors is None else [v for _, v in pairs]
    used = [t for t, _ in pairs]
    return tuple(grad(used, inputs, seeds, retain_graph=True, create_graph=create_graph, allow_unused=True))


def _filled(
    grads: Tensors, like: Tensors, strict: bool, outputs: Tensors, what: str = "Output 0 of the user-provided function"
) -> Tensors:
    """Zeros for None; RuntimeError instead where that is refused."""
    if strict:
        for i, t in enumerate(outputs):
            if not t.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The outputs must be "
                    "computed in a differentiable manner from the input when running in strict mode."
                )
        for i, g in enumerate(grads):
            if g is None:
                raise RuntimeError(f"{what} is independent of input {i}. This is not allowed in strict mode.")
    return tuple(wrap(np.zeros_like(t._a)) if g is None else g for g, t in zip(grads, like, strict=True))


def _vectors(v: Any, like: Tensors, is_tuple: bool, function: str, scalar: str) -> Tensors:
    """The vector of a product, checked against what it multiplies; ones where there is a single element."""
    if v is None:
        if len(like) != 1 or like[0]._a.size != 1:
            raise RuntimeError(scalar)
        return (wrap(np.ones_like(like[0]._a)),)
    vectors, v_is_tuple = _as_tuple(v, "v", function)
    if len(vectors) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vectors)}.")
    for i, (a, b) in enumerate(zip(vectors, like, strict=True)):
        if a._a.shape != b._a.shape:
            where = f"Entry {i} in v" if is_tuple or v_is_tuple else "v"
            raise RuntimeError(f"{where} has invalid size: should be {b.shape} but got {a.shape}.")
    return vectors


def _result(values: Tensors, is_tuple: bool, keep: bool) -> Any:
    values = values if keep else tuple(t.detach() for t in values)
    return values if is_tuple else values[0]


# --- products ----------------------------------------------------------------------------------------------


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """`func(inputs)` and the product of `v`, of the output's shape, with the Jacobian.

    >>> import microdl as torch
    >>> x = torch.tensor([1., 2.])
    >>> torch.autograd.functional.vjp(lambda x: x ** 2, x, torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        given, is_tuple = _as_tuple(inputs, "inputs", "vjp")
        points = _fresh(given, create_graph)
        outputs, several = _called(func, points, "vjp")
        vectors = _vectors(v, outputs, several, "vjp", _ONE_OUTPUT)
        found = _filled(_grads(outputs, points, vectors, create_graph), points, strict, outputs)
    return _result(outputs, several, create_graph), _result(found, is_tuple, create_graph)


_ONE_OUTPUT = (
    "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
)
_ONE_INPUT = (
    "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."
)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """`func(inputs)` and the product of the Jacobian with `v`, of the input's shape, by differentiating twice.

    >>> import microdl as torch
    >>> x = torch.tensor([1., 2.])
    >>> torch.autograd.functional.jvp(lambda x: x ** 2, x, torch.tensor([1., 0.]))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    with enable_grad():
        given, is_tuple = _as_tuple(inputs, "inputs", "jvp")
        points = _fresh(given, create_graph)
        vectors = _vectors(v, points, is_tuple, "jvp", _ONE_INPUT)
        outputs, several = _called(func, points, "jvp")
        dummies = tuple(wrap(np.zeros_like(t._a)).requires_grad_() for t in outputs)
        back = _filled(_grads(outputs, points, dummies, True), points, strict, outputs)
        found = _filled(_grads(back, dummies, vectors, create_graph), outputs, False, ())
    return _result(outputs, several, create_graph), _result(found, several, create_graph)


def _gradient(func: Callable[..., Any], points: Tensors, function: str, strict: bool) -> tuple[Any, Tensors]:
    """The value of a function that gives one number, and its gradient, which can be differentiated again."""
    outputs, several = _called(func, points, function)
    if several or outputs[0]._a.size != 1:
        found = f"{len(outputs)} Tensors" if several else f"a Tensor of shape {list(outputs[0]._a.shape)}"
        raise RuntimeError(
            f"The function given to {function} should return a single Tensor with a single element, but it gave "
            f"{found}."
        )
    return outputs[0], _filled(_grads(outputs, points, None, True), points, strict, outputs)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """`func(inputs)`, one number, and the product of `v`, of the input's shape, with the Hessian.

    >>> import microdl as torch
    >>> torch.autograd.functional.vhp(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        given, is_tuple = _as_tuple(inputs, "inputs", "vhp")
        points = _fresh(given, create_graph)
        vectors = _vectors(v, points, is_tuple, "vhp", _ONE_INPUT)
        value, first = _gradient(func, points, "vhp", strict)
        found = _filled(
            _grads(first, points, vectors, create_graph), points, strict, first, "The gradient of the function"
        )
    return _result((value,), False, create_graph), _result(found, is_tuple, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """`func(inputs)` and the product of the Hessian with `v`: the same as `vhp`, for the Hessian is symmetric."""
    return vhp(func, inputs, v, create_graph, strict)


# --- whole matrices ----------------------------------------------------------------------------------------


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All the derivatives of the outputs for the inputs: for each pair, of the output's shape and then the input's.

    >>> import microdl as torch
    >>> torch.autograd.functional.jacobian(lambda x: x ** 2, torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(strategy)
    with enable_grad():
        given, is_tuple = _as_tuple(inputs, "inputs", "jacobian")
        points = _fresh(given, create_graph)
        outputs, several = _called(func, points, "jacobian")
        rows = tuple(_jacobian_of(i, t, points, create_graph, strict) for i, t in enumerate(outputs))
    parts = tuple(_result(row, is_tuple, create_graph) for row in rows)
    return parts if several else parts[0]


def _check_strategy(strategy: str) -> None:
    if strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError(f'Expected strategy to be either "forward-mode" or "reverse-mode", not {strategy!r}')


def _jacobian_of(i: int, output: Any, points: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The derivatives of one output for each of the inputs: a walk for every element of it."""
    columns: list[list[Any]] = [[] for _ in points]
    for element in output.reshape(-1).unbind() if output._a.size else ():
        found = _filled(
            _grads((element,), points, None, create_graph),
            points,
            strict,
            (output,),
            f"Output {i} of the user-provided function",
        )
        for column, g in zip(columns, found, strict=True):
            column.append(g)
    return tuple(_joined(column, output, t) for column, t in zip(columns, points, strict=True))


def _joined(rows: Sequence[Any], output: Any, point: Any) -> Any:
    shape = (*output._a.shape, *point._a.shape)
    if not rows:
        return wrap(np.zeros(shape, point._a.dtype))
    return np.stack(rows).reshape(shape)  # NumPy hands it to the tensors' own stack


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function that gives one number: for each pair of inputs, of both shapes in turn.

    >>> import microdl as torch
    >>> torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    _check_strategy(outer_jacobian_strategy)
    given, is_tuple = _as_tuple(inputs, "inputs", "hessian")

    def first(*points: Any) -> Any:
        return _gradient(func, points, "hessian", strict)[1]

    found = jacobian(first, given, create_graph, strict)
    return found if is_tuple else found[0][0]


surface.install(__name__)
