"""Datasets, samplers, collating and the DataLoader; orders are recorded from PyTorch 2.13."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.kernels.gather import copy_bytes, take_rows
from microdl.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    gather,
    get_worker_info,
    random_split,
)

RECORDED: dict[str, Any] = {
    "first": [[[0, 4, 1]], [[5, 2, 6]], [[3]]],
    "second": [[[3, 1, 4]], [[2, 5, 0]], [[6]]],
    "then": 0.455627977848053,
    "generator": [[[[0, 4]], [[5, 1]], [[2, 3]]], [[[1, 0]], [[4, 3]], [[2, 5]]]],
    "split": [[2, 6, 1, 8], [4, 5, 0], [9, 3, 7]],
}


def lists(loader: Any) -> list[Any]:
    return [[part.tolist() for part in batch] for batch in loader]


# Orders, as PyTorch's for the same seed.


def test_two_shuffled_epochs() -> None:
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.arange(7)), batch_size=3, shuffle=True)
    assert lists(loader) == RECORDED["first"]
    assert lists(loader) == RECORDED["second"]
    assert torch.rand(1).item() == pytest.approx(RECORDED["then"], abs=1e-7)


def test_a_generator_of_ones_own() -> None:
    generator = torch.Generator().manual_seed(1)
    loader = DataLoader(TensorDataset(torch.arange(6)), batch_size=2, shuffle=True, generator=generator)
    assert [lists(loader), lists(loader)] == RECORDED["generator"]


def test_random_split_gives_the_rest_to_the_first() -> None:
    parts = random_split(range(10), [0.35, 0.35, 0.3], generator=torch.Generator().manual_seed(42))
    assert [part.indices for part in parts] == RECORDED["split"]


def test_weighted_sampler() -> None:
    torch.manual_seed(0)
    assert list(WeightedRandomSampler([0.1, 0.9, 0.3], 8)) == [2, 1, 1, 2, 1, 2, 1, 1]
    assert list(WeightedRandomSampler([0.1, 0.9, 0.3], 3, replacement=False)) == [1, 2, 0]


# Batches gathered at once equal the samples collated one by one.


class Slow(Dataset[Any]):
    """Hides what kind a dataset is."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __getitem__(self, index: int) -> Any:
        return self.dataset[index]

    def __len__(self) -> int:
        return len(self.dataset)


ARRAYS = {
    "rows": lambda n: np.arange(n * 6, dtype=np.float32).reshape(n, 6),
    "columns": lambda n: np.arange(n * 6, dtype=np.float64).reshape(6, n).T,
    "every second": lambda n: np.arange(n * 2, dtype=np.int32)[::2],
    "images": lambda n: np.arange(n * 12, dtype=np.uint8).reshape(n, 3, 2, 2),
    "nothing": lambda n: np.zeros((n, 0), np.float32),
    "half": lambda n: np.linspace(0, 1, n).astype(np.float16),
    "flags": lambda n: np.arange(n) % 3 == 0,
}


@given(st.data())
def test_gathered_batches_equal_collated_samples(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 20))
    kinds = data.draw(st.lists(st.sampled_from(sorted(ARRAYS)), min_size=1, max_size=3))
    dataset: Any = TensorDataset(*(torch.from_numpy(ARRAYS[kind](n)) for kind in kinds))
    for _ in range(data.draw(st.integers(0, 2))):
        size = len(dataset)
        dataset = Subset(dataset, data.draw(st.lists(st.integers(-size, size - 1), min_size=1, max_size=30)))
    options = {"batch_size": data.draw(st.integers(1, 9)), "shuffle": data.draw(st.booleans())}
    seed = data.draw(st.integers(0, 100))
    expected = list(DataLoader(Slow(dataset), generator=torch.Generator().manual_seed(seed), **options))
    found = list(DataLoader(dataset, generator=torch.Generator().manual_seed(seed), **options))
    assert gather.gather_of(dataset) is not None
    for batch, wanted in zip(found, expected, strict=True):
        assert type(batch) is list
        for part, other in zip(batch, wanted, strict=True):
            assert part.dtype is other.dtype
            assert part.shape == other.shape
            assert part.is_contiguous()
            np.testing.assert_array_equal(part.numpy(), other.numpy())


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_copies(shuffle: bool) -> None:
    x = torch.zeros(4, 2)
    for (batch,) in DataLoader(TensorDataset(x), batch_size=2, shuffle=shuffle):
        batch += 1
    assert x.sum().item() == 0


