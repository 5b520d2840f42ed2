"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from .. import kernels
from ..autograd.graph import bump, grad_of, wrap
from ..autograd.mode import enable_grad
from .checks import check_floating, check_implementation, check_not_negative, misshapen, number
from .fused import current_lr
from .optimizer import Group, Optimizer, evaluate

Array: TypeAlias = np.ndarray[Any, Any]
Options: TypeAlias = tuple[float, float, float, float, bool, bool]

_ndarray = np.ndarray
_NO_BUFFER = {np.dtype(kind): np.empty(0, kind) for kind in (np.float32, np.float64)}


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum if asked for.

    At every step, for a parameter p with gradient g and momentum buffer b:

        g = -g, to maximize
        g = g + weight_decay * p
        b = g at the first step, momentum * b + (1 - dampening) * g later
        g = g + momentum * b with nesterov, else b; g itself without momentum
        p = p - lr * g

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        momentum: how much of the last direction is kept.
        dampening: how much less the gradient counts in the new direction.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2).
        nesterov: takes the gradient as if the momentum had been followed already; needs momentum and no dampening.
        maximize: climbs instead.
        foreach, fused: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        differentiable: records the step, so that a gradient can be taken through it; parameters are then non-leaves.

    A parameter without gradient is left as it is. float32 and float64 parameters in C order are updated in one compiled
    pass, in place; others with NumPy.

    Raises:
        ValueError: lr, momentum or weight_decay is negative, NaN or infinite; nesterov without momentum or with
            dampening.
        TypeError: one of them is no number.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([0.4600, 0.9200], requires_grad=True)

    Sources: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html; Sutskever, Martens, Dahl and Hinton, "On
    the importance of initialization and momentum in deep learning", ICML 2013, whose momentum is scaled otherwise.
    """

    buffers = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("momentum value", group["momentum"])
        check_not_negative("weight_decay value", group["weight_decay"])
        number("dampening", group["dampening"])
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                "Nesterov momentum requires a momentum and zero dampening, but momentum is "
                f"{group['momentum']} and dampening {group['dampening']}"
            )
        check_implementation(group)

    def _start(self) -> None:
        super()._start()
        self._slots: dict[Any, _Slot] = {}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient. `closure`, if given, computes loss and gradients; returns its
        loss.

        ValueError where a learning rate became NaN or infinite, RuntimeError where a shape is not the parameter's any
        more: no parameter has changed then.
        """
        loss = None if closure is None else evaluate(closure)
        state, slots, fused, others, versions = self.state, self._slots, [], [], []
        for group in self.param_groups:
            options = _options(group)
            momentum, recorded = options[1], group["differentiable"]
            for p in group["params"]:
                g = p._grad
                if g is None:
                    continue
                if type(g) is not _ndarray:
                    g = g._a
                known = state.get(p) if momentum else None
                buffer = known.get("momentum_buffer") if known else None
                slot = slots.get(p)
                if (
                    slot is None
                    or slot.a is not p._a
                    or slot.buffer is not buffer
                    or (momentum and (buffer is None or buffer._a is not slot.b))
                ):
                    check_floating(p, group["lr"])
                    slot = slots[p] = _Slot(p, buffer, momentum)
                if g.shape != slot.shape:
                    raise misshapen(p, "gradient", g)
                if slot.ready and g.dtype == slot.dtype and not recorded:
                    fused.append((slot, g.ravel(), options))
                    versions.append(p._version_counter)
                else:
                    others.append((p, slot, options, group))
        for slot, g, options in fused:
            if slot.small is not None:
                slot.small(0, slot.flat, g, slot.flat_buffer, options, False)
            else:
                kernels.optim.sgd_step(slot.flat, g, slot.flat_buffer, options, False)
        bump(versions, "step")
        for work in others:
            self._rarer_step(*work)
        return loss

    def _rarer_step(self, p: Any, slot: _Slot, options: Options, group: Group) -> None:
        """The first step with momentum, and the steps that are not the kernel's."""
        g = grad_of(p)._a
        if slot.flat is None or group["differentiable"] or g.dtype != slot.dtype:
            _slow_step(p, slot, options, slot.first, group)
        else:
            kernels.optim.sgd_step(slot.flat, g.ravel(), slot.flat_buffer, options, slot.first)
            p._version_counter.bump("step")
        if slot.buffer is not None:
            self.state[p]["momentum_buffer"] = slot.buffer
        slot.first, slot.ready = False, slot.flat is not None


