"""Files are not trusted: nothing runs, nothing large is taken on a file's word, and every refusal says why."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microdl as torch
from microdl import nn
from microdl.serialization.archive import ArchiveReader, ArchiveWriter

DATA = Path(__file__).parent / "data"
REFUSALS = (pickle.UnpicklingError, RuntimeError, ValueError, EOFError)  # NotImplementedError is a RuntimeError
PROTOCOL = b"\x80\x02"


def written(obj: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(obj, file, **options)
    return file.getvalue()


STATE = written(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict())
LEGACY = written({"a": torch.ones(3), "b": [1, "x"]}, _use_new_zipfile_serialization=False)


def load(data: bytes, **options: Any) -> Any:
    return torch.load(io.BytesIO(data), **options)


def archive(pickled: bytes, **records: bytes) -> bytes:
    """A sound archive around any pickle."""
    file = io.BytesIO()
    writer = ArchiveWriter(file, "archive")
    writer.write("data.pkl", pickled)
    for name, content in records.items():
        writer.write(name.replace("_", "/"), content)
    writer.close()
    return file.getvalue()


# --- corruption ---


@pytest.mark.parametrize("whole", [STATE, LEGACY], ids=["zip", "legacy"])
@settings(max_examples=300)
@given(data=st.data())
def test_flipped_bytes_are_refused_or_harmless(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    tracemalloc.start()
    try:
        load(bytes(damaged))
    except REFUSALS:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2_000_000


@settings(max_examples=300)
@given(
    place=st.integers(0, 10**6),
    flip=st.integers(1, 255),
    content=st.sampled_from([STATE, (DATA / "values.pt").read_bytes()]),
)
def test_a_damaged_pickle_with_its_right_checksum(place: int, flip: int, content: bytes) -> None:
    reader = ArchiveReader(io.BytesIO(content))
    pickled = bytearray(reader.read("data.pkl"))
    pickled[place % len(pickled)] ^= flip
    storages = {f"data_{i}": bytes(100) for i in range(9)}
    tracemalloc.start()
    try:
        load(archive(bytes(pickled), **storages))
    except REFUSALS:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("whole", [STATE, LEGACY], ids=["zip", "legacy"])
def test_every_truncation_is_an_error(whole: bytes) -> None:
    for n in range(0, len(whole), 7):
        with pytest.raises(REFUSALS):
            load(whole[:n])


def test_every_flip_in_the_weights_is_found() -> None:
    start = STATE.index(nn.init.ones_(torch.empty(3)).numpy().tobytes())  # the norm's weight
    with pytest.raises(RuntimeError, match="does not have its checksum.*corrupt"):
        load(STATE[:start] + b"\1" + STATE[start + 1 :])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "the file is empty"),
        (b"hello, world", "Weights only load failed"),
        (b"PK\3\4" + bytes(100), "failed finding central directory"),
        (pickle.dumps(1, 2), "Invalid magic number"),
        (pickle.dumps({"weights": [1]}, 2), "Invalid magic number"),
        (bytes(257) + b"ustar" + bytes(500), "tar archive"),
    ],
)
def test_what_is_no_file_of_save(data: bytes, text: str) -> None:
    with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError), match=text):
        load(data)


def test_torchscript_archives_say_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="TorchScript.*state_dict"):
        load(archive(b"", **{"constants.pkl": b"x"}))


def test_a_missing_record_is_named() -> None:
    file = io.BytesIO()
    writer = ArchiveWriter(file, "archive")
    writer.write("version", b"3\n")
    writer.close()
    with pytest.raises(RuntimeError, match="failed locating file data.pkl"):
        load(file.getvalue())


def test_compressed_archives_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data.pkl", pickle.dumps([0] * 100_000, 2))
    with pytest.raises(RuntimeError, match="compressed"):
        load(file.getvalue())


def test_pythons_zipfile_reads_what_is_written_and_writes_what_is_read() -> None:
    with zipfile.ZipFile(io.BytesIO(STATE)) as found:
        assert found.testzip() is None
        contents = {name: found.read(name) for name in found.namelist()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as again:
        for name, content in contents.items():
            again.writestr(name, content)
    assert list(load(file.getvalue())) == list(load(STATE))


def test_records_begin_at_multiples_of_64() -> None:
    reader = ArchiveReader(io.BytesIO(STATE))
    names = ["data.pkl", "byteorder", "version", ".format_version", ".storage_alignment", "data/0", "data/3"]
    assert [reader.offset(name) % 64 for name in names] == [0] * len(names)


# --- declared sizes ---


def storage_call(numel: int, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    """The pickle of one tensor whose numbers are anything."""

    class Storage:
        def __reduce__(self) -> Any:
            raise AssertionError

    class Pickler(pickle._Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return ("storage", _Name("torch", "FloatStorage"), "0", "cpu", numel) if isinstance(obj, Storage) else None

        def reducer_override(self, obj: Any) -> Any:
            return "name" if isinstance(obj, _Name) else NotImplemented

        def save_global(self, obj: Any, name: Any = None) -> None:
            self.write(f"c{obj.module}\n{obj.name}\n".encode())

    call = _Name("torch._utils", "_rebuild_tensor_v2")
    args = (Storage(), offset, shape, stride, False, None)
    file = io.BytesIO()
    pickler = Pickler(file, 2)
    file.write(PROTOCOL)
    pickler.save(call)
    pickler.save(args)
    file.write(b"R.")
    return file.getvalue()


class _Name:
    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


@pytest.mark.parametrize(
    ("numel", "offset", "shape", "stride"),
    [
        (2**60, 0, (2,), (1,)),
        (-1, 0, (2,), (1,)),
        (3, 0, (3,), (1,)),
        (2, 0, (3,), (1,)),
        (2, 2, (1,), (1,)),
        (2, -1, (2,), (1,)),
        (2, 0, (2,), (2,)),
        (2, 1, (2,), (-1,)),
        (2, 0, (-2,), (1,)),
        (2, 0, (2,), (1, 1)),
        (2, 0, (2**40, 2**40), (0, 0)),
        (2, 2**70, (1,), (1,)),
    ],
)
def test_sizes_are_held_against_what_is_there(
    numel: int, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    with pytest.raises(pickle.UnpicklingError, match="elements|describe no tensor|cannot be"):
        load(archive(storage_call(numel, offset, shape, stride), data_0=bytes(8)))


def test_sound_sizes_pass_there() -> None:
    assert load(archive(storage_call(2, 1, (1,), (1,)), data_0=bytes(8))).tolist() == [0]


@pytest.mark.parametrize(
    "program",
    [
        b"X\xff\xff\xff\x7f",  # a text of 2 GB
        b"\x8d" + struct.pack("<Q", 2**60),  # of 2**60 bytes
        b"Nr\xff\xff\xff\xff",  # the memo's place 2**32 - 1: a dictionary has room for it
        b"c__builtin__\nbytearray\n\x8a\x06\x00\x00\x00\x00\x00\x01\x85R.",  # bytearray(2**40)
        b"ctorch\nTensor\nJ\x00\x00\x00\x40\x85R.",  # Tensor(2**30)
        b"(" * 1000 + b"t" * 999 + b"q\x00]h\x00a}h\x00Ns.",  # a key nested a thousand deep
        b")" + b"\x85q\x00h\x00\x86" * 100 + b"}q\x01h\x01" + b"0" + b"h\x00Ns.",
        b"]q\x00" + b"Na" * 1000 + b"c__builtin__\nset\nq\x01" + b"0h\x01h\x00\x85R0" * 2000 + b"N.",  # copies
    ],
)  # fmt: skip
def test_programs_that_would_exhaust_memory(program: bytes) -> None:
    tracemalloc.start()
    try:
        load(archive(PROTOCOL + program))
    except pickle.UnpicklingError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 5_000_000


# --- code ---


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("echo evil",)


def test_code_does_not_run(capfd: pytest.CaptureFixture[str]) -> None:
    for options in ({}, {"_use_new_zipfile_serialization": False}):
        with pytest.raises(
            pickle.UnpicklingError, match=r"GLOBAL (posix|nt)\.system whose module (posix|nt) is blocked"
        ):
            load(written(Evil(), **options))
    assert capfd.readouterr().out == ""


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


def test_what_is_refused_is_named_with_the_risk_and_the_remedy() -> None:
    data = written({"p": Point(3)})
    name = f"{Point.__module__}.Point"
    with pytest.raises(pickle.UnpicklingError) as error:
        load(data)
    text = str(error.value)
    assert f"GLOBAL {name} was not an allowed global" in text
    assert f"add_safe_globals([{name}])" in text
    assert "arbitrary code execution" in text
    assert torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(data)) == [name]


def test_trust_can_be_given_for_a_while_or_for_good() -> None:
    data = written(Point(3))
    with torch.serialization.safe_globals([Point]):
        assert load(data).x == 3
    with pytest.raises(pickle.UnpicklingError):
        load(data)
    torch.serialization.add_safe_globals([(Point, f"{Point.__module__}.Point")])
    try:
        assert len(torch.serialization.get_safe_globals()) == 1
        assert load(data).x == 3
    finally:
        torch.serialization.clear_safe_globals()
    with pytest.raises(pickle.UnpicklingError):
        load(data)


def test_modules_load_with_trust_in_their_classes() -> None:
    data = written(nn.Sequential(nn.Linear(1, 1)))
    with pytest.raises(pickle.UnpicklingError, match="GLOBAL torch.nn.modules.container.Sequential"):
        load(data)
    with torch.serialization.safe_globals([nn.Sequential, nn.Linear]):
        assert isinstance(load(data)[0], nn.Linear)


@pytest.mark.parametrize("entry", [(Point,), (Point, 3)])
def test_trust_in_neither_form(entry: Any) -> None:
    with torch.serialization.safe_globals([entry]), pytest.raises((ValueError, TypeError), match="tuple"):
        load(STATE)


def test_unknown_parts_of_torch_are_named() -> None:
    program = b"ctorch.nn.modules.rnn\nQuasiRNN\n."
    with pytest.raises(AttributeError, match="torch.nn.modules.rnn.QuasiRNN, which microdl does not have"):
        load(archive(PROTOCOL + program), weights_only=False)


def test_big_endian_files_are_turned_around() -> None:
    pickled = storage_call(2, 0, (2,), (1,))
    data = np.array([1, 2], ">f4").tobytes()
    assert load(archive(pickled, byteorder=b"big", data_0=data)).tolist() == [1, 2]
    with pytest.raises(ValueError, match="Unknown endianness"):
        load(archive(pickled, byteorder=b"odd", data_0=data))
