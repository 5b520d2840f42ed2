"""Writes the .pt files beside it with PyTorch: `python tests/data/make.py`. PyTorch 2.13.0 wrote those recorded."""

from collections import Counter, OrderedDict
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent


def tensors() -> OrderedDict:
    base = torch.arange(12.0)
    found = OrderedDict(
        transposed=base.view(3, 4).t(),
        offset=base[3:],
        expanded=torch.ones(1).expand(4),
        scalar=torch.tensor(2.5),
        empty=torch.empty(0, 3),
        leaf=torch.ones(2, requires_grad=True),
        parameter=nn.Parameter(torch.tensor([1.0, -2.0])),
        frozen=nn.Parameter(torch.tensor([3]), requires_grad=False),
    )
    for dtype in (
        torch.float16,
        torch.float64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
        torch.bool,
    ):
        found[str(dtype)] = torch.tensor([0, 1, 2], dtype=dtype)
    return found


def values() -> dict:
    return {
        "numbers": [0, -1, 255, 70000, 2**70, 1.5, True, None, 1j],
        "text": ("é", b"ab", bytearray(b"cd")),
        "size": torch.Size([2, 3]),
        "dtype": torch.int64,
        "device": torch.device("cpu"),
        "set": {1, 2},
        "counter": Counter("aab"),
        3: OrderedDict(x=[]),
    }


def training() -> dict:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.tensor([[1.0, 2.0], [3.0, 5.0]])).sum().backward()
        optimizer.step()
        scheduler.step()
    optimizer.zero_grad()
    return {"model": model, "optimizer": optimizer, "scheduler": scheduler}


if __name__ == "__main__":
    torch.save(tensors(), HERE / "tensors.pt")
    torch.save(tensors(), HERE / "tensors_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(values(), HERE / "values.pt")
    torch.save({k: v.state_dict() for k, v in training().items()}, HERE / "states.pt")
    torch.save(training(), HERE / "training.pt")
    torch.save(torch.ones(2, dtype=torch.bfloat16), HERE / "bfloat16.pt")
