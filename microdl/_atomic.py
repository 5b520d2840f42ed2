"""Writing files so that no reader ever meets half of one, also where the writer was stopped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["atomic_file", "write_atomically"]


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """An open file whose content takes the name ``path`` when the block ends; after an error ``path`` is as before.

    The bytes go to a temporary file in the same folder, which then takes the name in one step (``os.replace``). What
    is no regular file, such as ``/dev/null``, is written to as it is.

    Raises:
        FileNotFoundError: the folder does not exist.
        IsADirectoryError: ``path`` is a folder.
        OSError: the folder cannot be written to, or the disk is full.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {target}: there is no folder {target.parent}. Make it first")
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {target}: it is a folder. Add a file name")
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    # Not tempfile: its files are private to their owner, and the result would be too.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to ``path``: the file is there whole, or stays as it was. Errors as of `atomic_file`."""
    with atomic_file(path) as file:
        file.write(content)
