"""Averages of a model's parameters over training, and the learning rates that go with them.

Sources: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", 2018;
https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from .. import surface
from ..autograd.mode import no_grad
from ..creation import tensor
from ..nn.layers import BatchNorm1d
from ..nn.module import Module
from .lr_scheduler.base import LRScheduler, one_a_group
from .optimizer import Optimizer

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn",
    "update_bn",
]  # fmt: skip

Average = Callable[[Any, Any, Any], Any]


def get_swa_avg_fn() -> Average:
    """The running mean: `mean + (new - mean) / (n + 1)`."""
    return lambda averaged, current, num_averaged: averaged + (current - averaged) / (num_averaged + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential moving average: `decay * mean + (1 - decay) * new`. ValueError for a decay outside [0, 1]."""
    _check_decay(decay)
    return lambda averaged, current, num_averaged: decay * averaged + (1 - decay) * current


def get_swa_multi_avg_fn() -> Callable[[list[Any], list[Any], Any], None]:
    """`get_swa_avg_fn` for lists of tensors, in place."""

    @no_grad()
    def update(averaged: list[Any], current: list[Any], num_averaged: Any) -> None:
        for mean, new in zip(averaged, current, strict=True):
            mean.lerp_(new, float(1 / (num_averaged + 1)))

    return update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[list[Any], list[Any], Any], None]:
    """`get_ema_avg_fn` for lists of tensors, in place."""
    _check_decay(decay)

    @no_grad()
    def update(averaged: list[Any], current: list[Any], num_averaged: Any) -> None:
        for mean, new in zip(averaged, current, strict=True):
            mean.lerp_(new, 1 - decay)

    return update


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


class AveragedModel(Module):
    """A copy of `model`, in `module`, whose parameters become averages: `update_parameters(model)` adds to them.

    `avg_fn(mean, new, n)` gives the new mean of one parameter, `multi_avg_fn(means, news, n)` changes all in place; by
    default it is the mean of all. Buffers are copied, or averaged as well with `use_buffers`. `n_averaged` counts.
    ValueError where both functions are given.

    >>> import microdl as torch
    >>> model = torch.nn.Linear(1, 1)
    >>> mean = torch.optim.swa_utils.AveragedModel(model)
    >>> for value in (1., 3.):
    ...     _ = torch.nn.init.constant_(model.weight, value)
    ...     mean.update_parameters(model)
    >>> mean.module.weight.item(), mean.n_averaged
    (2.0, tensor(2))

    Source: https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html
    """

    n_averaged: Any
    module: Any

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Callable[[list[Any], list[Any], Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model).to("cpu" if device is None else device)
        self.register_buffer("n_averaged", tensor(0))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the model's parameters into the average."""
        ours, theirs = ([p.detach() for p in self._averaged(m)] for m in (self.module, model))
        if self.n_averaged == 0:
            for mean, new in zip(ours, theirs, strict=True):
                mean.copy_(new)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(ours, theirs, self.n_averaged)
        else:
            average = self.avg_fn or get_swa_avg_fn()
            for mean, new in zip(ours, theirs, strict=True):
                mean.copy_(average(mean, new, self.n_averaged))
        if not self.use_buffers:
            for mine, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
                mine.detach().copy_(buffer.detach())
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Any]:
        return itertools.chain(model.parameters(), model.buffers()) if self.use_buffers else model.parameters()


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Sets the running statistics of the model's BatchNorm layers to the averages over one pass of `loader`.

    Of batches that are lists or tuples the first element is the input. The model's mode is as it was, afterwards.
    """
    layers = [m for m in model.modules() if isinstance(m, BatchNorm1d)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    training = model.training
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the average of all batches
    model.train()
    try:
        for batch in loader:
            input = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(input if device is None else input.to(device))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """Moves the learning rates to `swa_lr` (a number, or one for each group) in `anneal_epochs` steps, and stays there.

    `anneal_strategy` is "cos" or "linear"; ValueError for another, and for negative epochs.

    Source: https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for group, rate in zip(optimizer.param_groups, one_a_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How much of the way is gone."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[Any]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            last = group["swa_lr"]
            first = last if before == 1 else (group["lr"] - before * last) / (1 - before)
            rates.append(last * now + first * (1 - now))
        return rates


surface.install(__name__)
