"""Optimisers' paths on losses of two parameters, and the map they are drawn on; the contours of penalties."""

from __future__ import annotations

import math

import numpy as np
import pytest

import microdl as torch
from microdl.plots import loss_paths, plot_loss_surface, plot_penalties
from microdl.plots.surface import OPTIMIZERS, _limits, _on_grid
from microdl.plots.surfaces import SURFACES, beale, quadratic, rosenbrock, saddle


@pytest.fixture
def figure_module():
    return pytest.importorskip("matplotlib.figure", reason="pictures need the extra microdl[plots]")


# --- surfaces ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SURFACES)
def test_at_the_minimum_the_slope_is_zero_and_the_loss_below_that_at_the_start(name):
    surface = SURFACES[name]
    point = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in surface.minimum]
    loss = surface.loss(*point)
    loss.backward()
    assert [p.grad.item() for p in point] == pytest.approx([0, 0], abs=1e-12)
    assert loss.item() < surface.loss(*surface.start)
    rng = np.random.default_rng(0)
    around = np.array(surface.minimum) + 0.05 * rng.standard_normal((100, 2))
    assert (surface.loss(*around.T) > loss.item()).all()


def test_values_of_the_surfaces():
    assert quadratic(3.0, -1.0) == 14.5
    assert rosenbrock(0.0, 0.0) == 1
    assert rosenbrock(-1.2, 1.0) == pytest.approx(24.2)
    assert beale(1.0, 1.0) == pytest.approx(1.5**2 + 2.25**2 + 2.625**2)
    assert saddle(0.0, 0.0) == 0
    assert saddle(0.1, 0.0) > 0 > saddle(0.0, 0.1)


# --- paths ------------------------------------------------------------------------------------------------


def by_hand(name, start, slope, steps):
    """The updates as the lectures write them, in NumPy."""
    place, path = np.array(start, float), [np.array(start, float)]
    velocity, squares = np.zeros(2), np.zeros(2)
    for t in range(1, steps + 1):
        g = slope(place)
        if name == "SGD":
            place = place - 0.01 * g
        elif name == "momentum":
            velocity = 0.9 * velocity + g
            place = place - 0.01 * velocity
        elif name == "Adagrad":
            squares = squares + g * g
            place = place - 0.5 * g / (np.sqrt(squares) + 1e-10)
        elif name == "RMSProp":
            squares = 0.99 * squares + 0.01 * g * g
            place = place - 0.05 * g / (np.sqrt(squares) + 1e-8)
        else:
            velocity = 0.9 * velocity + 0.1 * g
            squares = 0.999 * squares + 0.001 * g * g
            place = place - 0.2 * (velocity / (1 - 0.9**t)) / (np.sqrt(squares / (1 - 0.999**t)) + 1e-8)
        path.append(place)
    return np.array(path)


MADE = {
    "SGD": lambda params: torch.optim.SGD(params, lr=0.01),
    "momentum": lambda params: torch.optim.SGD(params, lr=0.01, momentum=0.9),
    "Adagrad": lambda params: torch.optim.Adagrad(params, lr=0.5),
    "RMSProp": lambda params: torch.optim.RMSprop(params, lr=0.05),
    "Adam": lambda params: torch.optim.Adam(params, lr=0.2),
}


@pytest.mark.parametrize("name", MADE)
def test_each_path_is_that_of_the_lectures_update(name):
    path = loss_paths(quadratic, (-9, 2.5), {name: MADE[name]}, steps=40)[name]
    assert path.shape == (41, 2)
    assert path.dtype == np.float64
    expected = by_hand(name, (-9, 2.5), lambda p: p * [1, 20], 40)
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


def test_gradient_descent_on_a_quadratic_in_closed_form():
    path = loss_paths(quadratic, (-9, 2.5), {"SGD": MADE["SGD"]}, steps=30)["SGD"]
    k = np.arange(31)
    np.testing.assert_allclose(path, np.array([-9 * 0.99**k, 2.5 * 0.8**k]).T, rtol=1e-12)


