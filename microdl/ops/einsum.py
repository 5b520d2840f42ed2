"""Einstein summation: the equation is taken apart here, NumPy contracts, and the gradient is an einsum again."""

from __future__ import annotations

import functools
import math
import operator
import string
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.record import attach
from ..autograd.table import Op
from ..dtypes import from_numpy_dtype
from .matrix import diagonal
from .products import matmul
from .shape import permute, require, reshape, unsafe_view, wrap_dims

_WORTH_A_PLAN = 1 << 12  # below, np.einsum's plain loop is faster than finding a BLAS call


def _contract(operands: Sequence[Any], labels: Sequence[str], out: str) -> Any:
    """`np.einsum` on arrays in which each operand's labels are distinct."""
    sizes = {c: n for x, ls in zip(operands, labels, strict=True) for c, n in zip(ls, x.shape, strict=True)}
    optimize = len(operands) > 1 and math.prod(sizes.values()) > _WORTH_A_PLAN
    result = np.einsum(f"{','.join(labels)}->{out}", *operands, optimize=optimize)
    return np.array(result) if len(operands) == 1 else result  # one operand may come back as a view


@functools.cache
def _einsum_of(n: int) -> Op:
    """The step with n operands."""
    names = tuple(f"x{i}" for i in range(n))
    formulas = {names[i]: _formula(names, i) for i in range(n)}
    params, grad_name = (*names, "labels", "target"), "ViewBackward0" if n > 1 else "PermuteBackward0"
    return Op("einsum", lambda *args: _contract(args[:n], args[n], args[n + 1]), params, formulas, grad_name=grad_name)


def _formula(names: tuple[str, ...], i: int) -> Callable[..., Any]:
    """Operand i's gradient, as a function whose signature names what it needs: the other operands."""
    others = [p for p in names if p != names[i]]

    def vjp(g: Any, *needed: Any) -> Any:
        *rest, labels, target, shape = needed
        return _vjp(i, g, tuple(rest), labels, target, shape)

    needs = ["g", *others, "labels", "target", f"{names[i]}_shape"]
    vjp.__signature__ = Signature([Parameter(p, Parameter.POSITIONAL_OR_KEYWORD) for p in needs])  # type: ignore[attr-defined]
    return vjp


def _vjp(i: int, g: Any, others: tuple[Any, ...], labels: tuple[str, ...], out: str, shape: tuple[int, ...]) -> Any:
    """g contracted with the other operands; a label that only operand i has was summed: it is repeated."""
    rest = labels[:i] + labels[i + 1 :]
    known = set(out).union(*rest)
    mine = labels[i]
    d = contract((g, *others), (out, *rest), "".join(c for c in mine if c in known))
    kept = tuple(n if c in known else 1 for c, n in zip(mine, _sizes(d, mine, known), strict=True))
    if len(kept) != len(d.shape):
        d = d.reshape(kept)
    wide = tuple(max(n, m) for n, m in zip(kept, shape, strict=True))
    return d if wide == tuple(d.shape) else np.broadcast_to(d, wide)


def _sizes(d: Any, mine: str, known: set[str]) -> list[int]:
    sizes = iter(d.shape)
    return [next(sizes) if c in known else 1 for c in mine]


def contract(operands: tuple[Any, ...], labels: tuple[str, ...], out: str) -> Any:
    """The step itself, on arrays or on tensors."""
    is_tensor = [isinstance(x, TensorBase) for x in operands]
    if not any(is_tensor):
        return _contract(operands, labels, out)
    tensors = [x if held else wrap(x) for x, held in zip(operands, is_tensor, strict=True)]
    t = wrap(_contract([x._a for x in tensors], labels, out))
    attach(_einsum_of(len(tensors)), (*tensors, labels, out), [True] * len(tensors) + [False, False], t)
    return t


# --- the equation -----------------------------------------------------------------------------------------


def _fail(text: str) -> RuntimeError:
    return RuntimeError(f"einsum(): {text}")


