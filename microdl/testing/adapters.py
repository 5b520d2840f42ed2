"""What a gradient test must know of a framework: how to make a leaf, read a value, and pull a gradient back.

`Adapter` takes three functions, so that any framework with reverse-mode derivatives can be tested. The frameworks named
here are imported when an adapter for them is asked for, and never needed otherwise.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..autograd.backward import grad
from ..autograd.graph import TensorBase, wrap
from ..autograd.mode import enable_grad, no_grad

__all__ = [
    "MICRODL", "PAIR", "Adapter", "Unusable", "adapter_for", "bind", "callable_of", "name_of", "named", "sequence",
]  # fmt: skip

Array = np.ndarray[Any, Any]
Pull = Callable[..., Sequence[Any]]


def _same(x: Any) -> Any:
    return x


@dataclass(frozen=True)
class Adapter:
    """Three functions that let gradient tests drive a framework.

    - `leaf(array)`: a tensor of that array, which requires grad if it is floating; its memory may be shared.
    - `value(tensor)`: the array of a tensor.
    - `vjp(op, leaves)`: `(outputs, pull)`, the outputs of `op(*leaves)` (one or a sequence), and a function that takes
      one upstream gradient (a tensor) for each output and returns the gradient, or None, of each leaf.

    `constant` makes a tensor that requires no grad of an array, and leaves other values alone; `call(op, *arrays)`
    gives the outputs' arrays without a graph, which is quicker; `higher(op, leaves, upstream)` gives gradients that can
    be differentiated again. `once` says that `pull` may be called only once, `positional` that a leaf given in two
    places gets a gradient for each, `dtypes` what the framework computes in, the widest first.

    >>> import numpy as np
    >>> from microdl.testing import Adapter, check_op
    >>> class Dual:  # a framework in miniature: a value and a way back
    ...     def __init__(self, value):
    ...         self.value = np.asarray(value, dtype=np.float64)
    >>> def vjp(op, leaves):
    ...     (x,) = leaves
    ...     return Dual(x.value**2), lambda g: (Dual(2 * x.value * g.value),)
    >>> mine = Adapter(leaf=Dual, value=lambda t: t.value, vjp=vjp, name="mine")
    """

    leaf: Callable[[Array], Any]
    value: Callable[[Any], Any]
    vjp: Callable[[Callable[..., Any], Sequence[Any]], tuple[Any, Pull]]
    name: str = "custom"
    constant: Callable[[Any], Any] = _same  # makes a tensor that requires no grad, of any array or value
    call: Callable[..., Any] | None = None  # op on arrays, outputs as arrays, without a graph: quicker
    higher: Callable[..., Sequence[Any]] | None = None
    once: bool = False
    positional: bool = False
    dtypes: tuple[str, ...] = ("float64", "float32")


class Unusable(TypeError):
    """A function whose result no gradient can be taken of."""


def sequence(outputs: Any) -> list[Any]:
    """The outputs of a function: a tuple's or a list's members, or the one there is."""
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def named(op: Any) -> Any:
    """What gives an op its name and signature: `Function.apply`'s class, a pair's forward, a partial's function."""
    f = op[0] if isinstance(op, tuple) else op
    f = f.func if isinstance(f, partial) else f
    owner = getattr(f, "__self__", None)
    return owner if isinstance(owner, type) and f.__name__ == "apply" else f


def name_of(op: Any) -> str:
    f = named(op)
    return str(getattr(f, "__name__", None) or type(f).__name__)


def callable_of(op: Any) -> Any:
    """The op as it is called: `apply` of an `autograd.Function`'s subclass (microdl's or PyTorch's)."""
    return op.apply if isinstance(op, type) and hasattr(op, "apply") and hasattr(op, "backward") else op


def bind(op: Any, options: Mapping[str, Any]) -> Any:
    """The op with keyword arguments filled in; both functions of a pair."""
    if not options:
        return op
    if isinstance(op, tuple):
        return tuple(partial(f, **options) for f in op)
    return partial(op, **options)


# --- microdl ----------------------------------------------------------------------------------------------


def _leaf(array: Array) -> Any:
    return wrap(array).requires_grad_()


def _constant(x: Any) -> Any:
    return wrap(x) if isinstance(x, np.ndarray) else x


def _value(tensor: Any) -> Array:
    if not isinstance(tensor, TensorBase):
        raise Unusable(
            f"the function returned {tensor!r} of type {type(tensor).__name__}, but it must return a tensor or "
            "several: no .item(), no .numpy(), no missing return"
        )
    return tensor._a


