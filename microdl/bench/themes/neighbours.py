"""The k nearest of rows of CIFAR-10's size, exactly: scikit-learn and faiss by brute force, torch by cdist and topk.

Bytes are what microdl takes as they are; the others are given the same numbers as float32, which is what they take.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..worker import peak_memory
from ..workload import Builder, Row, Task

__all__ = ["ROWS"]

PIXELS = 3_072
FEW = 100  # queries whose neighbours stand for the rest, where all of them take long


@dataclass(frozen=True)
class Search:
    queries: int
    rows: int
    metric: str
    dtype: str
    k: int

    def data(self, dtype: str) -> tuple[Any, Any]:
        """Noisy patches of one colour, as bytes or as numbers from 0 to 1."""
        rng = np.random.default_rng(0)
        images: Any = np.empty((self.queries + self.rows, PIXELS), np.uint8)
        for first in range(0, len(images), 1000):
            part = images[first : first + 1000]
            patches = rng.integers(30, 226, (len(part), 8, 8, 3), np.uint8).repeat(4, 1).repeat(4, 2)
            part[:] = patches.reshape(part.shape) + rng.integers(0, 30, part.shape, np.uint8)
        if dtype == "float32":
            images = images.astype(np.float32)
        if self.dtype == "float32":
            images /= 255
        return images[: self.queries], images[self.queries :]

    def task(self, search: Callable[[], Any], few: Callable[[], Any] | None = None) -> Task:
        """`search` gives distances, ascending, and indices; `few` those of the first queries, with the peak beside."""

        def numbers() -> dict[str, Any]:
            distances, indices = (few or search)()
            return {"distances": np.asarray(distances)[:FEW], "the nearest": np.asarray(indices)[:FEW, 0]}

        return Task(search, numbers, None if few is None else peak_memory)


def ours(search: Search, microdl: Any) -> Task:
    queries, rows = search.data(search.dtype)
    model = importlib.import_module(f"{microdl.__name__}.classifiers.neighbors").KNeighborsClassifier(
        search.k, metric=search.metric
    )
    model.fit(rows, np.zeros(len(rows), np.int64))
    few = partial(model.kneighbors, queries[:FEW]) if search.queries > 1000 else None
    return search.task(partial(model.kneighbors, queries), few)


def sklearn(search: Search, _: Any) -> Task:
    queries, rows = search.data("float32")
    neighbors = importlib.import_module("sklearn.neighbors")
    model = neighbors.NearestNeighbors(n_neighbors=search.k, metric=search.metric, algorithm="brute").fit(rows)
    return search.task(partial(model.kneighbors, queries))


def faiss(search: Search, faiss: Any) -> Task:
    queries, rows = search.data("float32")
    index = faiss.IndexFlat(PIXELS, faiss.METRIC_L1 if search.metric == "l1" else faiss.METRIC_L2)
    index.add(rows)

    def find() -> Any:
        distances, indices = index.search(queries, search.k)
        return (distances if search.metric == "l1" else np.sqrt(distances)), indices

    return search.task(find)


def torch(search: Search, torch: Any) -> Task:
    queries, rows = map(torch.from_numpy, search.data("float32"))

    def find() -> Any:
        return torch.cdist(queries, rows, 1.0 if search.metric == "l1" else 2.0).topk(search.k, largest=False)

    return search.task(find)


def _row(search: Search, aims: dict[str, float]) -> Row:
    builders: dict[str, Builder] = {"microdl": partial(ours, search)}
    if search.queries <= 1000:
        peers = {"faiss": faiss, "sklearn": sklearn, "torch": torch}
        builders |= {name: partial(builder, search) for name, builder in peers.items()}
    what = f"{search.metric.upper()}, {search.queries:,} x {search.rows:,}"
    return Row(
        f"{what} {'bytes' if search.dtype == 'uint8' else search.dtype}, k = {search.k}",
        builders,
        aims=aims,
        most_seconds=0.0 if aims else 20.0,
    )


ROWS = [
    *(_row(Search(500, 5_000, "l1", "uint8", k), {"faiss": 6, "sklearn": 40}) for k in (1, 7)),
    *(_row(Search(500, 5_000, "l2", "uint8", k), {"faiss": 1.5}) for k in (1, 7)),
    *(_row(Search(500, 5_000, "l1", "float32", k), {"faiss": 1}) for k in (1, 7)),
    *(_row(Search(500, 5_000, "l2", "float32", k), {"faiss": 0.9}) for k in (1, 7)),
    _row(Search(10_000, 50_000, "l1", "uint8", 7), {}),
]
