"""Printing against live PyTorch: any array, under any options, prints the same text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microdl import printing

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

pytestmark = pytest.mark.filterwarnings("error")

FLOATS = (np.float16, np.float32, np.float64)
EXACT = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.bool_)
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 12),
        "threshold": st.sampled_from([-1, 0, 1, 5, 30, 500, np.inf]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(-5, 150) | st.sampled_from([20.5, 79.9]),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([True, False, None]),
    },
)


@contextmanager
def _options(options: dict[str, Any]) -> Iterator[None]:
    """Both libraries under the default options changed by ``options``, and back."""
    try:
        for library in (printing, torch):
            library.set_printoptions(profile="default")
            library.set_printoptions(**options)
        yield
    finally:
        for library in (printing, torch):
            library.set_printoptions(profile="default")


def _torch_text(a: np.ndarray, *, tensor: str = "Tensor", node: str | None = None, leaf: bool = False) -> str:
    """The text of PyTorch for ``a`` in a class of a given name, as the result of a node of a given name."""
    t = torch.tensor(a).requires_grad_(leaf or node is not None)
    if node is not None:
        methods = {
            "forward": staticmethod(lambda ctx, x: x.clone()),
            "backward": staticmethod(lambda ctx, g: g),
        }
        function: Any = type(node, (torch.autograd.Function,), methods)
        t = function.apply(t)
    return repr(t if tensor == "Tensor" else t.as_subclass(type(tensor, (torch.Tensor,), {})))


@st.composite
def _floats(draw: st.DrawFn) -> np.ndarray:
    """Floating-point arrays of special, integral, similar or widely different elements."""
    dtype = draw(st.sampled_from(FLOATS))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(SHAPES)
    exponent = draw(st.integers(-8, 8))
    spread = draw(st.sampled_from([0, 0, 1, 3, 16]))
    a = generator.standard_normal(shape) * 10.0 ** (exponent + spread * (generator.random(shape) - 0.5))
    if draw(st.booleans()):
        a = np.rint(a)
    share = draw(st.sampled_from([0, 0, 0.2, 1]))
    specials = draw(st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=3))
    a = np.where(generator.random(shape) < share, generator.choice(specials, shape), a)
    with np.errstate(over="ignore"):
        return np.asarray(a, dtype=dtype)


@st.composite
def _any_floats(draw: st.DrawFn) -> np.ndarray:
    """Floating-point arrays of any bits at all: subnormal, huge, NaN with a payload."""
    dtype = draw(st.sampled_from(FLOATS))
    return draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))


EXACTS = st.sampled_from(EXACT).flatmap(lambda dtype: hnp.arrays(dtype, SHAPES))


@settings(max_examples=400, deadline=None)
@given(_floats() | _any_floats() | EXACTS, OPTIONS)
def test_every_array_prints_as_in_torch(a: np.ndarray, options: dict[str, Any]) -> None:
    with _options(options):
        assert printing.format_tensor(a) == _torch_text(a)


@settings(max_examples=150, deadline=None)
@given(_floats(), OPTIONS, st.integers(1, 60))
def test_suffixes_break_lines_as_in_torch(a: np.ndarray, options: dict[str, Any], length: int) -> None:
    node = "N" * length
    with _options(options):
        leaf = printing.format_tensor(a, suffixes=["requires_grad=True"])
        assert leaf == _torch_text(a, leaf=True)
        result = printing.format_tensor(a, suffixes=[f"grad_fn=<{node}Backward>"])
        assert result == _torch_text(a, node=node)


@pytest.mark.parametrize("linewidth", range(20, 100))
def test_suffixes_break_lines_as_in_torch_at_every_width(linewidth: int) -> None:
    with _options({"linewidth": linewidth, "edgeitems": 0}):
        for a in np.exp(np.arange(6)), np.ones(1, np.float32), np.ones((0, 2)):
            text = printing.format_tensor(a, suffixes=["requires_grad=True"])
            assert text == _torch_text(a, leaf=True)


@pytest.mark.parametrize("threshold", range(9))
@pytest.mark.parametrize("edgeitems", range(4))
def test_summaries_begin_and_end_as_in_torch(threshold: int, edgeitems: int) -> None:
    with _options({"threshold": threshold, "edgeitems": edgeitems}):
        for shape in [(), *((n,) for n in range(9)), *np.ndindex(5, 5), (2, 1, 4), (4, 2, 1)]:
            a = np.arange(np.prod(shape, dtype=int)).reshape(shape)
            assert printing.format_tensor(a) == _torch_text(a)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("low", "high"), [(1.0, 1000.0), (0.5, 500.0), (1e-4, 1e-4), (1e8, 1e8), (1e-4, 0.1)])
def test_scientific_notation_begins_as_in_torch(dtype: type[np.floating], low: float, high: float) -> None:
    with np.errstate(over="ignore"):  # 1e8 is infinite in float16
        lows, highs = (_neighbours(np.asarray(end, dtype)) for end in (low, high))
    for pair in itertools.product(lows, highs):
        a = np.array(pair)
        assert printing.format_tensor(a) == _torch_text(a)


def _neighbours(x: Any) -> list[Any]:
    """The number before ``x`` in its dtype, ``x``, and the number after it."""
    return [np.nextafter(x, x.dtype.type(-np.inf)), x, np.nextafter(x, x.dtype.type(np.inf))]


@settings(max_examples=150, deadline=None)
@given(_floats() | EXACTS, OPTIONS, st.integers(0, 30), st.integers(1, 30))
def test_prefix_and_indent_shift_the_text_as_in_torch(
    a: np.ndarray, options: dict[str, Any], indent: int, length: int
) -> None:
    name = "T" * length
    with _options(options):
        text = printing.format_tensor(a, indent=indent, prefix=f"{name}(")
        # A class whose name is longer by the indentation puts every column where the indentation does.
        assert "I" * indent + text == _torch_text(a, tensor="I" * indent + name)


@settings(max_examples=100, deadline=None)
@given(_floats() | EXACTS, st.sampled_from(FLOATS))
def test_the_default_dtype_is_not_named_as_in_torch(a: np.ndarray, default: type[np.floating]) -> None:
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.from_numpy(np.empty(0, default)).dtype)
        expected = _torch_text(a)
    finally:
        torch.set_default_dtype(before)
    assert printing.format_tensor(a, default_dtype=default) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=4), st.integers(0, 2**32 - 1))
def test_large_and_strided_arrays_are_summarised_as_in_torch(shape: list[int], seed: int) -> None:
    a = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    for view in (a, a.T, a[..., ::2], np.broadcast_to(a, (8, *shape))):
        assert printing.format_tensor(view) == _torch_text(np.ascontiguousarray(view))


@settings(max_examples=100, deadline=None)
@given(st.lists(OPTIONS, max_size=4))
def test_options_accumulate_as_in_torch(calls: list[dict[str, Any]]) -> None:
    with _options({}):
        for call in calls:
            printing.set_printoptions(**call)
            torch.set_printoptions(**call)
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()


@pytest.mark.parametrize(
    "bad",
    [
        {"precision": -1},
        {"precision": 2.5},
        {"precision": "a"},
        {"precision": True},
        {"edgeitems": 1.5},
        {"threshold": "3"},
        {"linewidth": "80"},
        {"linewidth": np.inf},
        {"linewidth": np.nan},
    ],
    ids=str,
)
def test_bad_options_raise_what_torch_raises_when_it_prints(bad: dict[str, Any]) -> None:
    with _options({"threshold": 2}):
        torch.set_printoptions(**bad)
        ours, theirs = _outcome(printing.set_printoptions, **bad), _outcome(repr, torch.arange(8) / 2)
        assert isinstance(theirs, Exception)
        assert type(ours) is type(theirs)


@given(
    st.floats() | st.floats(width=32).map(np.float32) | st.integers(-(2**63), 2**63 - 1) | st.booleans(),
    st.sampled_from(["", ".4f", ".3e", "g", ">12", "d", "x", "b", "%", "nonsense"]),
)
def test_a_scalar_formats_as_in_torch(value: Any, spec: str) -> None:
    a = np.asarray(value)
    ours, theirs = _outcome(printing.format_scalar, a, spec), _outcome(format, torch.tensor(a), spec)
    assert repr(ours) == repr(theirs)


def _outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call returns, or the exception it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        # PyTorch switches its function transforms off while it prints: in a traceback kept, they would stay off
        return error.with_traceback(None)


def test_an_array_with_dimensions_formats_as_no_number_in_either() -> None:
    for function, x in (printing.format_scalar, np.ones(1)), (format, torch.ones(1)):
        with pytest.raises(TypeError, match="format"):
            function(x, ".2f")
