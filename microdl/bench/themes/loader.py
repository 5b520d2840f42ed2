"""One shuffled epoch of the DataLoader over 50,000 rows of 3,072, in batches of 256."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task

__all__ = ["ROWS"]

IMAGES, PIXELS, BATCH = 50_000, 3_072, 256


def torch_like(dtype: str, images: int, torch: Any) -> Task:
    rng = np.random.default_rng(0)
    if dtype == "float32":
        data = torch.from_numpy(rng.random((images, PIXELS), np.float32))
    else:
        data = torch.from_numpy(rng.integers(0, 256, (images, PIXELS), np.uint8))
    labels = torch.from_numpy(rng.integers(0, 10, images))
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(data, labels), batch_size=BATCH, shuffle=True)

    def epoch() -> Any:
        for x, y in loader:
            last = (x if dtype == "float32" else x.float().div_(255)), y
        return last

    def numbers() -> dict[str, Any]:
        x, y = epoch()
        return {"last batch": x.numpy(), "its labels": y.numpy()}

    return Task(epoch, numbers)


def _row(dtype: str) -> Row:
    convert = "" if dtype == "float32" else ", to float on the fly"
    passed = 8.0 if dtype == "float32" else 11.0  # bytes read and written for each entry
    builders = {"microdl": torch_like, "torch": torch_like}
    return Row(
        f"one epoch, {IMAGES:,}x{PIXELS} {dtype}{convert}",
        {name: partial(builder, dtype, IMAGES) for name, builder in builders.items()},
        aims={"torch": 4},
        bytes=passed * IMAGES * PIXELS,
        tolerance=1e-6,
    )


ROWS = [_row("float32"), _row("uint8")]
