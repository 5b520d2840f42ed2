"""`gradcheck`: derivatives by backward against differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._warning import warn
from .backward import grad
from .graph import TensorBase, wrap

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

Array = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """The derivatives differ."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **others: Any,
) -> bool:
    """Whether backward gives the derivatives `(f(x + eps) - f(x - eps)) / (2 eps)` of all outputs by all inputs.

    `inputs` is a tensor or several, of which those that require grad are checked; they should be float64 (a UserWarning
    tells where not). GradcheckError (False without `raise_exception`) where a derivative differs by more than
    `atol + rtol * |difference|`; ValueError where no input requires grad. PyTorch's further checks (`nondet_tol`,
    `check_batched_grad`, `fast_mode` and so on) are accepted and not made.

    >>> import microdl as torch
    >>> x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.sin, x)
    True

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
    """
    values = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    checked = [i for i, x in enumerate(values) if isinstance(x, TensorBase) and x.requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for i in checked:
        if values[i]._a.dtype != np.float64:
            warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
            )
    try:
        _check(func, values, checked, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, raise_exception: bool = True, **options: Any
) -> bool:
    """`gradcheck` of the gradients: whether the second derivatives are right. Errors and options as there.

    `grad_outputs` weights the outputs; by default with fixed random numbers.

    >>> import microdl as torch
    >>> x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(torch.exp, (x,))
    True

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html
    """
    values = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    outputs = _outputs(func(*values))
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        weights = [
            wrap(rng.uniform(-1, 1, y._a.shape).astype(y._a.dtype)).requires_grad_(y.requires_grad) for y in outputs
        ]
    else:
        weights = list(_outputs(grad_outputs))

    def first(*args: Any) -> Any:
        xs, gs = args[: len(values)], args[len(values) :]
        kept = [(y, g) for y, g in zip(_outputs(func(*xs)), gs, strict=True) if y.requires_grad]
        by = [x for x in xs if isinstance(x, TensorBase) and x.requires_grad]
        return grad([y for y, _ in kept], by, [g for _, g in kept], create_graph=True, allow_unused=True)

    return gradcheck(first, (*values, *weights), raise_exception=raise_exception, **options)


def _outputs(result: Any) -> tuple[Any, ...]:
    """The floating tensors of a result."""
    results = result if isinstance(result, (tuple, list)) else (result,)
    return tuple(y for y in results if isinstance(y, TensorBase) and y._a.dtype.kind == "f")


def _check(
    func: Callable[..., Any], values: Sequence[Any], checked: list[int], eps: float, atol: float, rtol: float
) -> None:
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
