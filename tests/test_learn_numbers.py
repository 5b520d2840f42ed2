"""The lectures' numbers are in the tutorials: printed by a chapter's cells, as its notebook has them."""

from __future__ import annotations

import json
import re

import pytest

from microdl.learn.chapter import chapters

# chapter: what it prints, spaces aside
NUMBERS = {
    1: ["sum: 456", "[[ 46 12 14 1]", "[ 82 13 39 33]", "[ 12 10 0 30]", "[ 2 32 22 108]]", "28 % to 39 %", "about 7",
        "4 points in 1 dimension", "16 points in 2 dimensions", "64 points in 3 dimensions"],
    2: ["[-96.8 437.9 60.75]", "30730", "[ 2.9 0. 12.9]", "15.8 / 3 = 5.27", "[ 4.8 0. 23.8]", "[ 3.9 1. 13.9]",
        "[ 24.53 164.02 0.18]", "[0.13 0.87 0. ]", "loss: 2.04", "-log10 p = 0.89", "-ln 0.31 = 1.17", "hinge: 9.0",
        "softmax: 2.303", "[10, -2, 3], [10, 9, 9], [10, -100, -100]", "[20, -2, 3], [20, 9, 9], [20, -100, -100]",
        "[0.05 0.02 0.94] [0.05 0.02 0.94] [0. 0. 1.]", "H of (1, 0): 0.0", "H of (1/2, 1/2): 0.6931", "9.4 to 8.6",
        "15.5 %"],
    3: ["loss 1.25322, slope -2.5", "loss 1.25353, slope +0.6", "loss 1.25347, slope +0.0"],
    5: ["loss 2.04", "by hand -0.8700"],
    8: ["score 1, L2 1, L1 1", "score 1, L2 0.25, L1 1"],
    11: ["-3.9688", "BCE, y = 0 tensor(3.9876, requires_grad=True)",
         "-log(sigmoid(ys)), y = -1 tensor(3.9876, requires_grad=True)",
         "log(1 + exp(-ys)), y = -1 tensor(3.9876, requires_grad=True)", "-ln 0.63 = 0.46"],
    12: ["320 x 240: 40 x 30 cells x 9 bins = 10,800"],
}  # fmt: skip


def printed(number: int) -> str:
    cells = json.loads(chapters()[number].path.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", [])) for output in outputs)


@pytest.mark.parametrize(("number", "text"), [(n, text) for n, texts in NUMBERS.items() for text in texts])
def test_a_chapter_prints_the_lectures_number(number: int, text: str) -> None:
    pattern = r"\s*".join(re.escape(part) for part in re.findall(r"[\w.,%/=:+-]+|[^\w\s]", text))
    assert re.search(pattern, printed(number))
