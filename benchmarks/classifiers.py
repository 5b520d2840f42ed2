"""What the estimator costs beside a hand-written loop. In the root: python -m benchmarks.classifiers [images [epochs]]

Both train a linear softmax classifier on byte images in the shape of CIFAR-10's. They take turns, so that a busy
machine slows both; the median of the ratios of the turns is printed.
"""

import sys
from statistics import median
from time import perf_counter
from typing import Any

import microdl as torch
from microdl.bench.themes.training import data
from microdl.classifiers import SoftmaxClassifier

TURNS, BATCH = 9, 256


def by_hand(x: Any, y: Any, epochs: int, rate: float) -> None:
    torch.manual_seed(0)
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    loader = torch.utils.data.DataLoader(dataset, batch_size=BATCH, shuffle=True)
    model = torch.nn.Linear(x.shape[1], 10)
    loss_fn = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=2e-4)
    for _ in range(epochs):
        total = 0.0
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(inputs.float()), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()


def estimator(x: Any, y: Any, epochs: int) -> SoftmaxClassifier:
    return SoftmaxClassifier(batch_size=BATCH, max_iter=epochs, tol=None, random_state=0).fit(x, y)


def seconds(function: Any, *arguments: Any) -> float:
    started = perf_counter()
    function(*arguments)
    return perf_counter() - started


def main() -> None:
    images, epochs = (int(word) for word in (*sys.argv[1:], *("20000", "3")[len(sys.argv) - 1 :]))
    x, y = data(images)
    rate = estimator(x, y, epochs).learning_rate_
    by_hand(x, y, epochs, rate)
    turns = [(seconds(by_hand, x, y, epochs, rate), seconds(estimator, x, y, epochs)) for _ in range(TURNS)]
    hand, ours = (median(column) for column in zip(*turns, strict=True))
    ratio = median(b / a for a, b in turns)
    print(
        f"{images:,} images, {epochs} epochs: by hand {hand:.3f} s, estimator {ours:.3f} s, {ratio:.2f} times as long"
    )


if __name__ == "__main__":
    main()
