"""How much longer the chapters' framework takes than microdl. In the root: python -m benchmarks.chapters

Epochs of minibatches of 64, SGD with momentum, on noise in the shape of the digits and of MNIST. Each framework has a
process of its own; they take turns, and the medians of the turns are compared.
"""

import importlib
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

ROUNDS, FRAMEWORKS = 7, ("microdl", "mydl.data")
# name: sizes of the layers, images, epochs
MODELS: dict[str, tuple[list[int], int, int]] = {
    "linear, digits": ([64, 10], 1348, 200),
    "two layers, digits": ([64, 32, 10], 1348, 200),
    "two layers, 784 pixels": ([784, 128, 10], 12800, 5),
}


def face(name: str) -> Any:
    """What a script calls torch, of microdl or of the chapters' package with the kernels of the last."""
    if name == "microdl":
        return importlib.import_module(name)
    from microdl.learn.chapter import chapters
    from microdl.learn.package import write_reference

    with tempfile.TemporaryDirectory() as scratch:
        write_reference(Path(scratch, "mydl"), chapters().values())
        sys.path.insert(0, scratch)
        importlib.import_module("mydl.kernels").use_kernels()
        return importlib.import_module(name).torch


def train(torch: Any, sizes: list[int], images: int, epochs: int) -> float:
    """Seconds of the training; a first epoch warms up."""
    random = np.random.default_rng(0)
    x, y = random.random((images, sizes[0]), np.float32), random.integers(0, sizes[-1], images)
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    layers: list[Any] = [torch.nn.Linear(sizes[0], sizes[1])]
    for inputs, outputs in pairwise(sizes[1:]):
        layers += [torch.nn.ReLU(), torch.nn.Linear(inputs, outputs)]
    model, loss_fn = torch.nn.Sequential(*layers), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    started = 0.0
    for epoch in range(epochs + 1):
        started = perf_counter() if epoch == 1 else started
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), labels)
            loss.backward()
            optimizer.step()
    return perf_counter() - started


def timed(framework: str, model: str) -> float:
    words = [sys.executable, "-m", "benchmarks.chapters", framework, model]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    for model, (_, images, epochs) in MODELS.items():
        rounds = [[timed(framework, model) for framework in FRAMEWORKS] for _ in range(ROUNDS)]
        ours, theirs = (median(column) for column in zip(*rounds, strict=True))
        steps = epochs * -(-images // 64)
        ratios = sorted(b / a for a, b in rounds)
        print(
            f"{model:<24}microdl {ours / steps * 1e6:6.1f} us a step, chapters {theirs / steps * 1e6:6.1f} us, "
            f"{median(ratios):.2f} times as long ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    if sys.argv[1:]:
        print(train(face(sys.argv[1]), *MODELS[sys.argv[2]]))
    else:
        main()
