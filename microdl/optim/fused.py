"""What the optimisers share whose step is one compiled pass over each parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from .. import dtypes, kernels
from ..autograd.graph import TensorBase, wrap
from .checks import check_floating, check_not_negative, misshapen
from .optimizer import Group, Optimizer, evaluate

Array: TypeAlias = np.ndarray[Any, Any]
Numbers: TypeAlias = tuple[Any, ...]

_ndarray = np.ndarray
_COMPILED = (np.dtype(np.float32), np.dtype(np.float64))


class FusedOptimizer(Optimizer):
    """The base of optimisers that are a kernel: it keeps their state and calls the kernel for each parameter.

    A subclass names its kernel (`kernels.optim.<kernel>`), the state of a parameter's shape (`buffers`, in the kernel's
    order), the numbers in the state (`counts`), and computes from these and the options, in `_advance`, what the kernel
    takes. float32 and float64 in C order are changed in place; anything else is computed in a copy (half precision in
    float32, rounded once a step) and copied back.
    """

    kernel = ""
    counts: tuple[str, ...] = ("step",)

    def _buffers(self, group: Group) -> Sequence[str]:
        """Those of `buffers` that the options make necessary."""
        return self.buffers

    def _initial(self, name: str, group: Group) -> float:
        """What a buffer or a count is filled with before the first step."""
        return 0.0

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        """The options for the kernel at the step that follows `counts`, and the counts after it."""
        raise NotImplementedError

    def _check_options(self, group: Group) -> None:
        check_not_negative("learning rate", group["lr"])
        if group.get("differentiable"):
            raise NotImplementedError(
                f"{type(self).__name__} cannot be differentiated through: its step is one compiled pass. Leave "
                "differentiable=False, or take SGD(..., differentiable=True)."
            )
        if group.get("capturable"):
            raise AssertionError(
                "If capturable=True, params must be on a supported device (cuda, xpu, hpu, xla), and they are on cpu. "
                "Leave capturable=False."
            )

    def _start(self) -> None:
        super()._start()
        self._slots: dict[Any, _Slot] = {}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient. `closure`, if given, computes loss and gradients; returns its
        loss.

        ValueError where a learning rate became NaN or infinite, RuntimeError where a shape is not the parameter's any
        more, NotImplementedError for integers, KeyError where the state lacks what an option needs: no parameter has
        changed then.
        """
        loss = None if closure is None else evaluate(closure)
        state, slots, work = self.state, self._slots, []
        for group in self.param_groups:
            lr, names, slot = current_lr(group), self._buffers(group), None
            entries = []
            for p in group["params"]:
                grad = p._grad
                if grad is None:
                    continue
                if type(grad) is not _ndarray:
                    grad = grad._a
                slot = slots.get(p)
                if slot is None or slot.a is not p._a or not slot.fits(state.get(p), names):
                    check_floating(p, group["lr"])
                    slot = slots[p] = _Slot(p, self._entry(p, group, names), names, self)
                if grad.shape != slot.a.shape:
                    raise misshapen(p, "gradient", grad)
                entries.append((p, slot, grad))
            if slot is not None:
                work.append((group, lr, entries))
        if work:
            self._run(getattr(kernels.optim, self.kernel), work)
        return loss

    def _run(self, kernel: Callable[..., None], work: list[tuple[Group, Any, list[Any]]]) -> None:
        for group, lr, entries in work:
            known: Any = None
            for p, slot, g in entries:
                counts = tuple([c[()] for c in slot.counts])
                if counts != known:  # most often all parameters have made the same steps
                    known, (options, after) = counts, self._advance(group, lr, *counts)
                if slot.flat is not None and g.dtype == slot.a.dtype:
                    kernel(slot.flat, g.ravel(), *slot.flat_buffers, options)
                else:
                    _by_copies(kernel, slot, g, options)
                for count, value in zip(slot.counts, after, strict=True):
                    count.fill(value)
                p._version_counter.bump("step")

    def _entry(self, p: Any, group: Group, names: Sequence[str]) -> dict[str, Any]:
        """The state of a parameter; of one without any it is made, as before the first step."""
        entry = self.state[p]
        if not entry:
            count = count_dtype()
            for name in self.counts:
                entry[name] = wrap(np.array(self._initial(name, group), count))
            for name in names:
                entry[name] = wrap(np.full_like(p._a, self._initial(name, group)))
        return entry

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for entry in self.state.values():
            for name in self.counts:  # Python numbers, in what old versions of PyTorch saved
                if isinstance(entry, dict) and name in entry and not isinstance(entry[name], TensorBase):
                    entry[name] = wrap(np.array(entry[name], np.float32))


