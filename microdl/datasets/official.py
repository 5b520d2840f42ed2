"""Writing images in the official formats of CIFAR-10, for trying out what reads these.

Source: the descriptions at https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._atomic import atomic_file

__all__ = ["check_version", "write_cifar10"]

Array = np.ndarray[Any, np.dtype[Any]]
Part = tuple[Array, Sequence[int]]

_BATCHES = 5


def write_cifar10(
    root: str | os.PathLike[str], train: Part, test: Part, classes: Sequence[str], version: str, note: str
) -> Path:
    """Write ``root/cifar-10-python.tar.gz`` or ``root/cifar-10-binary.tar.gz``; return its path.

    `train` and `test` are images, uint8 of shape (N, 32, 32, 3), and their labels; `note` is the text of the readme.
    The same arguments give the same bytes. ValueError for another version; OSError where it cannot be written.
    """
    check_version(version)
    folder, files = _VERSIONS[version]
    path = Path(root, f"cifar-10-{version}.tar.gz")
    with (
        atomic_file(path) as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        head = tarfile.TarInfo(folder)
        head.type, head.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(head)
        for name, content in [*files(train, test, classes), ("readme.html", f"<p>{note}</p>\n".encode("ascii"))]:
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def check_version(version: str) -> None:
    """ValueError for another version than 'python' and 'binary'."""
    if version not in _VERSIONS:
        raise ValueError(f"version must be 'python' or 'binary', got {version!r}")


def _batches(train: Part, test: Part) -> Iterator[tuple[str, str, Array, list[int]]]:
    """Name, description, pixels (channel after channel) and labels of each file."""
    images, labels = train
    for i, places in enumerate(np.array_split(np.arange(len(images)), _BATCHES), 1):
        here = slice(places[0], places[-1] + 1)
        yield f"data_batch_{i}", f"training batch {i} of {_BATCHES}", _planes(images[here]), list(labels[here])
    yield "test_batch", "testing batch 1 of 1", _planes(test[0]), list(test[1])


def _planes(images: Array) -> Array:
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(len(images), -1)


def _binary(train: Part, test: Part, classes: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    yield "batches.meta.txt", ("\n".join(classes) + "\n\n").encode("ascii")
    for name, _, pixels, labels in _batches(train, test):
        yield f"{name}.bin", np.concatenate([np.array(labels, np.uint8)[:, None], pixels], axis=1).tobytes()


def _python(train: Part, test: Part, classes: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name, description, pixels, labels in _batches(train, test):
        files = [f"synthetic_s_{i:06}.png" for i in range(len(labels))]
        entry = {"batch_label": description, "labels": labels, "data": pixels, "filenames": files}
        yield name, _pickled(entry)
    meta = {"num_cases_per_batch": len(train[1]) // _BATCHES, "label_names": list(classes), "num_vis": 3072}
    yield "batches.meta", _pickled(meta)


_VERSIONS = {"python": ("cifar-10-batches-py", _python), "binary": ("cifar-10-batches-bin", _binary)}


def _pickled(entry: dict[str, Any]) -> bytes:
    """The dict as Python 2 pickles it: its text is bytes, so that `pickle.load(file, encoding="bytes")`, as the
    official page has it, finds ``b"data"``. Python 3 pickles text as Unicode.
    """
    items = b"".join(_value(key) + _value(value) for key, value in entry.items())
    return b"\x80\x02}(" + items + b"u."


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return _text(value.encode("ascii"))
    if isinstance(value, list):
        return b"](" + b"".join(map(_value, value)) + b"e"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    return _bytes_array(value)


def _text(content: bytes) -> bytes:
    if len(content) < 256:
        return b"U" + bytes([len(content)]) + content
    return b"T" + struct.pack("<i", len(content)) + content


def _bytes_array(array: Array) -> bytes:
    """An array of bytes in C order: what rebuilds an empty one, the arguments, then the state that fills it."""
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    shape = b"(" + b"".join(map(_value, array.shape)) + b"t"
    return empty + b"(K\x01" + shape + dtype + b"\x89" + _text(array.tobytes()) + b"tb"
