"""Functions that make tensors of random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.graph import TensorBase, wrap
from ..autograd.record import refuse_history
from ..ops.arithmetic import memory_order
from ..ops.making import check_new
from ..ops.shape import integer, require
from . import fills
from .transforms import Array


def rand(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Numbers uniform on [0, 1), of the shape `rand(2, 3)`, `rand((2, 3))` or `rand(size=(2, 3))`.

    NotImplementedError for a dtype that is not floating, RuntimeError for a negative size.
    Source: https://pytorch.org/docs/stable/generated/torch.rand.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    shape = _shape("rand", sizes, size)
    kind = fills.floating("check_uniform_bounds", _kind(dtype, out))
    return _make("rand", shape, kind, fills.chosen(generator).uniform_array, out, device, requires_grad)


def randn(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Numbers of the normal distribution of mean 0 and standard deviation 1. Shapes and errors as for `rand`.

    Source: https://pytorch.org/docs/stable/generated/torch.randn.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    shape = _shape("randn", sizes, size)
    kind = fills.floating("normal_kernel_cpu", _kind(dtype, out))
    return _make("randn", shape, kind, fills.normal_draw(generator, 0.0, 1.0, out), out, device, requires_grad)


def randint(
    *args: Any, low: Any = None, high: Any = None, size: Any = None, generator: Any = None, out: Any = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Integers of [low, high), as `randint(high, size)` or `randint(low, high, size)`; int64 unless `dtype` says so.

    RuntimeError where low >= high or where the dtype cannot hold the integers.
    Source: https://pytorch.org/docs/stable/generated/torch.randint.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randint(3, 10, (5,))
    tensor([7, 6, 3, 5, 4])
    """
    low, high, size = _bounds_and_size("randint", args, low, high, size)
    shape, kind = _shape("randint", (), size), _kind(dtype, out, dtypes.int64)
    return _make("randint", shape, kind, fills.integers_draw(generator, low, high, kind), out, device, requires_grad)


