"""The streams of random numbers against PyTorch's own, to the bit."""

import math
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

from microdl import random as R  # noqa: E402 - after importorskip
from microdl.autograd.graph import wrap  # noqa: E402

SIZES = (0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1000, 40000, 70001)
SEEDS = (0, 1, 42, 2**32 + 7, -1, 2**64 - 1)
DTYPES = {"float16": torch.float16, "float32": torch.float32, "float64": torch.float64}


def same(x, y) -> None:
    """Equal to the bit, in value, shape, dtype and order of memory."""
    a, b = x._a, y.numpy()
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert a.tobytes() == b.tobytes()


@pytest.fixture
def pair():
    def make(seed):
        return R.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)

    return make


def test_a_new_generator_starts_where_pytorchs_does():
    g, h = R.Generator(), torch.Generator()
    assert g.initial_seed() == h.initial_seed()
    same(R.rand(5, generator=g), torch.rand(5, generator=h))


def draws(n, name):
    """Calls of every kind, in turn on one stream, as (microdl's, PyTorch's)."""
    x, t = wrap(np.empty(n, name)), torch.empty(n, dtype=DTYPES[name])
    d, k = DTYPES[name], wrap(np.empty(0, name)).dtype
    return [
        lambda g, h: (R.rand(n, generator=g, dtype=k), torch.rand(n, generator=h, dtype=d)),
        lambda g, h: (R.uniform_(x, -0.0361, 0.0722, generator=g), t.uniform_(-0.0361, 0.0722, generator=h)),
        lambda g, h: (R.randn(n, generator=g, dtype=k), torch.randn(n, generator=h, dtype=d)),
        lambda g, h: (R.normal_(x, 0.3, 1.7, generator=g), t.normal_(0.3, 1.7, generator=h)),
        lambda g, h: (R.randperm(n, generator=g), torch.randperm(n, generator=h)),
        lambda g, h: (R.randint(-3, 10, (n,), generator=g), torch.randint(-3, 10, (n,), generator=h)),
        lambda g, h: (R.randint(2**28 - 1, (n,), generator=g), torch.randint(2**28 - 1, (n,), generator=h)),
        lambda g, h: (R.randint(2**28, (n,), generator=g), torch.randint(2**28, (n,), generator=h)),
        lambda g, h: (
            R.randint(-(2**63), 2**63 - 1, (n,), generator=g),
            torch.randint(-(2**63), 2**63 - 1, (n,), generator=h),
        ),
        lambda g, h: (R.randn(3, generator=g, dtype=k), torch.randn(3, generator=h, dtype=d)),
        lambda g, h: (
            R.bernoulli(wrap(np.full(n, 0.3, "f4")), generator=g),
            torch.bernoulli(torch.full((n,), 0.3), generator=h),
        ),
        lambda g, h: (R.random_(x, 2, 9, generator=g), t.random_(2, 9, generator=h)),
        lambda g, h: (g.get_state(), h.get_state()),
    ]


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("seed", SEEDS)
def test_interleaved_draws(seed, name, pair):
    for n in SIZES:
        g, h = pair(seed)
        for draw in draws(n, name):
            same(*draw(g, h))


@pytest.mark.parametrize("seed", range(40))
def test_bounds_of_any_size(seed, pair):
    g, h = pair(seed)
    r = np.random.RandomState(seed)
    for name, d in (("float32", torch.float32), ("float64", torch.float64)):
        low, n = r.randn() * 10.0 ** r.randint(-3, 4), int(r.randint(1, 400))
        span = abs(r.randn()) * 10.0 ** r.randint(-4, 3)
        x, t = wrap(np.empty(n, name)), torch.empty(n, dtype=d)
        same(R.uniform_(x, low, low + span, generator=g), t.uniform_(low, low + span, generator=h))
        same(R.normal_(x, low, span, generator=g), t.normal_(low, span, generator=h))


@pytest.mark.parametrize(("name", "low"), [("float32", 1e6), ("float64", 1e15), ("float16", 100.0)])
def test_the_upper_bound_is_never_drawn(name, low, pair):
    g, h = pair(0)
    x = R.uniform_(wrap(np.empty(3000, name)), low, low + 1, generator=g)
    same(x, torch.empty(3000, dtype=DTYPES[name]).uniform_(low, low + 1, generator=h))
    assert (x._a < low + 1).all()


