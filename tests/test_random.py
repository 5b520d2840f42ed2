"""The random streams: values recorded from PyTorch 2.13, and what holds without a reference."""

import copy
import hashlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

import microdl as torch
from microdl import dtypes
from microdl import random as R
from microdl.autograd.graph import wrap
from microdl.autograd.mode import no_grad
from microdl.autograd.record import TABLE
from microdl.random import transforms


def digest(x) -> str:
    return hashlib.sha256(np.ascontiguousarray(x._a).tobytes()).hexdigest()[:16]


def hexes(x) -> list[str]:
    return [float(v).hex() for v in x._a.ravel()]


@pytest.fixture(autouse=True)
def _restored():
    with R.fork_rng():
        yield


def empty(shape, dtype="float32"):
    return wrap(np.empty(shape, dtype))


DRAWS = (
    ("rand", lambda: R.rand(1000)),
    ("rand float64", lambda: R.rand(1000, dtype=dtypes.float64)),
    ("randn", lambda: R.randn(1001)),
    ("uniform_", lambda: R.uniform_(empty(777), -0.0361, 0.0722)),
    ("normal_", lambda: R.normal_(empty(777), 0.3, 1.7)),
    ("randperm", lambda: R.randperm(1000)),
    ("randint", lambda: R.randint(-3, 10, (100,))),
    ("randint wide", lambda: R.randint(-(2**62), 2**62, (100,))),
    ("randn few", lambda: R.randn(5)),
    ("rand float16", lambda: R.rand(99, dtype=dtypes.float16)),
    ("randn float16", lambda: R.randn(99, dtype=dtypes.float16)),
)
RECORDED = {
    0: "20221bec9830215c 9bcb293c5e12f236 15d807616add030d 5c2af8d6feeb5070 c082c1caf4c21b4b ec58ed60f9c8a87c "
    "b8a991ea496d5332 408b632baefa4156 223a7352b8444de3 80ca7df677addb40 1fee997d0a24c463",
    -1: "d78fe33996caf9a8 e1a06c234fb09fff d2b406b65fa445f6 f23910814507d2fc 55eaf940dafc6ebe e182ce8fb8ab4c95 "
    "22c0eb0dfa64429c b4945b380f3ccefc eca60ddd3c3c51ce 74bc0629ed16101e c6fab20faab28ca8",
    2**32 + 7: "40cacda114f17604 0606c812de76cfad 14829df77169a9d9 3d36de26aaf2b69a 75fb212da0b58ada 9e6071c645ca6972 "
    "5ddcb508dd76c6bd dd9e924fd5669761 86ea133f214021e5 7595b345c3fa1b19 570d748f6e852333",
}


@pytest.mark.parametrize("seed", RECORDED)
def test_one_stream_of_all_kinds(seed):
    R.manual_seed(seed)
    found = {name: digest(draw()) for name, draw in DRAWS}
    assert found == dict(zip((name for name, _ in DRAWS), RECORDED[seed].split(), strict=True))


def test_recorded_values():
    R.manual_seed(42)
    assert hexes(R.rand(3)) == ["0x1.c3b8cc0000000p-1", "0x1.d47b660000000p-1", "0x1.880d700000000p-2"]
    assert hexes(R.randn(3)) == ["-0x1.a89c860000000p-1", "-0x1.9d1be60000000p+0", "-0x1.b7b7020000000p-3"]
    some = wrap(R.randn(17)._a[[0, 1, 8, 15, 16]])
    assert hexes(some) == [
        "-0x1.de4aa20000000p-1", "-0x1.1c64320000000p+0", "0x1.b7a5000000000p+0", "-0x1.c2734a0000000p-1",
        "-0x1.33c8e40000000p-1",
    ]  # fmt: skip
    pair = R.randn(2, dtype=dtypes.float64)._a
    np.testing.assert_array_max_ulp(
        pair, np.array([float.fromhex("0x1.321c252d72f3bp-2"), float.fromhex("-0x1.4f9ff6c468dc7p-2")]), 4
    )
    assert R.randperm(8)._a.tolist() == [5, 6, 2, 7, 1, 0, 4, 3]
    assert R.randint(100, (5,))._a.tolist() == [99, 15, 84, 78, 8]
    assert R.randint(2**40, (3,))._a.tolist() == [217670263430, 87834225480, 713021543697]
    double = R.randn(20, dtype=dtypes.float64)._a[[0, 5, 19]]
    expected = [float.fromhex(v) for v in ("0x1.41c8989f43204p-1", "-0x1.0b7b478dc4725p-5", "-0x1.1475c1bd96bdep-3")]
    np.testing.assert_array_max_ulp(double, np.array(expected), 4)
    normal = R.normal(wrap(np.arange(4, dtype="f4")), wrap(np.full(4, 0.5, "f4")))
    assert hexes(normal) == [
        "0x1.9706240000000p-2", "0x1.649a5a0000000p+0", "0x1.4061ac0000000p+1", "0x1.b610ca0000000p+1"
    ]  # fmt: skip


