"""``microdl train``: a classifier learns to read handwritten digits, or what else it is given.

This file is the example to copy. The loop uses PyTorch's names only: with ``import torch`` in place of
``import microdl as torch`` (and likewise for ``nn`` and ``utils.data``) it prints the same losses.
"""

from __future__ import annotations

import io
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import microdl as torch
import microdl.nn as nn
from microdl import choices, tasks
from microdl._atomic import write_atomically
from microdl.classifiers._options import advance
from microdl.plots import plot_decision_regions, plot_losses, plot_templates, save_figure
from microdl.utils.data import DataLoader, TensorDataset

__all__ = ["DivergedError", "History", "Options", "evaluate", "load_data", "make_model", "run", "train"]

LOSSES: dict[str, Callable[[], Any]] = {
    "softmax": nn.CrossEntropyLoss,
    "hinge": nn.MultiMarginLoss,
    "squared-hinge": lambda: nn.MultiMarginLoss(p=2),
    **choices.LOSSES,
}
MODELS = ("linear", "mlp")
EVALUATED = 8192  # inputs at a time


@dataclass(frozen=True)
class Options:
    """What ``microdl train`` can be told; the defaults reach 96 % test accuracy with either loss."""

    data: str = "digits"
    features: str = "pixels"
    model: str = "linear"
    hidden: int = 32
    loss: str = "softmax"
    penalty: str = "none"
    alpha: float = 1e-4
    epochs: int = 60
    optimizer: str = "sgd"
    lr: float | None = None
    schedule: str = "constant"
    batch_size: int = 64
    momentum: float = 0.9
    weight_decay: float = 1e-4
    k: int = 5
    metric: str = "l2"
    draws: int = 1000
    seed: int = 0
    root: Path = Path("data")
    download: bool = False
    limit: int | None = None
    out: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the results go."""
        seen = "" if self.features == "pixels" else f"-{self.features}"
        how = f"-{self.loss}" if self.model in MODELS else ""
        return self.out or Path("runs", f"{self.data}{seen}-{self.model}{how}")


@dataclass
class History:
    """What happened: the loss of every step, and at the end of every epoch the loss and the accuracies."""

    steps: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)


class DivergedError(RuntimeError):
    """The loss is NaN or infinite: training cannot go on."""


def train(
    model: nn.Module,
    loss_fn: Callable[[Any, Any], Any],
    optimizer: torch.optim.Optimizer,
    train_set: TensorDataset,
    valid_set: TensorDataset,
    epochs: int,
    batch_size: int,
    penalty: Callable[[], torch.Tensor] | None = None,
    scheduler: Any = None,
) -> History:
    """Train ``model`` by minibatch gradient descent on the loss, to which ``penalty()`` is added.

    Raises:
        DivergedError: the loss is NaN or infinite; the text names epoch, step and learning rate.
    """
    history = History()
    loader = DataLoader(train_set, batch_size=batch_size, shuffle=True)
    with Progress(epochs) as progress:
        for epoch in progress:
            for step, (inputs, labels) in enumerate(loader, start=1):
                optimizer.zero_grad()
                logits = model(inputs)
                loss = loss_fn(logits, labels)
                check_finite("loss", loss.item(), epoch, step, optimizer)
                (loss if penalty is None else loss + penalty()).backward()
                optimizer.step()
                history.steps.append(loss.item())

            # The hinge loss of a NaN is 0, so a finite loss is not enough.
            check_finite("sum of the weights", weight_sum(model), epoch, step, optimizer)
            _, train_accuracy = evaluate(model, loss_fn, train_set)
            valid_loss, valid_accuracy = evaluate(model, loss_fn, valid_set)
            history.train_accuracy.append(train_accuracy)
            history.valid_loss.append(valid_loss)
            history.valid_accuracy.append(valid_accuracy)
            advance(scheduler, valid_loss)
            mean_loss = sum(history.steps[-len(loader) :]) / len(loader)
            progress.show(f"loss {mean_loss:.4f}, accuracy {train_accuracy:.1%}, valid {valid_accuracy:.1%}")
    return history


@torch.no_grad()
def evaluate(model: nn.Module, loss_fn: Callable[[Any, Any], Any], data: TensorDataset) -> tuple[float, float]:
    """Return the mean loss and the accuracy (the fraction of labels predicted) over all of ``data``."""
    inputs, labels = data.tensors
    model.eval()
    logits = torch.cat([model(some) for some in inputs.split(EVALUATED)])
    model.train()
    correct = (logits.argmax(dim=1) == labels).sum().item()
    return loss_fn(logits, labels).item(), correct / len(labels)


def load_data(options: Options | None = None) -> dict[str, TensorDataset]:
    """Return the data in three parts: a tenth of the images for training becomes the validation part.

    By default these are the digits: inputs float32 in 0 to 1, shape (n, 64); labels int64, shape (n,). The parts are
    the same whatever the seed of the training. Images of bytes stay bytes, which the model converts batch by batch.
    """
    options = options or Options()
    task = tasks.load(options.data, options.root, options.download, options.limit)
    return as_sets(task, tasks.features(options.features, task, keep_bytes=True))


def as_sets(task: tasks.Task, rows: dict[str, Any]) -> dict[str, TensorDataset]:
    pairs = {name: (rows[name], part.labels) for name, part in task.parts.items()}
    return {name: TensorDataset(torch.from_numpy(x), torch.from_numpy(y)) for name, (x, y) in pairs.items()}


class Bytes(nn.Module):
    """Pixels from 0 to 255 become floats from 0 to 1."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        pixels: torch.Tensor = input.float().div_(255)
        return pixels


