"""tinygrad's ops: https://docs.tinygrad.org/tensor/ . A kernel is compiled for each shape: few shapes, few examples."""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from hypothesis import strategies as st
from tinygrad import Tensor

from microdl.testing.adapters import adapter_for
from microdl.testing.strategies import tensors

from .table import INF, Narrow, Op, marked, spread

VERSION, EXAMPLES = version("tinygrad"), 5
of = Narrow.of


# The op, and the heading of FINDINGS.md that tells of it.
KNOWN = {
    "sort": "sort",
    "topk": "sort",
    "asin": "asin",
    "acos": "asin",
    "std": "std",
    "mul of numbers (0-d)": "equal numbers",
    "add of numbers (0-d)": "equal numbers",
}


def adapter() -> Any:
    return adapter_for(None, "tinygrad")


def one(domain: Any = "real", **options: Any) -> Any:
    return of("3", domain, **options) if isinstance(domain, str) else st.tuples(
        tensors(domain, (3,)), st.fixed_dictionaries({k: st.sampled_from(v) for k, v in options.items()}))  # fmt: skip


def two(a: str = "real", b: str = "real") -> Any:
    return of("21,2", a, b)


UNARY: dict[str, Any] = {
    **dict.fromkeys((
        "abs", "sign", "square", "exp", "exp2", "sin", "cos", "atan", "sinh", "cosh", "tanh", "asinh", "relu", "relu6", "sigmoid",
        "elu", "celu", "selu", "gelu", "quick_gelu", "silu", "mish", "softplus", "softsign", "logsigmoid", "hardsigmoid", "hardswish",
        "hardtanh", "leaky_relu", "erf", "cumsum", "cumprod", "cummax", "logcumsumexp", "softmax", "log_softmax", "logsumexp", "sum",
        "mean", "prod", "max", "min", "std", "var"), "real"),
    "log": "positive", "log2": "positive", "log10": "positive", "sqrt": "positive", "rsqrt": "positive", "reciprocal": "nonzero",
    "tan": (-1.5, 1.5), "asin": (-1.0, 1.0), "acos": (-1.0, 1.0), "atanh": (-1.0, 1.0), "acosh": (1.0, INF),
}  # fmt: skip
LABELS = Tensor([1, 0])
OPS = [
    *[Op(n, getattr(Tensor, n), one(d)) for n, d in UNARY.items()],
    *[Op(n, getattr(Tensor, n), two(*d)) for n, d in {
        "add": (), "sub": (), "mul": (), "div": ("real", "nonzero"), "pow": ("positive", "real"), "maximum": (), "minimum": (),
        "logaddexp": (), "copysign": ("real", "nonzero"),
    }.items()],
    Op("mul of numbers (0-d)", lambda a, b: a * b, of(",")),
    Op("add of numbers (0-d)", lambda a, b: a + 3 * b, of(",")),
    Op("pow negative base", lambda x, p: x**p, one(p=[2, 3, -1, 1])),
    Op("pow base at zero", lambda x, y: x.abs() ** y, of("3,3", "real", "positive")),
    Op("pow number base", lambda x: 2.0**x, one()),
    Op("where", lambda m, x, y: m.where(x, y), of("3,3,3", "mask")),
    Op("clip", lambda x, y: x.clip(-1.0, 1.0) * y, of("3,3")),
    Op("lerp", Tensor.lerp, of("3,3,3")),
    Op("sum axis", Tensor.sum, of("nm", axis=[0, -1], keepdim=[False, True])),
    Op("max axis", Tensor.max, of("nm", axis=[0, -1])),
    Op("prod axis", Tensor.prod, of("nm", axis=[0])),
    Op("var axis", Tensor.var, of("nm", axis=[0], correction=[0, 1])),
    Op("logsumexp axis", Tensor.logsumexp, of("nm", axis=[0, 1])),
    Op("softmax axis", Tensor.softmax, of("nm", axis=[0])),
    Op("normalize", Tensor.normalize, of("nm", p=[1, 2], dim=[1])),
    Op("sort", lambda x: x.sort()[0], of("4")),
    Op("topk", lambda x: x.topk(2)[0], of("4")),
    Op("matmul", Tensor.matmul, Narrow.matmul()),
    Op("einsum", lambda a, b: Tensor.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("x[indices]", lambda x, i: x[i], of("3m,4", "real", "indices:3")),
    Op("x[1:, None]", lambda x: x[1:, None], of("3m")),
    Op("gather", lambda x, i: x.gather(1, i), of("n3,n2", "real", "labels:3")),
    Op("scatter", lambda x, s: x.scatter(0, Tensor([[0, 1], [2, 0]]), s), of("32,22")),
    Op("scatter add", lambda x, i, s: x.scatter_reduce(0, i, s, "sum"), of("3m,4m,4m", "real", "labels:3")),
    *[Op(f"scatter_reduce {r}", lambda x, i, s, r=r: x.scatter_reduce(0, i, s, r), of("32,42,42", "real", "labels:3"))
      for r in ("prod", "mean", "amax")],
    Op("masked_fill", lambda x, m, v: x.masked_fill(m, v), of("3,3,3", "real", "mask")),
    Op("cat", lambda a, b: a.cat(b, a, dim=1), of("nm,nm")),
    Op("stack", lambda a, b: Tensor.stack(a, b, a, dim=1), of("nm,nm")),
    Op("pad", lambda x, mode: x.pad((1, 2), mode=mode), of("24", mode=["constant", "reflect", "replicate", "circular"])),
    Op("flip roll permute", lambda x: x.flip(0).roll(1, 1).permute(1, 0), of("nm")),
    Op("repeat expand", lambda x: x.repeat(2, 1).expand(2, 4, 3), of("23")),
    Op("repeat_interleave", lambda x: x.repeat_interleave(2, 0), of("nm")),
    Op("unfold", lambda x: x.unfold(0, 3, 1), of("5")),
    Op("diag", Tensor.diag, of("3")),
    Op("tril", Tensor.tril, of("33")),
    Op("linear", lambda x, w, b: x.linear(w, b), of("nm,mk,k")),
    Op("conv2d", lambda x, w: x.conv2d(w, stride=2, padding=1), of("1144,1122")),
    Op("avg_pool2d", lambda x: x.avg_pool2d(2, 1, padding=1, count_include_pad=False), of("1133")),
    Op("max_pool2d", lambda x: x.max_pool2d(2, 1), of("1133")),
    Op("interpolate", lambda x: x.interpolate((5,), mode="linear"), of("123")),
    Op("layernorm", lambda x: x.layernorm(), of("nm")),
    Op("cross_entropy", lambda x, s: x.cross_entropy(LABELS, label_smoothing=0.2) * s.sum(), of("23,1")),
    Op("sparse_categorical_crossentropy", lambda x: x.sparse_categorical_crossentropy(LABELS), of("23")),
    Op("binary_crossentropy", Tensor.binary_crossentropy, of("3,3", "unit", "unit")),
    Op("binary_crossentropy_logits", Tensor.binary_crossentropy_logits, of("3,3", "real", "unit")),
    Op("nll_loss", lambda x: x.nll_loss(LABELS), of("23")),
    Op("scaled_dot_product_attention", lambda q, k, v: q.scaled_dot_product_attention(k, v), of("22,32,32")),
    Op("qr", lambda x: x.qr(), st.tuples(spread(2, 2))),
]  # fmt: skip
OPS = marked(OPS, KNOWN)
