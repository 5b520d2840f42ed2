"""The zip archive inside a `.pt` file: uncompressed records, each beginning at a multiple of 64 bytes.

The layout is the one PyTorch's own writer makes, down to the padding, so that PyTorch can also map such a file into
memory. The reader trusts nothing that the file says about itself: every size is held against the length of the file
before memory is taken for it, and every record against its checksum.
Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, BinaryIO, NamedTuple

import numpy as np

__all__ = ["ArchiveReader", "ArchiveWriter"]

ALIGNMENT = 64
_WIDE = 0xFFFFFFFF  # stands where the number is in a 64-bit field
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_UTF8, _SIZES_FOLLOW = 0x800, 0x8


class Record(NamedTuple):
    """Where an entry of the archive is, and what it should be."""

    name: str
    header: int
    size: int
    crc: int


class ArchiveWriter:
    """Writes records one after another, and with `close` their directory. The file need not be seekable."""

    def __init__(self, file: Any, prefix: str) -> None:
        self._file, self._prefix = file, prefix
        self._position = 0
        self._records: list[Record] = []

    def _write(self, data: Any) -> None:
        self._file.write(data)
        self._position += len(data)

    def write(self, name: str, content: Any) -> None:
        """Adds a record; `content` is any bytes-like object."""
        data = memoryview(content).cast("B") if len(content) else b""
        record = Record(f"{self._prefix}/{name}", self._position, len(data), zlib.crc32(data))
        encoded = record.name.encode()
        wide = struct.pack("<2H2Q", 1, 16, 0, 0) if record.size >= _WIDE else b""
        start = self._position + _LOCAL.size + len(encoded) + len(wide) + 4
        padding = -start % ALIGNMENT
        extra = wide + b"FB" + struct.pack("<H", padding) + b"Z" * padding
        size = _WIDE if wide else 0
        flags = _UTF8 | (_SIZES_FOLLOW if data else 0)
        self._write(_LOCAL.pack(b"PK\3\4", 0, flags, 0, 0, 0, 0, size, size, len(encoded), len(extra)))
        self._write(encoded + extra)
        self._write(data)
        if data:
            # PyTorch finds the next record by the length of this: 64-bit sizes for what is large or far back.
            far = wide or record.header >= _WIDE
            self._write(struct.pack("<4sL2Q" if far else "<4s3L", b"PK\7\x08", record.crc, len(data), len(data)))
        self._records.append(record)

    def close(self) -> None:
        """Writes the directory. The file stays open."""
        start = self._position
        for record in self._records:
            wide = [n for n in (record.size, record.size, record.header) if n >= _WIDE]
            extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
            size, header = min(record.size, _WIDE), min(record.header, _WIDE)
            encoded = record.name.encode()
            flags = _UTF8 | (_SIZES_FOLLOW if record.size else 0)
            fields = (0, 0, flags, 0, 0, 0, record.crc, size, size, len(encoded), len(extra), 0, 0, 0, 0, header)
            self._write(_CENTRAL.pack(b"PK\1\2", *fields) + encoded + extra)
        length, n, end = self._position - start, len(self._records), self._position
        self._write(_END64.pack(b"PK\6\6", _END64.size - 12, 0x31E, 45, 0, 0, n, n, length, start))
        self._write(_LOCATOR64.pack(b"PK\6\7", 0, end, 1))
        n = min(n, 0xFFFF)
        self._write(_END.pack(b"PK\5\6", 0, 0, n, n, min(length, _WIDE), min(start, _WIDE), 0))


def corrupt(what: str) -> RuntimeError:
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {what}. The file is corrupt or cut short: copy or download "
        "it again."
    )


class ArchiveReader:
    """The records of an archive in an open file, by their names without the folder they all lie in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._length = file.seek(0, 2)
        self._records = self._directory()
        if not self._records:
            raise corrupt("it has no records")
        self.prefix = next(iter(self._records)).partition("/")[0]

    def __contains__(self, name: str) -> bool:
        return f"{self.prefix}/{name}" in self._records

    def _at(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0 or offset + length > self._length:
            raise corrupt(f"{length} bytes at {offset} lie outside a file of {self._length}")
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) != length:
            raise corrupt("it ends too early")
        return data

    def _directory(self) -> dict[str, Record]:
        tail_start = max(0, self._length - _END.size - 0xFFFF)
        tail = self._at(tail_start, self._length - tail_start)
        found = tail.rfind(b"PK\5\6")
        if found < 0 or found + _END.size > len(tail):
            raise corrupt("failed finding central directory")
        end = tail_start + found
        _, _, _, _, n, length, start, _ = _END.unpack_from(tail, found)
        last = end
        if end >= _LOCATOR64.size and self._at(end - _LOCATOR64.size, 4) == b"PK\6\7":
            last = end - _LOCATOR64.size - _END64.size
            mark, *_, n, length, start = _END64.unpack(self._at(last, _END64.size))
            if mark != b"PK\6\6":
                raise corrupt("its 64-bit directory has no end")
        before = last - length - start  # what precedes the archive in the file
        if before < 0 or n > length // _CENTRAL.size:
            raise corrupt(f"its directory of {n} records and {length} bytes at {start} does not fit")
        return self._parse(self._at(before + start, length), n, before)

    def _parse(self, directory: bytes, n: int, before: int) -> dict[str, Record]:
        records: dict[str, Record] = {}
        position = total = 0
        for _ in range(n):
            if position + _CENTRAL.size > len(directory):
                raise corrupt("its directory is too short")
            fields = _CENTRAL.unpack_from(directory, position)
            mark, flags, method, crc, packed, size, n_name, n_extra, n_comment = (fields[i] for i in _WANTED)
            position += _CENTRAL.size
            name = directory[position : position + n_name].decode("utf-8", "replace")
            extra = directory[position + n_name : position + n_name + n_extra]
            position += n_name + n_extra + n_comment
            if mark != b"PK\1\2" or position > len(directory):
                raise corrupt("its directory is damaged")
            size, packed, header = _wide_numbers(extra, size, packed, fields[-1])
            if flags & 1 or method != 0 or packed != size:
                raise RuntimeError(
                    f"the record {name!r} is compressed or encrypted, which PyTorch never does: such a file could grow "
                    "without bound. Pack it anew without compression."
                )
            if name in records:
                raise corrupt(f"it has two records {name!r}")
            total += size
            records[name] = Record(name, before + header, size, crc)
        if total > self._length:
            raise corrupt(f"its records declare {total} bytes, more than the file's {self._length}")
        return records

    def size(self, name: str) -> int:
        """The bytes of a record. RuntimeError where there is none of that name."""
        size: int = self._find(name).size
        return size

    def _find(self, name: str) -> Record:
        record = self._records.get(f"{self.prefix}/{name}")
        if record is None:
            raise RuntimeError(
                f"PytorchStreamReader failed locating file {name}: file not found. The archive has "
                f"{len(self._records)} records, but not this one: it was not written by torch.save, or is damaged."
            )
        return record

    def offset(self, name: str) -> int:
        """Where the bytes of a record begin in the file."""
        record = self._find(name)
        header = _LOCAL.unpack(self._at(record.header, _LOCAL.size))
        start: int = record.header + _LOCAL.size + header[-2] + header[-1]
        if header[0] != b"PK\3\4" or start + record.size > self._length:
            raise corrupt(f"the header of {name!r} is damaged")
        return start

    def read(self, name: str) -> bytes:
        """A record, its checksum verified."""
        data = self._at(self.offset(name), self._find(name).size)
        self._verify(name, data)
        return data

    def read_array(self, name: str) -> np.ndarray[Any, Any]:
        """A record as a uint8 array of its own, its checksum verified."""
        start = self.offset(name)
        out = np.empty(self._find(name).size, np.uint8)
        self._file.seek(start)
        if out.size and _fill(self._file, memoryview(out.data)) != out.size:
            raise corrupt(f"the record {name!r} ends too early")
        self._verify(name, out)
        return out

    def _verify(self, name: str, data: Any) -> None:
        if zlib.crc32(data) != self._find(name).crc:
            raise corrupt(f"the record {name!r} does not have its checksum")


_WANTED = (0, 3, 4, 7, 8, 9, 10, 11, 12)  # the fields of _CENTRAL that matter here


def _wide_numbers(extra: bytes, *numbers: int) -> list[int]:
    """The numbers, those that are all ones taken from the 64-bit field in `extra`."""
    wide: list[int] = []
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1:
            body = extra[4 : 4 + length]
            wide = list(struct.unpack_from(f"<{len(body) // 8}Q", body))
        extra = extra[4 + length :]
    try:
        return [wide.pop(0) if number == _WIDE else number for number in numbers]
    except IndexError:
        raise corrupt("a 64-bit size is missing") from None


def _fill(file: Any, view: memoryview) -> int:
    """Reads until `view` is full or the file ends; the number of bytes read."""
    done = 0
    readinto = getattr(file, "readinto", None)
    while done < len(view):
        if readinto is None:
            part = file.read(len(view) - done)
            view[done : done + len(part)] = part
            n = len(part)
        else:
            n = readinto(view[done:]) or 0
        if not n:
            break
        done += n
    return done
