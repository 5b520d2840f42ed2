"""MyGrad's ops: https://mygrad.readthedocs.io"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from typing import Any

import mygrad as mg
import mygrad.nnet as nnet
import numpy as np
from hypothesis import strategies as st

from microdl.testing.adapters import adapter_for

from .table import BINARY, INF, UNARY, Op, Wide, marked, named, spread

VERSION, EXAMPLES = mg.__version__, 100
one, two, of = Wide.one, Wide.two, Wide.of
AXIS = {"axis": [0, 1, -1]}
AXES = {"axis": [None, 0, 1, -1, (0, 1), (-1, 0)], "keepdims": [False, True]}
RECIPROCALS: dict[str, Any] = {
    "cot": "nonzero", "csc": "nonzero", "sec": "real", "coth": "nonzero", "csch": "nonzero", "sech": "real",
    "arccot": "real", "arccsch": "nonzero", "arccsc": (1.0, INF), "arcsec": (1.0, INF), "arccoth": (1.0, INF),
}  # fmt: skip


# The op, and the heading of FINDINGS.md that tells of it.
KNOWN = {
    "maximum": "equal operands",
    "minimum": "equal operands",
    "clip by tensors": "equal operands",
    "nnet.leaky_relu": "leaky_relu",
    "sech": "NaN",
    "csch": "NaN",
    "std": "std",
    "std of all": "std",
    "std of 3-d": "std",
    "std ddof": "std",
    "nnet.negative_log_likelihood weights as tensor": "weights",
    "linalg.norm ord": "norm",
    "linalg.norm ord 0 and -1": "norm",
    "sinc": "sinc",
    "var": "empty",
    "var ddof": "empty",
    "var of all": "empty",
    "max of 3-d": "empty",
    "repeat": "empty",
    "einsum diagonal": "empty",
    "einsum trace": "empty",
    "nnet.max_pool": "empty",
    "nnet.batchnorm": "empty",
}


def adapter() -> Any:
    return adapter_for(None, "mygrad")


ELEMENTWISE = [
    *named("", mg, {k: v for k, v in UNARY.items() if k not in ("sign", "floor", "ceil", "trunc", "rint")}, one),
    *named("", mg, RECIPROCALS, one),
    Op("arccsc negative", mg.arccsc, one((-INF, -1.0))),
    Op("arcsec negative", mg.arcsec, one((-INF, -1.0))),
    Op("arccoth negative", mg.arccoth, one((-INF, -1.0))),
    *named("", mg, {k: v for k, v in BINARY.items() if k not in ("mod", "remainder", "fmod")}, lambda d: two(*d)),
    Op("power negative base", lambda x, p: x**p, one(p=[2, 3, -1, 1, 0])),
    Op("power base at zero", lambda x, p: mg.power(mg.abs(x), p), two("real", (1.0, 4.0))),
    Op("power number base", lambda x, b: b**x, one(b=[2.0, 0.5])),
    Op("where", lambda m, x, y: mg.where(np.asarray(m), x, y), of("nm,nm,m", "mask")),
    Op("clip", lambda x, low, high: mg.clip(x, low, high), one(low=[-1.0, 0.0, None], high=[1.0, 0.5])),
    Op("clip by tensors", mg.clip, two("real", "real", "real")),
    Op("multiply where", lambda x, y, m: mg.multiply(x, y, where=np.asarray(m), out=mg.zeros_like(x)),
       of("n,n,n", "real", "real", "mask")),
    Op("exp where", lambda x, m: mg.exp(x, where=np.asarray(m), out=mg.zeros_like(x)), of("n,n", "real", "mask")),
    Op("add_sequence", mg.add_sequence, two("real", "real", "real")),
    Op("multiply_sequence", mg.multiply_sequence, two("real", "real", "real")),
    Op("x += y", lambda x, y: _inplace(x, y), of("nm,m")),
]  # fmt: skip


def _inplace(x: Any, y: Any) -> Any:
    z = +x
    z += y
    z *= y
    z[0] = y * z[-1]
    return z


REDUCTIONS = [
    *[Op(n, getattr(mg, n), of("nm", **AXES)) for n in ("sum", "mean", "prod", "max", "min", "var", "std", "amax", "amin")],
    *[Op(f"{n} of all", getattr(mg, n), one()) for n in ("sum", "mean", "prod", "max", "min", "var", "std")],
    *[Op(f"{n} of 3-d", getattr(mg, n), of("nmk", axis=[(0, 2), (-1, 0), 1, (1, -1)])) for n in ("sum", "prod", "max", "var", "std")],
    *[Op(f"{n} ddof", getattr(mg, n), of("nm", ddof=[0, 1], axis=[0, None, 1])) for n in ("var", "std")],
    *[Op(n, getattr(mg, n), of("nmk", axis=[None, 0, 1, -1])) for n in ("cumsum", "cumprod")],
    Op("linalg.norm", mg.linalg.norm, one()),
    Op("linalg.norm ord", mg.linalg.norm, of("nm", ord=[1, 2, 2.5, 3, INF, -INF], keepdims=[False, True], **AXIS)),
    Op("linalg.norm ord 0 and -1", mg.linalg.norm, of("nm", ord=[0, -1], **AXIS)),
]  # fmt: skip

STRUCTURE = [
    Op("x[indices]", lambda x, i: x[i], of("nm,k", "real", "indices:n")),
    Op("x[i, j]", lambda x, i, j: x[i, j], of("34,k,k", "real", "indices:3", "indices:4")),
    Op("x[mask]", lambda x, m: x[m], of("nm,n", "real", "mask")),
    Op("x[1::2, ..., None]", lambda x: x[1::2, ..., None], of("nm")),
    Op("setitem", lambda x, v: _assigned(x, v, np.array([2, 0])), of("3m,m")),
    Op("setitem repeated", lambda x, v: _assigned(x, v, np.array([1, 1])), of("3m,2m")),
    Op("setitem mask", lambda x, v, m: _assigned(x, v, m), of("3m,m,3", "real", "real", "mask")),
    *[Op(n, getattr(mg, n), of("nm")) for n in ("ravel", "transpose", "atleast_3d", "atleast_2d", "atleast_1d", "squeeze")],
    *[Op(f"{n} of 0-d", getattr(mg, n), of("")) for n in ("ravel", "atleast_3d", "atleast_2d", "atleast_1d")],
    Op("squeeze axis", mg.squeeze, of("n1m", axis=[1, -2])),
    Op("flatten", lambda x: x.T.flatten(), of("nm")),
    Op("reshape", lambda x: x.T.reshape(-1), of("nm")),
    Op("transpose axes", lambda x: mg.transpose(x, (1, 2, 0)), of("nmk")),
    Op("transpose negative axes", lambda x: mg.transpose(x, (-1, 0, 1)), of("nmk")),
    Op("swapaxes", lambda x: mg.swapaxes(x, 0, 2), of("nmk")),
    Op("moveaxis", lambda x: mg.moveaxis(x, 0, 2), of("nmk")),
    Op("moveaxis of several", lambda x: mg.moveaxis(x, (0, 2), (1, 0)), of("nmk")),
    Op("roll", lambda x, axis: mg.roll(x, 2, axis), of("nm", axis=[None, 0, 1])),
    Op("roll of several", lambda x: mg.roll(x, (1, 2), (0, 1)), of("nm")),
    Op("expand_dims", lambda x: mg.expand_dims(x, 1), of("nm")),
    Op("broadcast_to", lambda x: mg.broadcast_to(x, (3, 2, 4)), of("21")),
    Op("repeat", lambda x, axis: mg.repeat(x, 2, axis), of("nm", axis=[None, 0, 1])),
    Op("repeat counts", lambda x, r: mg.repeat(x, list(r), 0), of("3m,3", "real", "labels:3")),
    Op("concatenate", lambda a, b, axis: mg.concatenate([a, b, a], axis), of("nm,nm", **AXIS)),
    Op("stack", lambda a, b, axis: mg.stack([a, b, a], axis), of("nm,nm", **AXIS)),
]  # fmt: skip


def _assigned(x: Any, v: Any, where: Any) -> Any:
    y = x * 2
    y[where] = v
    return y * x


LINALG = [
    Op("matmul", mg.matmul, Wide.matmul()),
    Op("multi_matmul", lambda *a: mg.multi_matmul(a), of("nm,mk,ka")),
    Op("multi_matmul with a vector", lambda *a: mg.multi_matmul(a), of("m,mk,ka")),
    Op("einsum", lambda a, b: mg.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("einsum diagonal", lambda a, b: mg.einsum("ii,i->i", a, b), of("nn,n")),
    Op("einsum trace", lambda a: mg.einsum("ii", a), of("nn")),
    Op("einsum of size 1", lambda a, b: mg.einsum("ij,ij->i", a, b), of("n1,nm")),
    Op("einsum of three", lambda a, b, c: mg.einsum("...i,ij,...j->...", a, b, c), of("kn,nm,km")),
    Op("einsum of three optimized", lambda a, b, c: mg.einsum("ki,ij,jm->km", a, b, c, optimize=True), of("kn,nm,ma")),
    Op("einsum sum", lambda a: mg.einsum("ij->", a), of("nm")),
    Op("einsum without arrow", lambda a, b: mg.einsum("ij,jk", a, b), of("nm,mk")),
    Op("einsum of one twice", lambda a: mg.einsum("i,i->i", a, a), of("n")),
]  # fmt: skip


def _gru(x: Any, *w: Any) -> Any:
    return nnet.gru(x, *w)


NNET = [
    *named("nnet.", nnet, dict.fromkeys(("relu", "selu", "sigmoid", "soft_sign", "tanh", "hard_tanh"), "real"), one),
    Op("nnet.hard_tanh bounds", nnet.hard_tanh, one(lower_bound=[-0.5], upper_bound=[1.5])),
    Op("nnet.elu", nnet.elu, one(alpha=[1.0, 0.5])),
    Op("nnet.leaky_relu", nnet.leaky_relu, one(slope=[0.1, 0.0])),
    Op("nnet.glu", nnet.glu, of("4m", axis=[0])),
    Op("nnet.softmax", nnet.softmax, of("nm", axis=[0, 1, -1, None, (0, 1)])),
    Op("nnet.logsoftmax", nnet.logsoftmax, of("nm", axis=[0, 1, -1, None, (0, 1)])),
    Op("nnet.softmax of 0-d to 3-d", nnet.softmax, one()),
    Op("nnet.softmax_crossentropy", nnet.softmax_crossentropy, of("nm,n", "real", "labels:m")),
    Op("nnet.negative_log_likelihood", nnet.negative_log_likelihood, of("nm,n", "real", "labels:m")),
    Op("nnet.negative_log_likelihood weights", nnet.negative_log_likelihood,
       of("n3,n", "real", "labels:3", weights=[np.array([0.5, 0.0, 2.0])])),
    Op("nnet.negative_log_likelihood weights as tensor", lambda x, y, w: nnet.negative_log_likelihood(x, y, weights=w),
       of("n3,n,3", "real", "labels:3", "positive")),
    Op("nnet.multiclass_hinge", nnet.multiclass_hinge, of("n3,n", "real", "labels:3", hinge=[1.0, 0.5])),
    Op("nnet.margin_ranking_loss", lambda a, b, m, margin: nnet.margin_ranking_loss(a, b, m * 2.0 - 1, margin),
       of("nm,nm,n", "real", "real", "mask", margin=[0.5])),
    Op("nnet.focal_loss", nnet.focal_loss, of("nm,n", "unit", "labels:m", alpha=[1, 0.5], gamma=[0, 0.5, 1, 2])),
    Op("nnet.softmax_focal_loss", nnet.softmax_focal_loss, of("nm,n", "real", "labels:m", alpha=[1, 0.5], gamma=[0, 0.5, 1, 2])),
    Op("nnet.batchnorm", lambda x, w, b, eps: nnet.batchnorm(x, gamma=w, beta=b, eps=eps), of("nm,m,m", eps=[1e-3])),
    Op("nnet.batchnorm of images", lambda x, w, b: nnet.batchnorm(x, gamma=w, beta=b, eps=1e-3), of("2322,3,3")),
    Op("nnet.conv_nd", lambda x, w, **o: nnet.conv_nd(x, w, **o), of("n25,323", stride=[1, 2], padding=[0, 2], dilation=[1])),
    Op("nnet.conv_nd dilated", lambda x, w, **o: nnet.conv_nd(x, w, **o), of("n26,323", stride=[1], padding=[0], dilation=[2])),
    Op("nnet.conv_nd of images", lambda x, w, **o: nnet.conv_nd(x, w, **o), of("1244,2222", stride=[1, 2], padding=[0, 1])),
    Op("nnet.max_pool", nnet.max_pool, of("n24", pool=[(2,)], stride=[1, 2])),
    Op("nnet.max_pool of images", nnet.max_pool, of("1244", pool=[(2, 2)], stride=[1, 2])),
    Op("nnet.gru", _gru, st.tuples(spread(2, 1, 2), *(spread(*s) for _ in range(3) for s in ((2, 1), (1, 1), (1,))))),
]  # fmt: skip

OPS = [*ELEMENTWISE, *REDUCTIONS, *STRUCTURE, *LINALG, *NNET]
OPS = marked(OPS, KNOWN)
