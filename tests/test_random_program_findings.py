"""What random programs run beside PyTorch found, each in its smallest form, with PyTorch 2.13's answers."""

from __future__ import annotations

import pytest

import microdl as torch


def test_a_view_made_without_recording_requires_grad_with_its_base() -> None:
    w = torch.ones(2, 2, requires_grad=True)
    with torch.no_grad():
        row, product = w[0], w * 2
    assert (row.requires_grad, row.is_leaf, row.grad_fn) == (True, True, None)
    assert repr(row) == "tensor([1., 1.], requires_grad=True)"
    assert not product.requires_grad
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\)"):
        row.numpy()
    w.requires_grad_(False)
    assert not row.requires_grad


@pytest.mark.parametrize("flag", [True, False])
def test_the_flag_of_a_result_is_not_assigned(flag: bool) -> None:
    y = torch.ones(2, requires_grad=True).exp()
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        y.requires_grad = flag
    assert y.requires_grad_().grad_fn is not None


def test_an_input_named_twice_gets_one_tensor() -> None:
    x = torch.ones(2, requires_grad=True)
    first, second = torch.autograd.grad((x * x).sum(), [x, x])
    assert first is second


def test_broadcast_tensors_returns_what_fits_as_it_is() -> None:
    x, y = torch.ones(2, 3), torch.ones(3)
    same, wide = torch.broadcast_tensors(x, y)
    assert same is x
    assert wide.shape == (2, 3)


def test_ravel_is_a_new_tensor_on_the_same_memory() -> None:
    x = torch.zeros(3)
    flat = x.ravel()
    flat[0] = 1
    assert flat is not x
    assert x.tolist() == [1, 0, 0]


@pytest.mark.parametrize("name", ["sort", "msort", "cummax", "cummin", "topk"])
def test_order_of_one_number_is_a_copy(name: str) -> None:
    x = torch.tensor(2.0)
    args = {"cummax": (0,), "cummin": (0,), "topk": (1,)}.get(name, ())
    out = getattr(x, name)(*args)
    (out if name == "msort" else out[0]).zero_()
    assert x.item() == 2


def test_repeats() -> None:
    x = torch.tensor([[1, 2], [3, 4]])
    assert x.tile(2).tolist() == [[1, 2, 1, 2], [3, 4, 3, 4]]
    assert x.tile((2, 1)).tolist() == [[1, 2], [3, 4], [1, 2], [3, 4]]
    with pytest.raises(RuntimeError, match=r"negative dimension: repeats \[-1, 2\]"):
        x.repeat(-1, 2)


def test_where_takes_the_masks_of_old() -> None:
    mask = torch.tensor([1, 0], dtype=torch.uint8)
    with pytest.warns(UserWarning, match="uint8 condition"):
        assert torch.where(mask, 1, 2).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="boolean"):
        torch.where(mask.long(), 1, 2)


def test_index_put_adds_at_numbers_and_slices() -> None:
    x = torch.zeros(2, 2, requires_grad=True)
    v = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.index_put((torch.tensor(1),), v, accumulate=True)
    assert y.tolist() == [[0, 0], [1, 2]]
    (y * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert v.grad.tolist() == [3, 4]
    assert x.grad.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(RuntimeError, match="source and destination dtypes match"):
        x.detach().index_put_((torch.tensor([0]),), torch.ones(2, dtype=torch.int64), accumulate=True)


def test_tensordot_stretches_a_single_element() -> None:
    x, y = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [4.0]])
    assert torch.tensordot(x, y, 1).tolist() == [[7], [14]]


def test_alpha_is_of_the_kind_of_the_result() -> None:
    whole, mask = torch.tensor([1, 2]), torch.tensor([True, False])
    assert whole.add(whole, alpha=3).tolist() == [4, 8]
    assert mask.add(mask, alpha=2).tolist() == [True, False]
    assert whole.add(torch.tensor([1.0, 2.0]), alpha=0.5).tolist() == [1.5, 3]
    with pytest.raises(RuntimeError, match="argument alpha must not be a floating point number, but it is 0.5"):
        whole.add(whole, alpha=0.5)
    with pytest.raises(RuntimeError, match="Boolean alpha only supported for Boolean results"):
        whole.sub(whole, alpha=True)


