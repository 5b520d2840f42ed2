"""``microdl bench``: processes in turn, numbers compared before times, the table, JSON, the chart and the README."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from microdl.bench import command, machine, report, runner, worker, workload
from microdl.bench.machine import Limits
from microdl.bench.runner import Measured, Result, Settings
from microdl.bench.workload import THEMES, Row, Task
from microdl.cli import main

LIMITS = Limits(float32=1e9, float64=5e8, near=2e9, far=1e9)


def task_of(numbers):
    def builder(module):
        return Task(lambda: None, lambda: numbers)

    return builder


ROW = Row("work 2x3", {"microdl": task_of({}), "torch": task_of({}), "jax": task_of({})}, aims={"torch": 2}, flops=1e6)


@pytest.fixture
def answers(monkeypatch):
    """Replace the processes by recorded answers; return them, to be changed, and the list of what was asked for."""
    asked = []
    seconds = {"microdl": [0.002, 0.001, 0.003], "torch": [0.03, 0.01, 0.02]}
    errors = {}

    def fake(theme, row, framework, settings, reference):
        asked.append((framework, reference))
        if framework in errors:
            return {"error": errors[framework]}
        turn = sum(name == framework for name, _ in asked) - 1
        return {
            "seconds": seconds[framework][turn % 3],
            "peak": 30_000_000 * (1 + turn),
            "imported": 20_000_000,
            "allocated": 5000,
            "numbers": {"loss": [1.0]},
        }

    monkeypatch.setattr(runner, "launch", fake)
    monkeypatch.setattr(runner, "installed", lambda name: name in ("microdl", "torch"))
    monkeypatch.setattr(command, "installed", lambda name: name in ("microdl", "torch", "matplotlib"))
    monkeypatch.setattr(command, "rows", lambda theme: [ROW])
    monkeypatch.setattr(command, "_limits", lambda present, settings: LIMITS)
    return asked, errors


def test_frameworks_take_turns_and_medians_are_compared(answers):
    asked, _ = answers
    result = runner.compare("steps", ROW, ["torch", "jax"], Settings(rounds=3))
    assert [name for name, _ in asked] == ["microdl", "torch"] * 3
    assert [reference for _, reference in asked] == [None, *[{"loss": [1.0]}] * 5], "all are held to the first numbers"
    assert result.measured["microdl"] == Measured([0.002, 0.001, 0.003], 90_000_000, 20_000_000, 5000)
    assert result.ratio("torch") == pytest.approx(10)
    assert result.ratio_spread("torch") == pytest.approx((15 - 20 / 3) / 2 / 10)
    assert result.reached("torch")
    assert result.errors == []


def test_the_table_and_its_foot(answers, capsys):
    assert main(["bench", "--peers", "torch,jax", "--rounds", "3", "--threads", "2", "--seconds", "0.5"]) == 0
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["work", "microdl", "torch / microdl", "limit", "peak: microdl / torch", "call, kB"]
    assert cells[2] == ["work 2x3", "2 ms ±50%", "10.00 ±42% (2)", "50%", "90 (+70) / 90 (+70)", "5"]
    assert len({len(line) for line in lines}) == 1, "the columns stand below one another"
    assert err == "jax: not installed\n"
    assert "settings: 2 threads, 3 rounds of 0.5 s a process" in out
    assert "limits: 1 GFLOP/s in float32" in out


def test_json(answers, capsys):
    assert main(["bench", "--peers", "torch", "--rounds", "1", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["results"][0]["ratios"] == {"torch": pytest.approx(15)}
    assert found["results"][0]["measured"]["microdl"]["seconds"] == [0.002]
    assert found["results"][0]["aims"] == {"torch": 2}
    assert found["results"][0]["limit"] == pytest.approx(0.5)
    assert found["machine"]["rounds"] == 1
    assert set(found["machine"]["versions"]) == {"python", "microdl", "numpy", "torch"}
    assert "work 2x3" in err


def test_other_numbers_are_an_error_and_give_no_ratio(answers, capsys):
    asked, errors = answers
    errors["torch"] = "mismatch: loss differs"
    assert main(["bench", "--peers", "torch", "--rounds", "2"]) == 1
    out, err = capsys.readouterr()
    assert "microdl bench: error: work 2x3, torch: mismatch: loss differs" in err
    assert "differs |" in out
    assert [name for name, _ in asked] == ["microdl", "torch", "microdl"], "it is not measured again"


def test_without_microdls_numbers_nothing_else_is_measured(answers, capsys):
    asked, errors = answers
    errors["microdl"] = "KeyError: 'x'"
    assert main(["bench", "--peers", "torch"]) == 1
    assert "error: work 2x3, microdl: KeyError: 'x'" in capsys.readouterr().err
    assert len(asked) == 1


def test_a_ratio_below_the_aim_is_marked():
    slow = Result("steps", ROW, {"microdl": Measured([1.0], 3), "torch": Measured([1.5], 2)})
    assert not slow.reached("torch")
    line = report.Table([ROW], ["microdl", "torch"], None).line(slow)
    assert "1.50 (2) !" in line
    assert line.rstrip(" |").endswith("!"), "more memory than torch's"
    equal = Result("steps", Row("x", {}), {"microdl": Measured([1.0]), "torch": Measured([0.99])})
    assert not equal.reached("torch"), "1 is to be reached where no figure is given"


@pytest.mark.parametrize(
    "numbers", [{"loss": [1.0, 2.001]}, {"loss": [1.0, float("nan")]}, {"loss": [1.0]}, {"out": [1]}]
)
def test_differences_are_found(numbers):
    assert workload.difference(ROW, numbers, {"loss": [1.0, 2.0]})


def test_equal_numbers_and_a_tolerance_by_name():
    assert workload.difference(ROW, {"loss": [1.0, 2.0001]}, {"loss": [1.0, 2.0], "weight": [3.0]}) == ""
    loose = Row("x", {}, tolerance={"accuracy": 0.1})
    assert workload.difference(loose, {"accuracy": [0.95]}, {"accuracy": [1.0]}) == ""
    assert workload.difference(loose, {"accuracy": [0.85]}, {"accuracy": [1.0]}) == (
        "accuracy differs from microdl's by 0.15 of the largest, where 0.1 is allowed"
    )


def test_of_a_large_array_the_norm_and_a_thousand_entries_are_compared():
    small, large = np.arange(6.0).reshape(2, 3), np.ones((200, 300), np.float32)
    assert workload.sample(small) == [0, 1, 2, 3, 4, 5]
    assert len(workload.sample(large)) == 1001
    changed = large.copy()
    changed[7] = 2
    assert workload.sample(changed)[0] != workload.sample(large)[0]


def test_a_peer_that_differs_is_not_timed():
    def refuse():
        raise AssertionError("it was timed")

    row = Row("x", {"numpy": lambda module: Task(refuse, lambda: {"loss": [2.0]})})
    answer = worker.measure(row, "numpy", 0.01, 1, {"loss": [1.0]})
    assert answer == {"error": "mismatch: loss differs from microdl's by 1 of the largest, where 0.0001 is allowed"}


def test_what_a_worker_measures():
    calls = []
    row = Row(
        "x",
        {"numpy": lambda np: Task(lambda: calls.append(np.empty(2000, np.uint8)[0]), lambda: {"loss": np.float32(1)})},
    )
    answer = worker.measure(row, "numpy", 0.001, 1, None)
    assert answer["numbers"] == {"loss": [1.0]}
    assert calls
    assert 0 < answer["best"] <= answer["seconds"]
    assert answer["peak"] > 1_000_000
    assert 2000 <= answer["allocated"] < 4000


def test_a_real_row_against_numpy_by_hand(monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setattr(command, "_limits", lambda present, settings: LIMITS)
    words = ["--peers", "numpy", "--only", "tiny", "--rounds", "1", "--seconds", "0.01", "--threads", "1"]
    assert main(["bench", "steps", *words]) == 0
    out, err = capfd.readouterr()
    assert "tiny MLP 32x2-16-2" in out
    assert "error" not in err


def test_a_failed_process_says_why(monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    answer = runner.launch("steps", "tiny MLP 32x2-16-2", "abacus", Settings(1, 0.01, 1), None)
    assert answer == {"error": "ModuleNotFoundError: No module named 'abacus'"}
    assert "Traceback" in capfd.readouterr().err


def test_a_peers_process_does_not_load_microdl():
    modules = ", ".join(["worker", *(f"themes.{theme}" for theme in (*THEMES, "limits"))])
    program = worker.PROGRAM.replace("main()\n", f"import importlib\nfor name in {modules.split(', ')}:\n")
    program += "    importlib.import_module('microdl_bench.' + name)\nprint('microdl' in sys.modules)\n"
    words = [sys.executable, "-c", program, worker.command()[-1]]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("theme", [*THEMES, "limits"])
def test_rows_of_a_theme(theme):
    rows = workload.rows(theme)
    assert len({row.name for row in rows}) == len(rows) > 0
    for row in rows:
        assert set(row.aims) <= set(row.builders)
        assert {workload.package(name) for name in row.builders} <= {"microdl", *workload.PEERS}
        assert theme == "limits" or next(iter(row.builders)) == "microdl"


def test_growth_is_given_as_exponents():
    rows = [Row(str(n), {}, axis=("batch", n)) for n in (10, 100, 1000)]
    results = [
        Result("growth", row, {"microdl": Measured([seconds])})
        for row, seconds in zip(rows, (1, 10, 1000), strict=True)
    ]
    assert report.growth(results) == ["time with batch, microdl: exponents 1.00, 2.00"]


def test_the_limit_is_the_longer_of_arithmetic_and_traffic():
    assert LIMITS.share(Row("x", {}, flops=1e9), 2.0) == pytest.approx(0.5)
    assert LIMITS.share(Row("x", {}, flops=1e9, dtype="float64"), 2.0) == pytest.approx(1)
    assert LIMITS.share(Row("x", {}, flops=1e6, bytes=2e9), 4.0) == pytest.approx(0.5)
    assert LIMITS.share(Row("x", {}, bytes=2e6), 0.002) == pytest.approx(0.5), "what fits into the cache"
    assert LIMITS.share(Row("x", {}), 1.0) is None


def test_limits_are_the_best_of_those_present():
    seconds = {"microdl": 1.0, "numpy": 0.5, "torch": 0.25}
    rows = workload.rows("limits")
    both = machine.measure_limits(["torch"], lambda row, name: seconds[name])
    alone = machine.measure_limits([], lambda row, name: seconds[name])
    assert both.float32 == pytest.approx(2 * alone.float32) == pytest.approx(rows[0].flops / 0.25)
    assert alone.far == pytest.approx(1.5e9), "the sum moves more than the copy"


def test_the_tables_of_a_readme_are_written_between_its_markers(answers, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- bench:steps -->\nold\n<!-- /bench:steps -->\nafter\n", "utf-8")
    assert main(["bench", "--peers", "torch", "--rounds", "1", "--readme", str(readme)]) == 0
    text = readme.read_text("utf-8")
    assert text.startswith("before\n<!-- bench:steps -->\n| work")
    assert text.endswith("```\n<!-- /bench:steps -->\nafter\n")
    assert "old" not in text
    assert "machine: " in text
    assert main(["bench", "chain", "--peers", "torch", "--rounds", "1", "--readme", str(readme)]) == 1
    assert "has no <!-- bench:chain -->" in capsys.readouterr().err
    assert readme.read_text("utf-8") == text
    assert len(answers[0]) == 2, "known before anything is measured"


def test_a_chart_without_matplotlib(answers, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "installed", lambda name: name != "matplotlib")
    assert main(["bench", "--chart", str(tmp_path / "ratios.png")]) == 1
    assert "a chart needs matplotlib: pip install 'microdl[plots]'" in capsys.readouterr().err
    assert answers[0] == []


def test_the_chart(answers, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="pictures need the extra plots")
    path = tmp_path / "ratios.png"
    assert main(["bench", "--peers", "torch", "--rounds", "1", "--chart", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["step"], "'step' is none of steps, small, "),
        (["step"], "(did you mean steps?)"),
        (["--peers", "torch,tensorflow"], "argument --peers: 'tensorflow' is none of torch, jax, numpy"),
        (["--rounds", "0"], "argument --rounds: must be an integer of at least 1, got '0'"),
        (["--seconds", "-1"], "argument --seconds: must be a number above 0, got '-1'"),
        (["--second", "1"], "unknown argument: --second (did you mean --seconds?)"),
    ],
)
def test_wrong_options(words, text, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["bench", *words])
    assert stop.value.code == 2
    assert text in capsys.readouterr().err


def test_a_row_that_is_not_there(capsys):
    assert main(["bench", "--only", "transformer"]) == 1
    assert "no row of steps has 'transformer' in its name" in capsys.readouterr().err


def test_all_themes_are_measured_with_their_places_in_the_readme(request):
    text = (request.config.rootpath / "benchmarks" / "README.md").read_text("utf-8")
    for theme in THEMES:
        assert text.count(f"<!-- bench:{theme} -->") == text.count(f"<!-- /bench:{theme} -->") == 1
