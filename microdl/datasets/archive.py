"""Reading the files in an archive, into memory: nothing of it decides where something is written."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

__all__ = ["LARGEST", "read_members"]

LARGEST = 1 << 28  # bytes of a file in an archive

_DAMAGE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError)


def read_members(archive: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the tar archive's regular files of these names, packed or not; the others are passed over.

    Raises RuntimeError for an archive that is damaged, cut short or none, and for a file of more than `LARGEST` bytes.
    """
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                file = tar.extractfile(member) if name in wanted and member.isfile() else None
                if file is None:
                    continue
                if member.size > LARGEST:
                    raise RuntimeError(f"{archive}: {name} says it holds {member.size} bytes: not official")
                yield name, file.read()
    except _DAMAGE as error:
        raise RuntimeError(f"{archive} is damaged ({error}). Delete it, and download it again") from error
