"""Draws into a tensor, in place: methods of `Tensor`. What was there before has no part in the result.

So the gradient of the tensor's earlier history is zero, as PyTorch's is. A draw is checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from .. import dtypes
from .._warning import warn
from ..autograd.graph import TensorBase, named, no_gradient
from ..autograd.inplace import check_writable, write
from ..autograd.record import op
from ..ops.shape import expand, integer, require
from .generator import Generator, default_generator
from .transforms import Array

Draw: TypeAlias = Callable[[tuple[int, ...], "np.dtype[Any]"], Array]
"""Makes the numbers for a shape and a dtype, of which all is checked before."""

_drawn = op("drawn", lambda input, parameter, numbers: numbers, input=no_gradient, parameter=no_gradient)


def drawn(node: str) -> Callable[..., Any]:
    """The operation `(input, parameter, numbers) -> numbers`, whose gradients are zero; `node` is its grad_fn."""
    return lambda *args: named(_drawn(*args), node)


def fill(name: str, node: str, x: Any, draw: Draw, parameter: Any = None) -> Any:
    """Fills a tensor in the order of its memory, as PyTorch does; `node` is the grad_fn where it requires grad."""
    check_writable(x, name)
    if x._a.size and any(stride == 0 and n > 1 for stride, n in zip(x._a.strides, x._a.shape, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            f"Please clone() the tensor before performing {name}."
        )
    axes = memory_order(x)
    numbers = draw(tuple(x._a.shape[axis] for axis in axes), x._a.dtype)
    return write(x, drawn(node), (parameter, numbers.transpose(np.argsort(axes).tolist())), name)


def memory_order(x: Any) -> list[int]:
    """The axes, the one with the longest stride first."""
    return sorted(range(x._a.ndim), key=lambda axis: -abs(x._a.strides[axis]))


# What is asked for, checked.


def chosen(generator: Any) -> Generator:
    """The generator to draw from: the default one for None; TypeError for what is none."""
    if generator is None:
        return default_generator
    if isinstance(generator, Generator):
        return generator
    raise TypeError(f"generator must be a torch.Generator or None, not {type(generator).__name__} ({generator!r})")


def floating(kernel: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype, where it is a floating one; `kernel` is the name PyTorch's error gives."""
    if dtype.kind == "f":
        return dtype
    d = dtypes.from_numpy_dtype(dtype)
    raise NotImplementedError(
        f"\"{kernel}\" not implemented for '{d.legacy}' ({d!r}). Draw in a floating dtype, such as torch.float32."
    )


def _require_continuous(distribution: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. dtype must be a floating point but "
            f"you specified {dtypes.from_numpy_dtype(dtype).legacy}"
        )


def normal_draw(generator: Any, mean: float, std: float, into: Any = None) -> Draw:
    """PyTorch makes the numbers of a tensor that is not contiguous in pairs, however many they are."""
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    pairs = into is not None and not into._a.flags.c_contiguous
    return partial(chosen(generator).normal_array, mean=mean, std=std, pairs=pairs)


def bernoulli_draw(generator: Any, p: Any, into: Any) -> Draw:
    """1 of the probabilities in a tensor, in the memory order of the tensor that is filled."""
    floating("bernoulli_tensor_cpu_p_", p._a.dtype)
    if not ((p._a >= 0) & (p._a <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false: give probabilities of [0, 1].")
    each = expand(p, into._a.shape)._a.transpose(memory_order(into))
    return partial(chosen(generator).bernoulli_array, each)


def integers_draw(generator: Any, low: int, high: int, dtype: np.dtype[Any]) -> Draw:
    """Integers of [low, high), within what the dtype holds; a floating one that rounds a bound moves it inwards."""
    for n in (low, high):
        if not -(2**63) <= n < 2**63:
            raise ValueError(f"Overflow when unpacking long long: {n}. Bounds are in [-2**63, 2**63).")
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}. Raise the upper bound."
        )
    least, most = _range(dtype)
    for which, n in (("from", low), ("to - 1", high - 1)):
        if not least <= n <= most:
            raise RuntimeError(
                f"{which} is out of bounds for {dtypes.from_numpy_dtype(dtype)!r}: {n} is not in [{least}, {most}]. "
                "Choose a wider dtype."
            )
    if dtype.kind == "f":
        low, high = _rounded(low, high, dtype)
    return partial(chosen(generator).integers_array, low, high)


def exact_integers(dtype: np.dtype[Any]) -> int:
    """The integer up to which a floating dtype holds every one: 2 to its binary digits."""
    return int(2 ** (np.finfo(dtype).nmant + 1))


