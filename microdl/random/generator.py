"""`Generator`, the stream that all draws are made of, and the default one."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from ..autograd.graph import TensorBase, wrap
from ..device import CPU
from ..device import device as Device
from .transforms import Array, box_muller, by_element, chunks, compiled, fused, narrow, rotated

Shape: TypeAlias = int | Sequence[int]

_DEFAULT_SEED = 67280421310721
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "key", "normal", "has_normal"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", 624), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": 5056,
    }
)
_WIDE = 1 << 28  # the range of integers from which one takes two words
_LONGEST_SHUFFLE = (2**32 - 1) // 20  # from here PyTorch shuffles otherwise


class Generator:
    """PyTorch's CPU random number generator.

    A new one is seeded with 67280421310721, as PyTorch's is. Not safe to share between threads that draw at once.

    Args:
        device: "cpu", the only device; RuntimeError for another.

    Source: https://pytorch.org/docs/stable/generated/torch.Generator.html

    >>> import microdl as torch
    >>> g = torch.Generator().manual_seed(0)
    >>> torch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    __slots__ = ("_bits", "_normal", "_seed", "_stream")

    def __init__(self, device: Any = "cpu") -> None:
        if Device(device).type != "cpu":
            raise RuntimeError(f"microdl draws on the CPU only, not on {str(device)!r}. Use Generator(device='cpu').")
        self._bits = np.random.MT19937(0)
        self._stream = np.random.RandomState(self._bits)
        self._restart(_DEFAULT_SEED)

    @property
    def device(self) -> Any:
        """The device of the numbers: the CPU."""
        return CPU

    def manual_seed(self, seed: int) -> Generator:
        """Restarts the stream at `seed`, an int in [-2**63, 2**64), and returns the generator.

        A negative seed stands for `seed + 2**64`. Only the low 32 bits choose the stream. RuntimeError for what is no
        int, ValueError for an int out of range.
        """
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise RuntimeError(
                f"manual_seed expected a long, but got {type(seed).__name__} ({seed!r}). Pass an int, for example 0."
            )
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"Overflow when unpacking long long: the seed is {seed}. Pass an int in [-2**63, 2**64).")
        self._restart(int(seed) % 2**64)
        return self

    def _restart(self, seed: int) -> None:
        self._seed = seed
        self._stream.seed(seed % 2**32)
        self._normal: float | None = None

    def seed(self) -> int:
        """Restarts the stream at a seed from the operating system, and returns that seed."""
        self._restart(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed at which the stream was last started."""
        return self._seed

    def get_state(self) -> Any:
        """The state as a uint8 tensor of shape (5056,), byte for byte PyTorch's own: either reads the other's."""
        now = self._bits.state["state"]
        key, used = now["key"], int(now["pos"])
        state = np.zeros((), _STATE)
        state["seed"], state["seeded"], state["key"] = self._seed, 1, key
        state["left"] = max(625 - used, 1)
        fresh = used == 624 and key[0] == self._seed % 2**32  # seeding leaves the seed itself in the first word
        state["next"] = 0 if fresh else used
        if self._normal is not None:
            state["normal"], state["has_normal"] = self._normal, 1
        return wrap(np.frombuffer(bytearray(state.tobytes()), np.uint8))

    def set_state(self, new_state: Any) -> Generator:
        """Continues from a state that `get_state` returned, here or in PyTorch; returns the generator.

        TypeError unless it is a uint8 tensor, RuntimeError for one of another size or that holds no state.
        """
        state = np.frombuffer(_state_bytes(new_state), _STATE)[0]
        left, used = int(state["left"]), int(state["next"])
        if state["seeded"] != 1 or not 0 < left <= 624 or used > 624:
            raise RuntimeError(f"Invalid mt19937 state: left is {left} and next {used}. Pass get_state()'s result.")
        inner = {"key": state["key"].astype(np.uint32), "pos": 624 if left == 1 else used}
        now: Any = {"bit_generator": "MT19937", "state": inner}
        self._bits.state = now
        self._seed = int(state["seed"])
        self._normal = float(state["normal"]) if state["has_normal"] else None
        return self

    def clone_state(self) -> Generator:
        """A new generator that continues as this one does, independently of it."""
        return Generator().set_state(self.get_state())

    def __reduce__(self) -> tuple[Any, ...]:
        return Generator, (), self.get_state()._a

    def __setstate__(self, state: Array) -> None:
        self.set_state(wrap(state))

    # Draws of words: everything below is made of these three.

    def _words(self, n: int) -> Array:
        """The next n words, uint32."""
        if n < 64:  # random_raw takes 0.4 us, randint 4 us; per word, randint's pairs are faster
            return self._bits.random_raw(n).astype(np.uint32)
        kernels = compiled(n)
        if kernels is not None:
            return self._compiled_words(kernels, n)
        words = rotated(self._words64(n // 2)).view(np.uint32)
        return np.append(words, self._words(1)) if n % 2 else words

    def _compiled_words(self, kernels: Any, n: int) -> Array:
        state, out = self._bits.state, np.empty(n, np.uint32)
        inner = state["state"]
        inner["pos"] = kernels.twister(inner["key"], inner["pos"], out)
        self._bits.state = state
        return out

    def _words64(self, n: int) -> Array:
        """The next n pairs of words, uint64: the first word of a pair is the high half."""
        if n < 32:
            raw = self._bits.random_raw(2 * n)
            pairs: Array = raw[0::2] << np.uint64(32) | raw[1::2]
            return pairs
        kernels = compiled(2 * n)
        if kernels is not None:
            return rotated(self._compiled_words(kernels, 2 * n).view(np.uint64))
        return self._stream.randint(0, 2**64, n, dtype=np.uint64)

    def random64(self) -> int:
        """The next 64 random bits: what a DataLoader draws for its seeds."""
        return int(self._words64(1)[0])

    # Draws of arrays.

    def _unit(self, n: int, dtype: Any = np.float64) -> Array:
        """n numbers of [0, 1): float64 ones of the low 53 bits of pairs, else float32 ones of the low 24 of words."""
        if dtype == np.float64:
            pairs = self._words64(n)
            pairs &= np.uint64(2**53 - 1)
            doubles = pairs.view(np.int64).astype(np.float64)
            doubles *= 2.0**-53
            return doubles
        words = self._words(n)
        words &= np.uint32(2**24 - 1)
        out = words.view(np.int32).astype(np.float32)
        out *= np.float32(2.0**-24)
        return out

    def uniform_array(self, shape: Shape, dtype: Any = np.float32, low: float = 0.0, high: float = 1.0) -> Array:
        """Numbers of [low, high): `u * (high - low) + low`, rounded once; `low` where that is `high`.

        dtype is float16, float32 or float64.
        """
        dtype = np.dtype(dtype)
        out: Array = np.empty(shape, dtype)
        work = np.float64 if dtype == np.float64 else np.float32
        start, span = work(low), work(high) - work(low)
        flat = out.reshape(-1)
        for part in chunks(flat.size):
            u = self._unit(part.stop - part.start, dtype)
            flat[part] = u if start == 0 and span == 1 else fused(u, span, start)
        if dtype == np.float16 or start != 0 or span != 1:
            flat[flat == dtype.type(high)] = dtype.type(low)  # rounding can reach `high`, which is excluded
        return out

    def normal_array(
        self, shape: Shape, dtype: Any = np.float32, mean: float = 0.0, std: float = 1.0, pairs: bool = False
    ) -> Array:
        """Numbers of the normal distribution, by Box and Muller's method (1958). dtype float16, float32 or float64.

        Fewer than 16, or where `pairs` says so, are made in pairs; others in blocks of 16 in their own dtype, where the
        last 16 places are drawn anew if their number is no multiple of 16.
        """
        out: Array = np.empty(shape, dtype)
        flat, odd = out.reshape(-1), out.size % 16
        if pairs or flat.size < 16:
            flat[...] = narrow(self._normal_pairs(flat.size, mean, std), dtype)
            return out
        for part in chunks(flat.size - odd):
            flat[part] = box_muller(self._unit(part.stop - part.start, dtype), mean, std)
        if odd:
            self._unit(0 if dtype == np.float16 else odd, dtype)  # PyTorch fills the odd places once in vain
            flat[-16:] = box_muller(self._unit(16, dtype), mean, std)
        return out

    def _normal_pairs(self, n: int, mean: float, std: float) -> Array:
        """n normal numbers, float64, made in pairs: the second of the last pair may wait for the next such call."""
        waiting = [] if self._normal is None or n == 0 else [self._normal]
        u = self._unit((n - len(waiting) + 1) // 2 * 2).reshape(-1, 2)
        radius = np.sqrt(-2.0 * by_element(math.log1p, -u[:, 1]))
        theta = (2.0 * math.pi) * u[:, 0]
        z = np.append(waiting, np.stack([radius * np.cos(theta), radius * np.sin(theta)], axis=1))
        if n:
            self._normal = float(z[n]) if z.size > n else None
        return fused(z[:n], std, mean)

    def integers_array(
        self, low: int, high: int, shape: Shape, dtype: Any = np.int64, wide: bool | None = None
    ) -> Array:
        """Integers of [low, high): `word % (high - low) + low`, of 64 bits where the range is 2**28 or more.

        `wide` chooses the 64 bits, or one word, where PyTorch departs from that rule.
        """
        out: Array = np.empty(shape, dtype)
        flat = out.reshape(-1)
        span = high - low
        wide = span >= _WIDE if wide is None else wide
        draw, word = (self._words64, np.uint64) if wide else (self._words, np.uint32)
        for part in chunks(flat.size):
            words = draw(part.stop - part.start)
            if span < 2**64:
                multiple = words // word(span)  # faster than %: NumPy divides by a scalar with SIMD
                multiple *= word(span)
                words -= multiple
            if wide:
                words += np.uint64(low % 2**64)
                flat[part] = words.view(np.int64)
            else:
                flat[part] = words if low == 0 else words.astype(np.int64) + low
        return out

    def permutation_array(self, n: int, dtype: Any = np.int64) -> Array:
        """0 to n - 1 in random order: for i < n - 1, exchange i with i + word % (n - i) (Fisher and Yates)."""
        if n >= _LONGEST_SHUFFLE:
            raise NotImplementedError(
                f"randperm of {n}: from {_LONGEST_SHUFFLE} on PyTorch shuffles otherwise, which microdl does not do. "
                "Permute blocks instead."
            )
        places = np.arange(max(n - 1, 0))
        partners = self._words(places.size) % (n - places).astype(np.uint32) + places
        kernels = compiled(n, 1 << 8)
        if kernels is not None:
            order = np.arange(n)
            kernels.shuffle(order, partners)
            return order.astype(dtype, copy=False)
        exchanged = list(range(n))
        for i, j in enumerate(partners.tolist()):
            exchanged[i], exchanged[j] = exchanged[j], exchanged[i]
        return np.array(exchanged, dtype)

    def exponential_array(self, shape: Shape, dtype: Any = np.float32, rate: float = 1.0) -> Array:
        """Numbers of the exponential distribution: `-1 / rate * log1p(-u)`."""
        return self._transformed(shape, dtype, lambda u: -1.0 / rate * by_element(math.log1p, -u))

    def cauchy_array(self, shape: Shape, dtype: Any = np.float32, median: float = 0.0, sigma: float = 1.0) -> Array:
        """Numbers of Cauchy's distribution: `sigma * tan(pi * (u - 0.5)) + median`, rounded once."""
        return self._transformed(
            shape, dtype, lambda u: fused(by_element(math.tan, math.pi * (u - 0.5)), sigma, median)
        )

    def geometric_array(self, p: float, shape: Shape, dtype: Any = np.float32) -> Array:
        """Numbers of trials up to the first success, of probability p in (0, 1): `ceil(log(u) / log1p(-p))`."""
        return self._transformed(shape, dtype, lambda u: np.ceil(by_element(_log, u) / math.log1p(-p)))

    def log_normal_array(self, shape: Shape, dtype: Any = np.float32, mean: float = 1.0, std: float = 2.0) -> Array:
        """Numbers whose logarithms are normal."""
        out: Array = np.empty(shape, dtype)
        out.reshape(-1)[...] = narrow(by_element(_exp, self._normal_pairs(out.size, mean, std)), dtype)
        return out

    def _transformed(self, shape: Shape, dtype: Any, transform: Callable[[Array], Array]) -> Array:
        """A function of uniform float64 numbers, in another dtype."""
        out: Array = np.empty(shape, dtype)
        out.reshape(-1)[...] = narrow(transform(self._unit(out.size)), dtype)
        return out

    def bernoulli_array(self, p: float | Array, shape: Shape, dtype: Any = np.float32) -> Array:
        """1 where `u < p`, else 0. u is a float64 number for a number p or a float64 array, else a float32 one."""
        out: Array = np.empty(shape, dtype)
        single = isinstance(p, np.ndarray) and p.dtype != np.float64
        u = self._unit(out.size, np.float32 if single else np.float64)
        out[...] = u.reshape(out.shape) < p
        return out

    def multinomial_array(self, weights: Array, n: int, replacement: bool = False) -> Array:
        """n indices into each row of weights, float of shape (rows, categories): int64 of shape (rows, n).

        With replacement: the first place where the cumulated probability reaches u. Without: the n largest of
        `weights / e`, e exponential.
        """
        if not replacement or n == 1:
            score = weights / self.exponential_array(weights.shape, weights.dtype)
            return np.argsort(-score, axis=-1, kind="stable")[:, :n]
        cumulated = np.cumsum(weights, axis=-1, dtype=weights.dtype)
        cumulated /= cumulated[:, -1:].copy()
        cumulated[:, -1] = 1
        u = self._unit(len(weights) * n).reshape(len(weights), n)
        rows = [np.searchsorted(c.astype(np.float64), row) for c, row in zip(cumulated, u, strict=True)]
        return np.stack(rows).astype(np.int64, copy=False)


def _log(x: float) -> float:
    return math.log(x) if x else -math.inf


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _state_bytes(state: Any) -> bytes:
    if not isinstance(state, TensorBase):
        raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}; pass get_state()'s result")
    if state._a.dtype != np.uint8:
        raise TypeError(f"RNG state must be a torch.ByteTensor, not one of {state._a.dtype}; pass get_state()'s result")
    if state._a.size != _STATE.itemsize:
        raise RuntimeError(
            f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG state size to be "
            f"{state._a.size}. Pass get_state()'s result."
        )
    return state._a.tobytes()


default_generator = Generator()
seed, initial_seed = default_generator.seed, default_generator.initial_seed
get_rng_state = default_generator.get_state


def manual_seed(seed: Any) -> Generator:
    """Restarts the default stream at `int(seed)`, in [-2**63, 2**64), and returns its generator.

    ValueError for a seed out of range. Source: https://pytorch.org/docs/stable/generated/torch.manual_seed.html

    >>> import microdl as torch
    >>> torch.manual_seed(0).initial_seed(), torch.rand(2)
    (0, tensor([0.4963, 0.7682]))
    """
    return default_generator.manual_seed(int(seed))


def set_rng_state(new_state: Any) -> None:
    """Continues the default stream from a state: see `Generator.set_state`."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, *, device_type: str = "cpu") -> Iterator[None]:
    """Restores the default stream's state at the end of the block. `devices` means nothing here: there is one."""
    state = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            set_rng_state(state)
