"""The `DataLoader`: batches of a dataset, in PyTorch's order for the same seed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from ... import random
from ..._warning import warn
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .gather import gather_of
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, batches_of

T_co = TypeVar("T_co", covariant=True)
_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader(Generic[T_co]):
    """Iterates over a dataset in batches; each `iter` is one epoch.

    Each epoch draws a 64-bit number from the default stream (or `generator`), and when shuffling another one that
    seeds the stream of the permutation (with `generator` the permutation comes from that), so that the order is
    PyTorch's. Batches of a TensorDataset, or a Subset of one, are gathered from the tensors at once; they equal the
    collated samples.

    Args:
        dataset: a Dataset or anything with `__getitem__` and `__len__`; or an IterableDataset.
        batch_size: samples in a batch; None gives single samples, converted by `default_convert`.
        shuffle: visit the samples in random order, another one each epoch.
        sampler: the order instead, an iterable of indices.
        batch_sampler: the batches instead, an iterable of lists of indices.
        num_workers: accepted, and loading still happens in the calling thread: there are no worker processes. The same
            goes for timeout, worker_init_fn (not called), multiprocessing_context, prefetch_factor, persistent_workers
            and in_order.
        collate_fn: makes a batch of a list of samples; `default_collate` if None.
        pin_memory, pin_memory_device: accepted; without meaning on a CPU.
        drop_last: leave out a last batch that is not full.
        generator: the stream to draw from instead of the default one.

    Raises:
        ValueError: batch_size is no positive int; num_workers, timeout or prefetch_factor is negative; options exclude
            each other, as sampler and shuffle do; the dataset to shuffle is empty.
        TypeError: generator is no Generator.
        AssertionError: at `iter`, timeout without workers.

    >>> import microdl as torch
    >>> data = torch.utils.data.TensorDataset(torch.arange(5))
    >>> loader = torch.utils.data.DataLoader(data, batch_size=2, shuffle=True)
    >>> _ = torch.manual_seed(0)
    >>> [batch.tolist() for (batch,) in loader], len(loader)
    ([[1, 4], [2, 3], [0]], 3)

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
    """

    _initialized = False

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        if generator is not None and not isinstance(generator, random.Generator):
            raise TypeError(f"generator must be a torch.Generator or None, not {type(generator).__name__}")
        iterable = isinstance(dataset, IterableDataset)
        if iterable:
            _check_iterable(shuffle, sampler, batch_sampler)
        _check_order(batch_size, bool(shuffle), sampler, batch_sampler, drop_last)
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        if sampler is None:
            sampler = _sampler_for(dataset, iterable, bool(shuffle), generator)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self._known_length: int | None = None
        self._begun = False
        self._initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in _FIXED:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized: make a new one with "
                f"{name}={value!r}"
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        if self.timeout and not self.num_workers:
            raise AssertionError(f"timeout needs num_workers > 0: it is {self.timeout}. Leave it out.")
        if not (self.persistent_workers and self._begun):  # PyTorch's persistent workers keep their seed
            (self.generator or random.default_generator).random64()
        self._begun = True
        return _Epoch(self)

    def __len__(self) -> int:
        """The number of batches; TypeError where the dataset or sampler has no length."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        n = self._known_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _batches(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return self._iterable_batches()
        if self.batch_sampler is not None and self.collate_fn is default_collate:
            gather, arrays = gather_of(self.dataset), batches_of(self.batch_sampler)
            if gather is not None and arrays is not None:
                return map(gather, arrays)
        return map(self._fetch, self._index_sampler)

    def _fetch(self, index: Any) -> Any:
        dataset: Any = self.dataset
        if self.batch_sampler is None:
            return self.collate_fn(dataset[index])
        if getattr(dataset, "__getitems__", None):
            return self.collate_fn(dataset.__getitems__(index))
        return self.collate_fn([dataset[i] for i in index])

    def _iterable_batches(self) -> Iterator[Any]:
        samples: Iterator[Any] = iter(self.dataset)
        if self.batch_size is None:
            yield from map(self.collate_fn, samples)
            return
        while batch := list(itertools.islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)
            if len(batch) < self.batch_size:
                return


class _Epoch:
    """One pass over a loader."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._batches = loader._batches()
        self._expected = loader._known_length
        self._yielded = 0

    def __iter__(self) -> _Epoch:
        return self

    def __next__(self) -> Any:
        batch = next(self._batches)
        if self._expected is not None:
            self._count()
        return batch

    def _count(self) -> None:
        self._yielded += 1
        if self._expected is not None and self._yielded > self._expected:
            warn(
                f"Length of IterableDataset {self._loader.dataset} was reported to be {self._expected}(when accessing "
                f"len(dataloader)), but {self._yielded} samples have been fetched. ",
            )

    def __len__(self) -> int:
        return len(self._loader._index_sampler)


class _Endless(Sampler[None]):
    """The sampler of an IterableDataset, which has no indices."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


def get_worker_info() -> None:
    """None: loading happens in the main process, there are no workers."""


def _sampler_for(dataset: Any, iterable: bool, shuffle: bool, generator: Any) -> Sampler[Any]:
    if iterable:
        return _Endless()
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


def _check_workers(workers: Any, timeout: float, prefetch: int | None, persistent: bool, context: Any) -> None:
    if workers < 0:
        raise ValueError(
            f"num_workers option should be non-negative; use num_workers=0 to disable multiprocessing. It is {workers}"
        )
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative, but it is {timeout}")
    if workers == 0 and prefetch is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing. let num_workers > 0 to enable "
            f"multiprocessing, otherwise set prefetch_factor to None. It is {prefetch}"
        )
    if prefetch is not None and prefetch < 0:
        raise ValueError(f"prefetch_factor option should be non-negative, but it is {prefetch}")
    if persistent and workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if context is not None and workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            f"num_workers={workers}"
        )


def _check_iterable(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    unexpected = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in unexpected.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


def _check_order(batch_size: Any, shuffle: bool, sampler: Any, batch_sampler: Any, drop_last: bool) -> None:
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
            )
    elif batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
