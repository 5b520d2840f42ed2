"""`python -m tests.scripts` records what PyTorch prints; with names of scripts it compares microdl's output."""

import sys

from . import EXPECTED, differences, expected, names, output


def record() -> None:
    for name in names():
        path = EXPECTED / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output("torch", name), "utf-8")
        print("recorded", name, flush=True)


def compare(chosen: list[str]) -> int:
    failed = 0
    for name in chosen:
        try:
            found = differences(output("microdl", name), expected(name))
        except RuntimeError as error:
            found = [str(error)]
        failed += bool(found)
        print(name, "differs\n" + "\n".join(found) if found else "is the same", flush=True)
    return failed


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments:
        sys.exit(compare(names() if arguments == ["all"] else arguments))
    record()