def test_recorded_bernoulli_exponential_multinomial():
    R.manual_seed(42)
    assert R.bernoulli_(empty(12), 0.3)._a.tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0]
    assert hexes(R.exponential_(empty(3), 2.0)) == [
        "0x1.d9345a0000000p-1", "0x1.05a47e0000000p+0", "0x1.e571300000000p-3"
    ]  # fmt: skip
    weights = wrap(np.array([1, 2, 3, 4], "f4"))
    assert R.multinomial(weights, 8, True)._a.tolist() == [3, 0, 3, 3, 2, 0, 3, 2]
    assert R.multinomial(weights, 3)._a.tolist() == [2, 1, 0]


LARGE = ["4085738930147ae4", "f456ff53440225e9", "56054530059198c3", "dd33d2985c58e544"]
LARGE_DRAWS = (
    lambda: R.randn(1_000_003),
    lambda: R.rand(1_000_003),
    lambda: R.randperm(100_003),
    lambda: R.rand(300_001, dtype=dtypes.float64),
)


def test_large_draws_without_kernels(monkeypatch):
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    R.manual_seed(42)
    assert [digest(draw()) for draw in LARGE_DRAWS] == LARGE


def test_large_draws_with_kernels():
    import numba  # noqa: F401 - the kernels serve where Numba is loaded

    R.manual_seed(42)
    assert [digest(draw()) for draw in LARGE_DRAWS] == LARGE


def test_kernels_are_their_numpy_twins():
    from microdl.kernels import streams

    # One angle and radius in 2**11 of all there can be, with the ends of both ranges.
    grid = np.append(np.arange(0, 2**24, 8191, dtype="f4"), np.float32(2**24 - 1)) * np.float32(2**-24)
    u, theta = 1 - grid, grid * np.float32(2 * np.pi)
    radius, (cos, sin) = transforms._radius(u), transforms._cos_sin(theta)
    np.testing.assert_allclose(radius, np.sqrt(-2 * np.log(u.astype("f8"))), rtol=3e-7)
    np.testing.assert_allclose(cos, np.cos(theta.astype("f8")), atol=1.2e-7)
    np.testing.assert_allclose(sin, np.sin(theta.astype("f8")), atol=1.2e-7)
    first, second = u.copy(), theta.copy()
    streams.box_muller(first, second)
    np.testing.assert_array_equal(first, radius * cos)
    np.testing.assert_array_equal(second, radius * sin)

    bits, out = np.random.MT19937(0), np.empty(2000, np.uint32)
    bits.random_raw(600)
    inner = bits.state["state"]
    used = streams.twister(inner["key"], inner["pos"], out)
    np.testing.assert_array_equal(out, bits.random_raw(2000))
    assert used == bits.state["state"]["pos"]
    np.testing.assert_array_equal(inner["key"], bits.state["state"]["key"])

    order = np.arange(4)
    streams.shuffle(order, np.array([2, 1, 3]))
    assert order.tolist() == [2, 1, 3, 0]


