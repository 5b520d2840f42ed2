"""What `microdl train` and `microdl compare` learn: data sets and features by name, in three parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import microdl as torch
from microdl import datasets
from microdl.datasets.toys import TOYS
from microdl.utils.data import random_split

__all__ = ["DATA", "FEATURES", "Part", "Task", "features", "load", "standardised"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Part:
    """Images, (n, height, width), (n, height, width, 3) or points (n, 2), and their labels, int64 (n,)."""

    images: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Sequence[int]) -> Part:
        """The examples at these places."""
        return Part(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class Task:
    """A data set in three parts. `largest` is the value of a white (or inked) pixel, 0 for points."""

    name: str
    classes: tuple[str, ...]
    largest: int
    training: Part
    validation: Part
    test: Part

    @property
    def parts(self) -> dict[str, Part]:
        """The parts by name."""
        return {"training": self.training, "validation": self.validation, "test": self.test}

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image: (height, width), (height, width, 3), or (2,) for points."""
        shape: tuple[int, ...] = self.training.images.shape[1:]
        return shape


# --- data sets -------------------------------------------------------------------------------------------------------

Source = Callable[[str, bool], tuple[Part, Part, Sequence[str], int]]


def _digits(root: str, download: bool) -> tuple[Part, Part, Sequence[str], int]:
    return _official(lambda train: datasets.Digits(train=train), 16)


def _torchvision(kind: str, root: str, download: bool) -> tuple[Part, Part, Sequence[str], int]:
    return _official(lambda train: getattr(datasets, kind)(root, train=train, download=download), 255)


def _synthetic(root: str, download: bool) -> tuple[Part, Part, Sequence[str], int]:
    return _official(lambda train: datasets.SyntheticCIFAR(train=train), 255)


def _official(make: Callable[[bool], Any], largest: int) -> tuple[Part, Part, Sequence[str], int]:
    known, test = make(True), make(False)
    return _part(known.data, known.targets), _part(test.data, test.targets), known.classes, largest


def _toy(name: str, root: str, download: bool) -> tuple[Part, Part, Sequence[str], int]:
    known, test = TOYS[name](1000, seed=0), TOYS[name](500, seed=1)
    return _part(*known), _part(*test), [str(k) for k in range(int(known[1].max()) + 1)], 0


def _part(images: Any, labels: Any) -> Part:
    return Part(np.asarray(images), np.asarray(labels, np.int64))


DATA: dict[str, Source] = {
    "digits": _digits,
    "synthetic-cifar": _synthetic,
    "cifar10": partial(_torchvision, "CIFAR10"),
    "cifar100": partial(_torchvision, "CIFAR100"),
    "mnist": partial(_torchvision, "MNIST"),
    "fashion-mnist": partial(_torchvision, "FashionMNIST"),
    "kmnist": partial(_torchvision, "KMNIST"),
    **{name.replace("_", "-"): partial(_toy, name) for name in TOYS},
}


def load(name: str, root: str | Path = "data", download: bool = False, limit: int | None = None) -> Task:
    """The data set of a name, whose images for training are split in training and validation, nine to one.

    The parts are the same whatever the seed of the training. Of a `limit` at most that many images are used for
    training, and for testing.

    Raises what the data set raises: RuntimeError where its files are not there, damaged, or cannot be downloaded.
    """
    known, test, classes, largest = DATA[name](str(root), download)
    indices: Any = range(len(known))
    training, validation = random_split(indices, [0.9, 0.1], generator=torch.Generator().manual_seed(0))
    return Task(
        name,
        tuple(classes),
        largest,
        known.take(list(training.indices)[:limit]),
        known.take(list(validation.indices)[: None if limit is None else max(1, limit // 9)]),
        test.take(range(len(test))[:limit]),
    )


# --- features --------------------------------------------------------------------------------------------------------


def _hog(shape: tuple[int, ...]) -> Any:
    from microdl.features import HOG

    cell = max(1, min(shape[:2]) // 4)  # 8 pixels for CIFAR-10, as in the lectures
    return HOG(pixels_per_cell=(cell, cell), cells_per_block=(2, 2))


def _transformer(name: str, options: dict[str, Any], shape: tuple[int, ...]) -> Any:
    from microdl import features

    return getattr(features, name)(**options)


FEATURES: dict[str, Callable[[tuple[int, ...]], Any] | None] = {
    "pixels": None,
    "hog": _hog,
    "color": partial(_transformer, "ColorHistogram", {"bins": 10, "space": "hue"}),
    "words": partial(_transformer, "VisualWords", {"random_state": 0}),
    "lbp": partial(_transformer, "LBP", {}),
    "gabor": partial(_transformer, "Gabor", {}),
    "lift": partial(_transformer, "Lift", {}),
    "polar": partial(_transformer, "Polar", {}),
}
_OF_POINTS = ("lift", "polar")


def features(names: str, task: Task, keep_bytes: bool = False) -> dict[str, Array]:
    """The examples of each part as rows of float32: "pixels" from 0 to 1 (points as they are), or features such as
    "hog+color", side by side and standardised by the mean and deviation of the training part.

    With `keep_bytes`, pixels from 0 to 255 stay bytes.

    ValueError for a name that is none, and for one that does not suit the data.
    """
    kinds = names.split("+")
    if unknown := [kind for kind in kinds if kind not in FEATURES]:
        raise ValueError(f"{unknown[0]!r} is none of the features {', '.join(FEATURES)}; join several with +")
    if kinds == ["pixels"] and keep_bytes and task.largest == 255:
        return {name: part.images.reshape(len(part), -1) for name, part in task.parts.items()}
    if kinds == ["pixels"]:
        return _of_kind("pixels", task)
    points = len(task.shape) == 1
    if wrong := [kind for kind in kinds if kind != "pixels" and (kind in _OF_POINTS) != points]:
        raise ValueError(f"{wrong[0]!r} is a feature of {'images' if points else 'points'}, and {task.name} has none")
    if "color" in kinds and len(task.shape) != 3:
        raise ValueError(f"'color' is a feature of colour images, and those of {task.name} are grey")
    return standardised([_of_kind(kind, task) for kind in kinds])


def _of_kind(kind: str, task: Task) -> dict[str, Array]:
    make = FEATURES[kind]
    if make is None:
        return {name: _rows(part.images, task.largest) for name, part in task.parts.items()}
    transformer = make(task.shape).fit(_images(task.training.images, task.largest))
    return {
        name: np.asarray(transformer.transform(_images(part.images, task.largest)), np.float32)
        for name, part in task.parts.items()
    }


def standardised(found: list[dict[str, Array]]) -> dict[str, Array]:
    from microdl.features import Standardise

    joined = {name: np.concatenate([one[name] for one in found], axis=1) for name in found[0]}
    scale = Standardise().fit(joined["training"])
    return {name: np.asarray(scale.transform(rows), np.float32) for name, rows in joined.items()}


def _images(images: Array, largest: int) -> Array:
    """As the features take them: bytes up to 255, or floats up to 1."""
    return images if largest in (0, 255) else images.astype(np.float32) / np.float32(largest)


def _rows(images: Array, largest: int) -> Array:
    rows = images.reshape(len(images), -1).astype(np.float32)
    return rows / np.float32(largest) if largest else rows
