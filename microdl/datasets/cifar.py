"""CIFAR-10 and CIFAR-100: 60,000 colour images of 32 x 32 pixels in ten, or a hundred, classes."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .archive import LARGEST, read_members
from .download import calculate_md5, check_integrity, fetch, write_whole
from .vision import ArrayDataset

__all__ = ["CIFAR10", "CIFAR100", "load_arrays"]

_PIXELS = 3 * 32 * 32


class CIFAR10(ArrayDataset):
    """50,000 images for training and 10,000 for testing, in ten classes from airplane to truck.

    Read from ``root/cifar-10-batches-py``, where torchvision unpacks the official archive (the files' MD5 are checked),
    or from the official binary version, unpacked as ``root/cifar-10-batches-bin``. Where the archive of either version
    is in `root` and these folders are not, it is unpacked. `root` may also be such an archive itself, which is then
    read as it is. The pickled files are read by an unpickler that takes nothing but arrays of bytes, numbers, text,
    lists and dicts.

    Args:
        root: the folder above those, or an archive.
        train: the training images if true, else the test images.
        transform: called with each image when it is taken: a PIL image, or without Pillow a uint8 array (32, 32, 3).
        target_transform: called with each label, an int.
        download: fetch the archive (170 MB), if nothing is there.

    Attributes:
        data: uint8 array, shape (N, 32, 32, 3). targets: list of N ints.
        classes: names of the classes. class_to_idx: their numbers.

    Raises:
        RuntimeError: the files are not there, are damaged, or could not be downloaded: what to put where is said.
        OSError: a file cannot be written, for want of room or rights: what to do is said.
        TypeError: a transform cannot be called.

    Source: A. Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html;
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html
    """

    base_folder: ClassVar[str] = "cifar-10-batches-py"
    binary_folder: ClassVar[str] = "cifar-10-batches-bin"
    binary_filename: ClassVar[str] = "cifar-10-binary.tar.gz"
    binary_md5: ClassVar[str] = "c32a1d4ab5d03f1284b67883e8d87530"
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
    binary_meta: ClassVar[str] = "batches.meta.txt"

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

    def _wanted(self) -> list[list[str]]:
        return self.train_list if self.train else self.test_list

    def _binary_names(self, parts: list[list[str]]) -> list[str]:
        return [*(f"{name}.bin" for name, _ in parts), self.binary_meta]

    def _check_integrity(self) -> bool:
        return all(check_integrity(self._path(name), md5) for name, md5 in self._files())

    def download(self) -> None:
        """Fetch the archive and unpack it, unless its files are there."""
        if Path(self.root).is_file() or self._is_binary() or self._check_integrity():
            return
        archive = Path(self.root, self.filename)
        fetch([self.url], archive, self.tgz_md5, self._remedy())
        self._unpack(archive, self.base_folder, [name for name, _ in self._files()])

    def _remedy(self) -> str:
        return f"Without a connection, put {self.filename} (from {self.url}) into {self.root}"

    def _unpack(self, archive: Path, folder: str, names: list[str]) -> None:
        """Write the archive's files that belong to the set, and no others."""
        wanted = {f"{folder}/{name}" for name in names}
        for name, content in read_members(archive, wanted):
            write_whole(Path(self.root, name), content)
            wanted.discard(name)
        if wanted:
            raise _lacks(archive, wanted)

    def _unpack_missing(self, filename: str, folder: str, names: list[str]) -> None:
        """The archive in the root folder, unless its files are there too."""
        archive = Path(self.root, filename)
        if archive.is_file() and not all(Path(self.root, folder, name).is_file() for name in names):
            if filename == self.binary_filename:
                self._check_archive(archive)
            self._unpack(archive, folder, names)

    def _check_archive(self, archive: Path) -> None:
        """The binary version's files have no official checksums of their own."""
        if not (self._check_integrity() or check_integrity(archive, self.binary_md5)):
            raise RuntimeError(
                f"{archive} is damaged, or not the official one: its MD5 is {calculate_md5(archive)}, not "
                f"{self.binary_md5}. Download it again"
            )

    def _is_binary(self) -> bool:
        if Path(self.root, self.base_folder).is_dir():
            return False
        packed = Path(self.root, self.binary_filename).is_file() and not Path(self.root, self.filename).is_file()
        return packed or Path(self.root, self.binary_folder).is_dir()

    def _load(self) -> tuple[Any, list[int], list[str]]:
        root = Path(self.root)
        if root.is_file():
            return self._load_archive(root)
        if self._is_binary():
            names = self._binary_names([*self.train_list, *self.test_list])
            self._unpack_missing(self.binary_filename, self.binary_folder, names)
            return self._load_binary(root / self.binary_folder, _read)
        self._unpack_missing(self.filename, self.base_folder, [name for name, _ in self._files()])
        self._check_files()
        return self._load_python(root / self.base_folder, _read)

    def _load_archive(self, archive: Path) -> tuple[Any, list[int], list[str]]:
        """Of an archive that `root` names, of either version, without unpacking it."""
        python = {f"{self.base_folder}/{name}": md5 for name, md5 in [*self._wanted(), self._files()[-1]]}
        binary = {f"{self.binary_folder}/{name}" for name in self._binary_names(self._wanted())}
        contents = dict(read_members(archive, python.keys() | binary))
        is_binary = not binary.isdisjoint(contents)
        if missing := (binary if is_binary else python.keys()) - contents.keys():
            raise _lacks(archive, missing)
        files = {archive / name: content for name, content in contents.items()}
        if is_binary:
            self._check_archive(archive)
            return self._load_binary(archive / self.binary_folder, files.__getitem__)
        for name, md5 in () if self._check_integrity() else python.items():
            found = hashlib.md5(contents[name], usedforsecurity=False).hexdigest()
            if found != md5:
                raise RuntimeError(
                    f"{archive} is damaged, or not the official one: the MD5 of {name} is {found}, not {md5}"
                )
        return self._load_python(archive / self.base_folder, files.__getitem__)

    def _load_python(self, folder: Path, read: Callable[[Path], bytes]) -> tuple[Any, list[int], list[str]]:
        pixels, labels = [], []
        for name, _ in self._wanted():
            path = folder / name
            some, theirs = _batch(_arrays(path, read(path)), self._labels, path)
            pixels.append(some)
            labels += theirs
        path = folder / self.meta["filename"]
        names = _arrays(path, read(path)).get(self.meta["key"])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RuntimeError(f"{path} has no list of {self.meta['key']!r}")
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
                f"{self._remedy()}"
            )

    def _load_binary(self, folder: Path, read: Callable[[Path], bytes]) -> tuple[Any, list[int], list[str]]:
        length = self._label_bytes + _PIXELS
        records = []
        for path in [folder / f"{name}.bin" for name, _ in self._wanted()]:
            content = np.frombuffer(read(path), np.uint8)
            if content.size == 0 or content.size % length:
                raise RuntimeError(
                    f"{path} is damaged: {content.size} bytes are no multiple of {length}. Unpack it again"
                )
            records.append(content.reshape(-1, length))
        every = np.concatenate(records)
        try:
            lines = read(folder / self.binary_meta).decode("ascii").splitlines()
        except UnicodeDecodeError as error:
            raise RuntimeError(f"{folder / self.binary_meta} cannot be read ({error}). Unpack it again") from error
        names = [line.strip() for line in lines if line.strip()]
        labels = every[:, self._label_bytes - 1].tolist()
        if max(labels) >= len(names):
            raise RuntimeError(f"{folder} is damaged: there is a label {max(labels)}, and {len(names)} classes")
        return np.ascontiguousarray(every[:, self._label_bytes :]), labels, names

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"


