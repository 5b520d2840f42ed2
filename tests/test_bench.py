"""``microdl bench``: a process for each measurement, in turn, and the table."""

import os
import sys

import pytest

from microdl import bench
from microdl.cli import main


@pytest.fixture
def only_microdl(monkeypatch):
    monkeypatch.setattr(bench, "FRAMEWORKS", ("microdl",))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


@pytest.fixture
def measured(monkeypatch):
    """Replace the measurements by recorded ones; return the list of what was asked for."""
    asked = []
    times = {"microdl": [20.0, 10.0, 30.0], "torch": [300.0, 100.0, 200.0]}

    def fake(framework, case, seconds, threads):
        asked.append((framework, case, seconds, threads))
        return times[framework][sum(name == framework for name, *_ in asked) - 1]

    monkeypatch.setattr(bench, "_measure_in_a_process", fake)
    return asked


def test_a_real_measurement(only_microdl, capfd):
    assert main(["bench", "--case", "tiny", "--rounds", "1", "--seconds", "0.01", "--threads", "1"]) == 0
    out, err = capfd.readouterr()
    name, shape, time = out.splitlines()[2].split()
    assert (name, shape) == ("tiny", "32x2-16-2")
    assert 1 < float(time) < 100_000
    assert "nothing to compare with (pip install torch)" in err


def test_frameworks_take_turns_and_medians_are_compared(measured, monkeypatch, capsys):
    monkeypatch.setattr(bench.importlib.util, "find_spec", lambda name: True)
    results = bench.run(["digits"], rounds=3, seconds=0.5, threads=2)
    turn = [("microdl", "digits", 0.5, 2), ("torch", "digits", 0.5, 2)]
    assert measured == turn * 3
    assert results == {"digits": {"microdl": 20.0, "torch": 200.0}}
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["microdl", "torch", "ratio"]
    assert out.splitlines()[2].split() == ["digits", "64x64-10", "20.0", "200.0", "10.0"]
    assert err == ""


def test_a_failed_measurement(only_microdl, capfd, monkeypatch):
    monkeypatch.setitem(bench.CASES, "bad", (1, 0))
    assert main(["bench", "--case", "bad", "--rounds", "1"]) == 1
    err = capfd.readouterr().err
    assert "microdl bench: error: measuring 'bad' with microdl failed, for the reason above" in err
    assert "KeyError" in err, "the process knows only the real cases"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--case", "huge"], "argument --case: invalid choice: 'huge'"),
        (["--rounds", "0"], "argument --rounds: must be an integer of at least 1, got '0'"),
        (["--seconds", "-1"], "argument --seconds: must be a number above 0, got '-1'"),
        (["--second", "1"], "unknown argument: --second 1 (did you mean --seconds?)"),
    ],
)
def test_wrong_options(words, text, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["bench", *words])
    assert stop.value.code == 2
    assert text in capsys.readouterr().err