class _Slot:
    """The memory of a parameter and its state as the kernel takes it, until any of them is replaced."""

    __slots__ = ("a", "buffers", "counts", "flat", "flat_buffers", "held", "names")

    def __init__(self, p: Any, entry: dict[str, Any], names: Sequence[str], optimizer: FusedOptimizer) -> None:
        missing = [name for name in (*optimizer.counts, *names) if name not in entry]
        if missing:
            raise KeyError(
                f"{missing[0]!r} is not in the state of a parameter of shape {list(p._a.shape)}: an option that needs "
                "it was set after the first step. Set it when the optimizer is made, or clear the state."
            )
        self.a: Array = p._a
        self.names = names
        for name in names:
            if entry[name]._a.shape != self.a.shape:
                raise misshapen(p, name, entry[name])
        self.held = [(name, entry[name]._a) for name in (*optimizer.counts, *names)]
        self.counts = [entry[name]._a for name in optimizer.counts]
        none = np.empty(0, self.a.dtype)
        self.buffers = [entry[name]._a if name in names else none for name in optimizer.buffers]
        direct = self.a.dtype in _COMPILED and all(
            b.dtype == self.a.dtype and b.flags.carray for b in (self.a, *self.buffers)
        )
        self.flat: Any = self.a.ravel() if direct else None
        self.flat_buffers = [b.ravel() for b in self.buffers] if direct else []

    def fits(self, entry: dict[str, Any] | None, names: Sequence[str]) -> bool:
        if not entry or self.names != names:
            return False
        for name, array in self.held:
            tensor = entry.get(name)
            if tensor is None or tensor._a is not array:
                return False
        return True


def _by_copies(kernel: Callable[..., None], slot: _Slot, g: Array, options: Numbers) -> None:
    dtype = np.dtype(np.float64 if slot.a.dtype == np.float64 else np.float32)
    targets = [slot.a, *slot.buffers]
    p, *buffers = [np.array(x, dtype, order="C").ravel() for x in targets]
    kernel(p, np.ascontiguousarray(g, dtype).ravel(), *buffers, options)
    with np.errstate(all="ignore"):
        for target, copy in zip(targets, (p, *buffers), strict=True):
            target[...] = copy.reshape(target.shape)


def count_dtype() -> Any:
    """That of the numbers in the state, as in PyTorch."""
    return np.float64 if dtypes.get_default_dtype() is dtypes.float64 else np.float32


def decays(group: Group, lr: Any) -> tuple[float, float]:
    """What a parameter is multiplied by before the step, and the weight of the penalty: one of them has an effect."""
    decay = float(group["weight_decay"])
    return (float(1.0 - lr * decay), 0.0) if group["decoupled_weight_decay"] and decay != 0.0 else (1.0, decay)


def current_lr(group: Group) -> Any:
    """The group's learning rate, for a scheduler may have changed it: a float, or the NumPy number of a tensor."""
    lr = group["lr"]
    value = lr._a.reshape(())[()] if isinstance(lr, TensorBase) else float(lr)
    if not math.isfinite(value):
        raise ValueError(f"Invalid learning rate: {value}. It was set in param_groups after the optimizer was made.")
    return value
