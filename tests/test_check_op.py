"""`check_op`: what it takes, what it finds, and what it says of ops and inputs that cannot be checked."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import microdl as torch
from microdl.testing import ALL, GradcheckError, Result, check_op, gradcheck
from microdl.testing.strategies import signature, tensors

FEW = 20


def square(x: Any) -> Any:
    return x * x


def square_backward(g: Any, x: Any) -> Any:
    return g * 2 * x


SQUARE = (square, square_backward)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


@pytest.mark.parametrize(
    ("op", "inputs", "name"),
    [
        (torch.matmul, "nm,mk", "matmul"),
        (torch.mul, None, "mul"),
        (Cube, None, "Cube"),
        (Cube.apply, "n", "Cube"),
        (SQUARE, None, "square"),
        (SQUARE, tensors("positive", (2,)), "square"),
        (SQUARE, np.array([1.0, -2.0]), "square"),
        (SQUARE, [np.array([[1.0], [0.0]])], "square"),
        (torch.mul, (tensors("real", (2,)), torch.tensor([1.0, 2.0], dtype=torch.float64)), "mul"),
        (torch.sum, (np.array([[1.0, 2.0]]), 1), "sum"),
        (torch.sum, signature("nm", dim=[0, 1], keepdim=[True, False]), "sum"),
        (torch.sum, (np.array([[1.0, 2.0]]), {"dim": 1}), "sum"),
        (lambda x: torch.relu(x).sum(), "*", "<lambda>"),
    ],
)
def test_what_inputs_may_be(op: Any, inputs: Any, name: str) -> None:
    result = check_op(op, inputs, max_examples=FEW)
    assert isinstance(result, Result)
    assert result.name == name
    assert result.examples == FEW
    assert result.counts.checked > 0
    assert str(result).startswith(f"{name}: {FEW} examples, checked ")


def test_a_cache_belongs_to_the_pair() -> None:
    def forward(x: Any, w: Any) -> Any:
        return x @ w, (x, w)

    def backward(g: Any, cache: Any) -> Any:
        x, w = cache
        return g @ w.T, x.T @ g

    assert check_op((forward, backward), "nm,mk", max_examples=FEW).examples == FEW


def test_arguments_may_be_constants() -> None:
    def centred_backward(g: Any, x: Any, mean: Any) -> Any:
        return g, None

    centred = (lambda x, mean: x - mean, centred_backward)
    assert check_op(centred, "n,n", wrt=0, max_examples=FEW).counts.checked > 0
    with pytest.raises(GradcheckError, match="for input 1") as caught:
        check_op(centred, "n,n", wrt=[1], max_examples=FEW)
    assert "wrt=[1], battery=" in str(caught.value)
    with pytest.raises(GradcheckError, match=r"constant on purpose"):
        check_op(centred, "n,n", max_examples=FEW)


def test_no_output_and_layouts_may_be_refused() -> None:
    assert check_op(torch.unbind, "nm", max_examples=100).refused > 0

    def of_rows(x: Any) -> Any:
        if not x.flags.c_contiguous:
            raise ValueError("C order is needed")
        return x * x

    assert check_op((of_rows, square_backward), "nm", max_examples=FEW).counts.checked > 0


def test_a_fine_staircase_has_no_slope() -> None:
    stairs = (lambda x: np.round(1e6 * x), lambda g, x: 0 * g)
    assert check_op(stairs, "n", max_examples=FEW).counts.checked > 0


def test_what_fails_on_empty_arrays_is_shown_on_the_smallest() -> None:
    def backward(g: Any, x: Any) -> Any:
        return g if x.size else np.zeros(1)

    with pytest.raises(GradcheckError, match=r"\(1,\), the input has \(0,\)"):
        check_op((np.positive, backward), "*")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wrt": [0, 1]}, r"wrt must name floating arguments, here some of \[0\], but got \[0, 1\]"),
        ({"wrt": []}, "wrt must name"),
        ({"battery": "numerc"}, "Did you mean 'numeric'"),
        ({"battery": ["forward", "x"]}, "battery must be of forward, backward"),
        ({"battery": []}, "battery is empty"),
        ({"max_examples": 0}, "at least 1, but got 0"),
        ({"adapter": "tensorflow"}, "adapter must be an Adapter or one of"),
        ({"inputs": "n!"}, "'n!' is no spec of inputs"),
        ({"inputs": []}, "inputs is empty"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_op(SQUARE, **{"inputs": "n", **options})


def test_an_op_that_hides_its_arguments_needs_inputs() -> None:
    with pytest.raises(ValueError, match="does not say how many inputs it takes: give `inputs`"):
        check_op(lambda *xs: xs[0])


def test_the_battery_may_be_chosen() -> None:
    def ignored(g: Any, x: Any) -> Any:
        return 2 * x

    assert check_op((square, ignored), "n", battery=("forward", "backward"), max_examples=FEW).counts.total == 0
    with pytest.raises(GradcheckError, match="the upstream gradient is ignored") as caught:
        check_op((square, ignored), "n", battery="linear")
    assert caught.value.finding is not None
    assert caught.value.finding.check == "linear"
    assert caught.value.size == 1
    assert "numeric" in ALL


def test_the_same_seed_draws_the_same() -> None:
    def drawn(seed: int | None) -> list[Any]:
        seen: list[Any] = []

        def forward(x: Any) -> Any:
            seen.append(x.tolist())
            return x * x

        check_op((forward, square_backward), "n", battery="backward", max_examples=FEW, seed=seed)
        return seen

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    assert drawn(None) != drawn(None)


def test_reference() -> None:
    assert check_op(SQUARE, "n", reference=np.square, max_examples=FEW).examples == FEW
    for reference, claim in [
        (lambda x: x * x + 1, "the forward differs from the reference"),
        (lambda x: (x * x)[None], r"the forward has shape \(1,\), the reference \(1, 1\)"),
        (lambda x: (x * x, x), "the forward has 1 outputs, the reference 2"),
    ]:
        with pytest.raises(GradcheckError, match=claim):
            check_op(SQUARE, "n", reference=reference)


def test_refused_inputs_are_counted() -> None:
    def picky(x: Any) -> Any:
        if x.size % 2:
            raise ValueError("an even number of elements, please")
        return x * x

    result = check_op((picky, square_backward), "n", max_examples=FEW)
    assert result.refused > 0
    assert f"refused {result.refused} inputs" in str(result)
    with pytest.raises(GradcheckError, match="(?s)refuses all inputs that were drawn: TypeError.*about the forward"):
        check_op(torch.matmul, "n", max_examples=5)


# --- what is wrong otherwise than a gradient --------------------------------------------------------------------


def test_results_that_have_no_gradient() -> None:
    with pytest.raises(TypeError, match=r"square_.*is a return missing"):
        check_op((lambda_named("square_", lambda x: None), square_backward), "n")
    with pytest.raises(TypeError, match=r"must return a tensor or several: no .item\(\)"):
        check_op(lambda x: x.sum().item(), "n")
    with pytest.raises(TypeError, match=r"returned None .* no missing return"):
        check_op(lambda x: None, "n")
    with pytest.raises(TypeError, match=r"no output is floating \(got int64\)"):
        check_op(lambda x: (x > 0).sum(), "n")


def lambda_named(name: str, f: Any) -> Any:
    f.__name__ = name
    return f


def test_integer_inputs() -> None:
    with pytest.raises(TypeError, match=r"no input is a floating array \(got int64\).*give inputs of float64"):
        check_op(SQUARE, np.arange(3))


def test_float32_inputs_are_checked_with_wider_bars() -> None:
    x = np.array([0.3, 1.7], np.float32)
    assert check_op(SQUARE, x, max_examples=FEW).counts.checked > 0
    with pytest.raises(GradcheckError, match="too large by the factor"):
        check_op((square, lambda g, x: g * 6 * x), x, max_examples=FEW)


@pytest.mark.parametrize("random", [True, False])
def test_hidden_state(random: bool) -> None:
    turn, stream = count(), np.random.default_rng(0)

    def forward(x: Any) -> Any:
        return x * (stream.random(x.shape) if random else float(next(turn)))

    with pytest.raises(GradcheckError, match="differs between two calls on the same inputs") as caught:
        check_op((forward, square_backward), "n", max_examples=FEW)
    assert "hidden state" in str(caught.value)
    assert "This is about the forward" in str(caught.value)


def test_state_that_shows_once_only() -> None:
    """Hypothesis cannot repeat the failure; it is reported none the less."""
    calls = count()

    def forward(x: Any) -> Any:
        return x * x + (next(calls) == 1)

    with pytest.raises(GradcheckError, match="differs between two calls"):
        check_op((forward, square_backward), "n", max_examples=FEW)


def test_an_op_that_changes_its_input() -> None:
    def clamp(x: Any) -> Any:
        x[x < 0] = 0  # a second call changes nothing
        return x * 1

    with pytest.raises(GradcheckError, match="the forward changed input 0") as caught:
        check_op((clamp, lambda g, x: g * (x > 0)), "n")
    assert "input 0 = np.array([-1.])" in str(caught.value)
    assert "it was -1, and is 0 after the call" in str(caught.value)
    assert "copy it first" in str(caught.value)


def test_gradcheck_sees_a_changed_input_too() -> None:
    def clamped(x: Any) -> Any:
        x.data[x.data < 0] = 0
        return x * 1

    x = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match="the forward changed input 0"):
        gradcheck(clamped, x)
    assert x.tolist() == [0.3, -0.7]


def test_nan_in_the_forward() -> None:
    with pytest.raises(GradcheckError, match="The forward is NaN for finite inputs, first for") as caught:
        check_op((lambda x: np.log(x) * np.nan ** (x > 1), lambda g, x: np.where(x > 0, g / x, np.nan)), "n")
    assert "not about the gradient" in str(caught.value)
    assert "Restrict the inputs" in str(caught.value)


def test_undecided_comparisons_are_counted() -> None:
    result = check_op((lambda x: np.where(x < -2.5, np.nan, x * x), lambda g, x: g * 2 * x), "n", max_examples=FEW)
    assert f"NaN in the forward of {result.undefined} example" in str(result)
    with pytest.raises(GradcheckError, match="of the comparisons decided nothing, so that this is no test") as caught:
        check_op((np.cbrt, lambda g, x: 0 * g), np.zeros(2), max_examples=5)
    assert "has a vertical tangent" in str(caught.value)


def test_a_backward_that_raises() -> None:
    with pytest.raises(GradcheckError, match="the backward raised ValueError: no 0-d") as caught:
        check_op((square, complains), "*")
    assert "a shape that the backward does not expect" in str(caught.value)


def complains(g: Any, x: Any) -> Any:
    if x.ndim == 0:
        raise ValueError("no 0-d, please")
    return g * 2 * x


def test_a_wrong_value_is_told_before_a_dtype() -> None:
    def wide(g: Any, x: Any) -> Any:
        return g * np.where(x < 0, 3.0, 2.0) * x.astype(np.float64)

    with pytest.raises(GradcheckError, match="the gradient of input 0 is wrong"):
        check_op((square, wide), "n")


def test_a_strategy_may_give_anything() -> None:
    pairs = st.tuples(tensors("real", (2, 3)), st.sampled_from([0, 1]))
    assert check_op(lambda x, dim: x.sum(dim), pairs, max_examples=FEW).examples == FEW


def test_without_hypothesis(tmp_path: Any) -> None:
    (tmp_path / "hypothesis.py").write_text("raise ImportError('none here')\n")
    code = (
        "import microdl, numpy as np\n"
        "from microdl.testing import check_op, gradcheck, numerical_vjp\n"
        "x = microdl.ones(2, dtype=microdl.float64, requires_grad=True)\n"
        "print(gradcheck(microdl.sin, x), numerical_vjp(np.sum, np.ones(2))[0].value.round(6).tolist())\n"
        "for use in (lambda: check_op(microdl.sin), lambda: __import__('microdl.testing.strategies')):\n"
        "    try: use()\n"
        "    except ImportError as error: print('microdl[gradcheck]' in str(error))\n"
    )
    root = str(__import__("pathlib").Path(torch.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {root!r}]\n{code}"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert run.stdout.split("\n")[:3] == ["True [1.0, 1.0]", "True", "True"]
