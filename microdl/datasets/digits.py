"""Handwritten digits: 1,797 real 8 x 8 images, inside the package, no download.

They are the test part of the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak,
1998, https://doi.org/10.24432/C50P49, CC BY 4.0), the same 1,797 that scikit-learn distributes.
``DIGITS.md`` beside this file holds the attribution and describes the format.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microdl.creation import from_numpy
from microdl.datasets._checks import check_seed
from microdl.datasets.vision import VisionDataset
from microdl.tensor import Tensor

__all__ = ["Digits", "load_digits_arrays", "stratified_split"]

PATH = Path(__file__).with_name("digits.npz")
SHA256 = "cbdf2a0b2dbaaf9a0aab28bffdd4bbb20400fa96d1120ef075841bd1f5ee2271"
LARGEST_PIXEL = 16
TEST_SIZE = 0.25
SPLIT_SEED = 0


class Digits(VisionDataset):
    """The digits as a dataset in torchvision's style: 1,348 images for training, 449 for testing.

    The two parts are one fixed random split, 75 to 25 within each class (``stratified_split`` with its
    defaults). Nothing is downloaded: the images are part of the package.

    Args:
        root: a folder with a ``digits.npz`` of one's own; by default the package's.
        train: the training part if true, else the test part.
        transform: called with each image, a uint8 tensor of shape (8, 8), when it is taken.
        target_transform: called with each label, an int, when it is taken.

    Attributes:
        data: uint8 tensor of shape (N, 8, 8), pixels 0 (paper) to 16 (ink).
        targets: int64 tensor of shape (N,), 0 to 9.
        classes: the names of the classes, ``"0"`` to ``"9"``.

    Raises:
        TypeError: ``train`` is not a bool, or a transform cannot be called.
        FileNotFoundError: the file is missing.
        RuntimeError: the file is damaged.

    Example:
        >>> from microdl.datasets import Digits
        >>> Digits(train=False)
        Dataset Digits
            Number of datapoints: 449
            Split: Test
        >>> image, label = Digits(train=False, transform=lambda image: image / 16)[0]
        >>> image.shape, image.dtype, label
        (torch.Size([8, 8]), torch.float32, 3)

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998,
    https://doi.org/10.24432/C50P49 (CC BY 4.0).
    """

    classes: ClassVar[list[str]] = [str(digit) for digit in range(10)]

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable[[Tensor], Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
    ) -> None:
        if not isinstance(train, (bool, np.bool_)):
            raise TypeError(f"train must be True (training part) or False (test part), got {train!r}")
        super().__init__(root, transform=transform, target_transform=target_transform)
        images, labels = load_digits_arrays(PATH if root is None else Path(root, PATH.name))
        part = stratified_split(labels)[0 if train else 1]
        self.train = bool(train)
        self.data = from_numpy(images[part])
        self.targets = from_numpy(labels[part].astype(np.int64))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(self.data[index], int(self.targets[index]))

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"

    @classmethod
    def tensors(cls, train: bool = True) -> tuple[Tensor, Tensor]:
        """Return all images and labels of a part as a linear classifier takes them.

        Returns:
            Inputs, float32, shape (N, 64), pixels divided by 16, so 0 to 1; labels, int64, shape (N,).

        Example:
            >>> from microdl.datasets import Digits
            >>> inputs, labels = Digits.tensors(train=True)
            >>> inputs.shape, inputs.dtype, labels.dtype
            (torch.Size([1348, 64]), torch.float32, torch.int64)
        """
        digits = cls(train=train)
        return digits.data.flatten(1).float() / LARGEST_PIXEL, digits.targets


def load_digits_arrays(path: str | Path = PATH) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the digits as ``(images, labels)``.

    Args:
        path: the ``.npz`` file to read; by default the one in the package.

    Returns:
        ``images``, uint8, shape (1797, 8, 8), pixels 0 (paper) to 16 (ink), and ``labels``, uint8, shape
        (1797,), 0 to 9. Both are new arrays: changing them changes nothing else.

    Raises:
        FileNotFoundError: the file is missing.
        RuntimeError: the file is damaged: unreadable, or its content is not the 1,797 digits (SHA-256).

    Example:
        >>> from microdl.datasets.digits import load_digits_arrays
        >>> images, labels = load_digits_arrays()
        >>> images.shape, images.dtype.name, int(images.max())
        ((1797, 8, 8), 'uint8', 16)
        >>> print(labels[:10])
        [0 1 2 3 4 5 6 7 8 9]
    """
    remedy = "Install microdl again: pip install --force-reinstall --no-deps microdl"
    try:
        # From memory: given a path, NumPy leaves the file open when the archive is cut short.
        with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as archive:
            images, labels = archive["images"], archive["labels"]
    except FileNotFoundError:
        raise FileNotFoundError(f"the digits are missing: there is no file {path}. {remedy}") from None
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise RuntimeError(f"the digits in {path} are damaged ({error}). {remedy}") from error
    if _digest(images, labels) != SHA256:
        raise RuntimeError(f"the digits in {path} are damaged (their SHA-256 is not {SHA256}). {remedy}")
    return images, labels


