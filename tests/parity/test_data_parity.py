"""Samplers, splits, collating and the DataLoader against PyTorch: one program, run with either."""

import collections
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

from torch.utils import data as their_data  # noqa: E402 - after the guard

import microdl  # noqa: E402 - after the guard

FRAMEWORKS = ((torch, their_data), (microdl, microdl.utils.data))
Pair = collections.namedtuple("Pair", "x, y")


def plain(value):
    """Tensors as (dtype, nested list); containers and their types kept."""
    if isinstance(value, (torch.Tensor, microdl.Tensor)):
        return (str(value.dtype), value.tolist())
    if isinstance(value, dict):
        return (type(value).__name__, {key: plain(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [plain(item) for item in value])
    return value


def both(program):
    """What the program gives in PyTorch and in microdl: a result, or the type of its error."""
    results = []
    for framework, data in FRAMEWORKS:
        framework.manual_seed(3)
        try:
            results.append(plain(program(framework, data)))
        except Exception as error:  # whatever PyTorch raises is what is compared
            results.append(type(error))
    return results


def agree(program):
    theirs, ours = both(program)
    assert ours == theirs
    return ours


def epochs(t, d, n, times=3, **options):
    """Some epochs, with draws from the default stream before, between and after."""
    dataset = d.TensorDataset(t.arange(n), t.arange(2 * n).reshape(n, 2))
    loader = d.DataLoader(dataset, **options)
    seen = []
    for _ in range(times):
        seen.append(t.rand(3).tolist())
        seen += list(loader)
    return [*seen, t.rand(2).tolist(), len(loader)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [1, 7, 8, 64, 101])
@pytest.mark.parametrize("drop_last", [False, True])
def test_shuffled_epochs(n, drop_last, seed):
    def program(t, d):
        t.manual_seed(seed)
        return epochs(t, d, n, batch_size=8, shuffle=True, drop_last=drop_last)

    agree(program)


@pytest.mark.parametrize("n", [7, 16, 33])
@pytest.mark.parametrize("drop_last", [False, True])
def test_epochs_with_a_generator(n, drop_last):
    def program(t, d):
        generator = t.Generator().manual_seed(11)
        seen = epochs(t, d, n, batch_size=4, shuffle=True, drop_last=drop_last, generator=generator)
        return [*seen, t.rand(2, generator=generator).tolist()]

    agree(program)


def test_an_epoch_left_early():
    def program(t, d):
        generator = t.Generator().manual_seed(1)
        loader = d.DataLoader(d.TensorDataset(t.arange(9)), 3, shuffle=True, generator=generator)
        first = next(iter(loader))
        return [first, *loader, t.rand(1, generator=generator).tolist()]

    agree(program)


@pytest.mark.parametrize("batch_size", [1, 4, None])
def test_in_order(batch_size):
    agree(lambda t, d: epochs(t, d, 10, times=2, batch_size=batch_size))


def test_draws_between_iter_and_next():
    def program(t, d):
        iterator = iter(d.DataLoader(d.TensorDataset(t.arange(6)), 2, shuffle=True))
        return [t.randn(3).tolist() and t.rand(2).tolist(), *iterator, t.rand(2).tolist()]

    agree(program)


def test_split_then_loaders_over_the_parts():
    def program(t, d):
        whole = d.TensorDataset(t.arange(30), t.rand(30, 2))
        train, valid = d.random_split(whole, [0.8, 0.2])
        inner, _ = d.random_split(train, [10, 14], generator=t.Generator().manual_seed(5))
        seen = [train.indices, valid.indices, len(inner)]
        for part in (train, valid, inner):
            loader = d.DataLoader(part, batch_size=7, shuffle=True)
            for _ in range(2):
                seen += list(loader)
        return seen

    agree(program)


@pytest.mark.parametrize(
    "lengths", [[0.5, 0.3, 0.2], [1 / 3] * 3, [7, 4], [0.4, 0.6], [0.9, 0.2, -0.1], [0.5, 0.4], [3, 4]]
)
def test_random_split(lengths):
    agree(lambda t, d: [part.indices for part in d.random_split(range(11), lengths)])


@pytest.mark.parametrize(
    "make",
    [
        lambda t, d, g: d.RandomSampler(range(50), generator=g),
        lambda t, d, g: d.RandomSampler(range(50), num_samples=120, generator=g),
        lambda t, d, g: d.RandomSampler(range(50), num_samples=7, generator=g),
        lambda t, d, g: d.RandomSampler(range(50), replacement=True, num_samples=77, generator=g),
        lambda t, d, g: d.RandomSampler(range(50), replacement=True, generator=g),
        lambda t, d, g: d.SubsetRandomSampler([3, 5, 8, 13], generator=g),
        lambda t, d, g: d.WeightedRandomSampler([0.1, 0.0, 3.0, 1.0], 40, generator=g),
        lambda t, d, g: d.WeightedRandomSampler([0.1, 0.2, 3.0, 1.0], 4, replacement=False, generator=g),
        lambda t, d, g: d.SequentialSampler(range(9)),
    ],
)
@pytest.mark.parametrize("seeded", [False, True])
def test_samplers(make, seeded):
    def program(t, d):
        generator = t.Generator().manual_seed(8) if seeded else None
        sampler = make(t, d, generator)
        seen = [len(sampler), list(sampler), list(d.BatchSampler(sampler, 6, True)), list(sampler)]
        dataset = d.TensorDataset(t.arange(50))
        seen += list(d.DataLoader(dataset, batch_size=6, sampler=sampler, generator=generator))
        return [*seen, t.rand(1).tolist(), t.rand(1, generator=generator).tolist()]

    agree(program)


@pytest.mark.parametrize(
    "batch",
    [
        lambda t: [t.zeros(2), t.ones(2)],
        lambda t: [(t.zeros(2), 1), (t.ones(2), 2)],
        lambda t: [1.5, 2.5],
        lambda t: [1, 2],
        lambda t: [True, False],
        lambda t: ["a", "b"],
        lambda t: [b"a", b"b"],
        lambda t: [np.zeros(3), np.ones(3)],
        lambda t: [np.float32(1), np.float32(2)],
        lambda t: [np.float64(1), np.float64(2)],
        lambda t: [np.int16(1), np.int16(2)],
        lambda t: [np.bool_(True), np.bool_(False)],
        lambda t: [np.array(1, np.uint8), np.array(2, np.uint8)],
        lambda t: [{"x": t.zeros(1), "y": 3}, {"x": t.ones(1), "y": 4}],
        lambda t: [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
        lambda t: [[1, 2.0], [3, 4.0]],
        lambda t: [((1, "x"), {"y": [2.0]}), ((3, "z"), {"y": [4.0]})],
        lambda t: [t.zeros(2), t.zeros(3)],
        lambda t: [(1, 2), (1,)],
        lambda t: [None, None],
        lambda t: [object(), object()],
        lambda t: [np.array(["a"]), np.array(["b"])],
        lambda t: [np.array([None]), np.array([None])],
        lambda t: [1, "a"],
        lambda t: [],
    ],
)
def test_default_collate(batch):
    agree(lambda t, d: d.default_collate(batch(t)))


def test_named_tuples_stay():
    theirs, ours = ([d.default_collate([Pair(1, 2.0), Pair(3, 4.0)])] for _, d in FRAMEWORKS)
    assert type(ours[0]) is Pair
    assert plain(ours) == plain(theirs)


@pytest.mark.parametrize(
    "sample",
    [
        lambda t: np.zeros(2),
        lambda t: np.float32(2),
        lambda t: 3,
        lambda t: "a",
        lambda t: (np.ones(1), "b", [np.int64(3)]),
        lambda t: {"a": np.ones(1), "b": b"c"},
        lambda t: Pair(np.ones(1), t.zeros(1)),
        lambda t: np.array(["a"]).tolist(),
        lambda t: None,
    ],
)
def test_default_convert(sample):
    agree(lambda t, d: d.default_convert(sample(t)))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"batch_size": -1},
        {"batch_size": 2.0},
        {"batch_size": True},
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"persistent_workers": True},
        {"multiprocessing_context": "fork"},
        {"sampler": [0, 1], "shuffle": True},
        {"batch_sampler": [[0], [1]], "batch_size": 2},
        {"batch_sampler": [[0], [1]], "shuffle": True},
        {"batch_sampler": [[0], [1]], "sampler": [0]},
        {"batch_sampler": [[0], [1]], "drop_last": True},
        {"batch_sampler": [[0], [2, 1]]},
        {"batch_size": None, "drop_last": True},
        {"batch_size": None, "shuffle": True},
        {"sampler": [0, 2, 1], "batch_size": 2},
        {"sampler": [0, 2, 7], "batch_size": 2},
        {"sampler": [-1, -3], "batch_size": 2},
        {"drop_last": 1},
        {"collate_fn": lambda samples: len(samples), "batch_size": 3},
        {"collate_fn": lambda sample: sample, "batch_size": None},
    ],
)
def test_options_of_the_loader(options):
    def program(t, d):
        loader = d.DataLoader(d.TensorDataset(t.arange(4), t.rand(4)), **options)
        return [list(loader), len(loader), loader.batch_size, loader.drop_last, t.rand(1).tolist()]

    agree(program)