def _from_sublists(args: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """`einsum(x, [0, 1], y, [1, 2], [0, 2])` as an equation and its operands."""

    def text(sub: Sequence[Any]) -> str:
        return "".join("..." if i is Ellipsis else string.ascii_letters[operator.index(i)] for i in sub)

    pairs = len(args) // 2
    equation = ",".join(text(args[2 * i + 1]) for i in range(pairs))
    if len(args) % 2:
        equation += "->" + text(args[-1])
    return equation, list(args[0 : 2 * pairs : 2])


def _check_letters(terms: str) -> None:
    for i, c in enumerate(terms.replace("...", "")):
        if c not in string.ascii_letters and c not in ",->":
            raise _fail(
                f"invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]: {c!r}"
            )


def _expanded(terms: list[str], ndims: tuple[int, ...]) -> tuple[list[str], str]:
    """The operands' labels with the ellipsis as letters of its own, and these letters."""
    free = [c for c in string.ascii_letters if c not in "".join(terms)]
    width = 0
    for i, (term, ndim) in enumerate(zip(terms, ndims, strict=True)):
        n = len(term.replace("...", ""))
        if "..." not in term and n != ndim:
            raise _fail(
                f"the number of subscripts in the equation ({n}) does not match the number of dimensions ({ndim}) for "
                f"operand {i} and no ellipsis was given"
            )
        if n > ndim:
            raise _fail(
                f"the number of subscripts in the equation ({n}) is more than the number of dimensions ({ndim}) for "
                f"operand {i}"
            )
        width = max(width, ndim - n if "..." in term else 0)
    dots = "".join(free[:width])
    out = []
    for term, ndim in zip(terms, ndims, strict=True):
        n = ndim - len(term.replace("...", ""))
        out.append(term.replace("...", dots[width - n :] if n else ""))
    return out, dots


def _output(given: str | None, labels: list[str], dots: str) -> str:
    every = "".join(labels)
    if given is None:
        return dots + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c not in dots))
    out = given.replace("...", dots)
    for c in out:
        if out.count(c) > 1:
            raise _fail(f"output subscript {c} appears more than once in the output")
        if c not in every:
            raise _fail(f"output subscript {c} does not appear in the equation for any input operand")
    return out


@functools.lru_cache(maxsize=256)
def _parsed(equation: str, ndims: tuple[int, ...]) -> tuple[list[str], str]:
    """The labels of each operand and of the output."""
    equation = equation.replace(" ", "")
    _check_letters(equation)
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        fewer = "fewer" if len(ndims) < len(terms) else "more"
        raise _fail(f"{fewer} operands were provided than specified in the equation: {len(ndims)} for {equation!r}")
    labels, dots = _expanded(terms, ndims)
    return labels, _output(right if arrow else None, labels, dots)


def _check_sizes(tensors: list[Any], labels: list[str]) -> None:
    seen: dict[str, int] = {}
    for i, (t, term) in enumerate(zip(tensors, labels, strict=True)):
        for c, n in zip(term, t._a.shape, strict=True):
            before = seen.get(c, 1)
            if n not in (1, before) and before != 1:
                raise _fail(
                    f"subscript {c} has size {n} for operand {i} which does not broadcast with previously seen "
                    f"size {before}"
                )
            seen[c] = max(n, before) if before != 1 else n


