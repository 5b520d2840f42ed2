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
    "std axis": "std",
    "std_mean": "std",
    "std_mean axis": "std",
    "sort descending": "sort",
    "topk smallest": "sort",
    "x += y": "+=",
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


STEPS = (0.2, 0.8)  # of functions that jump, between two jumps
UNARY: dict[str, Any] = {
    **dict.fromkeys((
        "abs", "sign", "square", "exp", "exp2", "sin", "cos", "atan", "sinh", "cosh", "tanh", "asinh", "relu", "relu6", "sigmoid",
        "elu", "celu", "selu", "gelu", "quick_gelu", "silu", "mish", "softplus", "softsign", "logsigmoid", "hardsigmoid", "hardswish",
        "hardtanh", "leaky_relu", "erf", "cumsum", "cummax", "cummin", "logcumsumexp", "softmax", "softmin", "swish", "neg", "log_softmax", "logsumexp", "sum",
        "mean", "prod", "max", "min", "std", "var", "std_mean", "var_mean", "contiguous", "clone"), "real"),
    **dict.fromkeys(("floor", "ceil", "trunc", "round"), STEPS),
    "log": "positive", "log2": "positive", "log10": "positive", "sqrt": "positive", "rsqrt": "positive", "reciprocal": "nonzero",
    "tan": (-1.5, 1.5), "asin": (-1.0, 1.0), "acos": (-1.0, 1.0), "atanh": (-1.0, 1.0), "acosh": (1.0, INF),
}  # fmt: skip


def _inplace(x: Tensor, y: Tensor) -> Tensor:
    z = x * 2
    z += y
    z *= y
    return z


def _assigned(x: Tensor, v: Tensor) -> Tensor:
    y = x * 2
    y[1] = v
    return y * x