def _range(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest integer of a dtype."""
    if dtype.kind == "b":
        return 0, 1
    info: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return int(info.min), int(info.max)


def _rounded(low: int, high: int, dtype: np.dtype[Any]) -> tuple[int, int]:
    digits = exact_integers(dtype).bit_length() - 1
    for which, n in (("from", low), ("to - 1", high - 1)):
        if abs(n) > 2**digits:
            warn(
                f"{which} is out of bounds [-(2^{digits}), 2^{digits}]: {n}. {dtypes.from_numpy_dtype(dtype)!r} cannot "
                "hold every integer beyond; choose a wider dtype.",
            )
    top, bottom = int(dtype.type(high - 1)), int(dtype.type(low + 1))
    if top >= high:
        high = top - 2 ** (abs(high - 1).bit_length() - digits)
    if bottom < low:
        low = bottom + 2 ** (abs(low + 1).bit_length() - digits)
    return low, high


# The methods.


def uniform_(input: Any, from_: float = 0.0, to: float = 1.0, *, generator: Any = None) -> Any:
    """Fills a floating tensor with numbers uniform on [from, to); RuntimeError where from > to. Returns it.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(3).uniform_(-1, 1)
    tensor([-0.0075,  0.5364, -0.8230])
    """
    dtype = floating("check_uniform_bounds", require("uniform_", input)._a.dtype)
    limit = float(np.finfo(dtype).max)
    for which, bound in (("from", from_), ("to", to)):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{which} is out of bounds for {dtypes.from_numpy_dtype(dtype)!r}: {bound}")
    if from_ > to:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}. Exchange them."
        )
    if to - from_ > limit:
        raise RuntimeError(
            f"uniform_ expects to-from <= {limit}, but found to={to} and from={from_}. Narrow the range."
        )
    draw = partial(chosen(generator).uniform_array, low=from_, high=to)
    return fill("uniform_", "UniformBackward0", input, draw)


def normal_(input: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
    """Fills a floating tensor with normal numbers; RuntimeError where std < 0. Returns it.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.normal_.html
    """
    draw = normal_draw(generator, mean, std, into=require("normal_", input))
    floating("normal_kernel_cpu", input._a.dtype)
    return fill("normal_", "NormalBackward0", input, draw)


def log_normal_(input: Any, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> Any:
    """Fills a floating tensor with numbers whose logarithms are normal; RuntimeError unless std > 0. Returns it.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html
    """
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    floating("log_normal_cpu", require("log_normal_", input)._a.dtype)
    draw = partial(chosen(generator).log_normal_array, mean=mean, std=std)
    return fill("log_normal_", "LogNormalBackward0", input, draw)


def exponential_(input: Any, lambd: float = 1.0, *, generator: Any = None) -> Any:
    """Fills a floating tensor with numbers of the exponential distribution of rate `lambd` > 0, else RuntimeError.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
    """
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    _require_continuous("Exponential", require("exponential_", input)._a.dtype)
    draw = partial(chosen(generator).exponential_array, rate=lambd)
    return fill("exponential_", "ExponentialBackward0", input, draw)


def cauchy_(input: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> Any:
    """Fills a floating tensor with numbers of Cauchy's distribution: `median + sigma * tan(pi * (u - 0.5))`.

    RuntimeError unless sigma > 0. Source: https://pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html
    """
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    _require_continuous("Cauchy", require("cauchy_", input)._a.dtype)
    draw = partial(chosen(generator).cauchy_array, median=median, sigma=sigma)
    return fill("cauchy_", "CauchyBackward0", input, draw)


def geometric_(input: Any, p: float, *, generator: Any = None) -> Any:
    """Fills a tensor with the number of trials up to the first success, of probability p: `ceil(log u / log(1 - p))`.

    RuntimeError unless 0 < p < 1. Source: https://pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html
    """
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    if require("geometric_", input)._a.dtype.kind == "b":
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'. Draw in an integer dtype.")
    return fill("geometric_", "GeometricBackward0", input, partial(chosen(generator).geometric_array, p))


def bernoulli_(input: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
    """Fills a tensor with 1 of probability p and 0 else; p is a number or a floating tensor that expands to its shape.

    RuntimeError where p is not in [0, 1]. Source: https://pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html
    """
    if isinstance(p, TensorBase):
        return fill("bernoulli_", "BernoulliBackward1", input, bernoulli_draw(generator, p, input), p)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    return fill("bernoulli_", "BernoulliBackward2", input, partial(chosen(generator).bernoulli_array, float(p)))


def random_(input: Any, *bounds: Any, to: int | None = None, generator: Any = None) -> Any:
    """Fills a tensor with integers of [0, to) or [from, to): `random_(to)` or `random_(from, to)`. Errors as `randint`.

    `random_()` draws from all the dtype's integers >= 0; for a floating dtype, those up to 2 to its binary digits.
    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.random_.html

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(5).random_(10)
    tensor([4., 9., 3., 0., 3.])
    """
    dtype = require("random_", input)._a.dtype
    bounds = bounds if to is None else (*bounds, to)
    if not bounds:
        most = exact_integers(dtype) if dtype.kind == "f" else _range(dtype)[1]
        draw: Draw = partial(chosen(generator).integers_array, 0, most + 1, wide=dtype.itemsize == 8)
        return fill("random_", "RandomBackward2", input, draw)
    if len(bounds) > 2:
        raise TypeError(f"random_() takes (), (to) or (from, to), not {bounds!r}")
    low, high = (integer("random_", "from", n) for n in (0, *bounds)[-2:])
    return fill("random_", f"RandomBackward{2 - len(bounds)}", input, integers_draw(generator, low, high, dtype))
