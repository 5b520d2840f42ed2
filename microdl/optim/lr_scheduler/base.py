"""What all schedules share: counting epochs, and writing the learning rates."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ..._warning import warn
from ...autograd.graph import TensorBase
from ..optimizer import Optimizer

_SEE = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


class LRScheduler:
    """The base class of schedules: it counts epochs and writes each group's learning rate.

    A subclass defines `get_lr`, the learning rates at epoch `last_epoch`, most often from those before. Call `step()`
    once an epoch, after `optimizer.step()`; a UserWarning tells where the order is the other one.

    Args:
        optimizer: TypeError unless an `Optimizer`.
        last_epoch: the epoch to go on from, -1 to start; otherwise each group needs its "initial_lr", else KeyError.

    Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copy(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with last_epoch "
                    f">= 0 (it is {last_epoch}). Load the optimizer's state first, or start with last_epoch=-1."
                )
        self.optimizer = optimizer
        self.base_lrs = [_copy(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        optimizer.watch_step()
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next epoch (or to `epoch`, which PyTorch deprecates) and sets the learning rates."""
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warn_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._set_lrs(lambda: self._next_values(epoch))

    def _set_lrs(self, values: Callable[[], list[Any]]) -> None:
        self._get_lr_called_within_step = True
        try:
            new = values()
        finally:
            self._get_lr_called_within_step = False
        for group, value in zip(self.optimizer.param_groups, new, strict=True):
            set_lr(group, value)
        self._last_lr = current_lrs(self.optimizer)

    def _next_values(self, epoch: int | None) -> list[Any]:
        if epoch is None:
            self.last_epoch += 1
            return self.get_lr()
        self.last_epoch = epoch
        closed: Callable[[], list[Any]] = getattr(self, "_get_closed_form_lr", self.get_lr)
        return closed()

    def _check_order(self) -> None:
        if not self.optimizer.step_is_watched():
            warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                f"Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. {_SEE}",
                UserWarning,
            )
        elif not self.optimizer._opt_called:
            warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
                "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to "
                f"do this will result in PyTorch skipping the first value of the learning rate schedule. {_SEE}",
                UserWarning,
            )

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`, one a group; `get_last_lr` is the one to call from outside."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_lr()")

    def get_last_lr(self) -> list[Any]:
        """The learning rates that the last `step()` set, one a group."""
        return self._last_lr

    def _scaled(self, factor: float) -> list[Any]:
        self._warn_unless_in_step()
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _unchanged(self) -> list[Any]:
        self._warn_unless_in_step()
        return current_lrs(self.optimizer)

    def _warn_unless_in_step(self) -> None:
        if not self._get_lr_called_within_step:
            warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
            )

    def state_dict(self) -> dict[str, Any]:
        """Everything about the schedule except the optimiser."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from what `state_dict` returned. The optimiser's own state is loaded apart."""
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """The name of the base class in old programs."""


def current_lrs(optimizer: Optimizer) -> list[Any]:
    return [_copy(group["lr"]) for group in optimizer.param_groups]


def one_a_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A list with one value for each group, of one for all or of such a list. ValueError for another length."""
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * groups
    if len(values) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(values)} values, "
            f"param_groups has {groups}."
        )
    return [_copy(value) for value in values]


def held_by(function: Any) -> dict[str, Any] | None:
    """What a callable object holds, for its state; None for a function, which is not saved."""
    return None if isinstance(function, types.FunctionType) else dict(getattr(function, "__dict__", {})) or None


def check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, TensorBase) else value


def set_lr(group: dict[str, Any], value: Any) -> None:
    """Writes a group's learning rate; one that is a tensor stays that tensor."""
    if isinstance(group["lr"], TensorBase):
        group["lr"]._a.fill(float(value))
        group["lr"]._version_counter.bump("fill_")
    else:
        group["lr"] = value


def warn_epoch() -> None:
    warn(
        "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please "
        "use `scheduler.step()` to step the scheduler.",
        UserWarning,
    )
