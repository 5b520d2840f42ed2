"""``microdl compare``: the classifiers of a course on linear image classification, side by side on one data set."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from microdl import classifiers, tasks
from microdl._atomic import write_atomically
from microdl.choices import METRICS

__all__ = ["MODELS", "Options", "Result", "compare", "run"]

NEIGHBOURS = (1, 3, 5, 7, 9, 11, 15, 21)


@dataclass(frozen=True)
class Options:
    """What ``microdl compare`` can be told."""

    data: str = "synthetic-cifar"
    features: str = "auto"
    models: tuple[str, ...] = ()
    epochs: int = 30
    hidden: int = 100
    draws: int = 1000
    seed: int = 0
    root: Path = Path("data")
    download: bool = False
    limit: int | None = 10_000
    out: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.out or Path("runs", f"{self.data}-compare")


@dataclass(frozen=True)
class Result:
    """A row of the table: accuracies from 0 to 1, and the seconds of fitting and of predicting the test part.

    That on the training part is of its first 5,000 examples at most.
    """

    model: str
    features: str
    training: float
    validation: float
    test: float
    fit_seconds: float
    predict_seconds: float


@dataclass(frozen=True)
class Trial:
    """A classifier of the story: what it sees, and how it is made, given the options and the three parts."""

    sees: str
    make: Callable[[Options, dict[str, Any], tasks.Task], Any]


def _neighbours(options: Options, rows: dict[str, Any], task: tasks.Task) -> Any:
    """The metric and the k that are best on the validation part."""
    from microdl.classifiers.selection import cross_validate_k

    ks = [k for k in NEIGHBOURS if k <= len(task.training)]
    X = np.concatenate([rows["training"], rows["validation"]])
    y = np.concatenate([task.training.labels, task.validation.labels])
    split = [np.split(np.arange(len(y)), [len(task.training)])]
    scores = {metric: cross_validate_k(X, y, ks, split, metric)[0] for metric in METRICS}
    metric = max(METRICS, key=lambda name: scores[name].max())
    return classifiers.KNeighborsClassifier(ks[int(scores[metric].argmax())], metric=metric)


def _random(options: Options, rows: dict[str, Any], task: tasks.Task) -> Any:
    return classifiers.RandomSearchClassifier(options.draws, random_state=options.seed)


def _softmax(options: Options, rows: dict[str, Any], task: tasks.Task) -> Any:
    return classifiers.SoftmaxClassifier(**_shared(options))


def _svm(options: Options, rows: dict[str, Any], task: tasks.Task) -> Any:
    return classifiers.SVMClassifier(**_shared(options))


def _two_layer(options: Options, rows: dict[str, Any], task: tasks.Task) -> Any:
    return classifiers.TwoLayerClassifier(options.hidden, **_shared(options))


def _shared(options: Options) -> dict[str, Any]:
    return {"max_iter": options.epochs, "schedule": "cosine", "random_state": options.seed, "tol": None}


MODELS: dict[str, Trial] = {
    "random-search": Trial("pixels", _random),
    "neighbours": Trial("bytes", _neighbours),
    "svm": Trial("pixels", _svm),
    "softmax": Trial("pixels", _softmax),
    "two-layer": Trial("pixels", _two_layer),
    "neighbours-features": Trial("features", _neighbours),
    "svm-features": Trial("features", _svm),
    "softmax-features": Trial("features", _softmax),
    "two-layer-features": Trial("features", _two_layer),
}


def compare(options: Options, task: tasks.Task) -> Iterator[tuple[Result, Any]]:
    """Fit one classifier after the other; each result comes with the fitted estimator as soon as it is there."""
    seen: dict[str, tuple[str, dict[str, Any]]] = {}
    for name in options.models or MODELS:
        trial = MODELS[name]
        if trial.sees not in seen:
            seen[trial.sees] = _seen(trial.sees, options, task)
        label, rows = seen[trial.sees]
        started = time.perf_counter()
        model = trial.make(options, rows, task).fit(rows["training"], task.training.labels)
        fitted = time.perf_counter()
        test = _accuracy(model, rows["test"], task.test.labels)
        predicted = time.perf_counter()
        training, validation = (
            _accuracy(model, rows[part][:SAMPLE], task.parts[part].labels[:SAMPLE]) for part in _KNOWN
        )
        seconds = (fitted - started, predicted - fitted)
        yield Result(_described(name, model), label, training, validation, test, *seconds), model


_KNOWN, SAMPLE = ("training", "validation"), 5000


def _accuracy(model: Any, rows: Any, labels: Any) -> float:
    return float(np.mean(model.predict(rows) == labels))


def _described(name: str, model: Any) -> str:
    kind = name.removesuffix("-features")
    return f"{model.n_neighbors} {kind}, {model.metric.upper()}" if kind == "neighbours" else kind


def _seen(sees: str, options: Options, task: tasks.Task) -> tuple[str, dict[str, Any]]:
    """What a classifier sees, and its name: the pixels as they are, standardised, or the features."""
    if sees == "bytes":
        return "pixels", {name: part.images.reshape(len(part), -1) for name, part in task.parts.items()}
    if sees == "pixels":
        return "pixels", tasks.standardised([tasks.features("pixels", task)])
    names = _usual_features(task) if options.features == "auto" else options.features
    return names, tasks.features(names, task)


def _usual_features(task: tasks.Task) -> str:
    return {1: "lift", 2: "hog", 3: "hog+color"}[len(task.shape)]


def run(options: Options) -> list[Result]:
    """Compare as ``options`` say, print the table row by row, and write ``results.json`` and ``compare.png``."""
    task = tasks.load(options.data, options.root, options.download, options.limit)
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in task.parts.items())
    print(f"{task.name}: {sizes}; {len(task.classes)} classes, seed {options.seed}\n")
    print(f"{'classifier':<20}{'sees':<12}{'training':>10}{'validation':>12}{'test':>8}{'fit, s':>9}{'predict, s':>12}")
    results, fitted = [], {}
    for result, model in compare(options, task):
        accuracies = f"{result.training:>10.1%}{result.validation:>12.1%}{result.test:>8.1%}"
        times = f"{result.fit_seconds:>9.2f}{result.predict_seconds:>12.2f}"
        print(f"{result.model:<20}{result.features:<12}{accuracies}{times}", flush=True)
        results.append(result)
        fitted[result.model, result.features] = model
    _write(options, task, results, fitted)
    return results


def _write(options: Options, task: tasks.Task, results: list[Result], fitted: dict[Any, Any]) -> None:
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(result) for result in results], indent=1)
    write_atomically(folder / "results.json", text.encode())
    written = ["results.json"]
    try:
        draw(folder / "compare.png", task, results, fitted.get(("softmax", "pixels")))
        written.append("compare.png")
    except ImportError as error:
        print(f"no picture: {error}")
    print(f"\nwrote {', '.join(str(folder / name) for name in written)}")


def draw(path: Path, task: tasks.Task, results: list[Result], softmax: Any) -> None:
    """The accuracies on the test part as bars, and the templates of the softmax classifier, where it saw images."""
    from matplotlib.figure import Figure

    from microdl.plots import plot_templates, save_figure

    seen = softmax is not None and len(task.shape) > 1
    figure = Figure(figsize=(12 if seen else 7, 0.4 * len(results) + 2), layout="constrained")
    axes = figure.subplots(1, 2 if seen else 1, squeeze=False)[0]
    _bars(axes[0], task, results)
    if seen:
        plot_templates(softmax, ax=axes[1], shape=task.shape, class_names=task.classes, title="softmax: its templates")
    save_figure(figure, path)


def _bars(ax: Any, task: tasks.Task, results: list[Result]) -> None:
    places = range(len(results))[::-1]
    widths = [100 * result.test for result in results]
    grey = ["0.75" if result.features == "pixels" else "0.45" for result in results]
    ax.barh(places, widths, color=grey, edgecolor="black", linewidth=0.5)
    for y, width in zip(places, widths, strict=True):
        ax.text(width + 1, y, f"{width:.1f}", va="center")
    ax.set_yticks(places, [f"{result.model} ({result.features})" for result in results])
    chance = 100 / len(task.classes)
    ax.axvline(chance, color="black", linestyle=":", linewidth=1)
    ax.text(chance + 1, len(results) - 0.5, "chance", va="bottom", fontsize="small")
    ax.set(
        xlim=(0, 108),
        ylim=(-0.6, len(results)),
        xlabel="accuracy on the test images, %",
        title=f"{task.name}: pixels light, features dark",
    )
