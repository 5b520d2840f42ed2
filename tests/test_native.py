"""`torch.*` forms of `nn.functional`, memory of buffers, and questions whose answer on a CPU is known."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import microdl as torch
from microdl.nn import functional as F

x = torch.tensor([[0.2, -1.3], [0.7, 2.1]])
y = torch.tensor([[0.5, 0.25], [0.125, 1.0]])
signs = torch.tensor([1.0, -1.0])

# the function, arguments before the reduction, what nn.functional gives without reduction
LOSSES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("binary_cross_entropy_with_logits", (x, y, None, None),
        F.binary_cross_entropy_with_logits(x, y, reduction="none")),
    ("cosine_embedding_loss", (x, y, signs, 0.1), F.cosine_embedding_loss(x, y, signs, 0.1, reduction="none")),
    ("hinge_embedding_loss", (x, signs.expand(2, 2), 0.5),
        F.hinge_embedding_loss(x, signs.expand(2, 2), 0.5, reduction="none")),
    ("kl_div", (x, y), F.kl_div(x, y, reduction="none")),
    ("margin_ranking_loss", (x[0], y[0], signs, 0.5), F.margin_ranking_loss(x[0], y[0], signs, 0.5, reduction="none")),
    ("poisson_nll_loss", (x, y, True, False, 1e-8), F.poisson_nll_loss(x, y, reduction="none")),
    ("triplet_margin_loss", (x, y, -y, 1.0, 2, 1e-6, False), F.triplet_margin_loss(x, y, -y, reduction="none")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "losses"), LOSSES)
def test_reductions_are_numbers(name: str, args: tuple[Any, ...], losses: Any) -> None:
    loss = getattr(torch, name)
    assert torch.equal(loss(*args, 0), losses)
    if name != "poisson_nll_loss":  # which has no defaults
        assert torch.equal(loss(*args), losses)
    assert loss(*args, 1).item() == pytest.approx(losses.mean().item(), rel=1e-6)
    assert loss(*args, 2).item() == pytest.approx(losses.sum().item(), rel=1e-6)
    for wrong in ("mean", True):
        with pytest.raises(TypeError, match=rf"{name}\(\): argument 'reduction' must be int, not"):
            loss(*args, wrong)


def test_other_orders_and_no_defaults() -> None:
    assert torch.equal(torch.embedding(x, torch.tensor([1])), x[1:])
    mean, var = torch.zeros(2), torch.ones(2)
    found = torch.batch_norm(x, torch.ones(2), None, mean, var, False, 0.1, 0.0, False)
    assert torch.equal(found, x)
    assert torch.equal(torch.layer_norm(x, (2,)), F.layer_norm(x, (2,)))
    assert torch.equal(torch.group_norm(x, 1), F.group_norm(x, 1))
    assert torch.equal(torch.constant_pad_nd(x, (1, 0), 2.0), F.pad(x, (1, 0), value=2.0))
    for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "feature_dropout"):
        assert torch.equal(getattr(torch, name)(x, 0.5, False), x)
        t = x.clone()
        torch.manual_seed(1)
        assert getattr(torch, name + "_")(t, 0.5, True) is t
        torch.manual_seed(1)
        assert torch.equal(getattr(torch, name)(x, 0.5, True), t)
        with pytest.raises(TypeError):
            getattr(torch, name)(x)


def test_dropout_of_images_tells_of_other_shapes() -> None:
    torch.manual_seed(0)
    dropped = torch.nn.Dropout2d(0.5)(torch.ones(2, 3, 2, 2))
    assert set(dropped.amax((2, 3)).flatten().tolist()) <= {0.0, 2.0}
    assert torch.equal(dropped.amax((2, 3)), dropped.amin((2, 3)))
    with pytest.warns(UserWarning, match="2-D input to dropout2d"):
        F.dropout2d(x)
    with pytest.warns(UserWarning, match="channel-wise 1D dropout"):
        F.dropout2d(x[None])
    with pytest.warns(UserWarning, match="1-D input"), pytest.raises(RuntimeError, match="at least 2 dimensions"):
        F.dropout2d(x[0])


def test_memory_of_a_buffer_is_shared() -> None:
    memory = bytearray(12)
    t = torch.frombuffer(memory, dtype=torch.float32, count=2, offset=4, requires_grad=True)
    assert (t.shape, t.requires_grad) == ((2,), True)
    t.data[0] = 1.0
    assert memory[7] == 0x3F
    with pytest.warns(UserWarning, match="not writable"):
        assert torch.frombuffer(b"12", dtype=torch.uint8).tolist() == [49, 50]


@pytest.mark.parametrize(
    ("size", "options", "text"),
    [
        (3, {}, r"buffer length \(3 bytes\) after offset \(0 bytes\) must be a multiple of element size \(4\)"),
        (8, {"count": 3}, r"requested buffer length \(3 \* 4 bytes\) after offset \(0 bytes\) must not be greater"),
        (0, {}, r"both buffer length \(0\) and count \(-1\) must not be 0"),
        (8, {"offset": 8}, r"offset \(8 bytes\) must be non-negative and no greater than buffer length \(8 bytes\)"),
    ],
)
def test_a_buffer_that_does_not_fit(size: int, options: dict[str, int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        torch.frombuffer(bytearray(size), dtype=torch.float32, **options)


def test_answers_of_a_tensor() -> None:
    assert x.layout is torch.strided
    assert repr(torch.strided) == "torch.strided"
    assert copy.deepcopy(torch.strided) is torch.strided
    assert (x.name, x.output_nr, x.is_shared(), x.share_memory_() is x) == (None, 0, False, True)
    assert x.const_data_ptr() == x.data_ptr()
    assert x.is_set_to(x.view(2, 2))
    assert not x.is_set_to(x.t())
    assert x.t().dim_order() == (1, 0)
    assert (torch.get_device(x), torch.is_inference(x), torch.newaxis) == (-1, False, None)
    with pytest.raises(RuntimeError, match="Cannot access accelerator device"):
        x.pin_memory()
    assert torch.index_put(torch.zeros(2), (torch.tensor([1]),), torch.tensor(3.0)).tolist() == [0, 3]


def test_a_device_as_a_context() -> None:
    with torch.device("cpu") as device:
        assert torch.ones(1).device == device
    with pytest.raises(AssertionError, match="CUDA"), torch.device("cuda"):
        pass


def test_devices_that_are_not_there() -> None:
    assert not torch.accelerator.is_available()
    assert (torch.accelerator.current_accelerator(), torch.accelerator.device_count()) == (None, 0)
    with pytest.raises(RuntimeError, match="Cannot access accelerator device when none is available"):
        torch.accelerator.synchronize()
    assert (torch.xpu.is_available(), torch.xpu.device_count()) == (False, 0)
    with pytest.raises(AssertionError, match="XPU"):
        torch.xpu.current_device()
    assert (torch.cuda.memory_stats(), torch.cuda.get_arch_list(), torch.cuda.is_tf32_supported()) == ({}, [], False)
    for kind in (torch.cuda.Event, torch.cuda.Stream):
        with pytest.raises(RuntimeError, match="requires CUDA support"):
            kind(enable_timing=True)
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.cuda.mem_get_info()
    torch.set_warn_always(True)
    assert torch.is_warn_always_enabled()
    torch.set_warn_always(False)
