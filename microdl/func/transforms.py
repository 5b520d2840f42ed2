"""Transforms of functions: gradients, Jacobians, products with them, and the map over slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import functional
from ..autograd.backward import grad as backward_grad
from ..autograd.graph import TensorBase, wrap
from ..autograd.mode import enable_grad
from ..ops.join import stack
from .trees import leaves, rebuilt, tensors

Function = Callable[..., Any]


def _numbers(argnums: Any, count: int, name: str) -> tuple[int, ...]:
    """The positions of the arguments to differentiate for, counted from the front."""
    many = argnums if isinstance(argnums, tuple) else (argnums,)
    for n in many:
        if not isinstance(n, int):
            raise RuntimeError(f"{name}: argnums must be int or Tuple[int, ...], got: {type(n)}")
        if not -count <= n < count:
            raise RuntimeError(f"{name}: Got argnum={n}, but only {count} positional inputs")
    return tuple(n % count for n in many)


def _points(chosen: Any, name: str) -> tuple[Any, list[Any], bool]:
    """The arguments as new points of the graph, their leaves, and whether an outer derivative wants to see through."""
    given = tensors(chosen, name)
    nested = any(t.requires_grad for t in given)
    fresh = [t.view_as(t) if t.requires_grad else t.detach().requires_grad_() for t in given]
    return rebuilt(chosen, iter(fresh)), fresh, nested


def _without_graph(value: Any) -> Any:
    return rebuilt(value, (t.detach() if isinstance(t, TensorBase) else t for t in leaves(value)))


def grad_and_value(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `func`, which returns one number, and that number.

    `argnums` says for which arguments; with `has_aux`, `func` returns `(number, aux)`, and the result is
    `(gradient, (number, aux))`. Raises RuntimeError where `func` returns something else.

    >>> import microdl as torch
    >>> torch.func.grad_and_value(lambda x: (x ** 2).sum())(torch.tensor([1., 2.]))
    (tensor([2., 4.]), tensor(5.))
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        numbers = _numbers(argnums, len(args), "grad")
        with enable_grad():
            chosen, fresh, nested = _points(tuple(args[n] for n in numbers), "grad")
            given = list(args)
            for n, point in zip(numbers, chosen, strict=True):
                given[n] = point
            value, aux = _value_of(func(*given, **kwargs), has_aux)
            found = _gradient(value, fresh, nested)
        result = rebuilt(chosen, iter(found))
        gradient = result if isinstance(argnums, tuple) else result[0]
        shown = (value, aux) if nested else (value.detach(), _without_graph(aux))
        return gradient, shown if has_aux else shown[0]

    return wrapper


def _value_of(out: Any, has_aux: bool) -> tuple[Any, Any]:
    aux = None
    if has_aux:
        if not (isinstance(out, tuple) and len(out) == 2):
            raise RuntimeError("grad_and_value(f)(*args): output of function f should be a tuple: (output, aux)")
        out, aux = out
    if not isinstance(out, TensorBase):
        raise RuntimeError(f"Expected f(*args) to return a Tensor, got {type(out)}: unpack it, or use has_aux=True")
    if out._a.ndim:
        raise RuntimeError(
            f"Expected f(*args) to return a scalar tensor, got tensor with {out._a.ndim} dims. Did you forget to call "
            ".sum()?"
        )
    return out, aux


def _gradient(value: Any, points: list[Any], nested: bool) -> list[Any]:
    if not value.requires_grad:
        return [wrap(np.zeros_like(t._a)) for t in points]
    return list(backward_grad(value, points, create_graph=nested, materialize_grads=True))


def grad(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `func`, which returns one number; it may be transformed again.

    >>> import microdl as torch
    >>> torch.func.grad(torch.func.grad(torch.sin))(torch.tensor(0.))
    tensor(-0.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """`func(*primals)` and a function of `v` that gives the products of `v` with the Jacobians.

    >>> import microdl as torch
    >>> out, back = torch.func.vjp(torch.square, torch.tensor([1., 2.]))
    >>> back(torch.ones(2))
    (tensor([2., 4.]),)
    """
    with enable_grad():
        points, fresh, nested = _points(primals, "vjp")
        out = func(*points)
        aux = None
        if has_aux:
            out, aux = out
        ends = tensors(out, "vjp(f, *primals): f")

    def back(v: Any) -> Any:
        vectors = tensors(v, "vjp_fn")
        with enable_grad():
            found = functional._grads(tuple(ends), tuple(fresh), tuple(vectors), nested)
        filled = (wrap(np.zeros_like(t._a)) if g is None else g for g, t in zip(found, fresh, strict=True))
        return rebuilt(points, filled)

    shown = out if nested else _without_graph(out)
    return (shown, back, _without_graph(aux)) if has_aux else (shown, back)


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """`func(*primals)` and the product of its Jacobian with `tangents`, which have the shapes of `primals`.

    >>> import microdl as torch
    >>> torch.func.jvp(torch.square, (torch.tensor([1., 2.]),), (torch.tensor([1., 0.]),))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(f"jvp(f, primals, tangents): Expected primals to be a tuple, but it is {type(primals)}")
    kept: list[Any] = []

    def main(*args: Any) -> Any:
        out = func(*args)
        if has_aux:
            out, aux = out
            kept.append(aux)
        return out

    value, product = functional.jvp(main, primals, tangents, create_graph=True, strict=strict)
    nested = any(t.requires_grad for t in primals)
    found = (value, product) if nested else (_without_graph(value), _without_graph(product))
    return (*found, _without_graph(kept[0])) if has_aux else found


