"""`microdl learn`: start, check, hint, diff, skip, status; what is written is kept, and bad input is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from microdl import learn
from microdl.cli import main
from microdl.learn import running
from microdl.learn.chapter import Chapter, chapters
from microdl.learn.package import Package
from microdl.plots import plot_losses

ONE: Chapter = chapters()[5]  # a small chapter, of numbers
TOTAL = len(chapters())


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A package that was just started, in the working folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["learn", "start", "mine"]) == 0
    capsys.readouterr()
    return tmp_path / "mine"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["learn", *words, "--package", "mine"])
    streams = capsys.readouterr()
    return code, streams.out + streams.err


def solved(root: Path, exercise: str) -> None:
    """Write the reference of one exercise over its stub."""
    path = root / ONE.files[0]
    (part,) = [part for part in ONE.exercises if part.name == exercise]
    stub = "\n".join(ONE._stub(part))
    text = path.read_text("utf-8")
    assert text.count(stub) == 1
    path.write_text(text.replace(stub, "\n".join(part.solution)), "utf-8")


def test_start_lays_out_stubs_and_never_writes_over_a_file(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {file for chapter in chapters().values() for file in chapter.files}
    assert {path.name for path in mine.glob("*.py")} == {"__init__.py", *files}
    assert "from mine.tensor import" in (mine / "nn.py").read_text("utf-8")
    (mine / "scalar.py").write_text("# my own\n", "utf-8")
    assert main(["learn", "start", "mine"]) == 0
    assert (mine / "scalar.py").read_text("utf-8") == "# my own\n"


def test_check_shows_what_is_to_do_what_is_wrong_and_what_is_done(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = run(capsys, "check", "5")
    assert code == 1
    assert shown.count("to do") == len(shown.splitlines()) - 2, "all are to do"
    assert shown.endswith("Stuck? microdl learn hint 5 Value.__add__\n")
    solved(mine, "Value.__add__")
    solved(mine, "Value.__mul__")
    path = mine / "scalar.py"
    path.write_text(path.read_text("utf-8").replace("lambda g: g * other.value, lambda g: g * self.value", "abs, abs"))
    code, shown = run(capsys, "check", "5")
    assert code == 1
    assert "  ok    Value.__add__: both parents get the gradient\n" in shown
    assert "  WRONG Value.__mul__" in shown
    assert "        for a * b with a = 1.5, b = -2" in shown
    assert run(capsys, "skip", "5")[0] == 0
    assert run(capsys, "check", "5")[0] == 0


def test_an_error_of_the_readers_is_shown_with_its_line(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = mine / "scalar.py"
    path.write_text(path.read_text("utf-8").replace("        # Your turn. Return the sum", "        1 / 0\n        #"))
    code, shown = run(capsys, "check", "5")
    assert code == 1
    assert "  ERROR Value.__add__" in shown
    assert "ZeroDivisionError: division by zero, in scalar.py, line " in shown
    assert ": 1 / 0\n" in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f(:\n", "SyntaxError"),
        ("raise SystemExit\n", "the package can be imported"),
        ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
        ("while True:\n    pass\n", "no answer within 1 seconds: is there a loop that does not end?"),
    ],
)
def test_a_file_that_cannot_be_imported(
    text: str, told: str, mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_SECONDS", 1 if "while" in text else 120)
    (mine / "scalar.py").write_text(text, "utf-8")
    code, shown = run(capsys, "check", "5")
    assert code == 1
    assert "ERROR" in shown
    assert told in shown


def test_what_the_reader_prints_does_not_disturb_the_check(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mine / "scalar.py").write_text('print("hello")\n' + ONE.reference("scalar.py"), "utf-8")
    assert run(capsys, "check", "5")[0] == 0


def test_hints_come_one_at_a_time_from_vague_to_plain(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = ONE.exercises[0].hints
    for shown_so_far in [*range(1, len(hints) + 1), len(hints)]:
        code, shown = run(capsys, "hint", "5")
        assert code == 0
        assert shown.splitlines()[0] == f"Value.__add__: {ONE.exercises[0].task}"
        assert shown.splitlines()[1:-1] == [f"  {i}. {text}" for i, text in enumerate(hints[:shown_so_far], start=1)]
        left = len(hints) - shown_so_far
        assert shown.splitlines()[-1].startswith(f"  ({left} more)" if left else "  (the last;")
    assert run(capsys, "hint", "5", "Value.exp")[1].startswith("Value.exp: Return e^self.")
    solved(mine, "Value.__add__")
    assert run(capsys, "hint", "5")[1].startswith("Value.__mul__: "), "the first that is not written"


def test_diff_shows_the_reference_until_there_is_no_difference(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = run(capsys, "diff", "7")
    assert code == 0
    assert "+    return out * (g - (g * out).sum(axis=dim, keepdims=True))" in shown
    assert "mydl" not in shown, "the reference is shown as it would stand in this package"
    Package(mine).skip(chapters()[7])
    assert run(capsys, "diff", "7")[1].endswith("nn.py is the reference\n")


def test_skip_keeps_what_was_written(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = run(capsys, "skip", "5")
    assert code == 0, "the reference passes"
    assert not list(mine.glob("*.mine")), "a stub is nothing to keep"
    (mine / "scalar.py").write_text("# my own\n", "utf-8")
    code, shown = run(capsys, "skip", "5")
    assert f"what you wrote is kept as {Path('mine', 'scalar.py.mine')}" in shown
    assert (mine / "scalar.py.mine").read_text("utf-8") == "# my own\n"
    assert (mine / "scalar.py").read_text("utf-8") == ONE.reference("scalar.py")
    (mine / "scalar.py").write_text("# my second\n", "utf-8")
    assert f"is kept as {Path('mine', 'scalar.py.mine2')}" in run(capsys, "skip", "5")[1]
    assert (mine / "scalar.py.mine").read_text("utf-8") == "# my own\n"
    assert (mine / "scalar.py.mine2").read_text("utf-8") == "# my second\n"


def test_status_counts_what_is_written_and_forgets_a_pass_when_the_file_changes(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def state() -> str:
        lines = run(capsys, "status")[1].splitlines()
        assert len(lines) == TOTAL
        (line,) = [line for line in lines if line.startswith("  5  A scalar engine")]
        return line.removeprefix("  5  A scalar engine").strip()

    assert state() == "0 of 4 written"
    solved(mine, "Value.exp")
    assert state() == "1 of 4 written"
    run(capsys, "skip", "5")
    assert state() == "passed"
    with (mine / "scalar.py").open("a") as file:
        file.write("\n")
    assert state() == "4 of 4 written"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "99"], "there is no chapter 99: they are "),
        (["hint", "99"], "there is no chapter 99"),
        (["hint", "5", "Value.sin"], "chapter 5 has no exercise 'Value.sin', but Value.__add__, "),
        (["diff", "99"], "there is no chapter 99"),
        (["skip", "99"], "there is no chapter 99"),
    ],
)
def test_what_is_not_there_is_told(words: list[str], told: str, mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = run(capsys, *words)
    assert code != 0
    assert told in shown


@pytest.mark.parametrize("words", [["check"], ["hint", "5"], ["diff", "5"], ["skip", "5"], ["status"]])
def test_a_folder_that_was_not_started_is_left_alone(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, shown = run(capsys, *words)
    assert code != 0
    assert "run `microdl learn start mine` first" in shown
    assert not list(tmp_path.iterdir())


def test_a_damaged_note_and_a_name_that_is_none(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mine / ".microdl-learn.json").write_text("{", "utf-8")
    code, shown = run(capsys, "status")
    assert code != 0
    assert "is damaged" in shown
    assert main(["learn", "start", "my-own"]) != 0
    assert "'my-own' cannot be imported as a package: take a name like mydl" in capsys.readouterr().err
    assert not Path("my-own").exists()


@pytest.mark.usefixtures("mydl_put_back")
def test_use_takes_the_readers_chapters_that_passed_and_else_the_reference(mine: Path) -> None:
    def scalar(name: str) -> ModuleType:
        learn.use(chapters=5, name=name)
        return import_module("mydl.scalar")

    own = "OWN = 1\n" + ONE.reference("scalar.py")
    (mine / "scalar.py").write_text(own, "utf-8")
    assert not hasattr(scalar("mine"), "OWN"), "it was not checked yet"
    package = Package(mine)
    package.remember(ONE, True)
    assert json.loads((mine / ".microdl-learn.json").read_text("utf-8"))["passed"]["5"]
    assert scalar("mine").OWN == 1
    assert not hasattr(scalar("another"), "OWN")


@pytest.mark.usefixtures("mydl_put_back")
def test_use_of_fewer_chapters_has_no_later_file() -> None:
    learn.use(chapters=5)
    with pytest.raises(ModuleNotFoundError):
        import_module("mydl.tensor")


@pytest.mark.usefixtures("mydl_put_back")
def test_in_a_notebook_a_figure_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[tuple[str, str], Callable[[object], bytes]] = {}
    formatter = SimpleNamespace(for_type_by_name=lambda module, name, draw: drawn.update({(module, name): draw}))
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"image/png": formatter}))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell, version_info=(9, 0)))
    learn.use(chapters=0)
    axes = plot_losses([2.0, 1.0])
    png = drawn[type(axes).__module__, type(axes).__name__](axes)
    assert png.startswith(b"\x89PNG")
    assert png == drawn["matplotlib.figure", "Figure"](plot_losses([2.0, 1.0]).figure)


def test_without_the_chapters_it_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="install microdl again"):
        chapters(tmp_path)
