"""PyTorch's own rule: the whole Jacobian by central differences of one step, compared with fixed tolerances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd.backward import grad
from ..autograd.graph import TensorBase, wrap
from .finding import GradcheckError

__all__ = ["compare_jacobians", "compare_second"]

Array = np.ndarray[Any, Any]


def compare_jacobians(
    func: Callable[..., Any], values: Sequence[Any], eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3
) -> None:
    """Raise a GradcheckError where an element differs by more than `atol + rtol * |difference|`."""
    checked = [i for i, x in enumerate(values) if isinstance(x, TensorBase) and x.requires_grad]
    outputs = _outputs(func(*values))
    for j in checked:
        numerical = _numerical(func, values, j, eps)
        for i, y in enumerate(outputs):
            analytical = _analytical(y, values[j])
            if not np.allclose(analytical, numerical[i], rtol, atol):
                raise GradcheckError(
                    f"Jacobian mismatch for output {i} with respect to input {j},\n"
                    f"numerical:{wrap(numerical[i])}\nanalytical:{wrap(analytical)}\n"
                )


def compare_second(
    func: Callable[..., Any], values: Sequence[Any], weights: Sequence[Array], **tolerances: float
) -> None:
    """The same rule for the gradients as functions of the inputs and of the `weights` of the outputs."""
    leaves = [wrap(g).requires_grad_() for g in weights]
    compare_jacobians(_first_derivative(func, values), [*values, *leaves], **tolerances)


def _first_derivative(func: Callable[..., Any], values: Sequence[Any]) -> Callable[..., Any]:
    """The function of inputs and upstream gradients that gives the gradients."""

    def first(*args: Any) -> Any:
        xs, gs = args[: len(values)], args[len(values) :]
        kept = [(y, g) for y, g in zip(_outputs(func(*xs)), gs, strict=True) if y.requires_grad]
        by = [x for x in xs if isinstance(x, TensorBase) and x.requires_grad]
        return grad([y for y, _ in kept], by, [g for _, g in kept], create_graph=True, allow_unused=True)

    return first


def _outputs(result: Any) -> tuple[Any, ...]:
    """The floating tensors of a result."""
    results = result if isinstance(result, (tuple, list)) else (result,)
    return tuple(y for y in results if isinstance(y, TensorBase) and y._a.dtype.kind == "f")


def _numerical(func: Callable[..., Any], values: Sequence[Any], j: int, eps: float) -> list[Array]:
    """The Jacobian of each output by input j, a row for each of its elements."""
    x = values[j]._a
    rows = []
    for place in np.ndindex(x.shape):
        kept, sides = x[place], []
        try:
            for shifted in (kept + eps, kept - eps):
                x[place] = shifted
                sides.append([y._a.copy().ravel() for y in _outputs(func(*values))])
        finally:
            x[place] = kept
        rows.append([(up - down) / x.dtype.type(2 * eps) for up, down in zip(*sides, strict=True)])
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _analytical(y: Any, x: Any) -> Array:
    """The Jacobian of y by x, a row for each element of x; 0 where y does not depend on it."""
    columns = np.zeros((x._a.size, y._a.size), x._a.dtype)
    if y.requires_grad:
        for k in range(y._a.size):
            weights = np.zeros(y._a.size, y._a.dtype)
            weights[k] = 1
            (g,) = grad(y, x, wrap(weights.reshape(y._a.shape)), retain_graph=True, allow_unused=True)
            if g is not None:
                columns[:, k] = g._a.ravel()
    return columns
