"""The order in which a dataset is visited.

Samplers are iterables of indices. Those here make whole arrays of them, which the DataLoader can use as they are:
`blocks` yields the arrays one after another, each drawn when it is needed, as PyTorch draws.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from ... import dtypes, random
from ...creation import as_tensor

T_co = TypeVar("T_co", covariant=True)
Indices: TypeAlias = np.ndarray[Any, np.dtype[Any]]
_REPLACED = 32  # indices PyTorch draws at a time with replacement


class Sampler(Generic[T_co]):
    """The base class of samplers: a subclass defines `__iter__`, and `__len__` if the DataLoader shall have a length.

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.Sampler
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} defines no __iter__()")


class _BlockSampler(Sampler[int]):
    def blocks(self) -> Iterator[Indices]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        for block in self.blocks():
            yield from block.tolist()


class SequentialSampler(_BlockSampler):
    """0 to len(data_source) - 1, in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def blocks(self) -> Iterator[Indices]:
        yield np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(_BlockSampler):
    """The indices of data_source in random order, or `num_samples` of them drawn independently with `replacement`.

    Without a generator, each pass draws a 64-bit number from the default stream and seeds a generator of its own with
    it.

    Raises TypeError where replacement is no bool, ValueError where num_samples (or the length) is no positive int.

    >>> import microdl as torch
    >>> list(torch.utils.data.RandomSampler(range(5), generator=torch.Generator().manual_seed(0)))
    [4, 0, 1, 3, 2]

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={self.num_samples}"
                + ("" if num_samples is not None else ": the dataset is empty")
            )

    @property
    def num_samples(self) -> int:
        """How many indices a pass has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def blocks(self) -> Iterator[Indices]:
        n, generator = len(self.data_source), self.generator
        if generator is None:
            generator = random.Generator().manual_seed(random.default_generator.random64() % 2**63)
        if self.replacement:
            for start in range(0, self.num_samples, _REPLACED):
                yield generator.integers_array(0, n, min(_REPLACED, self.num_samples - start))
            return
        whole, rest = divmod(self.num_samples, n)
        for _ in range(whole):
            yield generator.permutation_array(n)
        if rest or self.generator is not None:  # PyTorch draws here even for no index: a shared stream shows it
            yield generator.permutation_array(n)[:rest]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, drawn from the default stream or `generator`.

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler
    """

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in random.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_BlockSampler):
    """`num_samples` indices, each i with probability proportional to weights[i].

    Raises ValueError where num_samples is no positive int, replacement no bool, or weights not one-dimensional; errors
    of `multinomial` for weights without sense.

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Any = None) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = as_tensor(weights, dtype=dtypes.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def blocks(self) -> Iterator[Indices]:
        yield random.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)._a

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` indices of a sampler; the last may be shorter, unless `drop_last`.

    Raises ValueError where batch_size is no positive int or drop_last no bool.

    >>> import microdl as torch
    >>> list(torch.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def batches_of(sampler: Any) -> Iterator[Indices] | None:
    """The batches of a plain BatchSampler as arrays, where its sampler makes arrays; else None."""
    if type(sampler).__iter__ is not BatchSampler.__iter__:
        return None
    inner = sampler.sampler
    if not isinstance(inner, _BlockSampler) or type(inner).__iter__ is not _BlockSampler.__iter__:
        return None
    return _cut(inner.blocks(), sampler.batch_size, sampler.drop_last)


def _cut(blocks: Iterator[Indices], size: int, drop_last: bool) -> Iterator[Indices]:
    """Pieces of `size` indices; a block is asked for only when a piece lacks some, as iterating one by one would."""
    left = np.empty(0, np.int64)
    for block in blocks:
        left = np.concatenate([left, block]) if left.size else block
        while left.size >= size:
            yield left[:size]
            left = left[size:]
    if left.size and not drop_last:
        yield left
