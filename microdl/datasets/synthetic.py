"""Synthetic colour images in ten classes, in the shape and the format of CIFAR-10: a stand-in that needs no network."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..kernels import get_num_threads
from ._checks import check_integer, check_seed
from .official import check_version, write_cifar10
from .scenes import COLOURS, SHAPES, SIDE, TEXTURES, draw
from .vision import ArrayDataset

__all__ = ["SyntheticCIFAR"]

Array = np.ndarray[Any, np.dtype[Any]]

_KINDS = np.array([(i // 2, (i + 1) // 2 % 5, i % 5) for i in range(10)])
"""Colour, shape and texture of each class. Each of them is that of two classes; any two tell the class."""

_BLOCK = 200  # images from one stream of random numbers: what an image is depends on its place alone


def _name(colour: int, shape: int, texture: int) -> str:
    return " ".join(list(names)[i] for names, i in ((COLOURS, colour), (TEXTURES, texture), (SHAPES, shape)))


class SyntheticCIFAR(ArrayDataset):
    """Synthetic images, drawn by a program: no photographs, and not CIFAR-10, whose shape and format they have.

    Each shows one object, such as a red plain disc or a red striped square, somewhere in front of a background.
    There are five colours, five shapes and five textures. A colour, a shape or a texture is that of two classes, so
    none of them alone tells the class, and any two do. Place, size, turn, light, contrast, background and noise are
    random. Accuracies on these images say nothing of those on photographs.

    Trained with 2,000 of them, 7 nearest neighbours are right for 21 % of the test images, a linear classifier of the
    pixels for 42 %, one of mean colours for 23 %, of oriented gradients for 53 %, and of both for 59 %
    (``pytest -s tests/judges/test_synthetic_accuracy.py`` prints these).

    They are drawn each time anew, all 60,000 in a few seconds. Image i depends on `seed`, `train` and i alone: a
    smaller set is the beginning of a larger one. Any ten from image 10 * k on are of ten classes.

    Args:
        root: where nothing is read and nothing is written; for the sake of torchvision's signature.
        train: the training images if true, else the test images, which are others.
        transform: called with each image when it is taken: a PIL image, or without Pillow a uint8 array (32, 32, 3).
        target_transform: called with each label, an int.
        download: for the signature's sake: there is nothing to fetch.
        size: how many images; by default 50,000 for training and 10,000 for testing.
        seed: same seed, same images, on every machine and with any number of threads.

    Attributes:
        data: uint8 array, shape (N, 32, 32, 3). targets: list of N ints.
        classes: names of the classes. class_to_idx: their numbers.

    Raises:
        TypeError: `train` is not a bool, `size` or `seed` is no integer, or a transform cannot be called.
        ValueError: `size` is less than 1, or `seed` is not within 0 to 2**32 - 1.

    Example:
        >>> from microdl.datasets import SyntheticCIFAR
        >>> images = SyntheticCIFAR(train=False, size=20)
        >>> images
        Dataset SyntheticCIFAR
            Number of datapoints: 20
            Split: Test
            Synthetic: drawn by a program from seed 0, no photographs
        >>> images.data.shape, images.classes[1], images.targets.count(1)
        ((20, 32, 32, 3), 'red striped square', 2)
    """

    classes: ClassVar[list[str]] = [_name(*kinds) for kinds in _KINDS]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
        *,
        size: int | None = None,
        seed: int = 0,
    ) -> None:
        if not isinstance(train, (bool, np.bool_)):
            raise TypeError(f"train must be True (training part) or False (test part), got {train!r}")
        check_seed(seed)
        count = (50_000 if train else 10_000) if size is None else check_integer("size", size, 1)
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train, self.seed = bool(train), int(seed)
        self.data, labels = _drawn(count, self.train, self.seed)
        self.targets = labels.tolist()

    def extra_repr(self) -> str:
        part = "Train" if self.train else "Test"
        return f"Split: {part}\nSynthetic: drawn by a program from seed {self.seed}, no photographs"

    @classmethod
    def write_archive(
        cls,
        root: str | os.PathLike[str],
        version: str = "python",
        *,
        train_size: int = 50_000,
        test_size: int = 10_000,
        seed: int = 0,
    ) -> Path:
        """Write the images as an archive in one of CIFAR-10's official formats; return its path.

        It is ``root/cifar-10-python.tar.gz`` or ``root/cifar-10-binary.tar.gz``, for trying out what reads these. The
        class names, the file names and the readme in it say that the images are synthetic; and its checksums are not
        the official ones, so that `CIFAR10` refuses to take it for CIFAR-10.

        Args:
            root: an existing folder.
            version: ``"python"`` (pickled, as Python 2 wrote it) or ``"binary"``.
            train_size: training images, at least five: the format has five training batches.
            test_size: test images.
            seed: as of the class.

        Raises:
            ValueError: for another version, a size that is too small, and a seed out of range.
            FileNotFoundError: there is no such folder. OSError: it cannot be written to, or the disk is full.

        Example:
            >>> from microdl.datasets import SyntheticCIFAR
            >>> SyntheticCIFAR.write_archive(".", "binary", train_size=50, test_size=10).name
            'cifar-10-binary.tar.gz'
        """
        check_version(version)
        check_integer("train_size", train_size, 5, ": the format has five training batches")
        train, test = cls(train=True, size=train_size, seed=seed), cls(train=False, size=test_size, seed=seed)
        note = f"Synthetic images of seed {seed}, no photographs."
        return write_cifar10(root, (train.data, train.targets), (test.data, test.targets), cls.classes, version, note)


def _drawn(count: int, train: bool, seed: int) -> tuple[Array, Array]:
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    labels = np.empty(count, np.int64)

    def fill(block: int) -> None:
        start, stop = block * _BLOCK, min(count, (block + 1) * _BLOCK)
        some, theirs = _block(block, train, seed)
        images[start:stop], labels[start:stop] = some[: stop - start], theirs[: stop - start]

    with ThreadPoolExecutor(get_num_threads()) as pool:
        list(pool.map(fill, range(-(-count // _BLOCK))))  # the list, for the errors
    return images, labels


def _block(block: int, train: bool, seed: int) -> tuple[Array, Array]:
    random = np.random.RandomState([seed, int(train), block])
    labels = np.concatenate([random.permutation(10) for _ in range(_BLOCK // 10)])
    colours, shapes, textures = _KINDS[labels].T
    return draw(colours, shapes, textures, random), labels
