"""``microdl bench``: the time of one training step, side by side with PyTorch.

Each measurement has a process of its own, and the frameworks take turns: two thread pools in one process slow
each other, and a machine is not equally fast all the time.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["CASES", "FRAMEWORKS", "measure", "run"]

# name: batch size, then the size of each layer
CASES: dict[str, tuple[int, ...]] = {
    "tiny": (32, 2, 16, 2),
    "digits": (64, 64, 10),
    "cifar10": (256, 3072, 10),
    "mlp": (256, 3072, 100, 10),
}
FRAMEWORKS = ("microdl", "torch")
SECONDS_A_SAMPLE = 0.005
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def run(cases: Sequence[str], rounds: int, seconds: float, threads: int | None) -> dict[str, dict[str, float]]:
    """Measure each case in turn with every framework that is installed, and print a table.

    Args:
        cases: names from ``CASES``.
        rounds: processes for each case and framework; the result is the median of theirs.
        seconds: how long each process measures.
        threads: most threads for every library in the process; by default the framework's own choice.

    Returns:
        ``{case: {framework: microseconds a step}}``.

    Raises:
        RuntimeError: a measurement failed; its process has written why to standard error.
    """
    frameworks = [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
    compared = frameworks == ["microdl", "torch"]
    print("one training step (zero_grad, forward, loss, backward, SGD with momentum and weight decay, item), in us")
    print(f"{'':<24}" + "".join(f"{name:>10}" for name in frameworks) + ("     ratio" if compared else ""))
    results = {}
    for case in cases:
        times: dict[str, list[float]] = {name: [] for name in frameworks}
        for _ in range(rounds):
            for name in frameworks:
                times[name].append(_measure_in_a_process(name, case, seconds, threads))
        medians = {name: statistics.median(values) for name, values in times.items()}
        row = [*medians.values(), *([medians["torch"] / medians["microdl"]] if compared else [])]
        batch, *widths = CASES[case]
        label = f"{case} {batch}x{'-'.join(map(str, widths))}"
        print(f"{label:<24}" + "".join(f"{value:>10.1f}" for value in row), flush=True)
        results[case] = medians
    if not compared:
        print("PyTorch is not installed: nothing to compare with (pip install torch)", file=sys.stderr)
    return results


def measure(framework: str, case: str, seconds: float) -> float:
    """Return the median time of a training step in microseconds, measured in this process."""
    step = _training_step(importlib.import_module(framework), CASES[case])
    for _ in range(20):  # compile, allocate, and let the processor speed up
        step()
    repeats = max(1, round(SECONDS_A_SAMPLE / _time(step, 5)))
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while not samples or time.perf_counter() < end:
        samples.append(_time(step, repeats))
    return 1e6 * statistics.median(samples)


def _training_step(torch: Any, sizes: tuple[int, ...]) -> Callable[[], None]:
    torch.manual_seed(0)
    batch, *widths = sizes
    inputs, labels = torch.rand(batch, widths[0]), torch.randint(0, widths[-1], (batch,))
    layers = [torch.nn.Linear(widths[0], widths[1])]
    for before, after in itertools.pairwise(widths[1:]):
        layers += [torch.nn.ReLU(), torch.nn.Linear(before, after)]
    model = layers[0] if len(layers) == 1 else torch.nn.Sequential(*layers)
    loss_fn = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), labels)
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def _time(step: Callable[[], None], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def _measure_in_a_process(framework: str, case: str, seconds: float, threads: int | None) -> float:
    program = "import json, sys; from microdl.bench import measure; print(measure(*json.loads(sys.argv[1])))"
    arguments = json.dumps([framework, case, seconds])
    environment = os.environ | ({} if threads is None else dict.fromkeys(THREAD_VARIABLES, str(threads)))
    # Standard error is shared: kernels that are being compiled say so there.
    done = subprocess.run(
        [sys.executable, "-c", program, arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"measuring {case!r} with {framework} failed, for the reason above")
    return float(done.stdout)
