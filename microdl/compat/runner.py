"""`microdl run`: an unmodified PyTorch program, run as `python` runs it, with `torch` meaning microdl."""

from __future__ import annotations

import atexit
import importlib.machinery
import io
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from dis import opmap
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

from .takeover import as_torch

__all__ = ["USAGE", "run"]

USAGE = """\
usage: microdl run [--full-traceback] script.py [arguments]
       microdl run [--full-traceback] -m module [arguments]
       microdl run [--full-traceback] -c command [arguments]
       microdl run [--full-traceback] - [arguments]          (the program from standard input)

Run a PyTorch program as it is: `import torch`, its submodules and torchvision's data sets and transforms give
microdl. Everything else is as with python. A traceback ends at the program's line where microdl refused what it
was given; --full-traceback shows the lines inside microdl too.
"""

_PACKAGE = str(Path(__file__).parent.parent) + os.sep
_CLI = _PACKAGE + "cli.py"
_RAISES = opmap["RAISE_VARARGS"]


def run(arguments: Sequence[str]) -> int:
    """Run a program in this process and return its exit code; `sys.exit` in it leaves as SystemExit."""
    words = list(arguments)
    full = words[:1] == ["--full-traceback"]
    del words[: int(full)]
    if not words or words[0] in ("-h", "--help"):
        print(USAGE, end="", file=sys.stdout if words else sys.stderr)
        return 0 if words else 2
    word = words[0]
    if word.startswith("-") and (word not in ("-", "-c", "-m") or (word != "-" and len(words) < 2)):
        what = f"argument expected for {word}" if word in ("-c", "-m") else f"unknown option {word}"
        print(f"microdl run: error: {what}\n{USAGE}", end="", file=sys.stderr)
        return 2
    as_torch()
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__.update({"__builtins__": __builtins__, "__spec__": None})
    try:
        _start(word, words, main)
    except SystemExit:
        raise
    except BaseException as error:
        return _report(error, full)
    return 0


def _set(argv: list[str], first: str) -> None:
    """`sys.argv`, and the first place that imports look in, as python sets them (none with -P)."""
    sys.argv = argv
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = first


def _start(word: str, words: list[str], main: ModuleType) -> None:
    if word == "-m":
        _set(["-m", *words[2:]], str(Path.cwd()))
        runpy._run_module_as_main(words[1])  # type: ignore[attr-defined]  # what `python -m` calls
    elif word == "-c":
        _set(["-c", *words[2:]], "")
        exec(compile(words[1], "<string>", "exec", dont_inherit=True), main.__dict__)
    elif word == "-":
        _set(words, "")
        exec(compile(sys.stdin.read(), "<stdin>", "exec", dont_inherit=True), main.__dict__)
    elif Path(word).is_dir() or word.endswith((".zip", ".pyz")):
        _set(words, str(Path.cwd() / word))
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
    else:
        code = _code(word)
        _set(words, str(Path(word).resolve().parent))
        main.__file__, main.__cached__ = str(Path.cwd() / word), None  # type: ignore[attr-defined]
        main.__loader__ = importlib.machinery.SourceFileLoader("__main__", main.__file__)
        exec(code, main.__dict__)


def _code(script: str) -> CodeType:
    try:
        with io.open_code(str(Path(script).absolute())) as file:
            source = file.read()
    except OSError as error:
        print(f"microdl run: can't open file {script!r}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    return compile(source, str(Path(script).absolute()), "exec", dont_inherit=True)


def _report(error: BaseException, full: bool) -> int:
    """Print the traceback as python would at the end of the program, and return python's exit code."""
    for each in _chain(error):
        each.__traceback__ = _of_the_program(each.__traceback__, full)
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    sys.excepthook(type(error), error, error.__traceback__)
    if isinstance(error, KeyboardInterrupt):
        _end_by(signal.SIGINT)
        return 130
    return 1


def _chain(error: BaseException) -> list[BaseException]:
    """An error, and those it was raised from or while handling: all that its traceback shows."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and all(each is not other for other in found):
            found.append(each)
            waiting += [each.__cause__, each.__context__]
    return found


def _end_by(number: int) -> None:
    """End by the signal, as python does after an interrupt, when all else is finished."""

    def end() -> None:
        sys.stdout.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if os.name == "posix":
        _first_at_exit.append(end)


_first_at_exit: list[Callable[[], None]] = []


@atexit.register  # the last to run: nothing of the program is registered yet
def _ends() -> None:
    for end in _first_at_exit:
        end()


def _of_the_program(traceback: TracebackType | None, full: bool) -> TracebackType | None:
    """The traceback without the frames that start the program; and, where microdl refused on purpose, its own."""
    while traceback is not None and _starts(traceback.tb_frame.f_code):
        traceback = traceback.tb_next
    frames: list[TracebackType] = []
    step = traceback
    while step is not None:
        frames.append(step)
        step = step.tb_next
    theirs = [i for i, frame in enumerate(frames) if not _is_ours(frame.tb_frame.f_code)]
    if theirs and theirs[-1] < len(frames) - 1 and not full and _raised(frames[-1]):
        frames[theirs[-1]].tb_next = None
    return traceback


def _starts(code: CodeType) -> bool:
    return code.co_filename in (__file__, _CLI) or code.co_filename in ("<frozen runpy>", runpy.__file__)


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_PACKAGE)


def _raised(frame: TracebackType) -> bool:
    """Whether the frame ended in a `raise` statement: an error meant to be read, not a fault inside."""
    code: Any = frame.tb_frame.f_code.co_code
    return bool(code[frame.tb_lasti] == _RAISES)
