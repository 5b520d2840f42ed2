"""``microdl train``: it learns, it is reproducible, and bad input ends with a clear text and no file."""

import builtins
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import microdl as torch
from microdl import train as job
from microdl.cli import main

# Losses of steps 1, 2, 3 and 101 and of the last step, then of the validation part after the last epoch: this
# file run with PyTorch 2.13 in place of microdl (tests/parity/test_train.py compares all steps).
RECORDED = {
    ("linear", "softmax"): [2.380729, 2.353146, 2.205075, 0.153754, 0.073364, 0.110865],
    ("linear", "hinge"): [0.930279, 0.917749, 0.775816, 0.017177, 0.009011, 0.016993],
    ("mlp", "softmax"): [2.325530, 2.272814, 2.300552, 0.077732, 0.002239, 0.042327],
    ("mlp", "hinge"): [0.910310, 0.854998, 0.884354, 0.021422, 0.000500, 0.009763],
}
LEAST_TEST_ACCURACY = {"softmax": 0.96, "hinge": 0.95}


@pytest.fixture(autouse=True)
def _isolated(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def train(*words):
    return main(["train", *words])


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# ---------------------------------------------------------------- it learns


@pytest.mark.parametrize(("model", "loss"), RECORDED)
def test_the_defaults_learn_as_pytorch_does(model, loss, monkeypatch, tmp_path):
    histories = []
    train_once = job.train
    monkeypatch.setattr(job, "train", lambda *args: histories.append(train_once(*args)) or histories[-1])
    results = job.run(job.Options(model=model, loss=loss, out=tmp_path / "out"))
    assert results["test"][1] >= LEAST_TEST_ACCURACY[loss]
    assert len(histories[0].steps) == 60 * 19
    steps = histories[0].steps
    seen = [*steps[:3], steps[100], steps[-1], histories[0].valid_loss[-1]]
    np.testing.assert_allclose(seen, RECORDED[model, loss], rtol=0, atol=1e-5)
    for name in ("train_accuracy", "valid_accuracy", "valid_loss"):
        assert len(getattr(histories[0], name)) == 60
    assert histories[0].train_accuracy[-1] == results["training"][1]
    assert (histories[0].valid_loss[-1], histories[0].valid_accuracy[-1]) == results["validation"]


def test_the_parts_are_disjoint_and_whole():
    parts = job.load_data()
    assert {name: len(part) for name, part in parts.items()} == {
        "training": 1214,
        "validation": 134,
        "test": 449,
    }
    rows = np.concatenate([part.tensors[0].numpy() for part in parts.values()])
    whole = torch.datasets.digits.load_digits_arrays()[0].reshape(1797, 64) / np.float32(16)
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(whole, axis=0))
    assert len({row.tobytes() for row in rows}) == len({row.tobytes() for row in whole})


def test_the_command_prints_a_table_and_writes_three_files(tmp_path, capsys):
    assert train("--epochs", "3", "--out", "here") == 0
    out, err = capsys.readouterr()
    assert re.search(r"^digits, linear model, softmax loss, seed 0: 3 epochs, 57 steps in \d+\.\d\d s$", out, re.M)
    rows = re.findall(r"^(training|validation|test) +([\d,]+) +(\d\.\d{4}) +(\d\d\.\d)%$", out, re.M)
    assert [row[:2] for row in rows] == [("training", "1,214"), ("validation", "134"), ("test", "449")]
    assert "3/3 epochs" in err
    assert "loss" in err
    assert "valid" in err
    assert files(tmp_path) == ["here/loss.png", "here/templates.png", "here/weights.npz"]
    assert all(f"here/{name}" in out.replace("\\", "/") for name in ("weights.npz", "templates.png", "loss.png"))


def test_the_default_folder_is_named_after_the_run(tmp_path):
    assert train("--epochs", "1", "--model", "mlp", "--loss", "hinge") == 0
    assert files(tmp_path) == [f"runs/digits-mlp-hinge/{name}" for name in ("loss.png", "templates.png", "weights.npz")]


@pytest.mark.parametrize("model", job.MODELS)
def test_the_weights_are_a_state_dict(model, tmp_path):
    result = job.run(job.Options(model=model, epochs=2, out=tmp_path))["test"]
    with np.load(tmp_path / "weights.npz") as archive:
        state = {name: torch.from_numpy(archive[name]) for name in archive.files}
    again = job.make_model(model)
    again.load_state_dict(state)
    assert job.evaluate(again, job.LOSSES["softmax"](), job.load_data()["test"]) == result


def test_same_seed_same_bytes_and_another_seed_another(tmp_path):
    for out, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert train("--epochs", "2", "--seed", seed, "--out", out) == 0
    first, second, other = ({f.name: f.read_bytes() for f in (tmp_path / d).iterdir()} for d in "abc")
    assert first == second
    assert all(first[name] != other[name] for name in first)


def test_a_batch_may_be_larger_than_the_training_part(tmp_path, capsys):
    assert train("--epochs", "2", "--batch-size", "5000", "--out", "out") == 0
    assert "2 epochs, 2 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("--lr", "0.01"),
        ("--momentum", "0"),
        ("--weight-decay", "0.1"),
        ("--batch-size", "32"),
        ("--epochs", "3"),
    ],
)
def test_every_number_matters(words, tmp_path):
    assert train("--epochs", "2", "--out", "default") == 0
    assert train("--epochs", "2", "--out", "other", *words) == 0
    default, other = (np.load(tmp_path / name / "weights.npz")["weight"] for name in ("default", "other"))
    assert not np.array_equal(default, other)


# ---------------------------------------------------------------- what may be missing


