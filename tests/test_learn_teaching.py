"""A teacher's commands: the results of a class, bugs against students' tests, a framework with a bug to find."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from microdl.cli import main
from microdl.learn import hunting
from microdl.learn.bugs import BUGS, Bug, planted
from microdl.learn.chapter import chapters
from microdl.learn.package import Package, write_reference

EVERY = chapters()
BUG_OF_5: dict[str, Bug] = {bug.name: bug for bug in BUGS if bug.chapter == 5}
LAST_WINS = planted(BUG_OF_5["last use wins"], EVERY[5])


@pytest.fixture
def handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four of a class: all right, one bug, one file without a package around it, nothing."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    (folder / "ada").mkdir(parents=True)
    write_reference(folder / "ada" / "mydl", EVERY.values())
    own = folder / "bert" / "code" / "own"
    Package.start(own, EVERY.values())
    (own / "scalar.py").write_text(LAST_WINS, "utf-8")
    (folder / "cleo-b").mkdir()
    (folder / "cleo-b" / "scalar.py").write_text(EVERY[5].reference("scalar.py"), "utf-8")
    (folder / "dan").mkdir()
    (folder / ".git").mkdir()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_class_is_a_row_for_each_and_the_mistakes_of_most(
    handed_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(handed_in)
    assert main(["learn", "class", "in", "4", "5", "--csv", "table.csv"]) == 1
    assert files(handed_in) == before, "what was handed in stays as it was"
    head, ada, bert, cleo, dan, _, passed, _, wrong, *rest = capsys.readouterr().out.splitlines()
    assert head.split() == ["4", "5", "passed"]
    assert ada.split() == ["ada", "all", "all", "2", "of", "2"]
    assert re.fullmatch(r"bert +- +\d+/\d+ +0 of 2", bert)
    assert cleo.split() == ["cleo-b", "-", "all", "1", "of", "2"]
    assert dan == "dan     one package is looked for, found: none"
    assert passed.split() == ["of", "4", "1", "2"]
    assert wrong == "Written, and wrong:"
    assert rest[0].endswith(" (bert)")
    assert "chapter  5  Value.backward: " in rest[0]
    with Path("table.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert {row["state"] for row in rows if row["who"] == "ada"} == {"passed"}
    (told,) = {row["why"] for row in rows if row["who"] == "dan"}
    assert told == "one package is looked for, found: none"
    assert any("add them up (+=)" in row["why"] for row in rows if row["who"] == "bert" and row["state"] == "wrong")


def test_an_early_mistake_does_not_count_again(handed_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_reference(handed_in / "dan" / "mydl", EVERY.values())
    tensor = next(bug for bug in BUGS if bug.chapter == 6 and bug.file == "tensor.py")
    (handed_in / "dan" / "mydl" / "tensor.py").write_text(planted(tensor, EVERY[6]), "utf-8")
    main(["learn", "class", "in", "6", "7"])
    (dan,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("dan ")]
    assert dan.endswith("all   1 of 2")


def test_a_class_that_passes(handed_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for who in ("bert", "dan", "cleo-b"):
        (handed_in / who).rename(handed_in.parent / who)
    assert main(["learn", "class", "in", "5"]) == 0
    assert "wrong" not in capsys.readouterr().out


def test_the_package_is_found_beside_files_of_such_names(handed_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("tests", "venv"):
        (handed_in / "bert" / name).mkdir()
        (handed_in / "bert" / name / "data.py").touch()
        (handed_in / "cleo-b" / name).mkdir()
    (handed_in / "cleo-b" / "venv" / "data.py").touch()
    (handed_in / "cleo-b" / "venv" / "pyvenv.cfg").touch()
    main(["learn", "class", "in", "5"])
    assert re.findall(r"found: .*", capsys.readouterr().out) == ["found: none"], "dan's"


def test_results_that_could_not_be_written_are_not_computed(
    handed_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn", "class", "in", "--csv", "nowhere/table.csv"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "there is no folder nowhere. Make it first" in streams.err


@pytest.mark.parametrize("folder", ["none", "ada.txt", "empty"])
def test_a_folder_without_a_class(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ada.txt").touch()
    Path("empty").mkdir()
    assert main(["learn", "class", folder]) == 1
    assert f"{folder} has no folders in it" in capsys.readouterr().err


def test_two_packages_of_one_are_told(handed_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("new", "old"):
        write_reference(handed_in / "dan" / name, EVERY.values())
    main(["learn", "class", "in", "5"])
    assert "dan     one package is looked for, found: new, old\n" in capsys.readouterr().out


WEAK = """
from mydl.scalar import Value

def test_a_number_that_is_used_twice():
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7
"""
STRONG = (
    WEAK
    + """
