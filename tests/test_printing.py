"""Printing: every literal here was printed by PyTorch 2.13."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from microdl.printing import format_scalar, format_tensor, get_printoptions, set_printoptions

pytestmark = pytest.mark.filterwarnings("error")

DEFAULT = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def f32(values: object) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array(values, np.float32)


@pytest.fixture(autouse=True)
def restored_options() -> Iterator[None]:
    before = get_printoptions()
    yield
    set_printoptions(**before)


@pytest.mark.parametrize(
    ("a", "text"),
    [
        (f32([1.12345, -2.5]), "tensor([ 1.1235, -2.5000])"),
        (f32([1, 2, 3]), "tensor([1., 2., 3.])"),
        (f32([-3, 2]), "tensor([-3.,  2.])"),
        (f32([1, 1000]), "tensor([   1., 1000.])"),  # a ratio of 1000 is not scientific
        (f32([1, 1001]), "tensor([1.0000e+00, 1.0010e+03])"),
        (f32([1e8]), "tensor([100000000.])"),  # 1e8 is not scientific
        (np.array([1e8 + 1]), "tensor([1.0000e+08], dtype=torch.float64)"),
        (np.array([1e-4]), "tensor([0.0001], dtype=torch.float64)"),  # 1e-4 is not scientific
        (f32([1e-4]), "tensor([1.0000e-04])"),  # float32 holds less than 1e-4
        (np.array([9.9e-5]), "tensor([9.9000e-05], dtype=torch.float64)"),
        (f32([1e-45]), "tensor([1.4013e-45])"),
        (np.array([1e308, 1e-308]), "tensor([1.0000e+308, 1.0000e-308], dtype=torch.float64)"),
        (
            np.array([1e-300, 0.0, np.nan, np.inf]),
            "tensor([1.0000e-300,  0.0000e+00,         nan,         inf],\n       dtype=torch.float64)",
        ),
        (f32([0, 0]), "tensor([0., 0.])"),
        (f32([-0.0, 1, 22]), "tensor([-0.,  1., 22.])"),
        (f32([-0.0, 1]), "tensor([-0., 1.])"),
        (f32([np.nan, 0.5, -np.inf]), "tensor([   nan, 0.5000,   -inf])"),
        (f32([np.nan, 1, -np.inf]), "tensor([nan, 1., -inf])"),
        (f32([np.nan, np.inf, -np.inf]), "tensor([nan, inf, -inf])"),
        (np.float32(3.9876), "tensor(3.9876)"),
        (np.float32(2), "tensor(2.)"),
        (np.int64(7), "tensor(7)"),
        (np.bool_(True), "tensor(True)"),
        (np.array([0.1]), "tensor([0.1000], dtype=torch.float64)"),
        (np.array([65504, 1], np.float16), "tensor([6.5504e+04, 1.0000e+00], dtype=torch.float16)"),
        (np.array([[1, -20], [300, 4]]), "tensor([[  1, -20],\n        [300,   4]])"),
        (np.array([-(2**63), 2**63 - 1]), "tensor([-9223372036854775808,  9223372036854775807])"),
        (np.array([1, 2], np.int32), "tensor([1, 2], dtype=torch.int32)"),
        (np.array([-1], np.int16), "tensor([-1], dtype=torch.int16)"),
        (np.array([-128], np.int8), "tensor([-128], dtype=torch.int8)"),
        (np.array([0, 255], np.uint8), "tensor([  0, 255], dtype=torch.uint8)"),
        (np.array([True, False]), "tensor([ True, False])"),
        (np.zeros(0, np.float32), "tensor([])"),
        (np.zeros(0), "tensor([], dtype=torch.float64)"),
        (np.zeros(0, np.int64), "tensor([], dtype=torch.int64)"),
        (np.zeros((2, 0), bool), "tensor([], size=(2, 0), dtype=torch.bool)"),
        (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
        (
            np.arange(30),
            "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
            "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])",
        ),
        (
            np.arange(18, dtype=np.float32) / 8,
            "tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,\n"
            "        1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250])",
        ),
        (
            np.arange(8).reshape(2, 2, 2),
            "tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]])",
        ),
        (
            np.arange(4).reshape(2, 1, 2, 1),
            "tensor([[[[0],\n          [1]]],\n\n\n        [[[2],\n          [3]]]])",
        ),
        (np.arange(6).reshape(2, 3).T, "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"),
        (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
        (
            np.r_[f32([1, 2, 3]), np.full(1000, 1e9, np.float32)],
            "tensor([1.0000e+00, 2.0000e+00, 3.0000e+00,  ..., 1.0000e+09, 1.0000e+09,\n        1.0000e+09])",
        ),
        (
            np.arange(1200).reshape(30, 40),
            "tensor([[   0,    1,    2,  ...,   37,   38,   39],\n"
            "        [  40,   41,   42,  ...,   77,   78,   79],\n"
            "        [  80,   81,   82,  ...,  117,  118,  119],\n"
            "        ...,\n"
            "        [1080, 1081, 1082,  ..., 1117, 1118, 1119],\n"
            "        [1120, 1121, 1122,  ..., 1157, 1158, 1159],\n"
            "        [1160, 1161, 1162,  ..., 1197, 1198, 1199]])",
        ),
        (
            np.arange(1200).reshape(6, 200),
            "tensor([[   0,    1,    2,  ...,  197,  198,  199],\n"
            "        [ 200,  201,  202,  ...,  397,  398,  399],\n"
            "        [ 400,  401,  402,  ...,  597,  598,  599],\n"
            "        [ 600,  601,  602,  ...,  797,  798,  799],\n"
            "        [ 800,  801,  802,  ...,  997,  998,  999],\n"
            "        [1000, 1001, 1002,  ..., 1197, 1198, 1199]])",
        ),
        (
            np.zeros((7, 1, 200), np.float32),
            "tensor([[[0., 0., 0.,  ..., 0., 0., 0.]],\n"
            "\n"
            "        [[0., 0., 0.,  ..., 0., 0., 0.]],\n"
            "\n"
            "        [[0., 0., 0.,  ..., 0., 0., 0.]],\n"
            "\n"
            "        ...,\n"
            "\n"
            "        [[0., 0., 0.,  ..., 0., 0., 0.]],\n"
            "\n"
            "        [[0., 0., 0.,  ..., 0., 0., 0.]],\n"
            "\n"
            "        [[0., 0., 0.,  ..., 0., 0., 0.]]])",
        ),
    ],
)
def test_a_tensor_prints_as_in_torch(a: Any, text: str) -> None:
    assert format_tensor(np.asarray(a)) == text


@pytest.mark.parametrize(
    ("a", "options", "text"),
    [
        (f32([0.12345, 0.00005, 2.00025]), {"sci_mode": False}, "tensor([0.1235, 0.0000, 2.0003])"),
        (f32([np.nan, 0]), {"sci_mode": True}, "tensor([nan, 0.])"),
        (f32([1.12345]), {"precision": 2}, "tensor([1.12])"),
        (f32([0.5, 1.5]), {"precision": 0}, "tensor([0, 2])"),
        (f32([1, 2.5]), {"sci_mode": True}, "tensor([1.0000e+00, 2.5000e+00])"),
        (f32([1e-6, 1e6]), {"sci_mode": False}, "tensor([      0.0000, 1000000.0000])"),
        (np.arange(10), {"threshold": 5}, "tensor([0, 1, 2,  ..., 7, 8, 9])"),
        (
            np.float32(np.arange(1200) / 3),
            {"profile": "short"},
            "tensor([0.00e+00, 3.33e-01,  ..., 3.99e+02, 4.00e+02])",
        ),
        (np.arange(3), {"edgeitems": 0}, "tensor([0, 1, 2], size=(3,))"),
        (np.arange(6), {"edgeitems": 0, "threshold": 2}, "tensor([...], size=(6,))"),
        (np.arange(6).reshape(2, 3), {"edgeitems": 0, "threshold": 2}, "tensor([...], size=(2, 3))"),
        (np.arange(5), {"linewidth": 15}, "tensor([0, 1,\n        2, 3,\n        4])"),
        (
            np.arange(6).reshape(1, 1, 6),
            {"linewidth": 20},
            "tensor([[[0, 1, 2,\n          3, 4, 5]]])",
        ),
        (np.arange(3), {"linewidth": 1}, "tensor([0,\n        1,\n        2])"),
    ],
)
def test_a_tensor_prints_under_options_as_in_torch(a: Any, options: dict[str, Any], text: str) -> None:
    set_printoptions(**options)
    assert format_tensor(np.asarray(a)) == text


@pytest.mark.parametrize(
    ("a", "suffix", "text"),
    [
        (np.float32(3.9876), "requires_grad=True", "tensor(3.9876, requires_grad=True)"),
        (
            np.ones(20, np.float32),
            "grad_fn=<AddBackward0>",
            "tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.,\n"
            "        1., 1.], grad_fn=<AddBackward0>)",
        ),
        (
            np.arange(14, dtype=np.float32),
            "grad_fn=<AddBackward0>",
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.],\n"
            "       grad_fn=<AddBackward0>)",
        ),
        (
            np.arange(15, dtype=np.float32),
            "grad_fn=<AddBackward0>",
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n"
            "        14.], grad_fn=<AddBackward0>)",
        ),
        (
            np.zeros((2, 1, 2), np.float32),
            "grad_fn=<AddBackward0>",
            "tensor([[[0., 0.]],\n\n        [[0., 0.]]], grad_fn=<AddBackward0>)",
        ),
        (
            np.exp(np.arange(12) / 8),
            "grad_fn=<AddBackward0>",
            "tensor([1.0000, 1.1331, 1.2840, 1.4550, 1.6487, 1.8682, 2.1170, 2.3989, 2.7183,\n"
            "        3.0802, 3.4903, 3.9551], dtype=torch.float64, grad_fn=<AddBackward0>)",
        ),
        (
            np.exp(np.arange(6) / 8),
            "grad_fn=<AddBackward0>",
            "tensor([1.0000, 1.1331, 1.2840, 1.4550, 1.6487, 1.8682], dtype=torch.float64,\n"
            "       grad_fn=<AddBackward0>)",
        ),
        (
            np.zeros((0, 3), np.float32),
            "grad_fn=<AddBackward0>",
            "tensor([], size=(0, 3), grad_fn=<AddBackward0>)",
        ),
    ],
)
def test_a_suffix_that_does_not_fit_the_line_starts_a_new_one(a: Any, suffix: str, text: str) -> None:
    assert format_tensor(np.asarray(a), suffixes=[suffix]) == text


@pytest.mark.parametrize(
    ("a", "options", "text"),
    [
        (np.ones(1, np.float32), {"linewidth": 33}, "tensor([1.], requires_grad=True)"),
        (np.ones(1, np.float32), {"linewidth": 32}, "tensor([1.],\n       requires_grad=True)"),
        (
            np.ones(2),
            {"linewidth": 46, "edgeitems": 0},
            "tensor([1., 1.], size=(2,),\n       dtype=torch.float64, requires_grad=True)",
        ),
        (
            np.ones(2),
            {"linewidth": 45, "edgeitems": 0},
            "tensor([1., 1.], size=(2,),\n       dtype=torch.float64,\n       requires_grad=True)",
        ),
    ],
)
def test_suffixes_fill_a_line_to_the_last_column_that_torch_uses(
    a: np.ndarray[Any, Any], options: dict[str, Any], text: str
) -> None:
    set_printoptions(**options)
    assert format_tensor(a, suffixes=["requires_grad=True"]) == text


def test_one_thousand_elements_are_not_summarised() -> None:
    assert "..." not in format_tensor(np.zeros(1000))
    assert "..." in format_tensor(np.zeros(1001))
    set_printoptions(profile="full")
    assert format_tensor(np.zeros(5000)).count("0.") == 5000


def test_a_large_tensor_is_summarised_before_it_is_formatted() -> None:
    a = np.broadcast_to(np.float32(0.5), (10**6, 10**6))  # a formatter that visits all would not return
    row = "[0.5000, 0.5000, 0.5000,  ..., 0.5000, 0.5000, 0.5000]"
    assert format_tensor(a) == "tensor([" + ",\n        ".join([row] * 3 + ["..."] + [row] * 3) + "])"


def test_prefix_and_indent_move_the_later_lines() -> None:
    a = np.array([[1, 2], [3, 4]])
    assert format_tensor(a, prefix="Parameter(") == "Parameter([[1, 2],\n           [3, 4]])"
    assert format_tensor(a, prefix="t(", indent=4) == "t([[1, 2],\n       [3, 4]])"


def test_indent_takes_room_from_the_line() -> None:
    a = np.arange(14, dtype=np.float32)  # fills its line of 80 columns but for one
    assert format_tensor(a).count("\n") == 0
    assert format_tensor(a, indent=4) == (
        "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12.,\n            13.])"
    )

    set_printoptions(linewidth=33)
    assert format_tensor(a[1:2], suffixes=["requires_grad=True"], indent=1) == (
        "tensor([1.],\n        requires_grad=True)"
    )


def test_the_default_dtype_is_not_named() -> None:
    ones = np.ones(1, np.float32)
    assert format_tensor(ones, default_dtype=np.float64) == "tensor([1.], dtype=torch.float32)"
    assert format_tensor(ones.astype(np.float64), default_dtype=np.float64) == "tensor([1.])"
    assert format_tensor(ones[:0], default_dtype="float64") == "tensor([], dtype=torch.float32)"
    assert format_tensor(np.array([1]), default_dtype=np.float64) == "tensor([1])"


@pytest.mark.parametrize("a", [np.ones(1, complex), np.array(["x"]), np.array([None])], ids=str)
def test_a_dtype_that_no_tensor_has_is_refused(a: np.ndarray) -> None:
    with pytest.raises(TypeError, match=f"cannot print dtype {a.dtype.name}; convert to one of float16, float32"):
        format_tensor(a)


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        ({}, {}),
        ({"precision": 6, "linewidth": 120}, {"precision": 6, "linewidth": 120}),
        ({"profile": "short"}, {"precision": 2, "edgeitems": 2}),
        ({"profile": "full"}, {"threshold": np.inf}),
        ({"profile": "short", "precision": 3}, {"precision": 3, "edgeitems": 2}),
        ({"sci_mode": False}, {"sci_mode": False}),
    ],
    ids=str,
)
def test_options_are_set_and_read_back(call: dict[str, Any], changed: dict[str, Any]) -> None:
    assert get_printoptions() == DEFAULT
    set_printoptions(**call)
    assert get_printoptions() == DEFAULT | changed


def test_options_last_until_set_again_except_sci_mode() -> None:
    set_printoptions(precision=2, sci_mode=True)
    set_printoptions(edgeitems=1)
    assert get_printoptions() == DEFAULT | {"precision": 2, "edgeitems": 1}
    set_printoptions(profile="default")
    assert get_printoptions() == DEFAULT


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"profile": "ful"}, ValueError, "profile must be one of default, short, full, got 'ful'"),
        ({"precision": -1}, ValueError, "precision must be an integer >= 0, got -1"),
        ({"precision": 2.5}, ValueError, "precision must be an integer >= 0, got 2.5"),
        ({"precision": True}, ValueError, "precision must be an integer >= 0, got True"),
        ({"edgeitems": -1}, ValueError, "edgeitems must be an integer >= 0, got -1"),
        ({"edgeitems": 1.5}, TypeError, "edgeitems must be an integer >= 0, got 1.5"),
        ({"threshold": "3"}, TypeError, "threshold must be a number, got '3'"),
        ({"threshold": np.nan}, ValueError, "threshold must be a number, got nan"),
        ({"linewidth": "80"}, TypeError, "linewidth must be a finite number, got '80'"),
        ({"linewidth": np.nan}, ValueError, "linewidth must be a finite number, got nan"),
        ({"linewidth": np.inf}, OverflowError, "linewidth must be a finite number, got inf"),
    ],
    ids=str,
)
def test_a_bad_option_is_refused_and_changes_nothing(bad: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        set_printoptions(**{"precision": 7, "sci_mode": True} | bad)
    assert str(caught.value) == f"set_printoptions: {message}"
    assert get_printoptions() == DEFAULT


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (np.float32(0.1), "", "0.10000000149011612"),
        (np.float32(0.1), ".4f", "0.1000"),
        (np.float64(12345.678), ",.1f", "12,345.7"),
        (np.int64(7), ">4", "   7"),
        (np.int64(7), ".2f", "7.00"),
        (np.bool_(True), "", "True"),
        (np.bool_(True), ">6", "     1"),
    ],
)
def test_a_scalar_formats_as_its_item(value: np.generic, spec: str, text: str) -> None:
    assert format_scalar(value, spec) == text
    assert format_scalar(np.asarray(value), spec) == text


def test_a_scalar_that_cannot_be_formatted_is_refused() -> None:
    with pytest.raises(TypeError, match=r"format '\.2f' needs a 0-d tensor, got shape \(1,\); format its elements"):
        format_scalar(np.ones(1), ".2f")
    with pytest.raises(ValueError, match="Unknown format code 'd' for object of type 'float'"):
        format_scalar(np.float32(1), "d")
