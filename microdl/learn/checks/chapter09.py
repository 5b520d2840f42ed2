"""Chapter 9, data and random numbers: PyTorch's numbers, recorded; batches; a training that agrees with microdl's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking import check, expect

# PyTorch 2.13 after torch.manual_seed(0): torch.rand(3), torch.empty(6).uniform_(-0.1, 0.7), torch.randperm(10)
_RAND = np.array([0.49625659, 0.76822180, 0.08847743], np.float32)
_BETWEEN = np.array([0.297005266, 0.514577448, -0.0292180534, 0.00562438974, 0.145938262, 0.407262951], np.float32)
_RANDPERM = [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]


@check(9, "Generator.long", "64 bits from two words, the first the high one")
def _(m: Any) -> None:
    words = np.random.RandomState(3).randint(0, 2**32, 2, dtype=np.uint32)
    found, right = m.data.Generator(3).long(), int(words[0]) * 2**32 + int(words[1])
    swapped = " The first word is the high one." if found == int(words[1]) * 2**32 + int(words[0]) else ""
    expect(found == right, f"from the words {words.tolist()} it is {found}, not {right}.{swapped}")
    expect(type(found) is int, f"it is a {type(found).__name__}, whose 64 bits may overflow: make Python ints first")


@check(9, "Generator.uniform", "PyTorch's first numbers for the seed 0")
def _(m: Any) -> None:
    found = np.asarray(m.data.Generator(0).uniform(0.0, 1.0, (3,)))
    words = np.random.RandomState(0).randint(0, 2**32, 3, dtype=np.uint32)
    high = " These are the high bits: take the low 24." if np.allclose(found, words / 2**32, atol=1e-6) else ""
    expect(found.dtype == np.float32, f"the numbers are {found.dtype}, not float32: convert them in the end")
    expect(np.array_equal(found, _RAND), f"the first three are {found}, PyTorch's are {_RAND}.{high}")


@check(9, "Generator.uniform", "from low up to high, in any shape")
def _(m: Any) -> None:
    generator = m.data.Generator(5)
    found = np.asarray(generator.uniform(-0.25, 0.25, (200, 30)))
    expect(found.shape == (200, 30), f"the shape is {found.shape}, not (200, 30)")
    expect(
        found.min() >= -0.25 and found.max() < 0.25, f"between -0.25 and 0.25 there are {found.min()} to {found.max()}"
    )
    expect(abs(found.mean()) < 0.02, f"the mean is {found.mean():.3f}: is the range scaled by high - low?")
    again = np.asarray(generator.uniform(-0.25, 0.25, (200, 30)))
    expect(not np.array_equal(found, again), "two calls gave the same numbers: self.draw goes on where it was")


@check(9, "Generator.uniform", "PyTorch's to the last bit: rounded once")
def _(m: Any) -> None:
    found = np.asarray(m.data.Generator(0).uniform(-0.1, 0.7, (6,)))
    worst = np.abs(found.astype(float) - _BETWEEN).max()
    near = (
        " They differ in the last bit: in float32 the product is rounded, and the sum again; compute both in float64, "
        "from low and high as float32 numbers, and convert to float32 once, in the end"
    )
    expect(
        np.array_equal(found, _BETWEEN),
        f"between -0.1 and 0.7 there are {found}, PyTorch's are {_BETWEEN}.{near if worst < 1e-6 else ''}",
    )


@check(9, "Generator.permutation", "PyTorch's permutation of ten for the seed 0")
def _(m: Any) -> None:
    found = np.asarray(m.data.Generator(0).permutation(10)).tolist()
    expect(
        sorted(found) == list(range(10)), f"{found} is no permutation of 0 to 9: swap two places, do not overwrite one"
    )
    expect(
        found == _RANDPERM, f"it is {found}, PyTorch's is {_RANDPERM}: swap i with i + (word mod (n - i)), i from 0 up"
    )
    generator = m.data.Generator(0)
    expect(np.asarray(generator.permutation(1)).tolist() == [0], "a permutation of one element is [0]")
    first = np.random.RandomState(0).randint(0, 2**32, 1, dtype=np.uint32)[0]
    expect(generator.draw(1)[0] == first, "a permutation of one element draws no word: n - 1 are needed")


def _batches(m: Any, n: int, epochs: int = 1, seed: int = 0, **options: Any) -> list[list[list[int]]]:
    data = m.data.TensorDataset(m.tensor.Tensor(np.arange(n)), m.tensor.Tensor(np.arange(n) * 10))
    m.data.manual_seed(seed)
    loader = m.data.DataLoader(data, **options)
    found = []
    for _ in range(epochs):
        epoch = []
        for batch in loader:
            whole = isinstance(batch, tuple) and len(batch) == 2 and hasattr(batch[0], "data")
            expect(whole, f"a batch is {batch!r}: it should be self.dataset[indices], a tuple of two tensors here")
            x, y = batch
            expect(np.array_equal(x.data * 10, y.data), "inputs and labels of a batch do not belong together")
            epoch.append(x.data.tolist())
        expect(len(epoch) == len(loader), f"len(loader) is {len(loader)}, and there came {len(epoch)} batches")
        found.append(epoch)
    return found


@check(9, "DataLoader.__iter__", "in order, the last batch smaller or left out")
def _(m: Any) -> None:
    (found,) = _batches(m, 7, batch_size=3)
    expect(found == [[0, 1, 2], [3, 4, 5], [6]], f"7 examples in batches of 3 are {found}")
    (found,) = _batches(m, 7, batch_size=3, drop_last=True)
    expect(found == [[0, 1, 2], [3, 4, 5]], f"with drop_last they are {found}: the one that is left over is dropped")


@check(9, "DataLoader.__iter__", "shuffled: every example once an epoch, in another order each time")
def _(m: Any) -> None:
    first, second = _batches(m, 20, epochs=2, batch_size=6, shuffle=True)
    orders = [[i for batch in epoch for i in batch] for epoch in (first, second)]
    for order in orders:
        expect(sorted(order) == list(range(20)), f"an epoch has the examples {order}: each should come once")
    expect(orders[0] != list(range(20)), "shuffle=True left the order as it was: take order[start : start + size]")
    expect(orders[0] != orders[1], "both epochs have the same order: make it in __iter__, anew in each epoch")


@check(9, "DataLoader.__iter__", "PyTorch's order")
def _(m: Any) -> None:
    import microdl as torch

    torch.manual_seed(4)
    data = torch.utils.data.TensorDataset(torch.arange(11))
    right = [x.tolist() for _ in range(2) for (x,) in torch.utils.data.DataLoader(data, 4, shuffle=True)]
    found = [batch for epoch in _batches(m, 11, epochs=2, seed=4, batch_size=4, shuffle=True) for batch in epoch]
    expect(
        found == right,
        f"for the seed 4 the batches are {found}, PyTorch's {right}: each epoch draws 64 bits as a base seed, then 64 bits "
        "mod 2^63 as the seed of a new generator that makes the permutation",
    )
    _batches(m, 3, seed=4)
    word = m.data.generator.draw(1)[0]
    right_word = np.random.RandomState(4).randint(0, 2**32, 3, dtype=np.uint32)[2]
    expect(word == right_word, "an epoch without shuffling draws 64 bits, the base seed, and no more")


@check(9, "DataLoader.__iter__", "a training prints microdl's losses")
def _(m: Any) -> None:
    import microdl

    random = np.random.RandomState(0)
    x, y = random.randn(50, 4).astype(np.float32), random.randint(0, 3, 50)

    def losses(torch: Any) -> list[float]:
        torch.manual_seed(1)
        data = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
        model, loss_fn = torch.nn.Linear(4, 3), torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        found = []
        for inputs, labels in torch.utils.data.DataLoader(data, batch_size=8, shuffle=True):
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), labels)
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found

    mine, right = losses(m.data.torch), losses(microdl)
    expect(np.allclose(mine, right, atol=1e-5), f"the losses are {np.round(mine, 4)}, microdl's {np.round(right, 4)}")