def jacrev(func: Function, argnums: Any = 0, *, has_aux: bool = False, chunk_size: int | None = None) -> Function:
    """A function that gives the Jacobian of `func`: of the output's shape and then the argument's.

    >>> import microdl as torch
    >>> torch.func.jacrev(torch.square)(torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        numbers = _numbers(argnums, len(args), "jacrev")
        chosen = tuple(args[n] for n in numbers)
        given, kept = tensors(chosen, "jacrev"), []
        shape: list[Any] = []

        def flat(*points: Any) -> Any:
            new = list(args)
            for n, point in zip(numbers, rebuilt(chosen, iter(points)), strict=True):
                new[n] = point
            out = func(*new, **kwargs)
            if has_aux:
                out, aux = out
                kept.append(_without_graph(aux))
            shape.append(out)
            return tuple(tensors(out, "jacrev"))

        nested = any(t.requires_grad for t in given)
        rows = functional.jacobian(flat, tuple(given), create_graph=nested)
        parts = [rebuilt(chosen, iter(row)) for row in rows]
        result = rebuilt(shape[0], iter(parts if isinstance(argnums, tuple) else [part[0] for part in parts]))
        return (result, kept[0]) if has_aux else result

    return wrapper


def jacfwd(func: Function, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error") -> Function:
    """`jacrev`: the values of a forward computation, which microdl does not have, are the same."""
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Function, argnums: Any = 0) -> Function:
    """A function that gives the second derivatives of `func`.

    >>> import microdl as torch
    >>> torch.func.hessian(lambda x: (x ** 3).sum())(torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def vmap(
    func: Function, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *, chunk_size: int | None = None
) -> Function:
    """A function that applies `func` to each slice of its arguments and stacks what it returns: a loop.

    `in_dims` says along which dimension each argument is taken apart, None for one that is passed whole; `out_dims`
    along which the results are put together. To a loop `chunk_size` means nothing, nor does `randomness`: every slice
    has its own draws, as with PyTorch's "different". Raises ValueError where sizes differ or nothing is taken apart.

    >>> import microdl as torch
    >>> torch.func.vmap(torch.dot)(torch.ones(2, 3), torch.ones(2, 3))
    tensor([3., 3.])
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: in_dims {in_dims} is not compatible with {len(args)} arguments")
        flat = [(t, d) for arg, dim in zip(args, dims, strict=True) for t, d in _with_dims(arg, dim)]
        sizes = {t.shape[d] for t, d in flat if d is not None}
        if len(sizes) != 1:
            raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got {sizes}")
        calls = []
        for i in range(sizes.pop()):
            parts = iter([t if d is None else t.select(d, i) for t, d in flat])
            calls.append(func(*(rebuilt(arg, parts) for arg in args), **kwargs))
        ends = [tensors(out, "vmap") for out in calls]
        outs = out_dims if isinstance(out_dims, (tuple, list)) else (out_dims,) * len(ends[0])
        joined = (stack(parts, d) for parts, d in zip(zip(*ends, strict=True), outs, strict=True))
        return rebuilt(calls[0], joined)

    return wrapper


def _with_dims(arg: Any, dim: Any) -> list[tuple[Any, Any]]:
    """Each leaf of an argument with the dimension along which it is taken apart."""
    found = leaves(arg)
    dims = leaves(dim) if isinstance(dim, (tuple, list, dict)) else [dim] * len(found)
    return [(t, d if isinstance(t, TensorBase) else None) for t, d in zip(found, dims, strict=True)]