def test_empty_dataset():
    agree(lambda t, d: list(d.DataLoader(d.TensorDataset(t.zeros(0, 3)))))
    agree(lambda t, d: list(d.DataLoader(d.TensorDataset(t.zeros(0, 3)), shuffle=True)))


def map_style(d):
    class Squares(d.Dataset):
        def __len__(self):
            return 10

        def __getitem__(self, i):
            return i, float(i * i), str(i)

    return Squares()


def stream(d, n=10):
    class Stream(d.IterableDataset):
        def __iter__(self):
            return iter(range(n))

        def __len__(self):
            return 10

    return Stream()


@pytest.mark.parametrize("options", [{}, {"batch_size": 4}, {"batch_size": 4, "drop_last": True}, {"batch_size": None}])
@pytest.mark.parametrize(
    "dataset", [map_style, stream, lambda d: stream(d) + stream(d), lambda d: map_style(d) + map_style(d)]
)
def test_own_datasets(dataset, options):
    def program(t, d):
        loader = d.DataLoader(dataset(d), **options)
        return [list(loader), len(loader), t.rand(1).tolist()]

    agree(program)


def test_shuffled_own_dataset():
    agree(lambda t, d: list(d.DataLoader(map_style(d), batch_size=3, shuffle=True)))


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}, {"shuffle": False}])
def test_options_with_an_iterable_dataset(options):
    agree(lambda t, d: list(d.DataLoader(stream(d), **options)))


