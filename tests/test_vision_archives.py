"""CIFAR's archives, read as they are or unpacked; full disks, broken connections: what is left, and what is said."""

from __future__ import annotations

import errno
import gzip
import http.client
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microdl import datasets
from microdl.datasets import _checks, archive, download
from microdl.datasets.cifar import load_arrays

from .archives import NAMES, cifar_files, md5, mnist_files, serve, tar_of, write_mnist
from .test_vision_datasets import cifar_class, served_mnist, write_cifar


def binary_files(files: dict[str, bytes]) -> dict[str, bytes]:
    """The binary version of the pickled files."""
    found = {}
    for name, content in files.items():
        entry = pickle.loads(content)
        if name in ("batches.meta", "meta"):
            names = entry.get("label_names") or entry["fine_label_names"]
            target = "batches.meta.txt" if name == "batches.meta" else "fine_label_names.txt"
            found[target] = ("\n".join(names) + "\n\n").encode()
            continue
        keys = ("labels",) if "labels" in entry else ("coarse_labels", "fine_labels")
        columns = [np.array(entry[key], np.uint8)[:, None] for key in keys]
        found[f"{name}.bin"] = np.concatenate([*columns, entry["data"]], axis=1).tobytes()
    return found


KINDS = {
    "CIFAR10": (False, "cifar-10-batches-py", "cifar-10-batches-bin", "cifar-10-binary.tar.gz"),
    "CIFAR100": (True, "cifar-100-python", "cifar-100-binary", "cifar-100-binary.tar.gz"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("train", [True, False])
def test_all_ways_to_the_files_lead_to_the_same(tmp_path: Path, kind: str, train: bool) -> None:
    fine, folder, binary, packed = KINDS[kind]
    files = cifar_files(fine=fine)
    python_archive, binary_archive = tar_of(files, folder), tar_of(binary_files(files), binary)
    base = getattr(datasets, kind)
    checked = cifar_class(files, base, binary_md5=md5(binary_archive))
    roots = {name: tmp_path / name for name in ("python folder", "python", "binary folder", "binary")}
    for root in roots.values():
        root.mkdir()
    write_cifar(roots["python folder"], files, folder)
    write_cifar(roots["binary folder"], binary_files(files), binary)
    (roots["python"] / base.filename).write_bytes(python_archive)
    (roots["binary"] / packed).write_bytes(binary_archive)
    (tmp_path / "renamed.tgz").write_bytes(python_archive)
    (tmp_path / "binary.tgz").write_bytes(binary_archive)
    places = [*roots.values(), tmp_path / "renamed.tgz", tmp_path / "binary.tgz", str(tmp_path / "binary.tgz")]
    found = [checked(place, train=train) for place in places]
    for other in found[1:]:
        assert np.array_equal(found[0].data, other.data)
        assert (found[0].targets, found[0].classes) == (other.targets, other.classes)
    assert found[0].data.dtype == np.uint8
    assert sorted(os.listdir(roots["python"])) == sorted([folder, base.filename])
    assert sorted(os.listdir(roots["binary"])) == sorted([binary, packed])
    assert sorted(os.listdir(tmp_path)) == sorted([*roots, "renamed.tgz", "binary.tgz"]), "read as they are"


def test_an_archive_named_is_read_though_other_files_stand_beside_it(tmp_path: Path) -> None:
    beside, inside = cifar_files(seed=1), cifar_files(seed=2)
    write_cifar(tmp_path, beside)
    (tmp_path / "mine.tar.gz").write_bytes(tar_of(inside, "cifar-10-batches-py"))
    found = cifar_class(inside)(tmp_path / "mine.tar.gz", download=True)
    assert found.targets[:6] == pickle.loads(inside["data_batch_1"])["labels"]


def test_an_unpacking_that_was_stopped_is_done_again(tmp_path: Path) -> None:
    files = cifar_files()
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tar_of(files, "cifar-10-batches-py"))
    write_cifar(tmp_path, {"data_batch_1": files["data_batch_1"]})
    assert len(cifar_class(files)(tmp_path)) == 30


@pytest.mark.parametrize("version", ["python", "binary"])
def test_an_archive_that_is_another_is_refused(tmp_path: Path, version: str) -> None:
    files = cifar_files()
    some, folder = (files, "cifar-10-batches-py") if version == "python" else (binary_files(files), KINDS["CIFAR10"][2])
    path = tmp_path / f"cifar-10-{version}.tar.gz"
    path.write_bytes(tar_of(some, folder))
    with pytest.raises(RuntimeError, match=r"is damaged, or not the official one: .*MD5 .*, not "):
        datasets.CIFAR10(path)
    if version == "binary":
        with pytest.raises(RuntimeError, match=r"cifar-10-binary.tar.gz is damaged, or not the official one"):
            datasets.CIFAR10(tmp_path)
        assert os.listdir(tmp_path) == [path.name]
    meta = "batches.meta" if version == "python" else "batches.meta.txt"
    path.write_bytes(tar_of({name: content for name, content in some.items() if name != meta}, folder))
    with pytest.raises(RuntimeError, match=r"is damaged: it has no cifar-10-batches-.*/batches.meta"):
        cifar_class(files)(path)
    path.write_bytes(tar_of({"x": b"y"}, "elsewhere"))
    with pytest.raises(RuntimeError, match="is damaged: it has no cifar-10-batches-py/batches.meta, cifar"):
        datasets.CIFAR10(path)


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no archive", mtime=0)])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RuntimeError, match=r"file is damaged|it has no cifar-10"):
        datasets.CIFAR10(tmp_path / "file")


@pytest.mark.parametrize("keep", [20, 1000, -3000])
def test_a_truncated_archive_that_is_named_is_refused(tmp_path: Path, keep: int) -> None:
    files = cifar_files()
    (tmp_path / "cut.tar.gz").write_bytes(tar_of(files, "cifar-10-batches-py")[:keep])
    with pytest.raises(RuntimeError, match=r"cut.tar.gz is damaged"):
        cifar_class(files)(tmp_path / "cut.tar.gz")
    assert os.listdir(tmp_path) == ["cut.tar.gz"]


def test_a_flipped_bit_in_an_archive_is_noticed(tmp_path: Path) -> None:
    files = cifar_files()
    content = bytearray(tar_of(files, "cifar-10-batches-py"))
    content[len(content) // 2] ^= 1
    (tmp_path / "flipped.tar.gz").write_bytes(content)
    with pytest.raises(RuntimeError, match="is damaged"):
        cifar_class(files)(tmp_path / "flipped.tar.gz")


def test_a_member_that_says_it_is_enormous_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = cifar_files()
    (tmp_path / "big.tar.gz").write_bytes(tar_of(files, "cifar-10-batches-py"))
    monkeypatch.setattr(archive, "LARGEST", 1000)
    with pytest.raises(RuntimeError, match=r"data_batch_1 says it holds \d+ bytes: not official"):
        cifar_class(files)(tmp_path / "big.tar.gz")


def test_binary_files_that_are_damaged_are_refused(tmp_path: Path) -> None:
    files = binary_files(cifar_files())
    write_cifar(tmp_path, files, "cifar-10-batches-bin")
    folder = tmp_path / "cifar-10-batches-bin"
    (folder / "batches.meta.txt").write_text("one\ntwo\n")
    with pytest.raises(RuntimeError, match=r"there is a label 9, and 2 classes"):
        datasets.CIFAR10(tmp_path)
    (folder / "batches.meta.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(RuntimeError, match=r"batches.meta.txt cannot be read"):
        datasets.CIFAR10(tmp_path)
    (folder / "batches.meta.txt").unlink()
    with pytest.raises(RuntimeError, match=r"batches.meta.txt is not there. Unpack the archive again"):
        datasets.CIFAR10(tmp_path)
    (folder / "test_batch.bin").unlink()
    with pytest.raises(RuntimeError, match=r"test_batch.bin is not there"):
        datasets.CIFAR10(tmp_path, train=False)


def test_a_pickle_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from microdl.datasets import cifar

    (tmp_path / "batch").write_bytes(pickle.dumps({"data": b"x" * 100}))
    monkeypatch.setattr(cifar, "LARGEST", 50)
    with pytest.raises(RuntimeError, match="larger than any file of CIFAR"):
        load_arrays(tmp_path / "batch")


# --- full disks --------------------------------------------------------------------------------------------------


class FullDisk:
    """Writes to files of these names fail after so many bytes, as on a full disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pattern: str, room: int) -> None:
        self.pattern, self.room, self.really = pattern, room, open
        monkeypatch.setattr(download, "open", self.open, raising=False)
        monkeypatch.setattr(Path, "open", lambda path, *args, **options: self.open(path, *args, **options))

    def open(self, path: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = self.really(path, mode, *args, **options)
        if self.pattern not in str(path) or "r" in mode:
            return file
        write = file.write

        def limited(content: bytes) -> int:
            self.room -= len(content)
            if self.room < 0:
                write(content[: self.room])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return int(write(content))

        return _Limited(file, limited)


class _Limited:
    def __init__(self, file: Any, write: Any) -> None:
        self.file, self.write = file, write

    def __enter__(self) -> _Limited:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()


def test_a_full_disk_while_downloading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files(train=300).items()}
    first = f"{NAMES[0]}.gz"
    with serve(files) as server:
        kind = served_mnist(server.url, files)
        with monkeypatch.context() as patch:
            FullDisk(patch, ".part", 1000)
            with pytest.raises(download.UnwritableError, match="No space left on device. Make room") as caught:
                kind(tmp_path, download=True)
        assert caught.value.errno == errno.ENOSPC
        assert f"{first}.part" in str(caught.value)
        raw = tmp_path / "MNIST" / "raw"
        assert os.listdir(raw) == [f"{first}.part"], "no file has its name before it is whole"
        assert len(server.asked) == 1, "no other address, which has no other disk"
        assert len(kind(tmp_path, download=True)) == 300
    assert sorted(os.listdir(raw)) == sorted([*NAMES, *files])


def test_a_full_disk_while_unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = cifar_files()
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tar_of(files, "cifar-10-batches-py"))
    kind = cifar_class(files)
    with monkeypatch.context() as patch:
        FullDisk(patch, ".data_batch_3", 5000)
        with pytest.raises(OSError, match=r"cannot write .*data_batch_3: No space left on device. Make room on"):
            kind(tmp_path)
    assert sorted(os.listdir(tmp_path / "cifar-10-batches-py")) == ["data_batch_1", "data_batch_2"]
    assert len(kind(tmp_path)) == 30


def test_a_full_disk_while_unpacking_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files().items()}
    with serve(files) as server:
        kind = served_mnist(server.url, files)
        with monkeypatch.context() as patch:
            FullDisk(patch, f".{NAMES[0]}.", 100)
            with pytest.raises(OSError, match=r"cannot write .*train-images-idx3-ubyte: No space left"):
                kind(tmp_path, download=True)
    assert os.listdir(tmp_path / "MNIST" / "raw") == [f"{NAMES[0]}.gz"]


def test_a_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with serve({}) as server, pytest.raises(download.UnwritableError, match="cannot write .*choose another root"):
        served_mnist(server.url, dict.fromkeys([f"{name}.gz" for name in NAMES], b""))(tmp_path / "file", download=True)


# --- connections -------------------------------------------------------------------------------------------------


def test_a_connection_that_breaks_sends_to_the_next_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really, broken = http.client.HTTPResponse.read, []

    def read(self: Any, amt: int | None = None) -> bytes:
        if not broken:
            broken.append(self)
            raise ConnectionResetError(104, "Connection reset by peer")
        return really(self, amt)

    monkeypatch.setattr(http.client.HTTPResponse, "read", read)
    with serve({"a": b"content"}) as server:
        download.fetch([f"{server.url}a", f"{server.url}a"], tmp_path / "a", md5(b"content"))
    assert broken
    assert (tmp_path / "a").read_bytes() == b"content"
    assert os.listdir(tmp_path) == ["a"]


def test_every_answer_is_in_the_error(tmp_path: Path) -> None:
    with serve({"b": b"other"}) as server:
        urls = ["http://127.0.0.1:9/a", f"{server.url}absent", f"{server.url}b"]
        with pytest.raises(RuntimeError) as caught:
            download.fetch(urls, tmp_path / "a", md5(b"content"), "Ask a friend")
    said = str(caught.value)
    assert "refused" in said
    assert "404" in said
    assert md5(b"other") in said
    assert said.endswith("Ask a friend")
    assert os.listdir(tmp_path) == []


def test_what_is_there_stays_where_the_download_fails(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="Error downloading a"):
        download.fetch(["http://127.0.0.1:9/a"], tmp_path / "a", md5(b"new"))
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_part_that_is_whole_needs_no_byte_more(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(b"content")
    with serve({"a": b"content"}) as server:
        download.fetch([f"{server.url}a"], tmp_path / "a", md5(b"content"))
    assert (tmp_path / "a").read_bytes() == b"content"


def test_progress_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    with serve({"a": b"c" * 70_000}) as server:
        download.fetch([f"{server.url}a"], tmp_path / "a", None)
        assert "100%" in capsys.readouterr().err
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
        download.fetch([f"{server.url}a"], tmp_path / "b", None)
        assert capsys.readouterr().err == "Downloading a (0.1 MB)\n"


def test_images_stay_bytes_until_a_batch_needs_floats(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    found = datasets.MNIST(tmp_path)
    assert found.data.element_size() == 1
    shutil.rmtree(tmp_path / "MNIST")
    assert found.data.float().max() > 200  # in memory, not read again


def test_checks_of_numbers_take_numpys() -> None:
    assert type(_checks.check_integer("n", np.int32(3), 1)) is int
    assert type(_checks.check_number("noise", np.float32(0.5))) is float
