"""Fetching the official files: checksums, resumed downloads, whole files only."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._atomic import write_atomically

__all__ = ["UnwritableError", "calculate_md5", "check_integrity", "download_url", "fetch", "write_whole"]

_BLOCK = 1 << 16
_TIMEOUT = 30  # seconds without an answer


class UnwritableError(OSError):
    """A file cannot be written: the disk is full, or the rights are missing. What is there is left as it was."""


def calculate_md5(fpath: str | os.PathLike[str], chunk_size: int = 1 << 20) -> str:
    """The MD5 of a file, in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while block := file.read(chunk_size):
            digest.update(block)
    return digest.hexdigest()


def check_integrity(fpath: str | os.PathLike[str], md5: str | None = None) -> bool:
    """Whether the file exists and has this MD5 (any, if None)."""
    return os.path.isfile(fpath) and (md5 is None or calculate_md5(fpath) == md5)


def download_url(
    url: str,
    root: str | os.PathLike[str],
    filename: str | None = None,
    md5: str | None = None,
    max_redirect_hops: int = 3,
) -> None:
    """The file at `url` as root/filename, torchvision's signature; see `fetch`."""
    fetch([url], Path(os.path.expanduser(root), filename or os.path.basename(url)), md5)


def fetch(urls: Sequence[str], path: Path, md5: str | None, remedy: str = "") -> None:
    """Download a file from the first of `urls` that gives it whole and with this MD5; nothing if it is there already.

    What arrives goes to ``<name>.part``; a later call goes on from there. Only a file that is whole and has the right
    MD5 gets its name, in one step.

    Raises RuntimeError that names what each address answered, and the `remedy`; UnwritableError, an OSError, where the
    disk is full: what has arrived stays in the ``.part``.
    """
    if check_integrity(path, md5):
        return
    part = path.with_name(path.name + ".part")
    with _writing(part):
        path.parent.mkdir(parents=True, exist_ok=True)
    answers = []
    for url in urls:
        try:
            _receive(url, part)
            if md5 is not None and (found := calculate_md5(part)) != md5:
                part.unlink()
                raise RuntimeError(f"the file's MD5 is {found}, not {md5}: it is damaged, or not the official one")
        except UnwritableError:
            raise  # another mirror has no other disk
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            answers.append(f"Tried {url}, got:\n{error}")
            continue
        with _writing(path):
            os.replace(part, path)
        return
    raise RuntimeError("\n".join([f"Error downloading {path.name}:", *answers, *([remedy] if remedy else [])]))


def _receive(url: str, part: Path) -> None:
    """Append to `part` what is missing of the file at `url`. RuntimeError where the connection ends too early."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "microdl", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        answer: Any = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # nothing after what we have: the whole file, or not this one
            if _total(error.headers.get("Content-Range")) == have:
                return
            part.unlink()
        raise
    with answer:
        if answer.status != 206 or _start(answer.headers.get("Content-Range")) != have:
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        with (
            _writing(part),
            open(part, "ab" if have else "wb") as file,
            _progress(url, have, total) as advance,
        ):
            while block := _block(answer):
                file.write(block)
                have += len(block)
                advance(len(block))
    if total is not None and have != total:
        raise RuntimeError(f"the connection ended after {have} of {total} bytes. Try again: it goes on from there")


def _block(answer: Any) -> bytes:
    try:
        block: bytes = answer.read(_BLOCK)
    except OSError as error:
        raise RuntimeError(f"the connection broke ({error}). Try again: it goes on from there") from error
    return block


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """An OSError in the block is one of writing the file, and says what to do."""
    try:
        yield
    except OSError as error:
        text = f"cannot write {path}: {error.strerror or error}. Make room on the disk, or choose another root"
        raise UnwritableError(error.errno, text) from error


def _start(content_range: str | None) -> int | None:
    found = re.match(r"bytes (\d+)-", content_range or "")
    return int(found[1]) if found else None


def _total(content_range: str | None) -> int | None:
    found = re.match(r"bytes \*/(\d+)", content_range or "")
    return int(found[1]) if found else None


@contextmanager
def _progress(url: str, have: int, total: int | None) -> Iterator[Any]:
    """A bar by tqdm where that is installed; else one line that says what is downloaded."""
    name = url.rsplit("/", 1)[-1]
    try:
        from tqdm.auto import tqdm
    except ImportError:
        size = "" if total is None else f" ({total / 1e6:.1f} MB)"
        print(f"Downloading {name}{size}", file=sys.stderr)
        yield lambda n: None
        return
    with tqdm(desc=name, total=total, initial=have, unit="B", unit_scale=True) as bar:
        yield bar.update


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step, its folder made if missing. UnwritableError where that fails: `path` is as before."""
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