def test_a_stream_longer_than_its_length_warns():
    def program(t, d):
        loader = d.DataLoader(stream(d, 12))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            batches = [len(loader), *loader]
        return [batches, len(caught), [w.category.__name__ for w in caught]]

    assert agree(program)[1][1] == 2


def test_a_dataset_that_fetches_many():
    def program(t, d):
        calls = []

        class Many(d.Dataset):
            def __len__(self):
                return 5

            def __getitems__(self, indices):
                calls.append(list(indices))
                return [t.tensor(float(i)) for i in indices]

        return [list(d.DataLoader(Many(), batch_size=2, shuffle=True)), calls]

    agree(program)


@pytest.mark.parametrize("index", [0, -1, 5, -6, -7, 6, 12])
def test_concatenated(index):
    def program(t, d):
        joined = d.ConcatDataset([d.TensorDataset(t.arange(3)), d.TensorDataset(t.arange(3, 6))])
        return [len(joined), joined[index], joined.cumulative_sizes]

    theirs, ours = both(program)
    if index < 6:
        assert ours == theirs
    else:
        assert ours is theirs is IndexError


@pytest.mark.parametrize(
    "program",
    [
        lambda t, d: d.TensorDataset(t.zeros(2), t.zeros(3)),
        lambda t, d: d.TensorDataset(t.tensor(1)),
        lambda t, d: d.ConcatDataset([]),
        lambda t, d: d.ConcatDataset([stream(d)]),
        lambda t, d: list(d.ChainDataset([map_style(d)])),
        lambda t, d: d.RandomSampler([], generator=None),
        lambda t, d: d.RandomSampler(range(3), num_samples=0),
        lambda t, d: d.RandomSampler(range(3), replacement=1),
        lambda t, d: d.WeightedRandomSampler([[1.0]], 2),
        lambda t, d: d.WeightedRandomSampler([1.0], 0),
        lambda t, d: d.WeightedRandomSampler([1.0], 2, replacement=0),
        lambda t, d: list(d.WeightedRandomSampler([1.0, 2.0], 3, replacement=False)),
        lambda t, d: d.BatchSampler(range(3), 0, False),
        lambda t, d: d.BatchSampler(range(3), 2, 0),
        lambda t, d: d.Dataset()[0],
        lambda t, d: setattr(d.DataLoader(range(3)), "batch_size", 2),
        lambda t, d: list(d.DataLoader(d.Subset(d.TensorDataset(t.arange(3)), [0, 5]), batch_size=2)),
        lambda t, d: list(d.DataLoader(range(3), timeout=1)),
    ],
)
def test_errors_have_the_same_type(program):
    theirs, ours = both(program)
    assert isinstance(theirs, type)
    assert issubclass(theirs, Exception)
    assert ours is theirs
