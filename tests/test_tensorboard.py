"""The SummaryWriter: silent, and every entry is a line of JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.utils.tensorboard import SummaryWriter


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def test_scalars_texts_and_settings_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SummaryWriter(tmp_path / "a" / "b") as writer:
        writer.add_scalar("loss", torch.tensor(0.5, requires_grad=True), 1)
        writer.add_scalar("loss", np.float32(0.25), global_step=torch.tensor(2), walltime=7.0)
        writer.add_scalar("loss", float("nan"), 3)
        writer.add_scalars("both", {"train": 1, "test": torch.tensor(2.0)}, 4)
        writer.add_text("note", "grüße")
        writer.add_hparams({"lr": 0.1, "act": torch.relu}, {"accuracy": 0.9})
        writer.add_histogram("w", torch.tensor([1.0, 2.0, 3.0]), 5)
    found = lines(tmp_path / "a" / "b")
    assert [(e["kind"], e["tag"], e["step"]) for e in found] == [
        ("scalar", "loss", 1), ("scalar", "loss", 2), ("scalar", "loss", 3), ("scalars", "both", 4),
        ("text", "note", None), ("hparams", None, None), ("histogram", "w", 5),
    ]  # fmt: skip
    assert [e.get("value") for e in found[:5]] == [0.5, 0.25, "nan", {"train": 1.0, "test": 2.0}, "grüße"]
    assert found[1]["time"] == 7.0
    assert (found[5]["hparams"]["lr"], found[5]["metrics"]) == (0.1, {"accuracy": 0.9})
    assert found[6]["value"]["mean"] == 2.0
    assert capsys.readouterr() == ("", "")


def test_what_has_no_line_is_noted(tmp_path: Path) -> None:
    writer = SummaryWriter(str(tmp_path))
    model = torch.nn.Linear(2, 1)
    writer.add_image("i", torch.zeros(3, 4, 5), 1)
    writer.add_images("is", torch.zeros(2, 3, 4, 5), 1)
    writer.add_graph(model, torch.zeros(1, 2))
    writer.add_embedding(torch.zeros(4, 2), global_step=2)
    writer.add_pr_curve("p", torch.zeros(4), torch.zeros(4))
    writer.close()
    writer.add_scalar("after", 1)  # opens it again
    writer.flush()
    found = lines(tmp_path)
    assert [(e["kind"], e.get("shape")) for e in found] == [
        ("image", [3, 4, 5]), ("images", [2, 3, 4, 5]), ("graph", None), ("embedding", [4, 2]), ("pr_curve", [4]),
        ("scalar", None),
    ]  # fmt: skip
    assert found[2]["value"] == repr(model)
    writer.close()


def test_a_figure_is_noted_and_closed(tmp_path: Path) -> None:
    from matplotlib import pyplot

    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("f", pyplot.figure(), 1)
    assert pyplot.get_fignums() == []
    assert lines(tmp_path)[0]["kind"] == "figure"


def test_the_default_folder_is_pytorchs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_try") as writer:
        assert writer.get_logdir().startswith("runs")
        assert writer.log_dir.endswith("_try")
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "events.jsonl").is_file()


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(TypeError, match="must be a number or a tensor with one element, got 'x'"):
            writer.add_scalar("loss", "x")
        with pytest.raises(RuntimeError):
            writer.add_scalar("loss", torch.ones(2))
        with pytest.raises(TypeError, match="should be dictionary"):
            writer.add_hparams([], {})  # type: ignore[arg-type]
    assert lines(tmp_path) == []
