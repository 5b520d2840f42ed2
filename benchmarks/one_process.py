"""Do microdl and PyTorch slow each other in one process? Run in the repository's root: python -m benchmarks.one_process

Prints the time of a training step of each: in a process of its own, after an import of the other that is not used, and
taking turns with the other's. Medians of a process, and of the processes.
"""

import subprocess
import sys
from statistics import median

ROUNDS = 5
PROGRAM = """
import importlib, sys, time
from statistics import median

timed, others, turns = sys.argv[1], sys.argv[2].split(), sys.argv[3] == "turns"
modules = [importlib.import_module(name) for name in (timed, *others)]

def trainer(torch, inputs, hidden):
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    loss_fn, x, y = nn.CrossEntropyLoss(), torch.rand(256, inputs), torch.randint(0, 10, (256,))

    def step():
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step

mine, *theirs = [trainer(torch, 3072, 100) for torch in (modules if turns else modules[:1])]
seconds = []
for i in range(120):
    for step in theirs:
        step()
    start = time.perf_counter()
    mine()
    if i >= 20:
        seconds.append(time.perf_counter() - start)
print(median(seconds))
"""
CASES = [("alone", "", "alone"), ("other imported", "{other}", "alone"), ("in turn", "{other}", "turns")]


def main() -> None:
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for timed, other in (("microdl", "torch"), ("torch", "microdl")):
            for name, others, how in CASES:
                words = [sys.executable, "-c", PROGRAM, timed, others.format(other=other), how]
                done = subprocess.run(words, capture_output=True, text=True, check=True)
                found.setdefault((timed, name), []).append(float(done.stdout))
    for timed in ("microdl", "torch"):
        alone = median(found[timed, "alone"])
        for name, _, _ in CASES:
            took = median(found[timed, name])
            print(f"{timed:8} {name:15} {took * 1e3:7.2f} ms  {took / alone:5.2f} of alone")


if __name__ == "__main__":
    main()
