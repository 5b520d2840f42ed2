"""Every kernel against its NumPy twin."""

import numpy as np
import pytest

import microdl
from microdl.kernels import activation, convert, hinge, linear, optim, softmax

DTYPES = ["float32", "float64"]
SHAPES = [(1, 1), (1, 5), (6, 1), (0, 3), (3, 0), (7, 3), (5, 10), (4, 37), (3, 700)]
NO_WEIGHT = {dtype: np.empty(0, dtype) for dtype in DTYPES}
IGNORE = -100


def close(actual, expected, dtype, scale=1.0):
    tolerance = scale * (4e-6 if dtype == "float32" else 1e-13)
    assert actual.dtype == dtype
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def normal(shape, dtype, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def labels(n, c, seed=0):
    return np.random.default_rng(seed).integers(0, c, n)


# NumPy twins -----------------------------------------------------------------------------------------------------


def softmax_twin(x):
    return np.exp(log_softmax_twin(x))


def log_softmax_twin(x):
    x = x.astype(np.float64)
    with np.errstate(all="ignore"):
        z = x - x.max(1, keepdims=True, initial=-np.inf)
        return z - np.log(np.exp(z).sum(1, keepdims=True))


def multi_margin_twin(x, target, p, margin, weight):
    """Losses by row, and the derivative of each by its row of x."""
    rows, c = np.arange(len(x)), x.shape[1]
    x = x.astype(np.float64)
    violation = np.maximum(margin - x[rows, target][:, None] + x, 0)
    violation[rows, target] = 0
    w = (weight[target] if weight.size else np.ones(len(x))) / c
    slope = w[:, None] * p * np.where(violation > 0, violation ** (p - 1), 0)
    slope[rows, target] = -slope.sum(1)
    return w * (violation**p).sum(1), slope


def sgd_twin(p, g, buf, lr, momentum, dampening, weight_decay, nesterov, maximize, first):
    d = (-g if maximize else g) + weight_decay * p
    if momentum:
        buf[:] = d if first else momentum * buf + (1 - dampening) * d
        d = d + momentum * buf if nesterov else buf
    p -= lr * d


# softmax ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_equals_its_twin(shape, dtype):
    x, g = normal(shape, dtype), normal(shape, dtype, seed=1)
    p, logp = softmax_twin(x), log_softmax_twin(x)
    close(softmax.softmax(x), p, dtype)
    close(softmax.log_softmax(x), logp, dtype)
    close(softmax.softmax_backward(g, p.astype(dtype)), p * (g - (g * p).sum(1, keepdims=True)), dtype, 4)
    close(softmax.log_softmax_backward(g, logp.astype(dtype)), g - p * g.sum(1, keepdims=True), dtype, 8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("c", [4, 40, 700])
@pytest.mark.parametrize(
    "head",
    [
        [np.nan, 1, 2, 3], [1, np.nan, 2, 3], [np.inf, 1, 2, 3], [np.inf, np.inf, 0, 0], [-np.inf, 1, 2, 3],
        [np.nan, np.inf, -np.inf, 0], [1e30, -1e30, 0, 1], [-1e30, -1e30, -1e30, -1e30], [1e30, 1e30, 1e30, 1e30],
        [0, -87, -95, -103], [-0.0, 0.0, -0.0, 0.0],
    ],
)  # fmt: skip
def test_softmax_of_special_rows(head, c, dtype):
    x = np.full((3, c), head[-1], dtype)
    x[1, :4] = head
    x[0], x[2] = np.linspace(-1, 1, c), -np.inf
    close(softmax.softmax(x), softmax_twin(x), dtype)
    close(softmax.log_softmax(x), log_softmax_twin(x), dtype)


def test_a_negative_nan_is_a_nan():
    x = np.array([[1.0, np.copysign(np.nan, -1.0), 2.0]])
    assert np.isnan(softmax.softmax(x)).all()
    assert np.isnan(softmax.log_softmax(x)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_is_within_one_ulp_of_the_exact_value(dtype):
    lowest = -87.0 if dtype == "float32" else -708.0
    x = np.stack([np.zeros(400), np.linspace(lowest, 0, 400)], axis=1).astype(dtype)
    exact = np.exp(x[:, 1].astype(np.longdouble))
    ratio = softmax.softmax(x)[:, 1] / softmax.softmax(x)[:, 0]  # exp(x) / exp(0)
    assert np.max(np.abs(ratio / exact - 1)) < 3 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "c"), [(1, 1), (1, 5), (7, 3), (5, 10), (4, 37)])
def test_cross_entropy_mean_equals_its_twin(n, c, dtype):
    x, y = normal((n, c), dtype), labels(n, c)
    one_hot = np.eye(c)[y]
    loss, p, bad_row = softmax.cross_entropy_mean(x, y)
    assert bad_row == -1
    assert loss == pytest.approx(-(log_softmax_twin(x) * one_hot).sum() / n, rel=2e-6, abs=1e-7)
    close(p, softmax_twin(x), dtype)
    close(softmax.cross_entropy_mean_backward(p, y, 0.5), 0.5 * (softmax_twin(x) - one_hot) / n, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_equals_its_twin(weighted, smoothing, dtype):
    n, c = 9, 5
    x, y, row_g = normal((n, c), dtype), labels(n, c), normal(n, dtype, seed=2)
    y[[0, 4]] = IGNORE
    w = np.linspace(0.5, 2, c).astype(dtype) if weighted else np.ones(c, dtype)
    aim = (1 - smoothing) * (y[:, None] == np.arange(c)) * w + smoothing / c * w
    aim[y == IGNORE] = 0
    arguments = (y, w if weighted else NO_WEIGHT[dtype], IGNORE, smoothing)
    losses, weights, p, bad_row = softmax.cross_entropy(x, *arguments)
    assert bad_row == -1
    close(losses, -(aim * log_softmax_twin(x)).sum(1), dtype)
    close(weights, np.where(y == IGNORE, 0, w[y % c]), dtype)
    close(p, softmax_twin(x), dtype)
    expected = row_g[:, None] * (softmax_twin(x) * aim.sum(1, keepdims=True) - aim)
    close(softmax.cross_entropy_backward(row_g, p, *arguments), expected, dtype, 4)


def test_cross_entropy_gives_pytorch_s_values():
    x = np.array([[1.5, -0.5, 2.0], [0.25, 3.0, -1.0], [-2.0, 0.0, 1.0], [0.5, 0.5, 0.5]])
    y, w = np.array([2, 0, IGNORE, 1]), np.array([0.5, 2.0, 1.5])
    losses, weights, p, _ = softmax.cross_entropy(x, y, w, IGNORE, 0.2)
    close(losses, [1.1183999490638648, 1.6443574676027333, 0.0, 2.0507429388471383], "float64")
    assert losses.sum() / weights.sum() == pytest.approx(1.203375088878434, rel=1e-14)
    dx = softmax.cross_entropy_backward(np.full(4, 1 / weights.sum()), p, y, w, IGNORE, 0.2)
    close(dx[0], [0.12336897212026417, -0.015509364521855829, -0.10785960759840835], "float64")
    close(dx[2:], [[0, 0, 0], [0.14722222222222223, -0.2777777777777778, 0.13055555555555556]], "float64")


@pytest.mark.parametrize("label", [3, -1, IGNORE, 2**40, -(2**63)])
def test_a_label_out_of_range_is_reported_and_never_read(label):
    x, y = normal((4, 3), "float32"), np.array([0, 2, label, 7])
    assert softmax.cross_entropy_mean(x, y)[-1] == 2
    assert softmax.cross_entropy(x, y, NO_WEIGHT["float32"], -7, 0.0)[-1] == 2
    assert hinge.multi_margin(x, y, 1, 1.0, NO_WEIGHT["float32"])[-1] == 2


def test_an_ignored_row_of_nan_leaves_no_trace():
    x, y = np.array([[np.nan, 1.0], [0.0, 0.0]]), np.array([IGNORE, 1])
    losses, weights, p, bad_row = softmax.cross_entropy(x, y, NO_WEIGHT["float64"], IGNORE, 0.0)
    assert (losses.tolist(), weights.tolist(), bad_row) == ([0.0, pytest.approx(np.log(2))], [0.0, 1.0], -1)
    dx = softmax.cross_entropy_backward(np.ones(2), p, y, NO_WEIGHT["float64"], IGNORE, 0.0)
    assert dx.tolist() == [[0.0, 0.0], [0.5, -0.5]]


@pytest.mark.parametrize(
    ("row", "loss"), [([np.nan, 1, 2], np.nan), ([np.inf, 1, 2], np.nan), ([-np.inf, 1, 2], np.inf)]
)
def test_cross_entropy_hides_no_nan_and_no_infinity(row, loss):
    x, y = np.array([row, [0.0, 0.0, 0.0]]), np.array([0, 0])
    assert softmax.cross_entropy_mean(x, y)[0] == pytest.approx(loss, nan_ok=True)
    assert softmax.cross_entropy(x, y, NO_WEIGHT["float64"], IGNORE, 0.0)[0][0] == pytest.approx(loss, nan_ok=True)


def test_empty_batches():
    x, y, none = np.empty((0, 3)), np.empty(0, np.int64), NO_WEIGHT["float64"]
    loss, p, bad_row = softmax.cross_entropy_mean(x, y)
    assert np.isnan(loss)
    assert p.shape == (0, 3)
    assert bad_row == -1
    assert softmax.cross_entropy_mean_backward(p, y, 1.0).shape == (0, 3)
    assert softmax.cross_entropy(x, y, none, IGNORE, 0.1)[0].shape == (0,)
    assert hinge.multi_margin(x, y, 1, 1.0, none)[0].shape == (0,)
    assert softmax.cross_entropy_mean(np.empty((2, 0)), np.array([0, 0]))[-1] == 0


# hinge -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("p", "margin"), [(1, 1.0), (2, 1.0), (1, 0.25), (2, -1.0)])
@pytest.mark.parametrize(("n", "c"), [(1, 1), (1, 5), (9, 4)])
def test_multi_margin_equals_its_twin(n, c, p, margin, weighted, dtype):
    x, y, row_g = normal((n, c), dtype), labels(n, c), normal(n, dtype, seed=2)
    weight = np.linspace(0.5, 2, c).astype(dtype) if weighted else NO_WEIGHT[dtype]
    losses, slope = multi_margin_twin(x, y, p, margin, weight)
    actual, bad_row = hinge.multi_margin(x, y, p, margin, weight)
    assert bad_row == -1
    close(actual, losses, dtype)
    close(hinge.multi_margin_backward(x, row_g, y, p, margin, weight), row_g[:, None] * slope, dtype, 8)


def test_multi_margin_gives_pytorch_s_values():
    x = np.array([[1.5, -0.5, 2.0], [0.25, 3.0, -1.0], [-2.0, 0.0, 1.0], [0.5, 0.5, 0.5]])
    y, w = np.array([2, 0, 1, 1]), np.array([0.5, 2.0, 1.5])
    close(hinge.multi_margin(x, y, 1, 1.0, w[:0])[0], [1 / 6, 1.25, 2 / 3, 2 / 3], "float64")
    close(hinge.multi_margin(x, y, 2, 0.5, w)[0], [0.0, 1.7604166666666667, 1.5, 1 / 3], "float64")
    dx = hinge.multi_margin_backward(x, np.ones(4), y, 2, 0.5, w)
    close(dx[1:3], [[-13 / 12, 13 / 12, 0], [0, -2, 2]], "float64")


@pytest.mark.parametrize("dtype", DTYPES)
def test_multi_margin_of_special_rows_is_pytorch_s(dtype):
    inf, nan = np.inf, np.nan
    x = np.array(
        [[1, nan, 2, 0], [1, inf, 2, 0], [nan, 1, 2, 0], [-inf, 1, 2, 0], [1, 0, 1, 0], [1e30, -1e30, 0, 1]], dtype
    )
    y, none = np.zeros(6, np.int64), NO_WEIGHT[dtype]
    assert hinge.multi_margin(x, y, 1, 1.0, none)[0].tolist() == [0.5, inf, 0, inf, 0.25, 0]
    dx = hinge.multi_margin_backward(x, np.ones(6, dtype), y, 1, 1.0, none)
    assert dx[:3].tolist() == [[-0.25, 0, 0.25, 0], [-0.5, 0.25, 0.25, 0], [0, 0, 0, 0]]
    assert dx[3:].tolist() == [[-0.75, 0.25, 0.25, 0.25], [-0.25, 0, 0.25, 0], [0, 0, 0, 0]]


# linear ----------------------------------------------------------------------------------------------------------

LINEAR = [(32, 2, 16), (32, 16, 2), (64, 64, 10), (5, 300, 7), (3, 4, 6), (1, 1, 1), (0, 3, 6), (4, 0, 5), (9, 40, 30)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "k", "m"), LINEAR)
def test_linear_products_equal_numpy_s(n, k, m, dtype):
    x, w, b, g = normal((n, k), dtype), normal((m, k), dtype, 1), normal(m, dtype, 2), normal((n, m), dtype, 3)
    double = [a.astype(np.float64) for a in (x, w, b, g)]
    scale = 9 * max(n, k, m, 1)
    close(linear.linear(x, w, b), double[0] @ double[1].T + double[2], dtype, scale)
    close(linear.linear(x, w, NO_WEIGHT[dtype]), double[0] @ double[1].T, dtype, scale)
    close(linear.grad_input(g, w), double[3] @ double[1], dtype, scale)
    close(linear.grad_weight(g, x), double[3].T @ double[0], dtype, scale)
    close(linear.grad_bias(g), double[3].sum(0), dtype, scale)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "k", "m"), [(1, 1, 1), (32, 2, 16), (32, 16, 2), (9, 5, 5), (0, 3, 4), (64, 64, 10)])
