"""``microdl train``: a classifier learns to read handwritten digits.

This file is the example to copy. It uses PyTorch's names only: with ``import torch`` in place of
``import microdl as torch`` (and likewise in the two lines below it) it prints the same losses.
"""

from __future__ import annotations

import io
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import microdl as torch
from microdl import nn
from microdl._atomic import write_atomically
from microdl.datasets import Digits
from microdl.plots import plot_losses, plot_templates, save_figure
from microdl.utils.data import DataLoader, TensorDataset, random_split

__all__ = ["DivergedError", "History", "Options", "evaluate", "load_data", "make_model", "run", "train"]

HIDDEN_UNITS = 32
LOSSES = {"softmax": nn.CrossEntropyLoss, "hinge": nn.MultiMarginLoss}
MODELS = ("linear", "mlp")


@dataclass(frozen=True)
class Options:
    """What ``microdl train`` can be told; the defaults reach 96 % test accuracy with either loss."""

    data: str = "digits"
    model: str = "linear"
    loss: str = "softmax"
    epochs: int = 60
    lr: float = 0.2
    batch_size: int = 64
    momentum: float = 0.9
    weight_decay: float = 1e-4
    seed: int = 0
    out: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.out or Path("runs", f"{self.data}-{self.model}-{self.loss}")


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
    loss_fn: nn.Module,
    optimizer: torch.optim.Optimizer,
    train_set: TensorDataset,
    valid_set: TensorDataset,
    epochs: int,
    batch_size: int,
) -> History:
    """Train ``model`` by minibatch gradient descent.

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
                loss.backward()
                optimizer.step()
                history.steps.append(loss.item())

            # The hinge loss of a NaN is 0, so a finite loss is not enough.
            check_finite("sum of the weights", weight_sum(model), epoch, step, optimizer)
            _, train_accuracy = evaluate(model, loss_fn, train_set)
            valid_loss, valid_accuracy = evaluate(model, loss_fn, valid_set)
            history.train_accuracy.append(train_accuracy)
            history.valid_loss.append(valid_loss)
            history.valid_accuracy.append(valid_accuracy)
            mean_loss = sum(history.steps[-len(loader) :]) / len(loader)
            progress.show(f"loss {mean_loss:.4f}, accuracy {train_accuracy:.1%}, valid {valid_accuracy:.1%}")
    return history


@torch.no_grad()
def evaluate(model: nn.Module, loss_fn: nn.Module, data: TensorDataset) -> tuple[float, float]:
    """Return the mean loss and the accuracy (the fraction of labels predicted) over all of ``data``."""
    inputs, labels = data.tensors
    model.eval()
    logits = model(inputs)
    model.train()
    correct = (logits.argmax(dim=1) == labels).sum().item()
    return loss_fn(logits, labels).item(), correct / len(labels)


def load_data() -> dict[str, TensorDataset]:
    """Return the digits in three parts: a tenth of the images for training becomes the validation part.

    Inputs are float32 in 0 to 1, shape (n, 64); labels are int64, shape (n,). The parts are the same whatever
    the seed of the training.
    """
    known = TensorDataset(*Digits.tensors(train=True))
    training, validation = random_split(known, [0.9, 0.1], generator=torch.Generator().manual_seed(0))
    return {
        "training": TensorDataset(*known[training.indices]),
        "validation": TensorDataset(*known[validation.indices]),
        "test": TensorDataset(*Digits.tensors(train=False)),
    }


def make_model(name: str) -> nn.Module:
    """Return a new ``"linear"`` classifier, or an ``"mlp"`` with one hidden layer."""
    if name == "linear":
        return nn.Linear(64, 10)
    return nn.Sequential(nn.Linear(64, HIDDEN_UNITS), nn.ReLU(), nn.Linear(HIDDEN_UNITS, 10))


def run(options: Options) -> dict[str, tuple[float, float]]:
    """Train as ``options`` say, print how it went, and write the pictures and the weights.

    Returns:
        The loss and the accuracy on each part, by its name: ``"training"``, ``"validation"``, ``"test"``.

    Raises:
        DivergedError: the loss became NaN or infinite. Nothing was written.
        OSError: the results cannot be written.
    """
    torch.manual_seed(options.seed)
    parts = load_data()
    model = make_model(options.model)
    loss_fn = LOSSES[options.loss]()
    optimizer = torch.optim.SGD(
        model.parameters(), lr=options.lr, momentum=options.momentum, weight_decay=options.weight_decay
    )

    started = time.perf_counter()
    history = train(
        model, loss_fn, optimizer, parts["training"], parts["validation"], options.epochs, options.batch_size
    )
    seconds = time.perf_counter() - started
    results = {name: evaluate(model, loss_fn, part) for name, part in parts.items()}
    print(f"{options.data}, {options.model} model, {options.loss} loss, seed {options.seed}:", end=" ")
    print(f"{options.epochs} epochs, {len(history.steps):,} steps in {seconds:.2f} s")
    print_table(parts, results)
    write_results(options, model, history)
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


def write_results(options: Options, model: nn.Module, history: History) -> None:
    """Write ``weights.npz`` (the state dict; ``numpy.load`` reads it), ``templates.png`` and ``loss.png``."""
    state = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    content = io.BytesIO()
    np.savez(content, **state)
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "weights.npz", content.getvalue())
    written = ["weights.npz"]
    try:
        draw_results(options, model, history)
        written += ["templates.png", "loss.png"]
    except ImportError as error:
        print(f"no pictures: {error}", file=sys.stderr)
    print(f"wrote {', '.join(str(folder / name) for name in written)}")


def draw_results(options: Options, model: nn.Module, history: History) -> None:
    weights = next(model.parameters()).detach().numpy()
    run_name = f"{options.data}, {options.model}, {options.loss}"
    whose = "class" if options.model == "linear" else "hidden unit"
    templates = plot_templates(weights, title=f"{run_name}: the template of each {whose}")
    losses = plot_losses(
        history.steps,
        history.valid_loss,
        steps_per_epoch=len(history.steps) // len(history.valid_loss),
        train_accuracy=history.train_accuracy,
        valid_accuracy=history.valid_accuracy,
        log=True,
        title=run_name,
    )
    save_figure(templates, options.folder / "templates.png")
    save_figure(losses, options.folder / "loss.png")


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