def make_model(
    name: str, inputs: int = 64, classes: int = 10, hidden: int = Options.hidden, of_bytes: bool = False
) -> nn.Module:
    """Return a new ``"linear"`` classifier, or an ``"mlp"`` with one hidden layer; ``of_bytes``, of pixels as bytes."""
    layers: list[nn.Module] = [Bytes()] if of_bytes else []
    if name == "linear":
        layers.append(nn.Linear(inputs, classes))
    else:
        layers += [nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def run(options: Options) -> dict[str, tuple[float, float]]:
    """Train as ``options`` say, print how it went, and write the pictures and the weights.

    Returns:
        The loss and the accuracy on each part, by its name: ``"training"``, ``"validation"``, ``"test"``.

    Raises:
        DivergedError: the loss became NaN or infinite. Nothing was written.
        OSError: the results cannot be written.
        RuntimeError: the data are not there, or damaged. ValueError: the features do not suit them.
    """
    task = tasks.load(options.data, options.root, options.download, options.limit)
    rows = tasks.features(options.features, task, keep_bytes=True)
    if options.model not in MODELS:
        return choices.run_estimator(options, task, rows)
    torch.manual_seed(options.seed)
    parts = as_sets(task, rows)
    bytes_ = rows["training"].dtype == np.uint8
    model = make_model(options.model, rows["training"].shape[1], len(task.classes), options.hidden, bytes_)
    loss_fn = LOSSES[options.loss]()
    rate = choices.learning_rate(options, rows["training"]) if options.lr is None else options.lr
    optimizer = choices.make_optimizer(torch.optim, options, model, rate)
    penalty = choices.make_penalty(options, model)
    scheduler = choices.make_scheduler(options, optimizer)

    started = time.perf_counter()
    training, validation, epochs, batch_size = (
        parts["training"],
        parts["validation"],
        options.epochs,
        options.batch_size,
    )
    history = train(model, loss_fn, optimizer, training, validation, epochs, batch_size, penalty, scheduler)
    seconds = time.perf_counter() - started
    results = {name: evaluate(model, loss_fn, part) for name, part in parts.items()}
    print(f"{choices.described(options)}, seed {options.seed}:", end=" ")
    print(f"{options.epochs} epochs, {len(history.steps):,} steps in {seconds:.2f} s")
    print_table(parts, results)
    write_results(options, model, history, task)
    return results


def check_finite(name: str, value: float, epoch: int, step: int, optimizer: torch.optim.Optimizer) -> None:
    """Refuse to go on with a number that is NaN or infinite."""
    if not math.isfinite(value):
        rate = optimizer.param_groups[0]["lr"]
        raise DivergedError(
            f"the {name} is {value} at epoch {epoch}, step {step}, with learning rate {rate:g}: training"
            " diverged, nothing was written. Lower the learning rate"
        )


def weight_sum(model: nn.Module) -> float:
    """Return the sum of all parameters: not finite if one of them is not."""
    total: float = sum(parameter.sum().item() for parameter in model.parameters())
    return total


def print_table(parts: dict[str, TensorDataset], results: dict[str, tuple[float, float]]) -> None:
    print(f"\n{'':<12}{'images':>8}{'loss':>10}{'accuracy':>11}")
    for name, (loss, accuracy) in results.items():
        print(f"{name:<12}{len(parts[name]):>8,}{loss:>10.4f}{accuracy:>10.1%}")
    print()


def write_results(options: Options, model: nn.Module, history: History, task: tasks.Task) -> None:
    """Write ``weights.npz`` (the state dict; ``numpy.load`` reads it), ``templates.png`` and ``loss.png``."""
    state = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    content = io.BytesIO()
    np.savez(content, **state)
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "weights.npz", content.getvalue())
    written = ["weights.npz"]
    try:
        written += draw_results(options, model, history, task)
    except ImportError as error:
        print(f"no pictures: {error}", file=sys.stderr)
    print(f"wrote {', '.join(str(folder / name) for name in written)}")


