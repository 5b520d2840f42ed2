"""Full training steps: zero_grad, forward, loss, backward, step, `loss.item()`, as everyone writes them."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..workload import Row, Task
from ._by_hand import jax_step, mygrad_step, numpy_step
from ._net import MOMENTUM, WEIGHT_DECAY, Net, numbers_of

__all__ = ["BASES", "ROWS", "row", "torch_step"]


def torch_step(net: Net, torch: Any) -> Task:
    """The ordinary loop, for PyTorch and for microdl."""
    x, y, weights = net.data()
    layers: list[Any] = []
    for w, _ in weights:
        layers += [torch.nn.Linear(w.shape[1], w.shape[0], dtype=getattr(torch, net.dtype)), torch.nn.ReLU()]
    model = layers[0] if len(weights) == 1 else torch.nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, array in zip(parameters, [array for pair in weights for array in pair], strict=True):
            parameter.copy_(torch.from_numpy(array))
    loss_fn = torch.nn.CrossEntropyLoss() if net.loss == "softmax" else torch.nn.MultiMarginLoss()
    if net.optimizer == "SGD":
        optimizer = torch.optim.SGD(parameters, lr=net.lr, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    else:
        optimizer = torch.optim.Adam(parameters, lr=net.lr, weight_decay=WEIGHT_DECAY)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return Task(step, partial(numbers_of, step, lambda: parameters[0].detach().numpy()))


def torch_products(net: Net, torch: Any) -> Task:
    """The matrix products of a step alone: forward, and the gradients of weights and of hidden inputs."""
    x, _, weights = net.data()
    inputs, ws = torch.from_numpy(x), [torch.from_numpy(w) for w, _ in weights]
    outs = [torch.from_numpy(x[:, : len(w)].copy()) for w, _ in weights]

    def products() -> list[Any]:
        found, below = [], inputs
        with torch.no_grad():
            for i, (w, out) in enumerate(zip(ws, outs, strict=True)):
                found += [torch.nn.functional.linear(below, w), out.T @ below, *([out @ w] if i else [])]
                below = out
        return found

    return Task(products, lambda: {str(i): a.numpy() for i, a in enumerate(products())})


def numpy_products(net: Net, np: Any) -> Task:
    x, _, weights = net.data()
    outs = [x[:, : len(w)].copy() for w, _ in weights]

    def products() -> list[Any]:
        found, below = [], x
        for i, ((w, _), out) in enumerate(zip(weights, outs, strict=True)):
            found += [below @ w.T, out.T @ below, *([out @ w] if i else [])]
            below = out
        return found

    return Task(products, lambda: {str(i): a for i, a in enumerate(products())})


def row(name: str, net: Net, **settings: Any) -> Row:
    builders = {
        "microdl": partial(torch_step, net),
        "torch": partial(torch_step, net),
        "jax": partial(jax_step, net),
        "numpy": partial(numpy_step, net),
        "mygrad": partial(mygrad_step, net),
    }
    label = f"{name} {net.batch}x{'-'.join(map(str, net.widths))}"
    tolerance = 1e-4 if net.dtype == "float32" else 1e-10
    return Row(label, builders, flops=net.flops, bytes=net.bytes, dtype=net.dtype, tolerance=tolerance, **settings)


# name: (net, the ratios to reach)
BASES: dict[str, tuple[Net, dict[str, float]]] = {
    "tiny MLP": (Net(32, (2, 16, 2)), {"torch": 10, "jax": 2}),
    "digits softmax": (Net(64, (64, 10)), {"torch": 12, "jax": 4, "numpy": 1.8}),
    "CIFAR-10 softmax": (Net(256, (3072, 10)), {"torch": 3, "jax": 4, "numpy": 1.8}),
    "CIFAR-10 hinge": (Net(256, (3072, 10), loss="hinge"), {"torch": 3, "jax": 4, "numpy": 1.8}),
    "MLP": (Net(256, (3072, 100, 10)), {"torch": 1.3, "jax": 1.7}),
    "MLP, SGD": (Net(128, (784, 256, 128, 10)), {"torch": 1.5}),
    "MLP, Adam": (Net(128, (784, 256, 128, 10), optimizer="Adam"), {"torch": 1.5}),
}
_MLP = BASES["MLP"][0]
ROWS = [row(name, net, aims=aims) for name, (net, aims) in BASES.items()]
ROWS.append(
    Row(
        "MLP's products 256x3072-100-10",
        {
            "microdl": partial(torch_products, _MLP),
            "torch": partial(torch_products, _MLP),
            "numpy": partial(numpy_products, _MLP),
        },
        flops=_MLP.flops,
        share=0.85,
    )
)
