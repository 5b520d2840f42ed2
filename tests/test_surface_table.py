"""SURFACE.md and names.txt say what the code has: a name that came or went since they were written is found here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import microdl
from microdl import surface

TABLE = Path(__file__).with_name("parity") / "SURFACE.md"
REMEDY = "run python -m tests.parity.surface (with torch 2.13) and commit what it writes"


def sections() -> dict[str, tuple[set[str], set[str]]]:
    """The names that the table calls present, and those it calls absent."""
    found = {}
    for part in TABLE.read_text("utf-8").split("\n## ")[1:]:
        space, _, body = part.partition("\n")
        equal = re.search(r"\*\*Equal\*\* \(\d+\): (.*?)(?:\n\n|\Z)", body, re.S)
        absent = re.search(r"\*\*Absent\*\* \(\d+\): (.*?)(?:\n\n|\Z)", body, re.S)
        present = set(re.findall(r"([\w.]+)\s+\(\d+\)", equal[1])) if equal else set()
        present |= set(re.findall(r"^\| (\w+) \| \d+ \|", body, re.M))
        found[space] = (present, set(re.findall(r"\w+", absent[1])) if absent else set())
    return found


SECTIONS = sections()


def test_the_table_has_every_namespace_and_every_name() -> None:
    assert set(SECTIONS) == set(surface.names()), REMEDY
    for space, (present, absent) in SECTIONS.items():
        assert present | absent == set(surface.names()[space]), f"{space}: {REMEDY}"
        assert not present & absent, space


@pytest.mark.parametrize("space", SECTIONS)
def test_what_the_table_calls_present_is_there(space: str) -> None:
    owner: object = microdl
    for part in space.split(".")[1:]:
        owner = getattr(owner, part, None)
    instance = {"torch.finfo": microdl.finfo, "torch.iinfo": microdl.iinfo}.get(space)
    if instance is not None:
        owner = instance(microdl.float32 if space == "torch.finfo" else microdl.int64)
    elif space == "torch.dtype":
        owner = microdl.float32
    present, absent = SECTIONS[space]
    here = {name for name in present | absent if owner is not None and hasattr(owner, name)}
    assert here == present, f"{sorted(here ^ present)}: {REMEDY}"