def _distinct(t: Any, term: str) -> tuple[Any, str]:
    """An operand with a repeated label replaced by its diagonal over the two dimensions."""
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            first = term.index(c)
            second = term.index(c, first + 1)
            n, m = t._a.shape[first], t._a.shape[second]
            if n != m:
                raise _fail(f"subscript {c} is repeated for one operand but the sizes don't match, {m} != {n}")
            t = diagonal(t, 0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + c
    return t, term


def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products as the equation says: "ij,jk->ik" is a matrix product.

    Labels not in the output are summed; without "->" the output has the labels that occur once, in
    alphabetical order. A repeated label takes the diagonal, "..." stands for the dimensions without label,
    and size 1 broadcasts. Operands share one dtype.

    Raises RuntimeError for an equation that does not fit the operands.

    >>> import microdl as torch
    >>> x = torch.tensor([[1., 2.], [3., 4.]])
    >>> torch.einsum("ij,kj->ik", x, x), torch.einsum("ii", x)
    (tensor([[ 5., 11.],
            [11., 25.]]), tensor(5.))

    Source: https://pytorch.org/docs/stable/generated/torch.einsum.html
    """
    if not isinstance(equation, str):
        equation, given = _from_sublists((equation, *operands))
    else:
        given = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else list(operands)
    tensors = [require("einsum", t) for t in given]
    labels, out = _parsed(equation, tuple([t._a.ndim for t in tensors]))
    for t in tensors:
        if t._a.dtype != tensors[0]._a.dtype:
            names = [from_numpy_dtype(x._a.dtype).legacy for x in (tensors[0], t)]
            raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}. Convert one of them with .to().")
    _check_sizes(tensors, labels)
    pairs = [_distinct(t, term) for t, term in zip(tensors, labels, strict=True)]
    if len(pairs) == 1:
        return _of_one(*pairs[0], out)
    result = contract(tuple(t for t, _ in pairs), tuple(term for _, term in pairs), out)
    summed = set("".join(term for _, term in pairs)) - set(out)
    return result if summed else named(result, "MulBackward0")


def _of_one(t: Any, term: str, out: str) -> Any:
    """Of one operand: a view, or sums of it."""
    order = out + "".join(c for c in term if c not in out)
    t = permute(t, tuple(term.index(c) for c in order))
    return t if len(out) == len(term) else t.sum(tuple(range(len(out), len(term))))


# --- products that are spelled without an equation -----------------------------------------------------------


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Contracts the last `dims` dimensions of `a` with the first of `b`, or the two lists of dimensions given.

    >>> import microdl as torch
    >>> torch.tensordot(torch.ones(2, 3), torch.ones(3, 4), dims=1).shape
    torch.Size([2, 4])

    Source: https://pytorch.org/docs/stable/generated/torch.tensordot.html
    """
    x, y = require("tensordot", a)._a, require("tensordot", b)._a
    if x.dtype != y.dtype:
        raise RuntimeError(f"both inputs should have same dtype, but they are {a.dtype} and {b.dtype}: use .to()")
    if isinstance(dims, (tuple, list)):
        first, second = wrap_dims(list(dims[0]), x.ndim), wrap_dims(list(dims[1]), y.ndim)
    else:
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(x.ndim, y.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        first, second = tuple(range(x.ndim - dims, x.ndim)), tuple(range(dims))
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    for i, j in zip(first, second, strict=True):
        if 1 in (x.shape[i], y.shape[j]):  # one element meets them all
            a, b = (t if t._a.shape[d] == 1 else t.sum(d, keepdim=True).to(t.dtype) for t, d in ((a, i), (b, j)))
        elif x.shape[i] != y.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {x.shape[i]} in dim {i} and second has size "
                f"{y.shape[j]} in dim {j}"
            )
    x, y = a._a, b._a
    free_x = [i for i in range(x.ndim) if i not in first]
    free_y = [j for j in range(y.ndim) if j not in second]
    n = math.prod(x.shape[i] for i in first)
    rows = reshape(permute(a, (*free_x, *first)), math.prod(x.shape[i] for i in free_x), n)
    columns = reshape(permute(b, (*second, *free_y)), n, math.prod(y.shape[j] for j in free_y))
    return reshape(matmul(rows, columns), (*(x.shape[i] for i in free_x), *(y.shape[j] for j in free_y)))


def kron(input: Any, other: Any) -> Any:
    """The Kronecker product: every element of `input` times all of `other`, in blocks.

    >>> import microdl as torch
    >>> torch.kron(torch.tensor([1, 10]), torch.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    x, y = require("kron", input)._a.shape, require("kron", other)._a.shape
    ndim = max(len(x), len(y))
    x, y = (1,) * (ndim - len(x)) + x, (1,) * (ndim - len(y)) + y
    wide, tall = [n for size in x for n in (size, 1)], [n for size in y for n in (1, size)]
    blocks = reshape(input, wide) * reshape(other, tall)
    return unsafe_view(blocks, tuple(n * m for n, m in zip(x, y, strict=True)))


def chain_matmul(*matrices: Any) -> Any:
    """The product of several matrices, from left to right."""
    return named(functools.reduce(matmul, matrices), "ViewBackward0" if len(matrices) > 2 else "MmBackward0")


def multi_dot(tensors: Any) -> Any:
    """`linalg.multi_dot`: the product of a list of matrices."""
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for i, t in enumerate(tensors):
        if not 0 < t._a.ndim < 3:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 1D or 2D but got {t._a.ndim}D")
    return named(functools.reduce(matmul, tensors), "ViewBackward0")