def _vjp(op: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Pull]:
    with enable_grad():
        outputs = sequence(op(*leaves))
    wanted = [x for x in leaves if isinstance(x, TensorBase) and x.requires_grad]

    def pull(*gs: Any) -> list[Any]:
        return _gradients(outputs, leaves, wanted, gs, False)

    return outputs, pull


def _higher(op: Callable[..., Any], leaves: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
    with enable_grad():
        leaves = [_recorded(x) for x in leaves]
        outputs = sequence(op(*leaves))
        wanted = [x for x in leaves if isinstance(x, TensorBase) and x.requires_grad]
        return _gradients(outputs, leaves, wanted, gs, True)


def _recorded(x: Any) -> Any:
    real = isinstance(x, TensorBase) and not x.requires_grad and x._a.dtype.kind == "f"
    return x.detach().requires_grad_() if real else x


def _gradients(outputs: Sequence[Any], leaves: Sequence[Any], wanted: Any, gs: Any, create_graph: bool) -> list[Any]:
    pairs = [(y, g) for y, g in zip(outputs, gs, strict=True) if isinstance(y, TensorBase) and y.requires_grad]
    if not pairs or not wanted:
        return [None] * len(leaves)
    found = grad(
        [y for y, _ in pairs], wanted, [g for _, g in pairs],
        retain_graph=True, create_graph=create_graph, allow_unused=True,
    )  # fmt: skip
    by_leaf = {id(x): g for x, g in zip(wanted, found, strict=True)}
    return [by_leaf.get(id(x)) for x in leaves]


def _call(op: Callable[..., Any], *arrays: Any) -> list[Any]:
    with no_grad():
        leaves = [wrap(a) if isinstance(a, np.ndarray) else a for a in arrays]
        return [_value(t) for t in sequence(op(*leaves))]


MICRODL = Adapter(_leaf, _value, _vjp, "microdl", _constant, _call, _higher)


# --- a pair of NumPy functions -------------------------------------------------------------------------------


def _pair_vjp(op: Any, leaves: Sequence[Any]) -> tuple[Any, Pull]:
    forward, backward = op
    result = forward(*leaves)
    if _keeps_cache(result, backward, len(leaves)):
        outputs, cache = result
        return outputs, lambda *gs: _one_each(backward(_alone(gs), cache), leaves)
    return result, lambda *gs: _one_each(backward(_alone(gs), *leaves), leaves)


def _pair_call(op: Any, *arrays: Any) -> list[Any]:
    forward, backward = op
    result = forward(*arrays)
    return sequence(result[0] if _keeps_cache(result, backward, len(arrays)) else result)


def _alone(gs: Sequence[Any]) -> Any:
    return gs[0] if len(gs) == 1 else gs


def _keeps_cache(result: Any, backward: Callable[..., Any], inputs: int) -> bool:
    """Whether the pair is written as `out, cache = forward(...)` and `backward(g, cache)`."""
    if not isinstance(result, tuple) or len(result) != 2:
        return False
    required = [
        p for p in inspect.signature(backward).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]  # fmt: skip
    if any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(backward).parameters.values()):
        return False
    return len(required) == 2 and (
        inputs != 1 or not isinstance(result[1], (np.ndarray, np.generic, float)) or "cache" in required[1].name
    )


def _one_each(gradients: Any, leaves: Sequence[Any]) -> list[Any]:
    """A gradient for each argument, where the backward may give them for the real arguments only."""
    found = list(gradients) if isinstance(gradients, (tuple, list)) else [gradients]
    if len(found) == len(leaves):
        return found
    real = [i for i, x in enumerate(leaves) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    if len(found) != len(real):
        raise TypeError(
            f"backward returned {len(found)} gradients for {len(leaves)} inputs, of which {len(real)} are real; "
            "return one for each input (None for those without) or one for each real input."
        )
    by_place = dict(zip(real, found, strict=True))
    return [by_place.get(i) for i in range(len(leaves))]


PAIR = Adapter(np.asarray, _same, _pair_vjp, "NumPy pair", call=_pair_call, positional=True)


def adapter_for(op: Any, adapter: Adapter | str | None) -> Adapter:
    """The adapter that is given, or asked for by name, or that the op needs by its looks.

    Names: "microdl", "numpy" (a pair of functions, forward and backward), and those of `frameworks.FRAMEWORKS`.
    """
    if isinstance(adapter, Adapter):
        return adapter
    if adapter is None:
        return PAIR if isinstance(op, tuple) else MICRODL
    from .frameworks import FRAMEWORKS

    makers = {"microdl": lambda: MICRODL, "numpy": lambda: PAIR, **FRAMEWORKS}
    if adapter not in makers:
        raise ValueError(f"adapter must be an Adapter or one of {sorted(makers)}, but got {adapter!r}")
    return makers[adapter]()
