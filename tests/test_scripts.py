"""Each training script prints under `microdl run` what PyTorch 2.13 printed for it, line by line."""

import pytest

from . import scripts

NAMES = scripts.names()


@pytest.mark.parametrize("name", NAMES)
def test_prints_what_pytorch_prints(name):
    found = scripts.differences(scripts.output("microdl", name), scripts.expected(name))
    assert not found, "\n".join(found)


def test_nothing_else_is_recorded():
    recorded = {p.relative_to(scripts.EXPECTED).with_suffix("").as_posix() for p in scripts.EXPECTED.rglob("*.txt")}
    assert recorded == set(NAMES)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("loss 0.12345", "loss 0.12345", True),
        ("loss 0.12345", "loss 0.12346", True),  # the last digit
        ("loss 0.12345", "loss 0.12348", False),
        ("epoch 3 loss 1.0", "epoch 4 loss 1.0", False),
        ("tensor(1.2345e-05)", "tensor(1.2346e-05)", True),
        ("tensor(1.2345e-05)", "tensor(1.2349e-05)", False),
        ("a\nb", "a", False),
        ("tensor([ 0.1000])", "tensor([0.1000])", False),
        ("x nan", "x 1.0", False),
        ("grad_fn=<MulBackward0>", "grad_fn=<AddBackward0>", False),
    ],
)
def test_outputs_are_compared(ours, theirs, same):
    assert bool(scripts.differences(ours, theirs)) != same