def test_numba_is_not_loaded_for_a_large_draw():
    code = "import sys, microdl.random as r; r.randn(100_000), r.randperm(100_000); print('numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_tensors_are_filled_in_the_order_of_their_memory():
    R.manual_seed(42)
    found = [digest(wrap(R.randn(20, 30)._a.T))]
    found += [digest(wrap(fill(wrap(np.empty((20, 30), "f4").T))._a)) for fill in (R.normal_, R.uniform_)]
    assert found == ["5ec2e46394415ca6", "143ccc14678acefc", "dbf73696149a045b"]


def test_float64_fused_multiply_add_is_exact():
    from fractions import Fraction

    a = np.random.RandomState(0).random_sample(2000)
    for b, c in ((1.7, 0.3), (0.0722, -0.0361), (1e-5, 3.0), (-3.3, 1.1)):
        exact = [float(Fraction(x) * Fraction(b) + Fraction(c)) for x in a.tolist()]
        assert transforms.fused(a, b, c).tolist() == exact


def test_sizes():
    for x in (R.rand(2, 3), R.rand((2, 3)), R.rand([2, 3]), R.rand(size=(2, 3)), R.rand(dtypes.Size((2, 3)))):
        assert x._a.shape == (2, 3)
    assert R.randn(())._a.shape == ()
    assert R.randn(np.int64(2), np.int32(3))._a.shape == (2, 3)
    assert R.rand(3, 0, 2)._a.shape == (3, 0, 2)
    assert R.randperm(0)._a.tolist() == []
    assert R.randint(0, 5, ())._a.dtype == np.int64


def test_empty_draws_take_nothing():
    g = R.Generator()
    before = g.get_state()._a.tobytes()
    for draw in (R.rand, R.randn, R.randperm):
        draw(0, generator=g)
    R.randint(5, (0,), generator=g)
    assert g.get_state()._a.tobytes() == before


def test_seeds():
    g = R.Generator()
    assert g.initial_seed() == 67280421310721
    assert g.manual_seed(-1) is g
    assert g.initial_seed() == 2**64 - 1
    assert g.seed() == g.initial_seed()
    assert R.manual_seed(5) is R.default_generator
    assert R.manual_seed(1.7).initial_seed() == 1
    assert R.seed() == R.initial_seed()
    assert str(g.device) == "cpu"


def test_the_normal_number_that_waits():
    g = R.Generator().manual_seed(3)
    start = g.get_state()
    both = R.randn(2, generator=g, dtype=dtypes.float64)._a
    restarts = (lambda: g.manual_seed(3), lambda: g.set_state(start))
    for restart in restarts:  # each forgets the number that waits
        restart()
        assert (R.randn(1, generator=g)._a == both[:1].astype("f4")).all()
        restart()
        R.randn(1, generator=g)
        R.rand(7, generator=g)  # it waits through draws of other kinds, for either dtype
        assert (R.randn(1, generator=g, dtype=dtypes.float64)._a == both[1:]).all()
        R.randn(1, generator=g)


def test_copies_continue_alike():
    g = R.Generator().manual_seed(8)
    R.randn(5, generator=g)
    copies = [copy.copy(g), copy.deepcopy(g), pickle.loads(pickle.dumps(g)), g.clone_state()]
    expected = digest(R.randn(101, generator=g))
    assert [digest(R.randn(101, generator=c)) for c in copies] == [expected] * 4


def test_the_rng_state_round_trip():
    R.manual_seed(1)
    R.rand(5)
    state = R.get_rng_state()
    first = digest(R.randn(50))
    R.set_rng_state(state)
    assert digest(R.randn(50)) == first
    assert state._a.shape == (5056,)


def test_requires_grad_and_out():
    assert R.rand(3, requires_grad=True).requires_grad
    assert R.randn_like(R.rand(3), requires_grad=True).requires_grad
    out = wrap(np.zeros(3, "f8"))
    assert R.rand(3, out=out) is out
    assert out._a.all()
    with pytest.raises(RuntimeError, match="out has shape"):
        R.rand(4, out=out)
    with pytest.raises(RuntimeError, match="does not match dtype of out"):
        R.rand(3, out=out, dtype=dtypes.float32)


def test_in_place_on_a_leaf():
    x = R.rand(3, requires_grad=True)
    before = x._a.copy()
    with pytest.raises(RuntimeError, match="leaf Variable"):
        R.uniform_(x)
    assert (x._a == before).all()
    with no_grad():
        assert R.uniform_(x) is x
    assert (x._a != before).any()