def hide(monkeypatch, package):
    real_import = builtins.__import__

    def import_all_but_one(name, *args, **options):
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", import_all_but_one)


def test_without_tqdm_there_is_a_line_an_epoch(monkeypatch, capsys):
    hide(monkeypatch, "tqdm")
    assert train("--epochs", "2") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 2
    assert re.fullmatch(r"epoch 2/2: loss \d\.\d{4}, accuracy \d\d\.\d%, valid \d\d\.\d%", lines[1])


def test_without_matplotlib_the_weights_are_written_and_the_text_says_so(monkeypatch, capsys, tmp_path):
    hide(monkeypatch, "matplotlib")
    assert train("--epochs", "1", "--out", "out") == 0
    assert 'no pictures: drawing needs matplotlib: pip install "microdl[plots]"' in capsys.readouterr().err
    assert files(tmp_path) == ["out/weights.npz"]


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("loss", ["softmax", "hinge"])
def test_divergence_names_the_place_and_the_remedy_and_writes_nothing(loss, capsys, tmp_path):
    assert train("--lr", "1e30", "--loss", loss, "--out", "out") == 1
    err = capsys.readouterr().err
    assert re.search(
        r"microdl train: error: the (loss|sum of the weights) is (nan|inf|-inf) at epoch 1, step \d+, with"
        r" learning rate 1e\+30: training diverged, nothing was written. Lower the learning rate, for example"
        r" --lr 1e\+29\n",
        err,
    )
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--epoch", "3"], r"unknown argument: --epoch 3 \(did you mean --epochs\?\)"),
        (["--learning_rate=1"], r"unknown argument: --learning_rate=1"),
        (["digits"], r"unknown argument: digits"),
        (["--data", "mnst"], r"argument --data: invalid choice: 'mnst' \(choose from .*digits.*cifar10.*moons"),
        (["--model", "cnn"], r"argument --model: invalid choice: 'cnn' \(choose from '?linear'?, '?mlp'?, '?knn'?"),
        (["--loss", "mse"], r"argument --loss: invalid choice: 'mse' \(choose from '?softmax'?, '?hinge'?, '?squared"),
        (["--epochs", "0"], r"argument --epochs: must be an integer of at least 1, got '0'"),
        (["--epochs", "1.5"], r"argument --epochs: must be an integer of at least 1, got '1.5'"),
        (["--epochs"], r"argument --epochs: expected one argument"),
        (["--batch-size", "-4"], r"argument --batch-size: must be an integer of at least 1, got '-4'"),
        (["--seed", "x"], r"argument --seed: must be an integer from 0 to 9223372036854775807, got 'x'"),
        (
            ["--seed", str(2**63)],
            r"argument --seed: must be an integer from 0 to \d+, got '9223372036854775808'",
        ),
        (["--lr", "0"], r"argument --lr: must be a number above 0, got '0'"),
        (["--lr", "nan"], r"argument --lr: must be a number above 0, got 'nan'"),
        (["--lr", "inf"], r"argument --lr: must be a number above 0, got 'inf'"),
        (["--lr", "fast"], r"argument --lr: must be a number above 0, got 'fast'"),
        (["--momentum", "1"], r"argument --momentum: must be a number from 0 to below 1, got '1'"),
        (["--weight-decay", "-1"], r"argument --weight-decay: must be a number from 0, got '-1'"),
        (
            ["--out", "no/such"],
            r"argument --out: cannot make 'no/such': there is no folder 'no', make it first",
        ),
        (["--out", "file"], r"argument --out: 'file' is a file: name a folder"),
    ],
)
def test_wrong_options_end_with_code_2_before_any_work(words, text, capsys, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SystemExit) as stop:
        train(*words)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert re.search(text, err)
    assert "usage: microdl train" in err
    assert "All options: microdl train --help" in err
    assert files(tmp_path) == ["file"]


@pytest.mark.parametrize(("words", "text"), [([], "required: command"), (["fly"], "invalid choice: 'fly'")])
def test_a_wrong_command(words, text, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert text in capsys.readouterr().err


def test_results_that_cannot_be_written(monkeypatch, capsys, tmp_path):
    (tmp_path / "runs").write_bytes(b"in the way")
    assert train("--epochs", "1") == 1
    err = capsys.readouterr().err
    assert re.search(r"microdl train: error: cannot write the results: .*runs.* Name another folder with --out", err)
    assert files(tmp_path) == ["runs"]


def test_interrupted(monkeypatch, capsys, tmp_path):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "evaluate", interrupt)
    assert train("--epochs", "1") == 130
    # no bar before the first epoch's end: the note that kernels are compiled would stand in the same line
    assert capsys.readouterr().err == "\nmicrodl train: interrupted\n"
    assert files(tmp_path) == []


def test_help_shows_every_option_with_its_default(capsys):
    with pytest.raises(SystemExit) as stop:
        train("--help")
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, value in [
        ("epochs", 60),
        ("batch-size", 64),
        ("momentum", 0.9),
        ("weight-decay", 0.0001),
    ]:
        assert re.search(rf"--{name} [A-Z]+ [^-]*\(default {value}\)", text), name
    assert "(default 0.2 for the pixels of the digits, else one that suits the data)" in text


def test_the_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"microdl {torch.__version__}\n"


# ---------------------------------------------------------------- as a program


def test_as_a_program(tmp_path):
    words = [sys.executable, "-m", "microdl", "train", "--epochs", "1", "--out", "out"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "validation" in done.stdout
    assert files(tmp_path) == ["out/loss.png", "out/templates.png", "out/weights.npz"]
