"""CIFAR-10 and CIFAR-100: 60,000 colour images of 32 x 32 pixels in ten, or a hundred, classes."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .download import calculate_md5, check_integrity, fetch, write_whole
from .vision import ArrayDataset

__all__ = ["CIFAR10", "CIFAR100", "load_arrays"]

_PIXELS = 3 * 32 * 32
_LARGEST = 1 << 28  # bytes of a file in the archive


class CIFAR10(ArrayDataset):
    """50,000 images for training and 10,000 for testing, in ten classes from airplane to truck.

    Read from ``root/cifar-10-batches-py``, where torchvision unpacks the official archive (the files' MD5 are checked);
    or from the archive ``root/cifar-10-python.tar.gz`` itself, which is unpacked; or from the official binary version,
    unpacked as ``root/cifar-10-batches-bin``. The pickled files are read by an unpickler that takes nothing but arrays
    of bytes, numbers, text, lists and dicts.

    Args:
        root: the folder above those.
        train: the training images if true, else the test images.
        transform: called with each image when it is taken: a PIL image, or without Pillow a uint8 array (32, 32, 3).
        target_transform: called with each label, an int.
        download: fetch the archive (170 MB), if nothing is there.

    Attributes:
        data: uint8 array, shape (N, 32, 32, 3). targets: list of N ints.
        classes: names of the classes. class_to_idx: their numbers.

    Raises:
        RuntimeError: the files are not there, are damaged, or could not be downloaded: what to put where is said.
        TypeError: a transform cannot be called.

    Source: A. Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html;
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html
    """

    base_folder: ClassVar[str] = "cifar-10-batches-py"
    binary_folder: ClassVar[str] = "cifar-10-batches-bin"
    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename: ClassVar[str] = "cifar-10-python.tar.gz"
    tgz_md5: ClassVar[str] = "c58f30108f718f92721af3b95e74349a"
    train_list: ClassVar[list[list[str]]] = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list: ClassVar[list[list[str]]] = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }
    _labels: ClassVar[str] = "labels"
    _label_bytes: ClassVar[int] = 1  # of a record of the binary version; the last is the class
    _binary_names: ClassVar[str] = "batches.meta.txt"

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
        pixels, self.targets, self.classes = self._load()
        self.data = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)

    def _path(self, name: str) -> Path:
        return Path(self.root, self.base_folder, name)

    def _files(self) -> list[list[str]]:
        return [*self.train_list, *self.test_list, [self.meta["filename"], self.meta["md5"]]]

    def _check_integrity(self) -> bool:
        return all(check_integrity(self._path(name), md5) for name, md5 in self._files())

    def download(self) -> None:
        """Fetch the archive and unpack it, unless its files are there."""
        if self._is_binary() or self._check_integrity():
            return
        archive = Path(self.root, self.filename)
        fetch(
            [self.url],
            archive,
            self.tgz_md5,
            f"Without a connection, put {self.filename} (from {self.url}) into {self.root}",
        )
        self._unpack(archive)

    def _unpack(self, archive: Path) -> None:
        """Write the archive's files that belong to the set, and no others."""
        wanted = {f"{self.base_folder}/{name}": self._path(name) for name, _ in self._files()}
        try:
            with tarfile.open(archive) as tar:
                for member in tar:
                    target = wanted.pop(member.name.removeprefix("./"), None)
                    file = tar.extractfile(member) if target is not None and member.isfile() else None
                    if target is None or file is None:
                        continue
                    if member.size > _LARGEST:
                        raise RuntimeError(f"{archive}: {member.name} says it holds {member.size} bytes: not official")
                    write_whole(target, file.read())
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise RuntimeError(f"{archive} is damaged ({error}). Delete it, and download it again") from error
        if wanted:
            raise RuntimeError(f"{archive} is damaged: it has no {', '.join(wanted)}. Delete it, and download it again")

    def _is_binary(self) -> bool:
        return Path(self.root, self.binary_folder).is_dir() and not Path(self.root, self.base_folder).is_dir()

    def _load(self) -> tuple[Any, list[int], list[str]]:
        if self._is_binary():
            return self._load_binary()
        archive = Path(self.root, self.filename)
        if archive.is_file() and not self._path(self.train_list[0][0]).is_file():
            self._unpack(archive)
        self._check_files()
        pixels, labels = [], []
        for name, _ in self.train_list if self.train else self.test_list:
            entry = load_arrays(self._path(name))
            some, theirs = _batch(entry, self._labels, self._path(name))
            pixels.append(some)
            labels += theirs
        names = load_arrays(self._path(self.meta["filename"])).get(self.meta["key"])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RuntimeError(f"{self._path(self.meta['filename'])} has no list of {self.meta['key']!r}")
        return np.concatenate(pixels), labels, names

    def _check_files(self) -> None:
        if self._check_integrity():  # which a program may override, for files of its own
            return
        for name, md5 in self._files():
            path = self._path(name)
            if check_integrity(path, md5):
                continue
            found = f"its MD5 is {calculate_md5(path)}, not {md5}" if path.is_file() else "it is not there"
            raise RuntimeError(
                f"Dataset not found or corrupted. You can use download=True to download it. Of {path}, {found}. "
                f"Without a connection, put {self.filename} (from {self.url}) into {self.root}"
            )

    def _load_binary(self) -> tuple[Any, list[int], list[str]]:
        folder, length = Path(self.root, self.binary_folder), self._label_bytes + _PIXELS
        records = []
        for path in self._binary_files(folder):
            if not path.is_file():
                raise RuntimeError(f"Dataset not found or corrupted: {path} is not there. Unpack the archive again")
            content = np.fromfile(path, np.uint8)
            if content.size == 0 or content.size % length:
                raise RuntimeError(
                    f"{path} is damaged: {content.size} bytes are no multiple of {length}. Unpack it again"
                )
            records.append(content.reshape(-1, length))
        every = np.concatenate(records)
        try:
            names = (folder / self._binary_names).read_text("ascii").split()
        except (OSError, UnicodeDecodeError) as error:
            raise RuntimeError(f"{folder / self._binary_names} cannot be read ({error})") from error
        labels = every[:, self._label_bytes - 1].tolist()
        if max(labels) >= len(names):
            raise RuntimeError(f"{folder} is damaged: there is a label {max(labels)}, and {len(names)} classes")
        return np.ascontiguousarray(every[:, self._label_bytes :]), labels, names

    def _binary_files(self, folder: Path) -> list[Path]:
        return [folder / f"{name}.bin" for name, _ in (self.train_list if self.train else self.test_list)]

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"


class CIFAR100(CIFAR10):
    """The same number of images in a hundred classes; `targets` are the fine labels. See `CIFAR10`.

    The folder is ``cifar-100-python``, of the binary version ``cifar-100-binary``.
    """

    base_folder: ClassVar[str] = "cifar-100-python"
    binary_folder: ClassVar[str] = "cifar-100-binary"
    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename: ClassVar[str] = "cifar-100-python.tar.gz"
    tgz_md5: ClassVar[str] = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: ClassVar[list[list[str]]] = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list: ClassVar[list[list[str]]] = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }
    _labels: ClassVar[str] = "fine_labels"
    _label_bytes: ClassVar[int] = 2  # coarse, fine
    _binary_names: ClassVar[str] = "fine_label_names.txt"


