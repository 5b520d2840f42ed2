"""Small data sets in the official formats, and a server for them on the loopback."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def idx(array: np.ndarray[Any, Any]) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def mnist_files(train: int = 20, test: int = 10, seed: int = 0) -> dict[str, bytes]:
    """The four files, unpacked."""
    random = np.random.RandomState(seed)
    parts = [random.randint(0, 256, (train, 28, 28)), random.randint(0, 10, train)]
    parts += [random.randint(0, 256, (test, 28, 28)), random.randint(0, 10, test)]
    return {name: idx(part) for name, part in zip(NAMES, parts, strict=True)}


def write_mnist(root: Path, kind: str = "MNIST", packed: bool = False, **sizes: int) -> None:
    folder = root / kind / "raw"
    folder.mkdir(parents=True)
    for name, content in mnist_files(**sizes).items():
        path = folder / (name + ".gz" * packed)
        path.write_bytes(gzip.compress(content, mtime=0) if packed else content)


def cifar_files(count: int = 6, seed: int = 0, fine: bool = False) -> dict[str, bytes]:
    """The pickled files of CIFAR-10 (of CIFAR-100 if fine), as Python 2 wrote them: protocol 2."""
    random = np.random.RandomState(seed)

    def batch(n: int) -> bytes:
        labels = random.randint(0, 100 if fine else 10, n).tolist()
        entry = {"data": random.randint(0, 256, (n, 3072)).astype(np.uint8), "filenames": ["x.png"] * n}
        entry |= {"fine_labels": labels, "coarse_labels": [0] * n} if fine else {"labels": labels}
        return pickle.dumps(entry, protocol=2)

    if fine:
        names = {"fine_label_names": [f"class {i}" for i in range(100)], "coarse_label_names": []}
        return {"train": batch(count * 5), "test": batch(count), "meta": pickle.dumps(names, protocol=2)}
    words = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    files = {f"data_batch_{i}": batch(count) for i in range(1, 6)} | {"test_batch": batch(count)}
    return files | {"batches.meta": pickle.dumps({"label_names": words, "num_vis": 3072}, protocol=2)}


def tar_of(files: dict[str, bytes], folder: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


class Server(http.server.ThreadingHTTPServer):
    files: dict[str, bytes]
    asked: list[tuple[str, str | None]]
    cut: dict[str, int]  # close the connection after so many bytes, once

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    statuses: ClassVar[dict[str, int]] = {}

    def do_GET(self) -> None:
        name, wanted = self.path.strip("/"), self.headers.get("Range")
        self.server.asked.append((name, wanted))
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(content) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = self.server.cut.pop(name, len(content))
        self.wfile.write(content[start:end])

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serve(files: dict[str, bytes]) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), _Handler)
    server.files, server.asked, server.cut = dict(files), [], {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