def test_backward_adds_to_what_is_there():
    x = Value(3.0)
    (x * x).backward()
    (x * x).backward()
    assert x.grad == 12

def test_a_product_of_two():
    a, b = Value(1.5), Value(-2.0)
    (a * b).backward()
    assert (a.grad, b.grad) == (-2.0, 1.5)

def test_exp():
    x = Value(1.0)
    y = x.exp()
    y.backward()
    assert x.grad == y.value

def test_a_second_walk():
    x = Value(3.0)
    y = x * 2
    z = y * y
    z.backward()
    z.backward()
    assert x.grad == 48

def test_a_long_chain():
    x = y = Value(1.0)
    for _ in range(20_000):
        y = y + 1
    y.backward()
    assert x.grad == 1
"""
)


@pytest.fixture
def tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Students' tests, in folders of their own, one with its own package and a module beside it."""
    monkeypatch.chdir(tmp_path)
    for who, text in (("weak", WEAK), ("strong", "import helper\n" + STRONG)):
        (tmp_path / who).mkdir()
        (tmp_path / who / "test_scalar.py").write_text(text, "utf-8")
    (tmp_path / "strong" / "helper.py").touch()
    write_reference(tmp_path / "strong" / "mydl", EVERY.values())
    return tmp_path


def test_bugs_are_found_or_missed_by_students_tests(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(tests)
    assert main(["learn", "bugs", "5", "weak", "strong"]) == 1
    assert files(tests) == before
    shown = capsys.readouterr().out
    weak, _, strong = shown.partition("strong: ")
    assert weak.startswith(f"weak: finds 7 of {len(BUG_OF_5)}\n")
    assert "  MISSED recursion (Value.backward)\n" in weak
    assert "  found  last use wins (Value.backward)\n" in weak
    assert strong.startswith(f"finds {len(BUG_OF_5)} of {len(BUG_OF_5)}\n")
    assert "Found by how many of 2:\n" in strong
    assert "   1  recursion (Value.backward)\n" in strong
    assert "   2  last use wins (Value.backward)\n" in strong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import nowhere_at_all\n", "they fail on the reference, and so prove nothing: ModuleNotFoundError"),
        ("def test_one():\n    pass\n", "they import no mydl: give the name that they do by --package"),
        (WEAK.replace("7", "6"), "they fail on the reference, and so prove nothing: assert 7"),
        ("from mydl import scalar\n", "no tests are in it"),
    ],
)
def test_tests_that_prove_nothing(text: str, told: str, tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tests / "test_these.py").write_text(text, "utf-8")
    assert main(["learn", "bugs", "5", "test_these.py"]) == 1
    assert capsys.readouterr().out.startswith(f"test_these.py: {told}")


def test_tests_of_a_package_of_another_name(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tests / "test_own.py").write_text(STRONG.replace("mydl", "own"), "utf-8")
    assert main(["learn", "bugs", "5", "test_own.py", "--package", "own"]) == 0
    assert f"finds {len(BUG_OF_5)} of {len(BUG_OF_5)}" in capsys.readouterr().out


def test_a_bug_that_keeps_tests_from_ending_is_found(
    tests: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hunting, "_SECONDS", 10)
    loop = "\ndef test_it_ends():\n    x = Value(1.0)\n    (x + x).backward()\n    while x.grad != 2: pass\n"
    (tests / "test_loop.py").write_text(WEAK.partition("def")[0] + loop, "utf-8")
    monkeypatch.setattr(hunting, "BUGS", [BUG_OF_5["last use wins"]])
    assert main(["learn", "bugs", "5", "test_loop.py"]) == 0
    assert "finds 1 of 1" in capsys.readouterr().out


def test_bugs_without_tests_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "bugs", "5"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{b.name}  ({b.exercise}, {b.file})" for b in BUG_OF_5.values()]


def test_a_bug_is_planted_in_a_new_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["learn", "plant", "5", "last use wins", "find_me"]) == 0
    assert Path("find_me", "scalar.py").read_text("utf-8") == LAST_WINS
    assert "from find_me.tensor import" in Path("find_me", "nn.py").read_text("utf-8")
    for words, told in [
        (["5", "last use wins", "find_me"], "find_me exists: give the name of a new folder"),
        (["5", "last", "another"], "chapter 5 has no bug 'last', but 'reused node overwritten', "),
        (["5", "last use wins", "find-me"], "'find-me' cannot be imported as a package"),
        (["99", "last use wins", "another"], "there is no chapter 99"),
    ]:
        assert main(["learn", "plant", *words]) == 1
        assert told in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"find_me"}


@pytest.mark.parametrize("words", [["99"], ["5", "nowhere.py"]])
def test_what_is_not_there_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "bugs", *words]) == 1
    assert re.search("there is no (chapter 99|nowhere.py)", capsys.readouterr().err)
