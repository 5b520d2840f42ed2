"""What is recorded of the training scripts is what PyTorch prints today."""

import pytest

pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

from tests import scripts


@pytest.mark.parametrize("name", scripts.names())
def test_the_record_is_what_pytorch_prints(name):
    found = scripts.differences(scripts.output("torch", name), scripts.expected(name))
    assert not found, "\n".join(found)