def _digest(*arrays: NDArray[Any]) -> str:
    content = hashlib.sha256()
    for array in arrays:
        content.update(f"{array.dtype.str}{array.shape}".encode())
        content.update(array.tobytes())
    return content.hexdigest()


def stratified_split(
    labels: ArrayLike, test_size: float = TEST_SIZE, seed: int = SPLIT_SEED
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split the indices of ``labels`` in two, with the same proportion of every class in both parts.

    Of n indices, round(n * test_size) are for testing. A class with c members gives floor(c * test_size) of
    them, drawn at random, and one more where the remainders c * test_size - floor(c * test_size) are largest
    (ties: the smaller label), so each class is within one member of its exact share.

    Args:
        labels: one label for each example, shape (n,), any dtype that sorts.
        test_size: the fraction for testing, between 0 and 1.
        seed: same seed, same split, on every platform and NumPy version (``numpy.random.RandomState``, whose
            stream NumPy has frozen).

    Returns:
        ``(train, test)``: int64 indices, each sorted; together every index once.

    Raises:
        TypeError: ``test_size`` is not a number, or ``seed`` is not an integer.
        ValueError: ``labels`` is not 1-D or is empty, ``test_size`` is not between 0 and 1, ``seed`` is not
            within 0 to 2**32 - 1, or a class is too small to be in both parts.

    Example:
        >>> train, test = stratified_split([0, 1, 0, 1, 0, 1, 0, 1], test_size=0.25)
        >>> len(train), len(test)
        (6, 2)
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"labels must be 1-D with at least one element, got shape {labels.shape}")
    _check_fraction(test_size)
    check_seed(seed)
    classes, members, counts = np.unique(labels, return_inverse=True, return_counts=True)
    takes = _shares(counts, test_size)
    for label, count, take in zip(classes, counts, takes, strict=True):
        if not 0 < take < count:
            raise ValueError(
                f"class {label} has {count} examples: test_size={test_size} puts {take} of them into the test"
                " part, but both parts need at least one. Give more examples or another test_size"
            )
    random = np.random.RandomState(seed)
    test = np.concatenate([random.permutation(np.flatnonzero(members == k))[:take] for k, take in enumerate(takes)])
    is_test = np.zeros(labels.size, dtype=bool)
    is_test[test] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _shares(counts: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """Round ``counts * fraction`` by largest remainders: the sum is ``round(total * fraction)``."""
    exact = counts * fraction
    shares: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return shares


def _check_fraction(test_size: float) -> None:
    if isinstance(test_size, bool) or not isinstance(test_size, (int, float, np.floating)):
        raise TypeError(f"test_size must be a float between 0 and 1, got {test_size!r}")
    if not 0 < test_size < 1:
        raise ValueError(f"test_size must be a fraction between 0 and 1, such as 0.25, got {test_size}")
