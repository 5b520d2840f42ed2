"""Kernels whose work is divided among threads, and the matrix product by tiles."""

import itertools
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl
from microdl import kernels
from microdl.kernels import _threads, product, softmax
from microdl.kernels._compile import kernel
from microdl.kernels._threads import PARTS, bounds, in_parts, threaded

ONLY_COMPILED = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="helpers run compiled code only")


@pytest.fixture
def threads():
    """Two threads at least, on any machine; the test may set another number."""
    before, cpus = kernels._num_threads, kernels.available_cpus
    most = max(4, cpus())

    def use(number):
        kernels._num_threads = number

    _threads._pool.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_threads, "available_cpus", lambda: most)
        use(2)
        _threads._begin_anew()
        yield use
        _threads._pool.close()
    _threads._begin_anew()
    kernels._num_threads = before


@in_parts
@kernel()
def _who(begin, end, out, turns):
    first, last = bounds(begin, end, out.size)
    for i in range(first, last):
        x = 0.5
        for _ in range(turns):
            x = x * 0.999 + 0.25
        out[i] += 1.0 + 0.0 * x


@threaded(from_size=8)
@kernel()
def _count(pool, out, turns):
    _who(pool, out, turns)
    return pool


@given(n=st.integers(0, 100), cuts=st.lists(st.integers(0, PARTS), max_size=4))
def test_the_parts_cover_the_work_once(n, cuts):
    edges = sorted({0, PARTS, *cuts})
    pieces = [bounds(a, b, n) for a, b in itertools.pairwise(edges)]
    assert [i for first, last in pieces for i in range(first, last)] == list(range(n))


@ONLY_COMPILED
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_each_part_is_done_once_whoever_does_it(threads, number):
    threads(number)
    out = np.zeros(200)
    for _ in range(300):
        assert bool(_count(out, 20)) == (number > 1)
    assert (out == 300).all()
    assert _count(np.zeros(7), 1) == 0  # too small


@in_parts
@kernel()
def _wait_for_another(begin, end, address, turns):
    for part in range(begin, end):
        if part > 0:
            _threads._write(address, 1)
        else:
            while turns[0] > 0 and _threads._read(address) == 0:
                turns[0] -= 1


@threaded(from_size=0)
@kernel()
def _meet(pool, turns, address):
    _wait_for_another(pool, address, turns)


@ONLY_COMPILED
def test_helpers_do_help(threads):
    """Nobody alone can do these parts: the first waits for another, for about a millisecond."""
    flag, turns = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for _ in range(3000):  # on a busy machine it may take some time until a helper is given a core
        flag[0], turns[0] = 0, 10**6
        _meet(turns, flag.ctypes.data)
        if turns[0] > 0:
            break
    assert turns[0] > 0
    assert [t.name for t in threading.enumerate() if t.name.startswith("microdl-")] == ["microdl-0"]


