"""``microdl compare``: one table and one picture for the classifiers of the course."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from microdl import compare as story
from microdl import tasks
from microdl.cli import main


@pytest.fixture(autouse=True)
def _isolated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_digits_from_guessing_to_a_network(tmp_path, capsys):
    assert main(["compare", "--data", "digits", "--epochs", "20", "--out", "out"]) == 0
    text = capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert len(found) == len(story.MODELS)
    assert len(re.findall(r"^[\w, -]+ +(pixels|hog) +\d+\.\d% +\d+\.\d% +\d+\.\d% ", text, re.M)) == len(found)
    test = {(re.search(r"[a-z][a-z-]+", row["model"])[0], row["features"]): row["test"] for row in found}
    assert test["random-search", "pixels"] < 0.6
    for name in ("softmax", "svm", "two-layer"):
        assert min(test[name, "pixels"], test[name, "hog"]) > 0.9
    assert test["neighbours", "pixels"] > 0.95
    assert (tmp_path / "out" / "compare.png").stat().st_size > 10_000


def test_points_are_lifted():
    options = story.Options(data="circles", models=("softmax", "softmax-features"), epochs=50)
    (flat, _), (lifted, _) = story.compare(options, tasks.load("circles"))
    assert lifted.features == "lift"
    assert flat.test < 0.8
    assert lifted.test > 0.95


def test_the_same_seed_gives_the_same_accuracies():
    task = tasks.load("digits", limit=300)
    options = story.Options(data="digits", models=("random-search", "svm", "two-layer"), epochs=3, draws=50)
    runs = [[result.test for result, _ in story.compare(options, task)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_the_neighbours_are_chosen_on_the_validation_part():
    task = tasks.load("digits", limit=300)
    options = story.Options(data="digits", models=("neighbours",))
    ((result, model),) = story.compare(options, task)
    rows = task.validation.images.reshape(len(task.validation), -1)
    assert result.validation == np.mean(model.predict(rows) == task.validation.labels)
    assert model.n_neighbors in story.NEIGHBOURS


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--models", "sotfmax"), "did you mean softmax"),
        (("--data", "moons", "--features", "hog"), "'hog' is a feature of images"),
        (("--data", "cifar10"), "download"),
    ],
)
def test_bad_input(words, text, capsys):
    try:
        code = main(["compare", *words])
    except SystemExit as error:
        code = error.code
    assert code != 0
    assert text in capsys.readouterr().err