LABELS = Tensor([1, 0])
OPS = [
    *[Op(n, getattr(Tensor, n), one(d)) for n, d in UNARY.items()],
    *[Op(n, getattr(Tensor, n), two(*d)) for n, d in {
        "add": (), "sub": (), "mul": (), "div": ("real", "nonzero"), "pow": ("positive", "real"), "maximum": (), "minimum": (),
        "logaddexp": (), "copysign": ("real", "nonzero"), "mod": ((0.1, 0.8), (1.0, 3.0)), "fmod": ((0.1, 0.8), (1.0, 3.0)),
    }.items()],
    Op("mul of numbers (0-d)", lambda a, b: a * b, of(",")),
    Op("add of numbers (0-d)", lambda a, b: a + 3 * b, of(",")),
    Op("pow negative base", lambda x, p: x**p, one(p=[2, 3, -1, 1])),
    Op("pow base at zero", lambda x, y: x.abs() ** y, of("3,3", "real", "positive")),
    Op("pow number base", lambda x: 2.0**x, one()),
    Op("where", lambda m, x, y: m.where(x, y), of("3,3,3", "mask")),
    Op("clip", lambda x, y: x.clip(-1.0, 1.0) * y, of("3,3")),
    *[Op(f"{n} of {next(iter(o))}", getattr(Tensor, n), one(**o)) for n, o in {
        "elu": {"alpha": [0.5]}, "celu": {"alpha": [0.5]}, "leaky_relu": {"neg_slope": [0.5]}, "hardtanh": {"min_val": [-0.5]},
        "softplus": {"beta": [2.0]}, "gelu": {"approximate": ["none"]}, "hardsigmoid": {"alpha": [0.5]},
    }.items()],
    Op("relu of sums", lambda x, y: (x + y).relu().square(), of("3,3")),
    Op("clamp", lambda x: x.clamp(-1.0, 1.0), one()),
    Op("x += y", lambda x, y: _inplace(x, y), of("3,3")),
    Op("setitem", lambda x, y: _assigned(x, y), of("32,2")),
    Op("cast", lambda x: x.cast("float32") * x, one()),
    Op("lerp", Tensor.lerp, of("3,3,3")),
    Op("sum axis", Tensor.sum, of("nm", axis=[0, -1], keepdim=[False, True])),
    Op("max axis", Tensor.max, of("nm", axis=[0, -1])),
    Op("prod axis", Tensor.prod, of("nm", axis=[0])),
    *[Op(f"{n} axis", getattr(Tensor, n), of("23", axis=[0, 1])) for n in ("cumsum", "cumprod", "logcumsumexp", "std", "mean", "min")],
    *[Op(f"{n} axis", lambda x, n=n, **o: getattr(x, n)(**o)[0], of("23", axis=[0, 1])) for n in ("cummax", "cummin")],
    Op("sum of axes", Tensor.sum, of("223", axis=[(0, 2)])),
    Op("std_mean axis", Tensor.std_mean, of("nm", axis=[1], correction=[0])),
    Op("var axis", Tensor.var, of("nm", axis=[0], correction=[0, 1])),
    Op("logsumexp axis", Tensor.logsumexp, of("nm", axis=[0, 1])),
    Op("softmax axis", Tensor.softmax, of("nm", axis=[0])),
    Op("normalize", Tensor.normalize, of("nm", p=[1, 2], dim=[1])),
    Op("sort", lambda x: x.sort()[0], of("4")),
    Op("sort descending", lambda x: x.sort(0, descending=True)[0], of("32")),
    Op("topk smallest", lambda x: x.topk(2, 0, largest=False)[0], of("32")),
    Op("topk", lambda x: x.topk(2)[0], of("4")),
    Op("matmul", Tensor.matmul, Narrow.matmul()),
    Op("dot", Tensor.dot, of("3,32")),
    Op("einsum diagonal", lambda a, b: Tensor.einsum("ii,i->i", a, b), of("22,2")),
    Op("einsum of three", lambda a, b, c: Tensor.einsum("ki,ij,jm->km", a, b, c), of("12,23,32")),
    Op("einsum", lambda a, b: Tensor.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("x[indices]", lambda x, i: x[i], of("3m,4", "real", "indices:3")),
    Op("x[1:, None]", lambda x: x[1:, None], of("3m")),
    Op("x[i, j]", lambda x, i, j: x[i, j], of("34,2,2", "real", "indices:3", "indices:4")),
    Op("x[i, :, j]", lambda x, i, j: x[i, :, j], of("323,2,2", "real", "labels:3", "labels:3")),
    Op("x[::-2]", lambda x: x[::-2, ..., 1:], of("32")),
    Op("scatter number", lambda x: x.scatter(0, Tensor([[0, 1], [2, 0]]), 2.0), of("32")),
    *[Op(f"scatter by {r} of number", lambda x, r=r: x.scatter(0, Tensor([[0, 1], [2, 0]]), 2.0, reduce=r), of("32")) for r in ("add", "multiply")],
    Op("masked_select", lambda x: x.masked_select(Tensor([True, False, True])), of("3")),
    Op("gather", lambda x, i: x.gather(1, i), of("n3,n2", "real", "labels:3")),
    Op("scatter", lambda x, s: x.scatter(0, Tensor([[0, 1], [2, 0]]), s), of("32,22")),
    Op("scatter add", lambda x, i, s: x.scatter_reduce(0, i, s, "sum"), of("3m,4m,4m", "real", "labels:3")),
    *[Op(f"scatter_reduce {r}", lambda x, i, s, r=r: x.scatter_reduce(0, i, s, r), of("32,42,42", "real", "labels:3"))
      for r in ("prod", "mean", "amax", "amin")],
    *[Op(f"scatter_reduce {r} without self", lambda x, i, s, r=r: x.scatter_reduce(0, i, s, r, include_self=False),
         of("32,42,42", "real", "labels:3")) for r in ("sum", "prod", "mean", "amax")],
    Op("masked_fill", lambda x, m, v: x.masked_fill(m, v), of("3,3,3", "real", "mask")),
    Op("cat", lambda a, b: a.cat(b, a, dim=1), of("nm,nm")),
    Op("stack", lambda a, b: Tensor.stack(a, b, a, dim=1), of("nm,nm")),
    Op("split chunk", lambda x: (*x.split([1, 3]), *x.chunk(2)), of("42")),
    Op("meshgrid", lambda a, b: a.meshgrid(b), of("2,3")),
    Op("squeeze unsqueeze", lambda x: x.squeeze(1).unsqueeze(0), of("213")),
    Op("flatten unflatten", lambda x: x.transpose(0, 1).flatten().unflatten(0, (2, -1)), of("23")),
    Op("reshape view", lambda x: x.T.reshape(-1).view(2, 3), of("23")),
    Op("rearrange", lambda x: x.rearrange("a (b c) -> (c a) b", b=2), of("24")),
    Op("shrink", lambda x: x.shrink(((0, 2), (1, 3))), of("33")),
    Op("pad_to shrink_to", lambda x: x.pad_to(4, 3).shrink_to(3, 2), of("32")),
    Op("pad of both", lambda x: x.pad(((1, 0), (-1, 2)), value=3.0), of("23")),
    Op("pad", lambda x, mode: x.pad((1, 2), mode=mode), of("24", mode=["constant", "reflect", "replicate", "circular"])),
    Op("flip roll permute", lambda x: x.flip(0).roll(1, 1).permute(1, 0), of("nm")),
    Op("repeat expand", lambda x: x.repeat(2, 1).expand(2, 4, 3), of("23")),
    Op("repeat_interleave", lambda x: x.repeat_interleave(2, 0), of("nm")),
    Op("unfold", lambda x: x.unfold(0, 3, 1), of("5")),
    Op("diag", Tensor.diag, of("3")),
    Op("tril", Tensor.tril, of("33")),
    Op("triu", lambda x: x.triu(1), of("33")),
    Op("diagonal", lambda x: x.diagonal(1), of("23")),
    Op("linear", lambda x, w, b: x.linear(w, b), of("nm,mk,k")),
    Op("conv2d", lambda x, w: x.conv2d(w, stride=2, padding=1), of("1144,1122")),
    Op("conv2d groups", lambda x, w, b: x.conv2d(w, b, groups=2, dilation=2), of("1244,2122,2")),
    Op("conv1d", lambda x, w: x.conv2d(w, padding=(2, 0)), of("125,323")),
    Op("conv_transpose2d", lambda x, w: x.conv_transpose2d(w, stride=2, padding=1, output_padding=1), of("1122,1222")),
    Op("batchnorm", lambda x, w, b, m, v: x.batchnorm(w, b, m, v), of("232,3,3,3,3")),
    Op("max_pool2d padded", lambda x: x.max_pool2d(2, 2, padding=1), of("1133")),
    Op("max_pool2d dilated", lambda x: x.max_pool2d(2, 1, dilation=2), of("1133")),
    Op("max_pool2d ceil", lambda x: x.max_pool2d(2, 2, ceil_mode=True), of("1133")),
    Op("avg_pool2d ceil", lambda x: x.avg_pool2d(2, 2, ceil_mode=True), of("1133")),
    Op("max_unpool2d", lambda x: Tensor.max_unpool2d(*x.max_pool2d(2, 2, return_indices=True), 2, 2), of("1144")),
    Op("avg_pool2d", lambda x: x.avg_pool2d(2, 1, padding=1, count_include_pad=False), of("1133")),
    Op("max_pool2d", lambda x: x.max_pool2d(2, 1), of("1133")),
    Op("interpolate", lambda x: x.interpolate((5,), mode="linear"), of("123")),
    Op("interpolate nearest", lambda x, mode: x.interpolate((5,), mode=mode), of("123", mode=["nearest", "nearest-exact"])),
    Op("interpolate aligned", lambda x: x.interpolate((2, 4), align_corners=True), of("1123")),
    Op("layernorm", lambda x: x.layernorm(), of("nm")),
    Op("cross_entropy", lambda x, s: x.cross_entropy(LABELS, label_smoothing=0.2) * s.sum(), of("23,1")),
    Op("sparse_categorical_crossentropy", lambda x: x.sparse_categorical_crossentropy(LABELS), of("23")),
    Op("binary_crossentropy", Tensor.binary_crossentropy, of("3,3", "unit", "unit")),
    Op("binary_crossentropy_logits", Tensor.binary_crossentropy_logits, of("3,3", "real", "unit")),
    Op("nll_loss", lambda x: x.nll_loss(LABELS), of("23")),
    Op("scaled_dot_product_attention", lambda q, k, v: q.scaled_dot_product_attention(k, v), of("22,32,32")),
    Op("scaled_dot_product_attention causal", lambda q, k, v: q.scaled_dot_product_attention(k, v, is_causal=True), of("22,32,32")),
    Op("scaled_dot_product_attention mask", lambda q, k, v, m: q.scaled_dot_product_attention(k, v, m), of("22,32,32,23")),
    Op("nll_loss weight", lambda x, w: x.nll_loss(LABELS, w), of("23,3", "real", "positive")),
    Op("cross_entropy of probabilities", lambda x, y: x.cross_entropy(y), of("23,23", "real", "probability")),
    Op("sparse_categorical_crossentropy smoothing", lambda x: x.sparse_categorical_crossentropy(
        LABELS, ignore_index=0, label_smoothing=0.1), of("23")),
    Op("binary_crossentropy_logits pos_weight", lambda x, y, w: x.binary_crossentropy_logits(y, pos_weight=w), of("3,3,3", "real", "unit", "positive")),
    Op("newton_schulz", lambda x: x.newton_schulz(2, (2, -1.5, 0.5)), st.tuples(spread(2, 3))),
    Op("svd", lambda x: x.svd()[1], st.tuples(spread(2, 2))),
    Op("qr", lambda x: x.qr(), st.tuples(spread(2, 2))),
]  # fmt: skip
OPS = marked(OPS, KNOWN)