def _batch(entry: Any, key: str, path: Path) -> tuple[Any, list[int]]:
    pixels, labels = entry.get("data"), entry.get(key)
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (_PIXELS,):
        found = f"{pixels.dtype} of shape {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise RuntimeError(f"{path} has no images: 'data' is {found}, not uint8 of shape (N, {_PIXELS})")
    if not isinstance(labels, list) or len(labels) != len(pixels) or not all(type(n) is int for n in labels):
        raise RuntimeError(f"{path} has no label for each of its {len(pixels)} images under {key!r}")
    return pixels, labels


_ARRAY = object()  # stands for numpy.ndarray, which must not be called with a shape from the file


class _Unpickler(pickle.Unpickler):
    """Reads what CIFAR's files hold, arrays of bytes among it; refuses every other function and class."""

    def find_class(self, module: str, name: str) -> Any:
        home = module.replace("numpy._core", "numpy.core")
        found = {
            ("numpy.core.multiarray", "_reconstruct"): _empty_array,
            ("numpy", "ndarray"): _ARRAY,
            ("numpy", "dtype"): _byte_dtype,
            ("_codecs", "encode"): _latin1,
        }.get((home, name))
        if found is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no file of CIFAR needs")
        return found


def _empty_array(kind: Any, shape: Any, code: Any) -> Any:
    if kind is not _ARRAY or shape != (0,):
        raise pickle.UnpicklingError("it makes an array in another way than NumPy does")
    return np.ndarray.__new__(np.ndarray, (0,), np.uint8)


def _byte_dtype(name: Any, *flags: Any) -> Any:
    if name not in ("u1", "|u1"):
        raise pickle.UnpicklingError(f"it holds an array of {name!r}, not of bytes")
    return np.dtype("u1", False, True)  # a copy, whose state may be set


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it holds bytes written as {encoding!r}")
    return text.encode("latin1")


def load_arrays(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The dict in one of CIFAR's pickled files; runs no code from it.

    Raises RuntimeError for a file that is damaged or asks for anything but arrays of bytes.
    """
    if os.path.getsize(path) > _LARGEST:
        raise RuntimeError(f"{path} is larger than any file of CIFAR: it is not official")
    try:
        entry = _Unpickler(io.BytesIO(Path(path).read_bytes()), encoding="latin1").load()
    except Exception as error:  # a damaged pickle raises anything
        raise RuntimeError(f"{path} is damaged, or no file of CIFAR ({error}). Download it again") from error
    if not isinstance(entry, dict):
        raise RuntimeError(f"{path} is no file of CIFAR: it holds a {type(entry).__name__}, not a dict")
    return entry