class CIFAR100(CIFAR10):
    """The same number of images in a hundred classes; `targets` are the fine labels. See `CIFAR10`.

    The folder is ``cifar-100-python``, of the binary version ``cifar-100-binary``.
    """

    base_folder: ClassVar[str] = "cifar-100-python"
    binary_folder: ClassVar[str] = "cifar-100-binary"
    binary_filename: ClassVar[str] = "cifar-100-binary.tar.gz"
    binary_md5: ClassVar[str] = "03b5dce01913d631647c71ecec9e9cb8"
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
    binary_meta: ClassVar[str] = "fine_label_names.txt"


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
    return _arrays(Path(path), _read(Path(path)))


def _arrays(path: Path, content: bytes) -> dict[str, Any]:
    try:
        entry = _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a damaged pickle raises anything
        raise RuntimeError(f"{path} is damaged, or no file of CIFAR ({error}). Download it again") from error
    if not isinstance(entry, dict):
        raise RuntimeError(f"{path} is no file of CIFAR: it holds a {type(entry).__name__}, not a dict")
    return entry


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise RuntimeError(f"Dataset not found or corrupted: {path} is not there. Unpack the archive again")
    if os.path.getsize(path) > LARGEST:
        raise RuntimeError(f"{path} is larger than any file of CIFAR: it is not official")
    return path.read_bytes()


def _lacks(archive: Path, names: Collection[str]) -> RuntimeError:
    missing = ", ".join(sorted(names))
    return RuntimeError(f"{archive} is damaged: it has no {missing}. Delete it, and download it again")