FILLS = {
    "uniform_": ((), "UniformBackward0"),
    "normal_": ((), "NormalBackward0"),
    "log_normal_": ((), "LogNormalBackward0"),
    "exponential_": ((), "ExponentialBackward0"),
    "cauchy_": ((), "CauchyBackward0"),
    "geometric_": ((0.5,), "GeometricBackward0"),
    "bernoulli_": ((0.5,), "BernoulliBackward2"),
    "random_": ((), "RandomBackward2"),
}


@pytest.mark.parametrize("name", FILLS)
def test_what_a_draw_replaced_has_no_gradient(name):
    args, node = FILLS[name]
    x = wrap(np.full((3, 4), np.inf, "f4")).requires_grad_()
    y = x * 2
    before = y._version
    assert getattr(y, name)(*args) is y
    assert (y.grad_fn.name(), y._version) == (node, before + 1)
    transposed = (x * 2).t()
    getattr(transposed, name)(*args)
    (y.sum() + (transposed * np.inf).sum()).backward()
    assert x.grad._a.tolist() == [[0.0] * 4] * 3


def test_a_draw_into_a_view_leaves_the_rest_its_gradient():
    x = R.rand(2, 3).requires_grad_()
    y = x * 2
    y[0].normal_()
    assert y.grad_fn.name() == "torch::autograd::CopySlices"
    assert (y._a[1] == x._a[1] * 2).all()
    y.sum().backward(create_graph=True)
    assert x.grad._a.tolist() == [[0.0] * 3, [2.0] * 3]
    with no_grad():
        (z := x * 2).normal_()
    assert not z.requires_grad


def test_probabilities_means_and_deviations_have_zero_gradients():
    p = wrap(np.full((2, 3), 0.5, "f4")).requires_grad_()
    row = wrap(np.full(3, 0.5, "f4")).requires_grad_()
    results = {
        "BernoulliBackward0": p.bernoulli(),
        "BernoulliBackward1": empty((2, 3)).bernoulli_(row),
        "NormalBackward1": R.normal(p, 1.0),
        "NormalBackward2": R.normal(0.0, row),
        "NormalBackward3": R.normal(p, row),
    }
    for name, out in results.items():
        assert out.grad_fn.name() == name
        out.sum().backward()
    assert p.grad._a.tolist() == [[0.0] * 3] * 2
    assert row.grad._a.tolist() == [0.0] * 3
    with pytest.raises(RuntimeError, match="Call it without out="):
        R.rand(2, 3, out=p * 2)


def test_draws_are_methods():
    R.manual_seed(42)
    assert empty(12).bernoulli_(0.3)._a.tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0]
    R.manual_seed(42)
    x = empty(3).uniform_(1, 2)
    R.manual_seed(42)
    assert (x._a == R.rand(3)._a + 1).all()
    weights = wrap(np.array([0, 1], "f4"))
    assert weights.multinomial(3, replacement=True)._a.tolist() == [1, 1, 1]
    assert weights.bernoulli()._a.tolist() == [0, 1]
    assert weights.bernoulli(1.0)._a.tolist() == [1, 1]


def test_extreme_draws_overflow_to_infinity(monkeypatch):
    g = R.Generator()
    monkeypatch.setattr(R.Generator, "_unit", lambda self, n, dtype=np.float64: np.zeros(n, dtype))
    assert empty(2).geometric_(0.5, generator=g)._a.tolist() == [np.inf] * 2
    assert empty(2, "f8").log_normal_(1000.0, 1.0, generator=g)._a.tolist() == [np.inf] * 2


def test_an_expanded_tensor_is_not_filled():
    x = wrap(np.lib.stride_tricks.as_strided(np.zeros(3, "f4"), (2, 3), (0, 4)))
    with pytest.raises(RuntimeError, match="single memory location"):
        R.normal_(x)