def draw_results(options: Options, model: nn.Module, history: History, task: tasks.Task) -> list[str]:
    """Draw the losses, and what was learned where it can be seen: templates of images, regions of the plane."""
    title = choices.described(options)
    drawn = {}
    weights = next(model.parameters()).detach().numpy()
    if options.features == "pixels" and len(task.shape) > 1:
        whose = "class" if options.model == "linear" else "hidden unit"
        names = task.classes if options.model == "linear" else None
        drawn["templates.png"] = plot_templates(
            weights, shape=task.shape, class_names=names, title=f"{title}: the template of each {whose}"
        )
    elif options.features == "pixels":
        drawn["regions.png"] = plot_decision_regions(model, task.test.images, task.test.labels, title=title)
    drawn["loss.png"] = plot_losses(
        history.steps,
        history.valid_loss,
        steps_per_epoch=len(history.steps) // len(history.valid_loss),
        train_accuracy=history.train_accuracy,
        valid_accuracy=history.valid_accuracy,
        log=True,
        title=title,
    )
    for name, picture in drawn.items():
        save_figure(picture, options.folder / name)
    return list(drawn)


class Progress:
    """Counts epochs 1 to ``total``: with tqdm a bar, without it a line an epoch, both on standard error.

    The bar is there from the end of the first epoch: before it, microdl may say that it compiles kernels.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.epoch = 0
        self.bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __iter__(self) -> Iterator[int]:
        while self.epoch < self.total:
            self.epoch += 1
            yield self.epoch

    def show(self, text: str) -> None:
        """Show how the epoch went."""
        try:
            from tqdm import tqdm
        except ImportError:
            print(f"epoch {self.epoch}/{self.total}: {text}", file=sys.stderr)
            return
        if self.bar is None:
            look = "{desc} |{bar}| {n_fmt}/{total_fmt} epochs{postfix}"
            self.bar = tqdm(total=self.total, desc="training", bar_format=look, dynamic_ncols=True)
        self.bar.set_postfix_str(text, refresh=self.epoch == self.total)
        self.bar.update()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