METHODS_IN_ORDER = {
    "uniform_": (), "normal_": (), "exponential_": (), "log_normal_": (), "cauchy_": (), "geometric_": (0.2,),
    "random_": (),
}  # fmt: skip
LAYOUTS = {
    "transposed": lambda x: x.transpose(1, 0, 2),
    "reversed axes": lambda x: x.transpose(2, 1, 0),
    "strided": lambda x: x[:, :, ::2],
    "strided and permuted": lambda x: x[:, ::2].transpose(2, 0, 1),
    "small": lambda x: x[:2, :2, 0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", DTYPES)
def test_tensors_that_are_not_contiguous(layout, name, pair):
    # NumPy's views carry the strides over: torch.from_numpy shares the memory.
    a, b = (LAYOUTS[layout](np.zeros((3, 4, 10), name)) for _ in range(2))
    x, t = wrap(a), torch.from_numpy(b)
    g, h = pair(3)
    for fill, args in METHODS_IN_ORDER.items():
        getattr(x, fill)(*args, generator=g)
        getattr(t, fill)(*args, generator=h)
        same(x, t)
        like, expected = R.randn_like(x, generator=g), torch.randn_like(t, generator=h)
        same(like, expected)
        assert tuple(s // a.itemsize for s in like._a.strides) == expected.stride()
    same(R.rand_like(x, generator=g), torch.rand_like(t, generator=h))
    same(R.randint_like(x, 2, 9, generator=g), torch.randint_like(t, 2, 9, generator=h))
    x.uniform_(generator=g), t.uniform_(generator=h)
    same(x.bernoulli(generator=g), t.bernoulli(generator=h))
    row = np.linspace(0, 1, x._a.shape[-1], dtype=name)
    same(x.bernoulli_(wrap(row), generator=g), t.bernoulli_(torch.from_numpy(row), generator=h))


@pytest.mark.parametrize("name", DTYPES)
def test_log_normal_cauchy_geometric(name, pair):
    for seed in range(5):
        g, h = pair(seed)
        for n in (0, 1, 17, 3000):
            x, t = wrap(np.empty(n, name)), torch.empty(n, dtype=DTYPES[name])
            same(x.log_normal_(0.3, 1.7, generator=g), t.log_normal_(0.3, 1.7, generator=h))
            same(x.cauchy_(0.3, 1.7, generator=g), t.cauchy_(0.3, 1.7, generator=h))
            same(x.geometric_(0.01, generator=g), t.geometric_(0.01, generator=h))
            same(g.get_state(), h.get_state())


@pytest.mark.parametrize("name", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_integers_of_every_dtype(name, pair):
    g, h = pair(9)
    x, t = wrap(np.empty(50, name)), torch.empty(50, dtype=getattr(torch, name))
    same(R.randint_like(x, 2, generator=g), torch.randint_like(t, 2, generator=h))
    same(R.bernoulli(x, 0.3, generator=g), torch.bernoulli(t, 0.3, generator=h))
    same(x.random_(generator=g), t.random_(generator=h))
    if name != "bool":
        same(x.geometric_(0.3, generator=g), t.geometric_(0.3, generator=h))
        same(R.randperm(100, dtype=x.dtype, generator=g), torch.randperm(100, dtype=t.dtype, generator=h))


@pytest.mark.parametrize("high", [2**24 + 1, 2**25 + 3, 2**28, 2**28 + 1, 2**40 + 1])
@pytest.mark.filterwarnings("ignore:to - 1 is out of bounds")
def test_integers_that_float32_rounds(high, pair):
    g, h = pair(9)
    x, t = wrap(np.empty(50, "f4")), torch.empty(50)
    same(R.random_(x, high, generator=g), t.random_(high, generator=h))


def portable_bernoulli() -> bool:
    """PyTorch on Intel processors draws `bernoulli_(p)` and `exponential_` from MKL's generator, after one word."""
    g = torch.Generator().manual_seed(0)
    torch.empty(20).bernoulli_(0.5, generator=g)
    after = torch.rand(1, generator=g)
    return bool(after == torch.rand(41, generator=torch.Generator().manual_seed(0))[-1])


needs_portable = pytest.mark.skipif(not portable_bernoulli(), reason="PyTorch uses MKL's stream on this processor")


@needs_portable
@pytest.mark.parametrize("name", ["float32", "float64"])
def test_bernoulli_exponential_multinomial(name, pair):
    for seed in range(5):
        g, h = pair(seed)
        for n in (1, 17, 1000):
            x, t = wrap(np.empty(n, name)), torch.empty(n, dtype=DTYPES[name])
            same(R.bernoulli_(x, 0.3, generator=g), t.bernoulli_(0.3, generator=h))
            same(R.exponential_(x, 1.7, generator=g), t.exponential_(1.7, generator=h))
            w = np.random.RandomState(n).random_sample((3, n)).astype(name)
            for weights in (w[0], w):
                a, b = wrap(weights), torch.from_numpy(weights)
                same(R.multinomial(a, 7, True, generator=g), torch.multinomial(b, 7, True, generator=h))
                k = (n + 1) // 2
                same(R.multinomial(a, k, generator=g), torch.multinomial(b, k, generator=h))


def test_normal_of_tensors(pair):
    m, s = np.linspace(-1, 1, 40, dtype="f4"), np.linspace(0.1, 2, 40, dtype="f4")
    for n in (3, 40):
        g, h = pair(4)
        mean, std = wrap(m[:n]), wrap(s[:n])
        for a, b in [(mean, std), (mean, 1.7), (0.3, std), (wrap(m[:n, None]), std)]:
            a2, b2 = (torch.from_numpy(v._a) if hasattr(v, "_a") else v for v in (a, b))
            same(R.normal(a, b, generator=g), torch.normal(a2, b2, generator=h))
        same(R.normal(0.3, 1.7, (n,), generator=g), torch.normal(0.3, 1.7, (n,), generator=h))


def test_states_are_pytorchs(pair):
    for calls in (0, 1, 3, 621, 622, 623, 624, 625, 1300):
        g, h = pair(5)
        R.rand(calls, generator=g), torch.rand(calls, generator=h)
        same(g.get_state(), h.get_state())
        R.randn(1, generator=g), torch.randn(1, generator=h)
        h2 = torch.Generator()
        h2.set_state(torch.from_numpy(g.get_state()._a))
        g2 = R.Generator().set_state(wrap(h.get_state().numpy()))
        assert g2.initial_seed() == h2.initial_seed()
        for _ in range(2):  # the normal number that waits travels with the state
            same(R.randn(2, generator=g2), torch.randn(2, generator=h2))
        same(g2.get_state(), h2.get_state())


def test_the_default_stream_and_random64():
    R.manual_seed(11), torch.manual_seed(11)
    same(R.rand(2, 3), torch.rand(2, 3))
    base = torch.empty((), dtype=torch.int64).random_().item()  # what a DataLoader draws
    assert R.default_generator.random64() % 2**63 == base
    with R.fork_rng(), torch.random.fork_rng():
        R.manual_seed(3), torch.manual_seed(3)
        same(R.randn(20), torch.randn(20))
    same(R.randn(()), torch.randn(()))
    assert R.initial_seed() == torch.initial_seed() == 11


ERRORS = {
    "manual_seed low": lambda T, m: m.manual_seed(-(2**63) - 1),
    "manual_seed high": lambda T, m: m.manual_seed(2**64),
    "manual_seed text": lambda T, m: m.manual_seed("a"),
    "manual_seed None": lambda T, m: m.manual_seed(None),
    "generator float": lambda T, m: m.Generator().manual_seed(1.5),
    "generator text": lambda T, m: m.Generator().manual_seed("a"),
    "generator high": lambda T, m: m.Generator().manual_seed(2**64),
    "generator device": lambda T, m: m.Generator("cuda"),
    "state size": lambda T, m: m.Generator().set_state(T(np.zeros(10, "u1"))),
    "state empty": lambda T, m: m.Generator().set_state(T(np.zeros(5056, "u1"))),
    "state dtype": lambda T, m: m.Generator().set_state(T(np.zeros(5056, "f4"))),
    "state array": lambda T, m: m.Generator().set_state(np.zeros(5056, "u1")),
    "state None": lambda T, m: m.set_rng_state(None),
    "rand negative": lambda T, m: m.rand(2, -3),
    "rand float": lambda T, m: m.rand(2.5),
    "rand bool": lambda T, m: m.rand(True),
    "rand nothing": lambda T, m: m.rand(),
    "rand nested": lambda T, m: m.rand(2, (3,)),
    "rand array": lambda T, m: m.rand(np.array([2, 3])),
    "rand int dtype": lambda T, m: m.rand_like(T(np.zeros(2, "i8"))),
    "randn int dtype": lambda T, m: m.randn_like(T(np.zeros(2, "i8"))),
    "rand generator": lambda T, m: m.rand(3, generator=5),
    "randn_like list": lambda T, m: m.randn_like([1.0]),
    "randint equal": lambda T, m: m.randint(5, 5, (2,)),
    "randint empty": lambda T, m: m.randint(5, 5, (0,)),
    "randint size": lambda T, m: m.randint(5, 2),
    "randint alone": lambda T, m: m.randint(5),
    "randint float": lambda T, m: m.randint(0, 5.0, (2,)),
    "randint bool": lambda T, m: m.randint(True, (2,)),
    "randint wide": lambda T, m: m.randint(0, 2**63, (2,)),
    "randint negative": lambda T, m: m.randint(3, (-2,)),
    "randint grad": lambda T, m: m.randint(3, (2,), requires_grad=True),
    "randint uint8": lambda T, m: m.randint_like(T(np.zeros(2, "u1")), 2, 500),
    "randint uint8 low": lambda T, m: m.randint_like(T(np.zeros(2, "u1")), -1, 5),
    "randperm negative": lambda T, m: m.randperm(-1),
    "randperm float": lambda T, m: m.randperm(2.0),
    "randperm bool": lambda T, m: m.randperm(True),
    "randperm tuple": lambda T, m: m.randperm((3,)),
    "normal std": lambda T, m: m.normal(0.0, -1.0, (2,)),
    "normal std nan": lambda T, m: m.normal(0.0, math.nan, (2,)),
    "normal stds": lambda T, m: m.normal(2.0, T(np.array([1.0, -1.0]))),
    "normal shapes": lambda T, m: m.normal(T(np.zeros(2)), T(np.ones(3))),
    "normal no size": lambda T, m: m.normal(0.0, 1.0),
    "normal int": lambda T, m: m.normal(T(np.zeros(2, "i8")), 1.0),
    "normal size too": lambda T, m: m.normal(T(np.zeros(2)), 1.0, (2,)),
    "bernoulli p": lambda T, m: m.bernoulli(T(np.zeros(2)), 2.0),
    "bernoulli ps": lambda T, m: m.bernoulli(T(np.array([0.5, 2.0]))),
    "bernoulli nan": lambda T, m: m.bernoulli(T(np.array([0.5, math.nan]))),
    "bernoulli int": lambda T, m: m.bernoulli(T(np.array([1, 0]))),
    "multinomial many": lambda T, m: m.multinomial(T(np.ones(3)), 4),
    "multinomial none": lambda T, m: m.multinomial(T(np.ones(3)), 0),
    "multinomial zeros": lambda T, m: m.multinomial(T(np.zeros(3)), 1),
    "multinomial negative": lambda T, m: m.multinomial(T(np.array([1.0, -1.0])), 1),
    "multinomial inf": lambda T, m: m.multinomial(T(np.array([1.0, math.inf])), 1),
    "multinomial int": lambda T, m: m.multinomial(T(np.array([1, 2])), 1),
    "multinomial 3-d": lambda T, m: m.multinomial(T(np.ones((2, 2, 2))), 1),
    "multinomial 0-d": lambda T, m: m.multinomial(T(np.array(1.0)), 1),
}
METHODS = {
    "uniform_": [(2.0, 1.0), (0.0, math.inf), (0.0, math.nan), (-3e38, 3e38), (0.0, 1e39)],
    "normal_": [(0.0, -1.0), (0.0, math.nan)],
    "exponential_": [(0.0,), (-1.0,)],
    "bernoulli_": [(2.0,), (math.nan,), (-0.1,)],
    "random_": [(5, 2), (0,), (1.5,), (1, 2, 3)],
    "log_normal_": [(0.0, 0.0)],
    "cauchy_": [(0.0, 0.0)],
    "geometric_": [(0.0,), (1.0,)],
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_pytorchs(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((RuntimeError, TypeError, ValueError)) as expected:
            ERRORS[case](torch.from_numpy, torch)
    before = R.get_rng_state()._a.tobytes()
    with pytest.raises(expected.type) as found:
        ERRORS[case](wrap, R)
    assert type(found.value) is expected.type
    assert R.get_rng_state()._a.tobytes() == before


@pytest.mark.parametrize(("name", "args"), [(name, args) for name, cases in METHODS.items() for args in cases])
def test_errors_in_place_change_nothing(name, args):
    with pytest.raises((RuntimeError, TypeError, ValueError)) as expected:
        getattr(torch.zeros(3), name)(*args)
    x = wrap(np.zeros(3, "f4"))
    before = R.get_rng_state()._a.tobytes()
    with pytest.raises(expected.type):
        getattr(R, name)(x, *args)
    assert not x._a.any()
    assert R.get_rng_state()._a.tobytes() == before


@pytest.mark.parametrize("name", ["uniform_", "normal_", "exponential_", "log_normal_", "cauchy_"])
def test_an_integer_tensor_is_refused(name):
    with pytest.raises((RuntimeError, TypeError, ValueError)) as expected:
        getattr(torch.zeros(3, dtype=torch.int64), name)()
    with pytest.raises(expected.type, match="Long"):
        getattr(R, name)(wrap(np.zeros(3, "i8")))


@pytest.mark.parametrize("name", [*METHODS_IN_ORDER, "bernoulli_"])
def test_gradients_are_pytorchs(name):
    args = METHODS_IN_ORDER.get(name, (0.5,))
    leaves = wrap(np.ones((2, 3), "f4")).requires_grad_(), torch.ones(2, 3).requires_grad_()
    nodes = []
    for leaf in leaves:
        y, part = leaf * 2, leaf * 3
        getattr(y, name)(*args)
        getattr(part[0], name)(*args)
        (y.sum() + part.sum()).backward()
        nodes.append(y.grad_fn.name())
    assert nodes[0] == nodes[1]
    same(leaves[0].grad, leaves[1].grad)