def test_by_default_all_five_come_near_the_minimum():
    surface = SURFACES["quadratic"]
    paths = loss_paths(surface.loss, surface.start)
    assert list(paths) == list(OPTIMIZERS) == ["SGD", "momentum", "Adagrad", "RMSProp", "Adam"]
    for path in paths.values():
        assert path.shape == (101, 2)
        assert surface.loss(*path[-1]) < 0.02 * surface.loss(*surface.start)


def test_closures_are_called_so_that_lbfgs_works():
    paths = loss_paths(rosenbrock, (-1.2, 1), {"L-BFGS": lambda p: torch.optim.LBFGS(p, max_iter=5)}, steps=30)
    np.testing.assert_allclose(paths["L-BFGS"][-1], [1, 1], atol=1e-3)


def test_gradients_are_recorded_also_where_they_are_switched_off():
    with torch.no_grad():
        path = loss_paths(quadratic, (1, 1), {"SGD": MADE["SGD"]}, steps=1)["SGD"]
    np.testing.assert_allclose(path[1], [0.99, 0.8])


def test_a_path_that_leaves_the_numbers_is_nan_from_there_on():
    paths = loss_paths(rosenbrock, (-1.2, 1), {"SGD": lambda p: torch.optim.SGD(p, lr=1.0)}, steps=20)
    finite = np.isfinite(paths["SGD"]).all(axis=1)
    assert finite[0]
    assert not finite[-1]
    assert (np.diff(finite.astype(int)) <= 0).all()


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"start": (1, 2, 3)}, ValueError, r"start must be two numbers, got shape \(3,\)"),
        ({"start": (1, math.nan)}, ValueError, r"start must be finite"),
        ({"start": ("a", "b")}, TypeError, "start must be real numbers"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"steps": 1.5}, TypeError, "steps must be an integer, got 1.5"),
        ({"optimizers": {}}, ValueError, "optimizers is empty"),
        ({"optimizers": [torch.optim.SGD]}, TypeError, "optimizers must be a dict"),
        ({"optimizers": {"SGD": 0.1}}, TypeError, r"optimizers\['SGD'\] must be a function of the parameters"),
        ({"optimizers": {"SGD": len}}, TypeError, r"optimizers\['SGD'\] made a int, which is no optimizer"),
        ({"loss": lambda x, y: 3.0}, TypeError, "loss must give a Tensor, got float"),
        ({"loss": lambda x, y: torch.stack([x, y])}, ValueError, r"one number for two, got shape \(2,\)"),
        ({"loss": lambda x, y: x.detach()}, ValueError, "depends on neither of its two parameters"),
    ],
)
def test_refused(change, error, text):
    arguments = {"loss": quadratic, "start": (1, 1), **change}
    for draw in (loss_paths, plot_loss_surface):
        with pytest.raises(error, match=text):
            draw(**arguments)


# --- the map ----------------------------------------------------------------------------------------------


def test_the_map_is_the_same_for_a_loss_that_takes_only_numbers():
    x, y = np.meshgrid(np.linspace(-2, 2, 161), np.linspace(-1, 3, 161))
    data = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)

    def mean_square(a, b):
        return ((a * data + b - 1) ** 2).mean()

    def summed(a, b):
        return (a * a + b).sum()  # of a matrix a number, and wrong

    z = _on_grid(mean_square, x, y)
    np.testing.assert_allclose(z, np.mean([(x * d + y - 1) ** 2 for d in (1, 2, 3)], axis=0))
    np.testing.assert_allclose(_on_grid(summed, x, y), x * x + y)
    np.testing.assert_array_equal(_on_grid(rosenbrock, x, y), rosenbrock(x, y))


def test_a_function_that_mixes_the_points_of_a_matrix_is_found_out():
    x, y = np.meshgrid(np.linspace(-2, 2, 161), np.linspace(-1, 3, 161))
    np.testing.assert_allclose(_on_grid(lambda a, b: a - a.mean() + b, x, y), y, atol=1e-12)


