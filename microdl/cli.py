"""The command line: ``microdl train``, ``compare``, ``run``, ``bench``, ``gradcheck`` and ``learn``."""

from __future__ import annotations

import argparse
import difflib
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from microdl import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 130 interrupted.

    Args:
        arguments: the words after ``microdl``; by default the program's own.

    Raises:
        SystemExit: an option is wrong (code 2), or help was asked for (code 0).
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["run"]:  # what follows belongs to the program
        from microdl.compat.runner import run

        return run(words[1:])
    options = _parser().parse_args(words)
    try:
        code: int = options.run(options)
    except KeyboardInterrupt:
        print(f"\nmicrodl {options.command}: interrupted", file=sys.stderr)
        return 130
    return code


class _Parser(argparse.ArgumentParser):
    """An argument parser that suggests the nearest option, and says where the options are described."""

    def parse_args(  # type: ignore[override]  # one form instead of argparse's overloads
        self, args: Sequence[str] | None = None, namespace: None = None
    ) -> argparse.Namespace:
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options.parser.refuse(unknown)
        return options

    def refuse(self, unknown: list[str]) -> NoReturn:
        known = [name for action in self._actions for name in action.option_strings]
        near = difflib.get_close_matches(unknown[0].partition("=")[0], known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        self.error(f"unknown argument: {' '.join(unknown)}{hint}")

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {message}\nAll options: {self.prog} --help\n")


def _parser() -> _Parser:
    parser = _Parser(prog="microdl", description="A small autograd framework with PyTorch's training-loop API.")
    parser.add_argument("--version", action="version", version=f"microdl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    _add_train(commands)
    _add_compare(commands)
    commands.add_parser("run", help="Run a PyTorch program as it is, with torch meaning microdl.")
    _add_bench(commands)
    _add_gradcheck(commands)
    _add_learn(commands)
    return parser


def _add_train(commands: Any) -> None:
    from microdl.choices import ESTIMATORS, METRICS, OPTIMIZERS, PENALTIES, SCHEDULES
    from microdl.tasks import FEATURES
    from microdl.train import LOSSES, MODELS, Options

    text = (
        "Train a classifier, on handwritten digits or other data; write what it learned as pictures, and its weights."
    )
    parser = commands.add_parser("train", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_train, parser=parser)
    option = _options_of(parser, Options)

    _add_data(option)
    option("--features", f"what the classifier sees: {', '.join(FEATURES)}, or several joined by +", metavar="NAME")
    models = "a linear classifier; a network with one hidden layer; k nearest neighbours; the best of random guesses"
    option("--model", models, choices=[*MODELS, *ESTIMATORS])
    option("--hidden", "units of the mlp's hidden layer", type=_integer(1), metavar="N")
    option("--loss", "cross-entropy of the softmax, or a form of the hinge loss", choices=list(LOSSES))
    option("--penalty", "of the weights, added to the loss", choices=PENALTIES)
    option("--alpha", "strength of the penalty", type=_number(0, "from"), metavar="A")
    option("--epochs", "passes over the training images", type=_integer(1), metavar="N")
    option("--optimizer", "how the gradient is followed", choices=OPTIMIZERS)
    rate = "learning rate (default 0.2 for the pixels of the digits, else one that suits the data)"
    option("--lr", rate, type=_number(0, "above"), metavar="RATE")
    option("--schedule", "of the learning rate", choices=SCHEDULES)
    option("--batch-size", "images a step", type=_integer(1), metavar="N")
    option("--momentum", "of SGD and RMSprop, from 0 to below 1", type=_number(0, "from", below=1), metavar="M")
    option("--weight-decay", "of the optimiser", type=_number(0, "from"), metavar="W")
    option("--k", "neighbours of knn that vote", type=_integer(1), metavar="N")
    option("--metric", "distance of knn", choices=METRICS)
    option("--draws", "guesses of random-search", type=_integer(1), metavar="N")
    option("--seed", "same seed, same numbers", type=_integer(0, 2**63 - 1), metavar="N")
    out = "folder for the results, made if missing (default runs/DATA-MODEL-LOSS)"
    option("--out", out, type=_folder, metavar="FOLDER")


def _add_compare(commands: Any) -> None:
    from microdl.compare import MODELS, Options
    from microdl.tasks import FEATURES

    text = (
        "Nearest neighbours, random search, SVM, softmax and a two-layer network on one data set: a table, a picture."
    )
    parser = commands.add_parser("compare", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_compare, parser=parser)
    option = _options_of(parser, Options)

    _add_data(option)
    features = f"features beside the pixels: {', '.join(FEATURES)}, or several joined by + (default by the data)"
    option("--features", features, metavar="NAME")
    option("--models", f"{','.join(MODELS)} (default all)", type=_names(list(MODELS)), metavar="A,B,...")
    option("--epochs", "passes over the training images", type=_integer(1), metavar="N")
    option("--hidden", "units of the two-layer network", type=_integer(1), metavar="N")
    option("--draws", "guesses of the random search", type=_integer(1), metavar="N")
    option("--seed", "same seed, same numbers", type=_integer(0, 2**31 - 1), metavar="N")
    option(
        "--out", "folder for the results, made if missing (default runs/DATA-compare)", type=_folder, metavar="FOLDER"
    )


def _add_data(option: Callable[..., None]) -> None:
    from microdl.tasks import DATA

    option("--data", "what to learn", choices=list(DATA), metavar="NAME", listed=True)
    option("--root", "folder of downloaded data sets, as torchvision lays it out", type=Path, metavar="FOLDER")
    option("--download", "fetch the data set if it is not there", action="store_true")
    option("--limit", "images for training, and for testing, at most", type=_integer(2), metavar="N")


def _options_of(parser: argparse.ArgumentParser, kind: Any) -> Callable[..., None]:
    """Adds an option whose default is that of the field of its name."""

    def option(name: str, help: str, listed: bool = False, **settings: Any) -> None:
        default = getattr(kind, name.strip("-").replace("-", "_"))
        shown = (
            ""
            if default is None or default is False or default == () or "(default" in help
            else f" (default {default})"
        )
        choices = f": {', '.join(settings['choices'])}" if listed else ""
        parser.add_argument(name, help=help + choices + shown, default=default, **settings)

    return option


def _add_bench(commands: Any) -> None:
    from microdl.bench.workload import PEERS, THEMES

    text = "Time and memory beside other frameworks', each in processes of its own, in turn."
    parser = commands.add_parser("bench", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_bench, parser=parser)
    themes = f"{', '.join(THEMES)}, or all (default steps)"
    parser.add_argument("themes", help=themes, nargs="*", metavar="theme")
    add = parser.add_argument
    peers = f"{','.join(PEERS)}, or all (default torch,numpy); one that is not installed is left out, with a word"
    add("--peers", help=peers, type=_names(PEERS), default=("torch", "numpy"), metavar="A,B,...")
    add("--only", help="only rows that have this in their name", default="", metavar="TEXT")
    add("--rounds", help="processes a row and framework (default 3)", type=_integer(1), default=3, metavar="N")
    add("--seconds", help="each one measures (default 1.0)", type=_number(0, "above"), default=1.0, metavar="S")
    add("--threads", help="of every library (default: as many as cores)", type=_integer(1), metavar="N")
    add("--json", help="print JSON; the table goes to standard error", action="store_true")
    add("--chart", help="draw the ratios (needs matplotlib: the extra plots)", type=Path, metavar="FILE")
    add("--readme", help="put the tables between the markers of this file", type=Path, metavar="FILE")


def _add_gradcheck(commands: Any) -> None:
    text = "Hunt for inputs on which a gradient is wrong, and show the smallest."
    parser = commands.add_parser("gradcheck", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(run=_gradcheck, parser=parser)
    op = "module:function, module:Class (an autograd.Function), or module:forward,backward (NumPy functions)"
    parser.add_argument("ops", help=op, nargs="+", metavar="module:op")
    add = parser.add_argument
    inputs = "their shapes, such as nm,mk or *,* (default: as many as the op has arguments)"
    add("--inputs", help=inputs, metavar="SPEC")
    domains = "a domain for each input: real, positive, nonzero, unit, labels:m, indices:n, mask, probability, 0:2.5"
    add("--domains", help=domains, metavar="A,B,...")
    add("--examples", help="examples to draw (default 200)", type=_integer(1), default=200, metavar="N")
    add("--adapter", help="torch, jax, autograd, mygrad, tinygrad or numpy (default microdl)", metavar="NAME")
    add("--seed", help="same seed, same examples (default 0)", type=_integer(0, 2**63 - 1), default=0, metavar="N")


def _add_learn(commands: Any) -> None:
    text = "Build the framework yourself, chapter by chapter, with checks, hints and the reference beside it."
    parser = commands.add_parser("learn", help=text, description=text, allow_abbrev=False)
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)

    def action(name: str, help: str, *, chapter: bool = True) -> Any:
        one = _action(actions, name, help, chapter=chapter)
        place = "your package (default mydl)"
        one.add_argument("--package", type=Path, default=Path("mydl"), metavar="FOLDER", help=place)
        return one

    start = _action(actions, "start", "Lay out the stubs of a package of your own.")
    start.add_argument("package", nargs="?", type=Path, default=Path("mydl"), metavar="FOLDER", help="default mydl")
    some = action("check", "Check what you wrote in these chapters (default all).", chapter=False)
    some.add_argument("chapters", nargs="*", type=_integer(1), metavar="N", help="numbers of chapters")
    exercise = "its name as check prints it (default: the first that is not written)"
    action("hint", "Show the next hint for an exercise.").add_argument("exercise", nargs="?", help=exercise)
    action("diff", "Show how your files differ from the reference.")
    action("skip", "Put the reference in place of a chapter; what you wrote is kept.")
    action("status", "Show what is written and what passes.", chapter=False)
    _add_teaching(actions)


def _add_teaching(actions: Any) -> None:
    def action(name: str, help: str, *, chapter: bool = False) -> Any:
        return _action(actions, name, f"For teachers: {help}", chapter=chapter)

    results = action("class", "the results of a class, from a folder with one folder for each; what is in them is run.")
    results.add_argument("folder", type=Path, metavar="FOLDER", help="holds a folder for each of the class")
    results.add_argument("chapters", nargs="*", type=_integer(1), metavar="N", help="numbers of chapters (default all)")
    results.add_argument("--csv", type=Path, metavar="FILE", help="write each check, with its explanation")
    bugs = action("bugs", "which of a chapter's planted bugs the students' own tests find.", chapter=True)
    bugs.add_argument("tests", nargs="*", type=Path, metavar="TESTS", help="files or folders for pytest (none: list)")
    bugs.add_argument("--package", default="mydl", metavar="NAME", help="what the tests import (default mydl)")
    plant = action("plant", "write the reference with one bug in it, for students to find.", chapter=True)
    plant.add_argument("bug", metavar="BUG", help="its name as bugs lists it")
    plant.add_argument("package", type=Path, metavar="FOLDER", help="a new folder")


def _action(actions: Any, name: str, help: str, *, chapter: bool = False) -> Any:
    """A command below ``microdl learn``, with the number of a chapter or without."""
    one = actions.add_parser(name, help=help, description=help, allow_abbrev=False)
    one.set_defaults(run=_learn, parser=one)
    if chapter:
        one.add_argument("chapter", type=_integer(1), metavar="N", help="number of the chapter")
    return one


def _learn(arguments: argparse.Namespace) -> int:
    from microdl.learn import classroom, command, hunting
    from microdl.learn.running import LearnError

    a = arguments
    run: dict[str, Callable[[], int]] = {
        "start": lambda: command.start(a.package),
        "check": lambda: command.check(a.package, a.chapters),
        "hint": lambda: command.hint(a.package, a.chapter, a.exercise),
        "diff": lambda: command.diff(a.package, a.chapter),
        "skip": lambda: command.skip(a.package, a.chapter),
        "status": lambda: command.status(a.package),
        "class": lambda: classroom.show_class(a.folder, a.chapters, a.csv),
        "bugs": lambda: hunting.find_bugs(a.chapter, a.tests, a.package),
        "plant": lambda: hunting.plant(a.chapter, a.bug, a.package),
    }
    try:
        return run[a.action]()
    except (LearnError, OSError) as error:
        return _fail("learn", str(error))


def _gradcheck(arguments: argparse.Namespace) -> int:
    from microdl.testing.command import BadSpecError, run

    try:
        return run(**{k: v for k, v in vars(arguments).items() if k not in ("run", "parser", "command")})
    except BadSpecError as error:
        parser: _Parser = arguments.parser
        parser.error(str(error))


def _bench(arguments: argparse.Namespace) -> int:
    from microdl.bench.command import Request, run
    from microdl.bench.runner import Settings, default_threads
    from microdl.bench.workload import THEMES

    parser: _Parser = arguments.parser
    settings = Settings(arguments.rounds, arguments.seconds, arguments.threads or default_threads())
    try:  # not while parsing, where an unknown option's value would be taken for a theme
        themes = list(dict.fromkeys(name for text in arguments.themes for name in _names(THEMES)(text))) or ["steps"]
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument theme: {error}")
    options = {name: getattr(arguments, name) for name in ("peers", "only", "json", "chart", "readme")}
    try:
        return run(Request(themes=themes, settings=settings, **options))
    except (ValueError, OSError, ModuleNotFoundError) as error:
        return _fail("bench", str(error))


def _train(arguments: argparse.Namespace) -> int:
    from microdl.train import DivergedError, Options, run

    options = _fields(Options, arguments)
    try:
        run(options)
    except DivergedError as error:
        advice = "" if options.lr is None else f", for example --lr {options.lr / 10:g}"
        return _fail("train", f"{error}{advice}")
    except (ValueError, RuntimeError) as error:
        return _fail("train", str(error))
    except OSError as error:
        return _fail("train", f"cannot write the results: {error}. Name another folder with --out")
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    from microdl.compare import Options, run

    try:
        run(_fields(Options, arguments))
    except (ValueError, RuntimeError) as error:
        return _fail("compare", str(error))
    except OSError as error:
        return _fail("compare", f"cannot write the results: {error}. Name another folder with --out")
    return 0


def _fields(kind: Any, arguments: argparse.Namespace) -> Any:
    return kind(**{field.name: getattr(arguments, field.name) for field in fields(kind)})


def _fail(command: str, message: str) -> int:
    print(f"microdl {command}: error: {message}", file=sys.stderr)
    return 1


def _integer(low: int, high: int | None = None) -> Callable[[str], int]:
    wanted = f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low or (high is not None and value > high):
            raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
        return value

    return parse


def _number(low: float, kind: str, below: float = math.inf) -> Callable[[str], float]:
    wanted = f"a number {kind} {low:g}" + ("" if below == math.inf else f" to below {below:g}")

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value < below or (kind == "above" and value == low):
            raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
        return value

    return parse


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = list(known) if text == "all" else text.split(",") if text else []
        if unknown := [name for name in names if name not in known]:
            near = difflib.get_close_matches(unknown[0], known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}, all{hint}")
        return names

    return parse


def _folder(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file: name a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(
            f"cannot make {text!r}: there is no folder {str(path.parent)!r}, make it first"
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"cannot write into {text!r}: permission denied, name another folder")
    return path
