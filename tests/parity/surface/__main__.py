"""`python -m tests.parity.surface`: writes `microdl/surface/names.txt` and `tests/parity/SURFACE.md`."""

from __future__ import annotations

from . import names


def main() -> None:
    names.FILE.write_text(names.text(), "utf-8")
    from . import table

    table.FILE.write_text(table.text(), "utf-8")
    print(f"wrote {names.FILE} and {table.FILE}")


main()