def test_both_gradients_at_once_equal_numpy_s(n, k, m, dtype):
    g, x = normal((n, m), dtype), normal((n, k), dtype, 1)
    dw, db = linear.grad_weight_bias(g, x)
    assert (dw.shape, dw.dtype, db.dtype) == ((m, k), dtype, dtype)
    close(dw, g.T.astype(np.float64) @ x, dtype, 9 * max(n, 1))
    close(db, g.sum(0, dtype=np.float64), dtype, 9 * max(n, 1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "k", "m"), [(1, 1, 1), (32, 16, 2), (0, 3, 4), (4, 0, 3), (64, 64, 10)])
@pytest.mark.parametrize("strided", [False, True])
def test_all_gradients_at_once_equal_numpy_s(n, k, m, dtype, strided):
    g, x, w = normal((n, m), dtype), normal((n, k), dtype, 1), normal((m, k), dtype, 2)
    if strided:
        g, x, w = (np.asfortranarray(a) for a in (g, x, w))
    dx, dw, db = linear.gradients(g, x, w)
    assert (dx.shape, dw.shape, dx.dtype) == ((n, k), (m, k), dtype)
    close(dx, g.astype(np.float64) @ w, dtype, 9 * m)
    close(dw, g.T.astype(np.float64) @ x, dtype, 9 * max(n, 1))
    close(db, g.sum(0, dtype=np.float64), dtype, 9 * max(n, 1))