def test_products_are_added_in_the_common_dtype() -> None:
    x, y = torch.tensor([1.3], dtype=torch.float64), torch.tensor([0.1])
    wanted = 1.3 + float(y) * float(y)
    assert torch.addcmul(x, y, y).tolist() == [wanted]
    assert torch.addcdiv(x, y, y * 0 + 3).tolist() == [1.3 + float(y) / 3]
    whole = torch.tensor([1, 2])
    assert torch.addcmul(whole, whole, whole, value=0.5).tolist() == [1, 2]


def test_heaviside_keeps_the_dtype() -> None:
    whole = torch.tensor([-1, 0, 2])
    assert torch.heaviside(whole, whole + 5).tolist() == [0, 5, 1]
    assert torch.heaviside(whole, whole).dtype == torch.int64
    with pytest.raises(RuntimeError, match="different dtypes: torch.int64 and torch.float32"):
        torch.heaviside(whole, torch.ones(3))


def test_index_fill_counts_from_the_end() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.index_fill(0, torch.tensor(-1), 5.0)
    assert y.tolist() == [1, 5]
    y.sum().backward()
    assert x.grad.tolist() == [1, 0]
    with pytest.raises(IndexError, match="index -3 is out of bounds"):
        x.index_fill(0, torch.tensor(-3), 5.0)


def test_cartesian_prod_takes_vectors() -> None:
    with pytest.raises(RuntimeError, match=r"Expect a 1D vector, but got shape \[\]"):
        torch.cartesian_prod(torch.tensor(1.0))


def test_a_sum_with_gradient_stays_floating() -> None:
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    with pytest.raises(RuntimeError, match="Autograd not support dtype: torch.int64"):
        x.sum(dtype=torch.int64)
    assert x.detach().sum(dtype=torch.int64).item() == 3


def test_corners_of_shapes() -> None:
    assert torch.tensor(0.5).mT.item() == 0.5
    with pytest.raises(RuntimeError, match="only supported on matrices or batches of matrices"):
        _ = torch.ones(3).mT
    with pytest.raises(RuntimeError, match=r"all dimensions of input must be of equal length, but its shape is \[2, 1"):
        torch.ones(2, 1, 3).fill_diagonal_(2)
    wide = torch.tensor(0.5).expand(2, 3).ravel()
    wide[0] = 1.0
    assert wide.tolist() == [1, 0.5, 0.5, 0.5, 0.5, 0.5]


def test_new_strides_without_recording_keep_the_history() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    y = x * 2
    with torch.no_grad():
        y.t_()
    assert not y.is_leaf
    y.neg_()
    (y * torch.tensor([[1.0], [2.0], [3.0]])).sum().backward()
    assert x.grad.tolist() == [[-2, -4, -6]]


def test_index_put_checks_dtypes_at_numbers_too() -> None:
    with pytest.raises(RuntimeError, match="source and destination dtypes match"):
        torch.zeros(2).index_put_((torch.tensor(-1),), torch.ones((), dtype=torch.float64))


def test_bytes_beside_floats_have_full_gradients() -> None:
    whole = torch.tensor([1, 200], dtype=torch.uint8)
    x = torch.tensor([2.5, 1.01], dtype=torch.float64, requires_grad=True)
    torch.atan2(whole, x).sum().backward()
    assert x.grad.tolist() == pytest.approx([-1 / 7.25, -200 / (200**2 + 1.01**2)])
    x.grad = None
    (whole**x).sum().backward()
    assert x.grad.tolist() == pytest.approx([0, 1117.321779519593])


def test_a_leaf_that_no_longer_requires_grad_gets_none() -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).sum()
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None
