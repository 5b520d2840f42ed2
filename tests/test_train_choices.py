"""``microdl train`` beyond the example: other data, features, losses, penalties, optimisers and classifiers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from microdl import choices
from microdl import train as job
from microdl.cli import main


@pytest.fixture(autouse=True)
def _isolated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def accuracy(**options):
    return job.run(job.Options(**{"epochs": 10, "out": Path("out"), **options}))["test"][1]


@pytest.mark.parametrize("loss", list(job.LOSSES))
def test_every_loss_learns(loss):
    assert accuracy(loss=loss, lr=0.02 if loss.startswith("squared") else None) > 0.9


@pytest.mark.parametrize("optimizer", choices.OPTIMIZERS)
def test_every_optimizer_learns(optimizer):
    assert accuracy(optimizer=optimizer, epochs=15) > 0.85


@pytest.mark.parametrize("schedule", choices.SCHEDULES)
def test_every_schedule_learns(schedule):
    assert accuracy(schedule=schedule) > 0.9


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_every_penalty_shrinks_the_weights(penalty):
    sums = []
    for alpha in (0.0, 0.01):
        accuracy(penalty=penalty, alpha=alpha, weight_decay=0.0)
        sums.append(np.abs(np.load("out/weights.npz")["weight"]).sum())
    assert sums[1] < 0.8 * sums[0]


@pytest.mark.parametrize("features", ["hog", "lbp", "pixels+hog", "gabor"])
def test_features_of_the_digits(features, tmp_path):
    assert accuracy(features=features, epochs=30) > (0.9 if "hog" in features else 0.3)
    assert not (tmp_path / "out" / "templates.png").exists()


@pytest.mark.parametrize(("features", "least", "most"), [("pixels", 0.3, 0.8), ("lift", 0.95, 1)])
def test_lifting_separates_the_circles(features, least, most, tmp_path):
    assert least <= accuracy(data="circles", features=features, epochs=60) <= most
    assert (tmp_path / "out" / "regions.png").exists() == (features == "pixels")


def test_images_of_bytes_are_converted_batch_by_batch(tmp_path):
    assert accuracy(data="synthetic-cifar", limit=500, epochs=3) > 0.12
    assert (tmp_path / "out" / "templates.png").exists()
    assert set(np.load("out/weights.npz").files) == {"1.weight", "1.bias"}


@pytest.mark.parametrize(("model", "least"), [("knn", 0.95), ("random-search", 0.12)])
def test_classifiers_without_gradients(model, least, capsys):
    assert accuracy(model=model, draws=200) > least
    assert f"digits, {model} model, seed 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--features", "colour"], "'colour' is none of the features"),
        (["--features", "lift"], "'lift' is a feature of points"),
        (["--data", "mnist"], "download"),
    ],
)
def test_what_does_not_fit_is_an_error(words, text, capsys, tmp_path):
    assert main(["train", *words]) == 1
    assert text in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