@pytest.mark.parametrize(("k", "m"), [(2, 6), (6, 2)])
def test_both_gradients_at_once_keep_nan_and_infinity(k, m):
    g, x = np.ones((9, m)), np.ones((9, k))
    x[1, 0], g[2, 1] = np.nan, np.inf
    dw, db = linear.grad_weight_bias(g, x)
    assert np.isnan(dw[:, 0]).all()
    assert (dw[1, 1:] == np.inf).all()
    assert (dw[0, 1:] == 9).all()
    assert (db[0], db[1]) == (9, np.inf)


@pytest.mark.parametrize("m", [2, 6, 9, 30])
def test_strided_and_transposed_inputs_are_welcome(m):
    x, w, b = normal((40, 18), "float64")[::2, ::3], normal((6, m), "float64").T, normal(2 * m, "float64")[::2]
    g = normal((m, 20), "float64").T
    close(linear.linear(x, w, b), x @ w.T + b, "float64", 10)
    close(linear.grad_weight(g, x), g.T @ x, "float64", 10)
    close(linear.grad_bias(g), g.sum(0), "float64", 10)


@pytest.mark.parametrize("m", [2, 6])
def test_linear_products_keep_nan_and_infinity(m):
    x, w = np.ones((9, 33)), np.ones((m, 33))
    x[1, 3], x[2, 32], x[8, 0] = np.nan, np.inf, -np.inf
    out = linear.linear(x, w, np.zeros(m))
    assert np.isnan(out[1]).all()
    assert (out[2] == np.inf).all()
    assert (out[8] == -np.inf).all()
    assert (out[[0, 3, 4, 5, 6, 7]] == 33).all()
    dw = linear.grad_weight(np.ones((9, m)), x)
    assert np.isnan(dw[:, 3]).all()
    assert (dw[:, 32] == np.inf).all()
    assert (dw[:, 0] == -np.inf).all()
    assert (np.delete(dw, [0, 3, 32], axis=1) == 9).all()
    assert np.isnan(linear.grad_bias(x)[3])