def test_the_kernel_gathers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "_LARGE", 0)
    monkeypatch.setattr(gather, "_LONG", 1)
    x = torch.arange(7 * 70).reshape(7, 70).float()
    loader = DataLoader(TensorDataset(x, torch.arange(7)), batch_size=4, shuffle=True)
    for rows, index in loader:
        np.testing.assert_array_equal(rows.numpy(), x.numpy()[index.numpy()])
    with pytest.raises(IndexError, match="index 7 is out of bounds for dimension 0 with size 7"):
        list(DataLoader(Subset(TensorDataset(x), [0, 7]), batch_size=2))


@given(st.integers(1, 9), st.integers(0, 900), st.data())
def test_take_rows(n: int, width: int, data: st.DataObject) -> None:
    a = np.random.default_rng(0).integers(0, 256, (n, width), np.uint8)
    indices = np.array(data.draw(st.lists(st.integers(-n - 1, n), max_size=9)), np.int64)
    out = np.full((len(indices), width), 7, np.uint8)
    inside = bool(((indices >= -n) & (indices < n)).all())
    assert take_rows(out, a, indices) == inside
    np.testing.assert_array_equal(out, a[indices] if inside else np.full_like(out, 7))


def test_copy_bytes_twin() -> None:
    to = np.zeros(6, np.uint8)
    copy_bytes(to, 1, np.arange(9, dtype=np.uint8), 4, 3)
    assert to.tolist() == [0, 4, 5, 6, 0, 0]