ERRORS = [
    (lambda: R.manual_seed(2**64), ValueError, f"seed is {2**64}"),
    (lambda: R.Generator().manual_seed(1.5), RuntimeError, r"got float \(1.5\). Pass an int"),
    (lambda: R.Generator("cuda"), RuntimeError, "Use Generator"),
    (lambda: R.rand(2, device="cuda"), AssertionError, "CPU only"),
    (lambda: R.rand(2, -3), RuntimeError, r"negative dimension -3: \[2, -3\]"),
    (lambda: R.rand(2.5), TypeError, r"not float \(2.5\)"),
    (lambda: R.rand(True), TypeError, "not bool"),
    (lambda: R.rand(), TypeError, "takes the sizes once"),
    (lambda: R.rand(2, size=(3,)), TypeError, "takes the sizes once"),
    (lambda: R.rand(3, dtype=dtypes.int64), NotImplementedError, "'Long'.*torch.float32"),
    (lambda: R.randn(3, dtype=dtypes.int64), NotImplementedError, "normal_kernel_cpu"),
    (lambda: R.rand(3, generator=5), TypeError, "must be a torch.Generator"),
    (lambda: R.randint(6, 5, (2,)), RuntimeError, "from=6 >= to=5"),
    (lambda: R.randint(0, 300, (2,), dtype=dtypes.uint8), RuntimeError, r"299 is not in \[0, 255\]"),
    (lambda: R.randint(0, 2**63, (2,)), ValueError, "Overflow"),
    (lambda: R.randint(5, 2), TypeError, "'size' must be tuple of ints"),
    (lambda: R.randperm(-1), RuntimeError, "negative dimension -1"),
    (lambda: R.randperm(257, dtype=dtypes.uint8), RuntimeError, "ends at 256"),
    (lambda: R.randperm(3, dtype=dtypes.bool_), NotImplementedError, "Bool"),
    (lambda: R.randperm(2**32), NotImplementedError, "Permute blocks"),
    (lambda: R.randperm(3, requires_grad=True), RuntimeError, "torch.int64"),
    (lambda: R.normal(0.0, -1.0, (2,)), RuntimeError, "found std -1.0"),
    (lambda: R.normal(0.0, 1.0), TypeError, "two numbers and a size"),
    (lambda: R.uniform_(empty(2), 2, 1), RuntimeError, "from=2 > to=1"),
    (lambda: R.uniform_(empty(2), 0, 1e39), RuntimeError, "to is out of bounds"),
    (lambda: R.exponential_(empty(2), 0), RuntimeError, "lambda=0"),
    (lambda: R.bernoulli_(empty(2), 2), RuntimeError, "p=2"),
    (lambda: R.multinomial(wrap(np.ones(3)), 4), RuntimeError, "num_samples is 4, and there are 3"),
    (lambda: R.random_(empty(2), 1, 2, 3), TypeError, "takes"),
    (lambda: R.random_(empty(2), 1.5), TypeError, r"not float \(1.5\)"),
    (lambda: R.log_normal_(empty(2), 0, 0), RuntimeError, "std=0"),
    (lambda: R.cauchy_(empty(2), 0, -1), RuntimeError, "sigma=-1"),
    (lambda: R.geometric_(empty(2), 1), RuntimeError, "p=1"),
    (lambda: R.geometric_(empty(2, "bool"), 0.5), NotImplementedError, "Bool"),
    (lambda: R.bernoulli_(empty(2), wrap(np.zeros(3))), RuntimeError, "must match the existing size"),
    (lambda: R.uniform_([1.0]), TypeError, "must be Tensor"),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors_say_what_and_change_nothing(case):
    call, error, text = ERRORS[case]
    before = R.get_rng_state()._a.tobytes()
    with pytest.raises(error, match=text):
        call()
    assert R.get_rng_state()._a.tobytes() == before


def test_a_float_range_it_cannot_hold_warns():
    with pytest.warns(UserWarning, match="choose a wider dtype"):
        R.randint(2**24 + 2, (2,), dtype=dtypes.float32)


def test_a_draw_declares_no_operation() -> None:
    """The table of derivatives is the same whatever a program has drawn."""
    before = set(TABLE)
    out = torch.zeros(3)
    torch.rand(3, out=out)
    torch.bernoulli(torch.full((3,), 0.5, requires_grad=True))
    assert set(TABLE) == before