# activation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0,), (), (1,), (7, 3), (2, 3, 5)])
def test_relu_equals_its_twin(shape, dtype):
    x, g = np.asarray(normal(shape, dtype)), np.asarray(normal(shape, dtype, 1))
    out = activation.relu(x)
    np.testing.assert_array_equal(out, np.maximum(x, 0))
    np.testing.assert_array_equal(activation.relu_backward(g, out), np.where(out > 0, g, 0))
    assert (out.shape, out.dtype) == (shape, dtype)


def test_relu_of_special_values():
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
    out = activation.relu(x)
    np.testing.assert_array_equal(out, [np.nan, np.inf, 0, 0, 0])
    g = np.array([1.0, 2.0, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(activation.relu_backward(g, out), [1, 2, 0, 0, 0])
    np.testing.assert_array_equal(activation.relu(x[None])[0], out)
    np.testing.assert_array_equal(activation.relu_backward(g[None], out[None])[0], [1, 2, 0, 0, 0])


# optim -----------------------------------------------------------------------------------------------------------

SGD = [
    (0.0, 0.0, 0.0, False, False), (0.0, 0.0, 0.1, False, True), (0.9, 0.0, 0.0, False, False),
    (0.9, 0.5, 0.1, False, False), (0.9, 0.0, 0.1, True, True),
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("momentum", "dampening", "weight_decay", "nesterov", "maximize"), SGD)
def test_sgd_equals_its_twin_over_100_steps(momentum, dampening, weight_decay, nesterov, maximize, dtype):
    size = 17
    p, twin = normal(size, dtype), normal(size, dtype).astype(np.float64)
    buf, twin_buf = np.zeros(size if momentum else 0, dtype), np.zeros(size)
    for step in range(100):
        g = normal(size, dtype, seed=step)
        options = (0.01, momentum, dampening, weight_decay, nesterov, maximize)
        optim.sgd_step(p, g, buf, options, step == 0)
        sgd_twin(twin, g.astype(np.float64), twin_buf, *options, step == 0)
    close(p, twin, dtype, 2)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((0.9, 0.5, 0.1, False, False), [0.61582475, -2.00703075, 0.508909875]),
        ((0.9, 0.0, 0.1, True, True), [1.511412031, -1.752342587, 0.8515563805]),
        ((0.0, 0.0, 0.1, False, False), [0.747539, -1.990603, 0.2851595]),
    ],
)
def test_sgd_gives_pytorch_s_values(settings, expected):
    p, buf = np.array([1.0, -2.0, 0.5]), np.empty(3)
    for step, g in enumerate([[1.0, 0.5, -1.0], [0.25, -1.0, 2.0], [1.0, 1.0, 1.0]]):
        optim.sgd_step(p, np.array(g), buf, (0.1, *settings), step == 0)
    close(p, expected, "float64")


def test_sgd_leaves_an_infinite_parameter_infinite():
    p = np.array([np.inf, np.nan, 1.0])
    optim.sgd_step(p, np.array([1.0, 1.0, np.nan]), np.empty(0), (0.1, 0.0, 0.0, 0.0, False, False), True)
    assert p[0] == np.inf
    assert np.isnan(p[1:]).all()


@pytest.mark.parametrize("shape", [(0,), (7,), (3, 5, 9), (300, 300)])
def test_bytes_become_floats(shape):
    a = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    out = convert.to_float(a)
    assert (out.dtype, out.shape, out.base) == (np.float32, shape, None)
    assert np.array_equal(out, a)


def test_a_large_image_is_converted_by_the_kernel(monkeypatch):
    seen = []
    monkeypatch.setattr(convert, "to_float", lambda a: seen.append(a.shape) or a.astype(np.float32))
    microdl.zeros(600, 600, dtype=microdl.uint8).float()
    microdl.zeros(600, 600, dtype=microdl.uint8).double()
    microdl.zeros(600, 600, dtype=microdl.uint8).t().float()
    microdl.zeros(60, 60, dtype=microdl.uint8).float()
    assert seen == [(600, 600)]