def test_what_is_not_gathered_at_once() -> None:
    class Doubled(TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return tuple(2 * part for part in super().__getitem__(index))

    class Many(TensorDataset):
        def __getitems__(self, indices: list[int]) -> list[Any]:
            return [(self.tensors[0][i] + 100,) for i in indices]

    x = torch.arange(4)
    weights = torch.ones(4, requires_grad=True)
    assert lists(DataLoader(Doubled(x), batch_size=4)) == [[[0, 2, 4, 6]]]
    assert lists(DataLoader(Many(x), batch_size=4)) == [[[100, 101, 102, 103]]]
    assert lists(DataLoader(Subset(Many(x), [2, 0]), batch_size=4)) == [[[102, 100]]]
    assert next(iter(DataLoader(TensorDataset(weights), batch_size=4)))[0].requires_grad
    assert list(DataLoader(TensorDataset(x), batch_size=4, collate_fn=len)) == [4]
    assert lists(DataLoader(Subset(TensorDataset(x), torch.tensor([3, 1])), batch_size=2)) == [[[3, 1]]]


def test_own_samplers() -> None:
    class Odd(Sampler[int]):
        def __iter__(self) -> Any:
            return iter([1, 3])

    class Backwards(SequentialSampler):
        def __iter__(self) -> Any:
            return reversed(range(len(self.data_source)))

    data = TensorDataset(torch.arange(4))
    assert lists(DataLoader(data, batch_size=2, sampler=Odd())) == [[[1, 3]]]
    assert lists(DataLoader(data, batch_size=3, sampler=Backwards(data))) == [[[3, 2, 1]], [[0]]]
    assert lists(DataLoader(data, batch_sampler=BatchSampler(Odd(), 1, False))) == [[[1]], [[3]]]
    with pytest.raises(TypeError, match="has no len"):
        len(DataLoader(data, sampler=Odd()))
    with pytest.raises(NotImplementedError, match="Sampler defines no __iter__"):
        iter(Sampler())


def test_lengths() -> None:
    data = TensorDataset(torch.arange(10))
    assert [len(DataLoader(data, batch_size=b)) for b in (1, 3, 10, 11)] == [10, 4, 1, 1]
    assert [len(DataLoader(data, batch_size=b, drop_last=True)) for b in (3, 10, 11)] == [3, 1, 0]
    assert len(iter(DataLoader(data, batch_size=3))) == 4
    assert len(DataLoader(data, batch_size=None)) == 10


def test_workers_are_accepted_and_the_order_is_the_same() -> None:
    data = TensorDataset(torch.arange(9))
    orders = []
    for options in ({}, {"num_workers": 2, "prefetch_factor": 4, "pin_memory": True}):
        torch.manual_seed(4)
        orders.append(lists(DataLoader(data, batch_size=2, shuffle=True, **options)))
    assert orders[0] == orders[1]
    assert get_worker_info() is None


def test_persistent_workers_draw_their_seed_once() -> None:
    torch.manual_seed(0)
    loader = DataLoader(range(3), num_workers=1, persistent_workers=True)
    for _ in range(2):
        list(loader)
    after = torch.rand(1).item()
    torch.manual_seed(0)
    torch.random.default_generator.random64()
    assert torch.rand(1).item() == after


def test_iterable_datasets() -> None:
    class Count(IterableDataset[int]):
        def __init__(self, n: int) -> None:
            self.n = n

        def __iter__(self) -> Any:
            return iter(range(self.n))

    assert [b.tolist() for b in DataLoader(Count(5), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Count(5), batch_size=2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(2) + Count(1), batch_size=None)) == [0, 1, 0]
    with pytest.raises(TypeError, match="has no len"):
        len(DataLoader(Count(5)))


def test_datasets() -> None:
    x = torch.arange(6).reshape(3, 2)
    data = TensorDataset(x, torch.arange(3))
    assert len(data) == 3
    assert [part.tolist() for part in data[[2, 0]]] == [[[4, 5], [0, 1]], [2, 0]]
    joined = data + data
    assert isinstance(joined, ConcatDataset)
    assert [joined[i][1].item() for i in (0, 3, 5, -1)] == [0, 0, 2, 2]
    subset: Subset[Any] = Subset(data, [2, 1])
    assert len(subset) == 2
    assert [part.tolist() for part in subset[[1, 0]]] == [[[2, 3], [4, 5]], [1, 2]]
    assert list(SubsetRandomSampler([7], generator=None)) == [7]
    assert len(SubsetRandomSampler([7, 8])) == 2


def test_collate_and_convert() -> None:
    batch = default_collate(
        [{"x": np.zeros(2, np.float32), "y": (1, "a")}, {"x": np.ones(2, np.float32), "y": (2, "b")}]
    )
    assert batch["x"].dtype is torch.float32
    assert batch["x"].tolist() == [[0, 0], [1, 1]]
    assert batch["y"][0].tolist() == [1, 2]
    assert batch["y"][1] == ("a", "b")
    array = np.zeros(2)
    assert default_convert(array).numpy() is not None
    default_convert(array)[0] = 5
    assert array[0] == 5  # shared, as in PyTorch


# Bad input.

DATA = TensorDataset(torch.arange(4))


class OneDefines(Subset[Any]):
    def __getitem__(self, index: Any) -> Any:
        return index


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: DataLoader(DATA, batch_size=0),
            ValueError,
            "batch_size should be a positive integer value, but got batch_size=0",
        ),
        (lambda: DataLoader(DATA, batch_size=-3), ValueError, "but got batch_size=-3"),
        (lambda: DataLoader(DATA, batch_size=2.5), ValueError, "but got batch_size=2.5"),
        (
            lambda: DataLoader(DATA, num_workers=-1),
            ValueError,
            "num_workers option should be non-negative; .* It is -1",
        ),
        (lambda: DataLoader(DATA, timeout=-2), ValueError, "timeout option should be non-negative, but it is -2"),
        (lambda: iter(DataLoader(DATA, timeout=2)), AssertionError, "timeout needs num_workers > 0: it is 2"),
        (
            lambda: DataLoader(DATA, prefetch_factor=2),
            ValueError,
            "prefetch_factor option could only be specified in multi",
        ),
        (lambda: DataLoader(DATA, num_workers=1, prefetch_factor=-2), ValueError, "non-negative, but it is -2"),
        (
            lambda: DataLoader(DATA, persistent_workers=True),
            ValueError,
            "persistent_workers option needs num_workers > 0",
        ),
        (lambda: DataLoader(DATA, multiprocessing_context="fork"), ValueError, "but got num_workers=0"),
        (
            lambda: DataLoader(DATA, sampler=[1], shuffle=True),
            ValueError,
            "sampler option is mutually exclusive with shuffle",
        ),
        (
            lambda: DataLoader(DATA, batch_sampler=[[1]], batch_size=2),
            ValueError,
            "batch_sampler option is mutually exclusive",
        ),
        (
            lambda: DataLoader(DATA, batch_size=None, drop_last=True),
            ValueError,
            "batch_size=None option disables auto-batching",
        ),
        (lambda: DataLoader(DATA, generator=3), TypeError, "generator must be a torch.Generator or None, not int"),
        (lambda: DataLoader(DATA, drop_last=1), ValueError, "drop_last should be a boolean value, but got drop_last=1"),
        (
            lambda: DataLoader(TensorDataset(torch.zeros(0)), shuffle=True),
            ValueError,
            "num_samples=0: the dataset is empty",
        ),
        (
            lambda: setattr(DataLoader(DATA), "batch_size", 2),
            ValueError,
            "batch_size attribute should not be set after DataLoader",
        ),
        (
            lambda: TensorDataset(torch.zeros(2), torch.zeros(3)),
            AssertionError,
            r"Size mismatch between tensors: .* \[2, 3\]",
        ),
        (lambda: TensorDataset(), IndexError, "at least one tensor"),
        (lambda: TensorDataset(torch.tensor(1.0)), IndexError, "position 0 has no dimension to index"),
        (lambda: TensorDataset([1, 2]), TypeError, "expects tensors, but got list at position 0"),
        (lambda: ConcatDataset([]), AssertionError, "datasets should not be an empty iterable"),
        (lambda: ConcatDataset([DATA])[-5], ValueError, "index -5, length 4"),
        (lambda: ConcatDataset([DATA])[4], IndexError, "index 4 is out of range for a ConcatDataset of length 4"),
        (
            lambda: ConcatDataset([ChainDataset([])]),
            AssertionError,
            "does not support IterableDataset, which dataset 0 is",
        ),
        (lambda: list(ChainDataset([DATA])), AssertionError, "only supports IterableDataset, not TensorDataset"),
        (
            lambda: DataLoader(ChainDataset([]), shuffle=True),
            ValueError,
            "expected unspecified shuffle option, but got shuffle=True",
        ),
        (lambda: OneDefines(DATA, [1]), NotImplementedError, "OneDefines overrides __getitem__ but not __getitems__"),
        (
            lambda: Dataset()[0],
            NotImplementedError,
            "Subclasses of Dataset should implement __getitem__, and Dataset does not",
        ),
        (
            lambda: random_split(DATA, [1, 2]),
            ValueError,
            r"Sum of input lengths .*\[1, 2\] add up to 3, and the dataset has 4",
        ),
        (lambda: random_split(DATA, [1.5, -0.5]), ValueError, "Fraction at index 0 is not between 0 and 1: it is 1.5"),
        (
            lambda: RandomSampler(DATA, replacement=1),
            TypeError,
            "replacement should be a boolean value, but got replacement=1",
        ),
        (lambda: RandomSampler(DATA, num_samples=-1), ValueError, "but got num_samples=-1"),
        (lambda: WeightedRandomSampler([1.0], True), ValueError, "but got num_samples=True"),
        (lambda: WeightedRandomSampler([1.0], 1, replacement=None), ValueError, "but got replacement=None"),
        (lambda: WeightedRandomSampler([[1.0]], 1), ValueError, r"given weights have shape \(1, 1\)"),
        (lambda: default_collate([{1}, {2}]), TypeError, "found <class 'set'>. Pass a collate_fn to the DataLoader"),
        (lambda: default_collate([np.array(["a"])]), TypeError, "found <U1"),
        (lambda: default_collate([(1, 2), (3,)]), RuntimeError, r"should be of equal size: lengths are \[1, 2\]"),
        (
            lambda: default_collate([torch.zeros(2), torch.zeros(3)]),
            RuntimeError,
            "stack expects each tensor to be equal size",
        ),
        (
            lambda: list(DataLoader(Subset(DATA, [9]))),
            IndexError,
            "index 9 is out of bounds for dimension 0 with size 4",
        ),
    ],
)
def test_bad_input(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert re.search(text, str(caught.value))


def test_an_empty_part_of_a_split_warns() -> None:
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        random_split(DATA, [1.0, 0.0])


def test_a_refused_loader_draws_nothing() -> None:
    before = torch.get_rng_state().tolist()
    for options in ({"batch_size": 0}, {"sampler": [0], "shuffle": True}, {"timeout": 1}):
        with pytest.raises((ValueError, AssertionError)):
            iter(DataLoader(DATA, **options))
    assert torch.get_rng_state().tolist() == before