class _Slot:
    """The memory of a parameter and its momentum buffer as the kernel takes it, until either is replaced."""

    __slots__ = ("a", "b", "buffer", "dtype", "first", "flat", "flat_buffer", "ready", "shape", "small")

    def __init__(self, p: Any, buffer: Any, momentum: float) -> None:
        a: Array = p._a
        self.a = a
        self.shape, self.dtype = a.shape, a.dtype
        self.first = bool(momentum) and buffer is None
        self.buffer = wrap(np.empty_like(a)) if momentum and buffer is None else buffer
        b: Any = _NO_BUFFER.get(a.dtype) if self.buffer is None else self.buffer._a
        self.b: Any = None if self.buffer is None else b
        if self.buffer is not None and b.shape != a.shape:
            raise misshapen(p, "momentum_buffer", self.buffer)
        self.flat: Any = None
        self.small: Any = None  # the kernel's machine code, where threads do not pay
        self.flat_buffer: Any = None
        if a.dtype in _NO_BUFFER and b.dtype == a.dtype and a.flags.carray and b.flags.carray:
            self.flat, self.flat_buffer = a.ravel(), b.ravel()
            if a.size < kernels.optim.THREADS_FROM:
                self.small = kernels.optim.SGD_STEP[a.dtype.char]
        self.ready = self.flat is not None and not self.first


def _options(group: Group) -> Options:
    """The options as the kernel takes them; read at every step, for a scheduler may have changed them."""
    return (
        float(current_lr(group)),
        float(group["momentum"]),
        float(group["dampening"]),
        float(group["weight_decay"]),
        bool(group["nesterov"]),
        bool(group["maximize"]),
    )


def _slow_step(p: Any, slot: _Slot, options: Options, first: bool, group: Group) -> None:
    if group["differentiable"]:
        slot.buffer = _recorded_step(p, None if first else slot.buffer, options, group)
    else:
        buffer = None if slot.buffer is None else slot.buffer._a
        _numpy_step(p._a, grad_of(p)._a, buffer, options, first)
        p._version_counter.bump("step")


def _numpy_step(a: Array, g: Array, b: Array | None, options: Options, first: bool) -> None:
    """The kernel's work for any dtype and memory order. Every sum is rounded once, float16's by way of float32."""
    lr, momentum, dampening, weight_decay, nesterov, maximize = options
    with np.errstate(all="ignore"):
        d = -g if maximize else g
        if weight_decay:
            d = _plus(d, weight_decay, a)
        if b is not None:
            b[...] = d if first else _plus(_plus(None, momentum, b), 1 - dampening, d)
            d = _plus(d, momentum, b) if nesterov else b
        a[...] = _plus(a, -lr, d)


def _plus(x: Array | None, alpha: float, y: Array) -> Array:
    """x + alpha * y, or alpha * y alone, in the dtype of y."""
    wide = np.dtype(np.float32) if y.dtype == np.float16 else y.dtype
    scaled: Array = wide.type(alpha) * y.astype(wide, copy=False)
    return (scaled if x is None else x.astype(wide, copy=False) + scaled).astype(y.dtype, copy=False)


def _recorded_step(p: Any, buffer: Any, options: Options, group: Group) -> Any:
    """The step made of recorded operations; lr and weight_decay may be tensors that require grad."""
    _, momentum, dampening, weight_decay, nesterov, maximize = options
    with enable_grad():
        d = -grad_of(p) if maximize else grad_of(p)
        if weight_decay:
            d = d + p * group["weight_decay"]
        if momentum:
            buffer = d.detach().clone() if buffer is None else buffer * momentum + d * (1 - dampening)
            d = d + buffer * momentum if nesterov else buffer
        p.sub_(d * group["lr"])
    return buffer
