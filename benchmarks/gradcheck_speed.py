"""How long gradient checks take: microdl's against PyTorch's. Run in the root: python -m benchmarks.gradcheck_speed

Three tasks: tanh of a 3x4 tensor; a linear softmax classifier of 30,730 parameters (3,072 inputs, 10 classes, a batch
of 4); and `check_op` with 200 examples over the right ops of tests/wrong_ops/correct (`--ops`). For the first two each
checker has a process of its own, and they take turns, so that a busy machine slows all; the medians of CPU times are
printed, and their ratios.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

TASKS = {"3x4": 20, "classifier": 1}  # calls in a round
CHECKERS = ("microdl", "torch", "torch-fast")


def framework(name: str) -> tuple[Any, Callable[..., Any]]:
    if name == "microdl":
        import microdl
        from microdl.testing import gradcheck

        return microdl, gradcheck
    import torch

    torch.set_num_threads(1)
    return torch, torch.autograd.gradcheck


def task(checker: str, name: str) -> Callable[[], Any]:
    torch, gradcheck = framework(checker)
    torch.manual_seed(0)

    def real(*shape: int) -> Any:
        return torch.randn(*shape, dtype=torch.float64)

    options = {"fast_mode": True} if checker == "torch-fast" else {}
    if name == "3x4":
        x = real(3, 4).requires_grad_()
        return lambda: gradcheck(torch.tanh, (x,), **options)
    data, labels = real(4, 3072), torch.tensor([0, 3, 9, 3])
    w, b = (0.01 * real(3072, 10)).requires_grad_(), real(10).requires_grad_()

    def loss(w: Any, b: Any) -> Any:
        return torch.nn.functional.cross_entropy(data @ w + b, labels)

    return lambda: gradcheck(loss, (w, b), **options)


def measure(checker: str) -> None:
    """Print the CPU seconds of one call of each task, after a call that warms up."""
    times = {}
    for name, calls in TASKS.items():
        check = task(checker, name)
        if calls > 1 or checker != "torch":
            check()
        start = time.process_time()
        for _ in range(calls):
            check()
        times[name] = (time.process_time() - start) / calls
    print(json.dumps(times))


def compare(checkers: list[str], rounds: int) -> None:
    times: dict[str, list[dict[str, float]]] = {name: [] for name in checkers}
    for _ in range(rounds):
        for name in checkers:
            command = [sys.executable, "-m", "benchmarks.gradcheck_speed", "--measure", name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            times[name].append(json.loads(done.stdout))
    for name in TASKS:
        ours = median(t[name] for t in times["microdl"])
        print(f"{name}, median of {rounds} rounds:")
        for checker in checkers:
            seconds = median(t[name] for t in times[checker])
            print(f"  {checker:11s} {1000 * seconds:10.2f} ms, {seconds / ours:8.2f} times microdl's")


def ops() -> None:
    """`check_op` over the right ops: CPU seconds for 200 examples."""
    import warnings

    from microdl.testing import check_op
    from tests.wrong_ops.kill import correct, inputs_of, op_of

    warnings.simplefilter("ignore")
    times = []
    for entry in correct():
        start = time.process_time()
        check_op(op_of(entry), inputs_of(entry))
        times.append((time.process_time() - start, entry.name))
    times.sort()
    print(
        f"check_op, 200 examples, {len(times)} right ops: median {median(t for t, _ in times):.2f} s, slowest", end=" "
    )
    print(", ".join(f"{name} {t:.2f} s" for t, name in times[:-6:-1]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gradcheck_speed", description=__doc__)
    parser.add_argument("--measure", choices=CHECKERS, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="without PyTorch")
    parser.add_argument("--ops", action="store_true", help="check_op over the right ops as well")
    given = parser.parse_args()
    if given.measure:
        measure(given.measure)
        return
    compare(["microdl"] if given.alone else list(CHECKERS), given.rounds)
    if given.ops:
        ops()


if __name__ == "__main__":
    main()
