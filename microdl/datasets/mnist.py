"""MNIST, Fashion-MNIST and Kuzushiji-MNIST: 70,000 grey images of 28 x 28 pixels in ten classes each."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .._warning import warn
from ..creation import from_numpy
from .download import fetch, write_whole
from .vision import ArrayDataset

__all__ = ["MNIST", "FashionMNIST", "KMNIST", "read_idx"]

_LARGEST = 1 << 30  # bytes that a file may say it holds
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class MNIST(ArrayDataset):
    """Handwritten digits: 60,000 images for training, 10,000 for testing.

    The four files are read from ``root/MNIST/raw``, where torchvision puts them, unpacked or with ``.gz``. With
    download=True, those missing are fetched, their MD5 checked.

    Args:
        root: the folder above ``MNIST/raw``.
        train: the training images if true, else the test images.
        transform: called with each image when it is taken: a PIL image, or without Pillow a uint8 array (28, 28).
        target_transform: called with each label, an int.
        download: fetch the files that are not there.

    Attributes:
        data: uint8 tensor, shape (N, 28, 28), 0 (paper) to 255 (ink). targets: int64 tensor, shape (N,).
        classes: names of the classes. class_to_idx: their numbers.

    Raises:
        RuntimeError: the files are not there, are damaged, or could not be downloaded: what to put where is said.
        OSError: a file cannot be written, for want of room or rights: what to do is said.
        TypeError: a transform cannot be called.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, http://yann.lecun.com/exdb/mnist/;
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html
    """

    mirrors: ClassVar[list[str]] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes: ClassVar[list[str]] = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight",
        "9 - nine",
    ]  # fmt: skip

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        self.data, self.targets = self._load()

    @property
    def raw_folder(self) -> str:
        """Where the files are."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """Where old versions of torchvision kept tensors; not used."""
        return os.path.join(self.root, type(self).__name__, "processed")

    def _find(self, name: str) -> Path | None:
        unpacked = Path(self.raw_folder, name.removesuffix(".gz"))
        return next((path for path in (unpacked, Path(self.raw_folder, name)) if path.is_file()), None)

    def _check_exists(self) -> bool:
        return all(self._find(name) for name, _ in self.resources)

    def download(self) -> None:
        """Fetch and unpack the files that are not there."""
        for name, md5 in self.resources:
            packed = Path(self.raw_folder, name)
            unpacked = packed.with_suffix("")
            if unpacked.is_file():
                continue
            fetch([mirror + name for mirror in self.mirrors], packed, md5, self._remedy())
            write_whole(unpacked, _unpacked(packed))

    def _remedy(self) -> str:
        names = ", ".join(name for name, _ in self.resources)
        return f"Without a connection, put {names} (from {self.mirrors[0]}) into {self.raw_folder}"

    def _load(self) -> tuple[Any, Any]:
        wanted = [name for name, _ in self.resources if name.startswith("train" if self.train else "t10k")]
        paths = [self._find(name) for name in wanted]
        if None in paths:
            raise RuntimeError(
                f"Dataset not found. You can use download=True to download it. {wanted[paths.index(None)]} is not in "
                f"{self.raw_folder}. {self._remedy()}"
            )
        images, labels = (read_idx(path) for path in paths if path is not None)
        if images.dtype != np.uint8 or images.ndim != 3 or labels.dtype != np.uint8 or labels.ndim != 1:
            raise RuntimeError(f"{paths[0]} and {paths[1]} do not hold images and labels: {_shapes(images, labels)}")
        if len(images) != len(labels):
            raise RuntimeError(f"{paths[0]} and {paths[1]} do not belong together: {_shapes(images, labels)}")
        return from_numpy(images), from_numpy(labels.astype(np.int64))

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"

    def _renamed(self, old: str, new: str) -> Any:
        warn(f"{old} has been renamed {new}")
        return getattr(self, new)

    train_labels = property(lambda self: self._renamed("train_labels", "targets"))
    test_labels = property(lambda self: self._renamed("test_labels", "targets"))
    train_data = property(lambda self: self._renamed("train_data", "data"))
    test_data = property(lambda self: self._renamed("test_data", "data"))


class FashionMNIST(MNIST):
    """Pictures of clothes, in MNIST's format and size. See `MNIST` for the arguments; the folder is FashionMNIST/raw.

    Source: H. Xiao, K. Rasul, R. Vollgraf, 2017, https://github.com/zalandoresearch/fashion-mnist
    """

    mirrors: ClassVar[list[str]] = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: ClassVar[list[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """Cursive Japanese characters, in MNIST's format and size. See `MNIST`; the folder is KMNIST/raw.

    Source: T. Clanuwat et al., 2018, https://github.com/rois-codh/kmnist
    """

    mirrors: ClassVar[list[str]] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


def read_idx(path: str | os.PathLike[str]) -> np.ndarray[Any, np.dtype[Any]]:
    """The array in an IDX file, packed by gzip or not.

    Raises RuntimeError for a file that is damaged, cut short, or no IDX file.

    Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
    """
    content = _unpacked(Path(path)) if str(path).endswith(".gz") else Path(path).read_bytes()
    remedy = "Delete it, and download it again"
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES or not content[3]:
        raise RuntimeError(f"{path} is damaged, or no IDX file: it begins with {content[:4].hex(' ')}. {remedy}")
    kind, start = np.dtype(_TYPES[content[2]]), 4 + 4 * content[3]
    if len(content) < start:
        raise RuntimeError(f"{path} is cut short: it has {len(content)} bytes. {remedy}")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    size = kind.itemsize
    for length in shape:
        size *= length
    if len(content) != start + size:
        raise RuntimeError(
            f"{path} is damaged: for {shape} it should have {start + size} bytes, not {len(content)}. {remedy}"
        )
    return np.frombuffer(content, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            content = file.read(_LARGEST + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RuntimeError(f"{path} is damaged ({error}). Delete it, and download it again") from error
    if len(content) > _LARGEST:
        raise RuntimeError(f"{path} holds more than {_LARGEST} bytes: it is not what it should be. Delete it")
    return content


def _shapes(*arrays: np.ndarray[Any, np.dtype[Any]]) -> str:
    return ", ".join(f"{a.dtype} of shape {a.shape}" for a in arrays)
