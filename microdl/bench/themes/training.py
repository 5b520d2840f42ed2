"""Ten epochs of a linear softmax classifier, from uint8 images in memory, DataLoader included."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task

__all__ = ["ROWS"]

EPOCHS, PIXELS, CLASSES, BATCH = 10, 3_072, 10, 256


def data(images: int) -> tuple[Any, Any]:
    """Images in the shape of CIFAR-10's: ten patterns under noise."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 32, (CLASSES, PIXELS), np.uint8)
    labels = rng.integers(0, CLASSES, images)
    x = rng.integers(0, 224, (images, PIXELS), np.uint8)
    for label, pattern in enumerate(patterns):
        x[labels == label] += pattern
    return x, labels


def torch_like(images: int, torch: Any) -> Task:
    x, y = map(torch.from_numpy, data(images))
    dataset = torch.utils.data.TensorDataset(x, y)

    def train() -> tuple[Any, Any]:
        torch.manual_seed(0)
        loader = torch.utils.data.DataLoader(dataset, batch_size=BATCH, shuffle=True)
        model = torch.nn.Linear(PIXELS, CLASSES)
        loss_fn = torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
        for _ in range(EPOCHS):
            for inputs, labels in loader:
                optimizer.zero_grad()
                loss = loss_fn(model(inputs.float().div_(255)), labels)
                loss.backward()
                optimizer.step()
        return model, loss

    def numbers() -> dict[str, Any]:
        model, loss = train()
        with torch.no_grad():
            right = (model(x[:BATCH].float().div_(255)).argmax(1) == y[:BATCH]).sum().item()
        return {"loss": loss.item(), "weight": model.weight.detach().numpy(), "accuracy": right / BATCH}

    return Task(train, numbers)


def sklearn_sgd(images: int, _: Any) -> Task:
    """One logistic classifier a class, and steps of one image: another method, compared by its accuracy."""
    linear_model = importlib.import_module("sklearn.linear_model")
    x, y = data(images)

    def train() -> Any:
        floats = np.multiply(x, np.float32(1 / 255), dtype=np.float32)
        model = linear_model.SGDClassifier(loss="log_loss", max_iter=EPOCHS, tol=None, random_state=0, n_jobs=-1)
        return model.fit(floats, y)

    return Task(train, lambda: {"accuracy": train().score(x[:BATCH].astype(np.float32) / 255, y[:BATCH])})


def _row(images: int) -> Row:
    builders = {"microdl": torch_like, "torch": torch_like, "sklearn": sklearn_sgd}
    return Row(
        f"{EPOCHS} epochs of {images:,} images",
        {name: partial(builder, images) for name, builder in builders.items()},
        aims={"torch": 4, "sklearn": 3},
        flops=EPOCHS * 4.0 * images * PIXELS * CLASSES,
        bytes=EPOCHS * 19.0 * images * PIXELS,  # of a byte: gathered, read, written and read twice as float
        tolerance={"loss": 1e-3, "weight": 1e-3, "accuracy": 0.1},
    )


ROWS = [_row(50_000), _row(5_000)]