def randperm(
    n: Any, *, generator: Any = None, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """The integers 0 to n - 1 in random order; int64 unless `dtype` says so.

    RuntimeError for a negative n or one too large for the dtype.
    Source: https://pytorch.org/docs/stable/generated/torch.randperm.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    n = integer("randperm", "n", n)
    shape, kind = _shape("randperm", (n,)), _kind(dtype, out, dtypes.int64)
    if kind.kind == "b":
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'. Use an integer dtype, such as torch.int64.")
    if n - 1 > (fills.exact_integers(kind) if kind.kind == "f" else np.iinfo(kind).max):
        raise RuntimeError(
            f"value cannot be converted to type {kind} without overflow: randperm({n}) ends at {n - 1}. "
            "Choose a wider dtype."
        )
    g = fills.chosen(generator)
    return _make("randperm", shape, kind, lambda _, kind: g.permutation_array(n, kind), out, device, requires_grad)


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, out: Any = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Normal numbers: `normal(0.0, 1.0, (2, 3))`, or with a mean or standard deviation for each element.

    Tensors `mean` and `std` broadcast; the result has the dtype of `mean` (of `std`, where the mean is a number), and
    their gradients are zero, as in PyTorch. RuntimeError where a standard deviation is negative.
    Source: https://pytorch.org/docs/stable/generated/torch.normal.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.normal(10.0, 2.0, (3,))
    tensor([13.0820,  9.4131,  5.6424])
    """
    tensors = [x for x in (mean, std) if isinstance(x, TensorBase)]
    if bool(tensors) == (size is not None):
        raise TypeError("normal() takes two numbers and a size, or a tensor mean, std or both and no size")
    if tensors:
        if dtype is not None or device is not None or requires_grad:
            raise TypeError("normal() takes dtype, device and requires_grad only together with a size")
        return _normal_of_tensors(mean, std, fills.floating("normal_kernel_cpu", tensors[0]._a.dtype), generator, out)
    shape = _shape("normal", (), size if isinstance(size, (tuple, list)) else (size, ()))
    kind = fills.floating("normal_kernel_cpu", _kind(dtype, out))
    return _make("normal", shape, kind, fills.normal_draw(generator, mean, std, out), out, device, requires_grad)


def _normal_of_tensors(mean: Any, std: Any, kind: np.dtype[Any], generator: Any, out: Any) -> Any:
    """`normal(0, 1) * std + mean`, rounded after each step; a `std` that is a number has part in the draw."""
    m, s = (x._a.astype(kind, copy=False) if isinstance(x, TensorBase) else x for x in (mean, std))
    each = isinstance(std, TensorBase)
    if each and not (s >= 0).all():
        raise RuntimeError(f"normal expects all elements of std >= 0.0, and the least is {s.min()}")
    try:
        shape = np.broadcast_shapes(np.shape(m), np.shape(s))
    except ValueError:
        raise RuntimeError(
            f"normal: the mean's shape {list(np.shape(m))} and the std's {list(np.shape(s))} do not broadcast"
        ) from None
    x = _make("normal", shape, kind, fills.normal_draw(generator, 0.0, 1.0 if each else std, out), out, None, False)
    if each:
        x._a *= s
    x._a += m
    if out is not None:
        return x
    return fills.drawn(f"NormalBackward{2 * each + isinstance(mean, TensorBase)}")(mean, std, x._a)


def rand_like(
    input: Any, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Numbers uniform on [0, 1), of the shape and dtype of `input`; see `rand`.

    Source: https://pytorch.org/docs/stable/generated/torch.rand_like.html
    """
    return _filled_like("rand_like", fills.uniform_, input, generator, dtype, device, requires_grad)


def randn_like(
    input: Any, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Normal numbers, of the shape and dtype of `input`; see `randn`.

    Source: https://pytorch.org/docs/stable/generated/torch.randn_like.html
    """
    return _filled_like("randn_like", fills.normal_, input, generator, dtype, device, requires_grad)


def randint_like(
    input: Any, *args: Any, low: Any = None, high: Any = None, generator: Any = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Integers of [low, high), of the shape and dtype of `input`: `randint_like(x, high)` or `(x, low, high)`.

    Source: https://pytorch.org/docs/stable/generated/torch.randint_like.html
    """
    low, high, _ = _bounds_and_size("randint_like", args, low, high, ())

    def draw(x: Any, generator: Any) -> Any:
        return fills.random_(x, low, high, generator=generator)

    return _filled_like("randint_like", draw, input, generator, dtype, device, requires_grad)


def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> Any:
    """1 with the probability each element of `input` gives (or the number `p`), else 0; shape and dtype of `input`.

    Its gradient is zero, as PyTorch's is. Errors as for `bernoulli_`.
    Source: https://pytorch.org/docs/stable/generated/torch.bernoulli.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.bernoulli(torch.tensor([0.0, 0.5, 1.0]))
    tensor([0., 0., 1.])
    """
    x = wrap(np.empty_like(require("bernoulli", input)._a, order="C"))
    if p is not None:
        return fills.bernoulli_(x, p, generator=generator)
    return fills.fill("bernoulli", "BernoulliBackward0", x, fills.bernoulli_draw(generator, input, x), input)


def multinomial(input: Any, num_samples: Any, replacement: bool = False, *, generator: Any = None) -> Any:
    """`num_samples` indices, each drawn in proportion to the weights in `input`: of shape (n,) or (rows, n).

    RuntimeError for weights that are negative or not finite, that sum to 0 in a row, that are not floating, and for
    more samples than categories without replacement.
    Source: https://pytorch.org/docs/stable/generated/torch.multinomial.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.multinomial(torch.tensor([0.0, 10.0, 3.0, 0.0]), 4, replacement=True)
    tensor([2, 1, 1, 2])
    """
    weights, n = require("multinomial", input)._a, integer("multinomial", "num_samples", num_samples)
    _check_weights(weights, n, replacement)
    rows = weights.reshape(-1, weights.shape[-1])
    samples = fills.chosen(generator).multinomial_array(rows, n, replacement)
    return wrap(np.asarray(samples.reshape(*weights.shape[:-1], n), order="C"))


def _check_weights(weights: Array, n: int, replacement: bool) -> None:
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, and has the shape {list(weights.shape)}")
    if weights.dtype.kind != "f":
        d = dtypes.from_numpy_dtype(weights.dtype)
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {d.legacy}. Use .float()")
    if n <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples: num_samples is {n}")
    if not replacement and n > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"num_samples is {n}, and there are {weights.shape[-1]} categories. Pass replacement=True."
        )
    if not (weights >= 0).all() or not np.isfinite(weights).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0. Pass weights >= 0.")
    if not (weights.sum(-1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0). Give a category some weight.")


# What the functions share.


def _shape(name: str, sizes: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    """A shape of `f(2, 3)`, `f((2, 3))` or `f(size=(2, 3))`."""
    if size is not None:
        sizes = () if sizes else (size,)
    if not sizes:
        raise TypeError(f"{name}() takes the sizes once: as {name}(2, 3), {name}((2, 3)) or {name}(size=(2, 3))")
    if isinstance(sizes[0], (tuple, list)) and len(sizes) == 1:
        (sizes,) = sizes
    shape = tuple(integer(name, "size", n) for n in sizes)
    if min(shape, default=0) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}. Sizes must be >= 0."
        )
    return shape


def _bounds_and_size(name: str, args: tuple[Any, ...], low: Any, high: Any, size: Any) -> tuple[int, int, Any]:
    """Sorts the positional arguments of `(high, size)` and `(low, high, size)`; each may also be a keyword."""
    rest = list(args)
    if size is None and rest:
        size = rest.pop()
    if high is None and rest:
        high = rest.pop()
    if low is None and rest:
        low = rest.pop()
    if rest or high is None or size is None:
        raise TypeError(f"{name}() takes (high, size) or (low, high, size), not {args!r}")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"{name}(): argument 'size' must be tuple of ints, not {type(size).__name__} ({size!r})")
    return integer(name, "low", 0 if low is None else low), integer(name, "high", high), size


def _kind(dtype: Any, out: Any, default: Any = None) -> np.dtype[Any]:
    """The NumPy dtype of the result: what is asked for, or that of `out`, or the default."""
    if out is None:
        return dtypes.or_default(dtype or default)
    if dtype is not None and dtypes.to_numpy_dtype(dtype) != out._a.dtype:
        raise RuntimeError(f"dtype {dtype!r} does not match dtype of out parameter ({out.dtype!r})")
    kind: np.dtype[Any] = out._a.dtype
    return kind


def _make(
    name: str, shape: tuple[int, ...], kind: np.dtype[Any], draw: fills.Draw, out: Any, device: Any, requires_grad: bool
) -> Any:
    """A new tensor of numbers, or `out` filled with them."""
    check_new(kind, requires_grad, device)
    refuse_history(f"{name}()", out)
    if out is None:
        x = wrap(draw(shape, kind))
    elif out._a.shape != shape:
        raise RuntimeError(f"{name}(): out has shape {list(out._a.shape)}, the result {list(shape)}")
    else:
        x = fills.fill(name, "", out, draw)
    return x.requires_grad_() if requires_grad else x


def _filled_like(
    name: str, method: Callable[..., Any], input: Any, generator: Any, dtype: Any, device: Any, requires_grad: bool
) -> Any:
    """A new tensor of the shape and memory order of `input`, filled by a method."""
    kind = require(name, input)._a.dtype if dtype is None else dtypes.to_numpy_dtype(dtype)
    check_new(kind, requires_grad, device)
    x = wrap(np.empty_like(input._a, dtype=kind, order=memory_order(input._a)))
    method(x, generator=generator)
    return x.requires_grad_() if requires_grad else x