@ONLY_COMPILED
def test_there_are_no_more_helpers_than_threads_are_allowed(threads):
    for number, helpers in [(1, 0), (2, 1), (4, 3), (3, 3)]:
        threads(number)
        _count(np.zeros(16), 1)
        found = [t.name for t in threading.enumerate() if t.name.startswith("microdl-")]
        assert sorted(found) == [f"microdl-{i}" for i in range(helpers)]
    threads(2)
    _count(np.zeros(16), 1)
    assert _threads._pool._numbers[_threads._LIMIT // 8] == 1


@ONLY_COMPILED
def test_helpers_sleep_when_there_is_no_work(threads):
    _count(np.zeros(16), 1)
    numbers, deadline = _threads._pool._numbers, time.monotonic() + 60
    while numbers[_threads._STATE // 8] != _threads._ASLEEP:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@ONLY_COMPILED
def test_threads_that_call_at_once_all_get_their_results(threads):
    x = np.random.default_rng(0).standard_normal((400, 60), dtype=np.float32)
    right, wrong = softmax.softmax(x), []

    def work():
        wrong.extend(1 for _ in range(200) if not np.array_equal(softmax.softmax(x), right))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


@ONLY_COMPILED
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_has_its_own_helpers():
    script = """
import os, sys
import microdl as torch
from microdl import kernels
torch.set_num_threads(2)
x = torch.ones(3000, 40)
right = torch.softmax(x, 1)
pid = os.fork()
if pid == 0:
    os._exit(0 if torch.equal(torch.softmax(x, 1), right) else 1)
assert os.waitpid(pid, 0)[1] == 0
print("both")
"""
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=300)
    assert (found.stdout, found.returncode) == ("both\n", 0), found.stderr


@ONLY_COMPILED
def test_a_program_ends_in_the_middle_of_a_helper_s_work():
    script = """
import microdl as torch
torch.set_num_threads(2)
torch.softmax(torch.ones(3000, 40), 1)
"""
    for _ in range(5):
        found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
        assert (found.stderr.replace("\n", "")[:8] in ("", "microdl:"), found.returncode) == (True, 0), found.stderr


SHAPES = [
    (40, 30, 20),
    (8, 40, 70),
    (2, 40, 3),
    (3, 50, 70),
    (90, 30, 1),
    (70, 30, 7),
    (5, 1, 1),
    (7, 3, 5),
    (13, 17, 70),
    (20, 600, 33),
    (40, 1100, 64),
    (64, 513, 65),
    (6, 900, 129),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("across", [(False, False), (False, True), (True, False), (True, True)])
def test_tiles_make_numpy_s_product(threads, monkeypatch, dtype, shape, across):
    monkeypatch.setattr(product, "_SMALL", 0)
    (m, k, n), rng = shape, np.random.default_rng(0)
    a, b = (rng.standard_normal(s).astype(dtype) for s in ((m, k), (k, n)))
    a = np.asfortranarray(a) if across[0] else a
    b = np.asfortranarray(b) if across[1] else b
    out = product.product(a, b)
    assert (out.shape, out.dtype, out.flags.carray) == ((m, n), dtype, True)
    right = a.astype(np.float64) @ b
    size = abs(a).astype(np.float64) @ abs(b)
    assert (abs(out - right) <= 8 * np.sqrt(k) * np.finfo(dtype).eps * size).all()
    threads(1)
    assert np.array_equal(product.product(a, b), out)  # the same digits


def test_tiles_keep_nan_and_infinity(monkeypatch):
    monkeypatch.setattr(product, "_SMALL", 0)
    a, b = np.ones((9, 40)), np.ones((40, 70))
    a[1, 3], a[2, 7], b[5, 69] = np.nan, np.inf, -np.inf
    out = product.product(a, b)
    assert np.isnan(out[1]).all()
    assert np.isnan(out[2, 69])
    assert out[0, 69] == -np.inf
    assert out[2, 0] == np.inf


def test_strided_factors_and_empty_ones(monkeypatch):
    monkeypatch.setattr(product, "_SMALL", 0)
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((40, 60))[::2, ::3], rng.standard_normal((40, 90))[::2, ::2]
    assert np.allclose(product.product(a, b), a @ b)
    assert product.product(np.ones((6, 0)), np.ones((0, 4))).tolist() == np.zeros((6, 4)).tolist()
    assert product.product(np.ones((6, 3)), np.ones((3, 0))).shape == (6, 0)
    assert product.product(np.ones((0, 3)), np.ones((3, 2))).shape == (0, 2)


@ONLY_COMPILED
def test_a_step_has_the_same_digits_with_one_thread_and_with_three(threads):
    def train(number):
        threads(number)
        microdl.manual_seed(0)
        nn = microdl.nn
        model = nn.Sequential(nn.Linear(300, 110), nn.ReLU(), nn.Linear(110, 10))
        optimizer = microdl.optim.Adam(model.parameters(), lr=0.01)
        x, y = microdl.randn(900, 300), microdl.randint(0, 10, (900,))
        losses = []
        for loss in (nn.CrossEntropyLoss(), nn.MultiMarginLoss(), nn.CrossEntropyLoss()):
            optimizer.zero_grad()
            out = loss(model(x), y)
            out.backward()
            optimizer.step()
            losses.append(out.item())
        return losses, [p.detach().numpy().copy() for p in model.parameters()]

    (losses, weights), (again, same) = train(1), train(3)
    assert losses == again
    assert all(np.array_equal(w, s) for w, s in zip(weights, same, strict=True))