def test_paths_that_run_away_do_not_set_the_limits():
    near = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
    away = np.array([[0.0, 0.0], [-1e9, 1e9], [np.nan, np.nan]])
    for paths in ({"a": near, "b": away}, {"a": near, "b": near, "c": away * 1e-3}):
        (left, right), (low, high) = _limits(paths, None, None, None)
        assert -1 < left < 0 < 2 < right < 4
        assert -1 < low < 0 < 1 < high < 4
    assert _limits({"b": away}, None, None, None) == ((-1.0, 1.0), (-1.0, 1.0))


def test_given_limits_and_the_minimum_are_kept(figure_module):
    ax = figure_module.Figure().add_subplot()
    axes = plot_loss_surface(quadratic, (2, 1), ax=ax, xlim=(-3, 4), steps=5, minimum=(0, -6), title="valley")
    assert axes is ax
    assert axes.get_xlim() == (-3, 4)
    assert axes.get_ylim()[0] < -6
    assert axes.get_title() == "valley"
    with pytest.raises(ValueError, match=r"xlim must be two rising finite numbers, got \(4.0, 3.0\)"):
        plot_loss_surface(quadratic, (2, 1), xlim=(4, 3), steps=5)


def test_paths_are_told_apart_without_colour(figure_module):
    axes = plot_loss_surface(*SURFACES["quadratic"][:2], steps=10)
    paths = [line for line in axes.lines if len(line.get_xdata()) == 11]
    assert [line.get_label() for line in paths] == list(OPTIMIZERS)
    assert len({line.get_marker() for line in paths}) == 5
    assert len({str(line._dash_pattern) for line in paths}) == 5
    ends = [line for line in axes.lines if len(line.get_xdata()) == 1]
    for line in paths:
        last = [line.get_xdata()[-1], line.get_ydata()[-1]]
        assert any([end.get_xdata()[0], end.get_ydata()[0]] == last for end in ends)


@pytest.mark.parametrize(
    "loss", [lambda x, y: 0 * x + 0 * y + 1, lambda x, y: (x + y).log()], ids=["flat", "half of it NaN"]
)
def test_maps_without_contours_or_with_gaps(figure_module, loss):
    axes = plot_loss_surface(loss, (1.0, 1.0), {"SGD": lambda p: torch.optim.SGD(p, lr=0.1)}, steps=3, xlim=(-2, 2))
    axes.figure.draw_without_rendering()


# --- penalties --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 100])
def test_on_each_line_the_penalty_is_one(figure_module, beta):
    l2, l1, elastic = (line.get_xydata() for line in plot_penalties(beta=beta).lines[:3])
    np.testing.assert_allclose((l2**2).sum(1), 1)
    np.testing.assert_allclose(np.abs(l1).sum(1), 1)
    np.testing.assert_allclose((beta * elastic**2 + np.abs(elastic)).sum(1), 1)
    corners = {(round(x, 9) + 0.0, round(y, 9) + 0.0) for x, y in l1}
    assert {(1, 0), (0, 1), (-1, 0), (0, -1)} <= corners


def test_penalties_on_given_axes(figure_module):
    ax = figure_module.Figure().add_subplot()
    assert plot_penalties(ax, title="R(W) = 1") is ax
    assert ax.get_title() == "R(W) = 1"
    assert ax.get_legend_handles_labels()[1][2] == "elastic net: Σ (w² + |w|)"
    assert len({line.get_linestyle() + str(line._dash_pattern) for line in ax.lines[:3]}) == 3


@pytest.mark.parametrize(
    ("beta", "error", "text"),
    [(-1, ValueError, "not negative, got -1"), (math.inf, ValueError, "finite"), ("1", TypeError, "number, got '1'")],
)
def test_penalties_refused(beta, error, text):
    with pytest.raises(error, match=text):
        plot_penalties(beta=beta)
