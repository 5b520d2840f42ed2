"""PyTorch's activations, losses and layers: https://docs.pytorch.org/docs/stable/nn.functional.html"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st

from .table import Op, Wide, named, spread

one, two, of = Wide.one, Wide.two, Wide.of
REDUCTION = {"reduction": ["none", "mean", "sum"]}
DIM = {"dim": [0, 1, -1]}

ACTIVATIONS = [
    *named("F.", F, dict.fromkeys((
        "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "mish", "softplus", "softsign", "tanhshrink",
        "softshrink", "hardshrink", "hardtanh", "hardsigmoid", "hardswish", "logsigmoid"), "real"), one),
    Op("F.gelu", F.gelu, one(approximate=["none", "tanh"])),
    Op("F.elu alpha", F.elu, one(alpha=[0.5, -0.5, 0.0])),
    Op("F.leaky_relu slope", F.leaky_relu, one(negative_slope=[0.5, 0.0])),
    Op("F.softplus beta", F.softplus, one(beta=[0.5, 2], threshold=[20, 1])),
    Op("F.threshold", lambda x: F.threshold(x, 0.5, 2.0), one()),
    Op("F.prelu", F.prelu, of("nm,m")),
    Op("F.glu", F.glu, of("4m", dim=[0])),
    *named("F.", F, {"softmax": "nm", "log_softmax": "nm", "softmin": "nm", "normalize": "nm"}, lambda s: of(s, **DIM)),
    Op("F.normalize p", F.normalize, of("nm", p=[1.0, 3.0], dim=[1])),
]  # fmt: skip

LOSSES = [
    *[Op(f"F.{n}", getattr(F, n), of("nm,nm", **REDUCTION)) for n in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    Op("F.smooth_l1_loss beta", F.smooth_l1_loss, of("n,n", beta=[0.0, 0.5, 2.0])),
    Op("F.huber_loss delta", F.huber_loss, of("n,n", delta=[0.5, 2.0])),
    Op("F.mse_loss weight", F.mse_loss, of("nm,nm,nm", "real", "real", "positive", **REDUCTION)),
    Op("F.binary_cross_entropy", F.binary_cross_entropy, of("nm,nm,m", "unit", "unit", "positive", **REDUCTION)),
    Op("F.binary_cross_entropy_with_logits", lambda x, y, w, p, reduction: F.binary_cross_entropy_with_logits(
        x, y, w, pos_weight=p, reduction=reduction), of("nm,nm,m,m", "real", "unit", "positive", "positive", **REDUCTION)),
    Op("F.kl_div", F.kl_div, of("nm,nm", "real", "unit", log_target=[False, True], reduction=["none", "sum", "batchmean"])),
    Op("F.nll_loss", F.nll_loss, of("nm,n", "real", "labels:m", ignore_index=[-100, 0], **REDUCTION)),
    Op("F.nll_loss weight", F.nll_loss, of("n3,n,3", "real", "labels:3", "positive", **REDUCTION)),
    Op("F.cross_entropy", F.cross_entropy, of("nm,n", "real", "labels:m", label_smoothing=[0.0, 0.3], **REDUCTION)),
    Op("F.cross_entropy weight", F.cross_entropy,
       of("n3,n,3", "real", "labels:3", "positive", label_smoothing=[0.0, 0.3], ignore_index=[-100, 1], **REDUCTION)),
    Op("F.cross_entropy probabilities", F.cross_entropy, of("nm,nm", "real", "probability", **REDUCTION)),
    Op("F.poisson_nll_loss", F.poisson_nll_loss, of("n,n", "real", "positive", log_input=[True, False], full=[True, False])),
    Op("F.gaussian_nll_loss", F.gaussian_nll_loss, of("nm,nm,nm", "real", "real", "positive", full=[True, False])),
    Op("F.hinge_embedding_loss", lambda x, m, **o: F.hinge_embedding_loss(x, m * 2.0 - 1, **o), of("n,n", "real", "mask",
       margin=[1.0, 0.5])),
    Op("F.margin_ranking_loss", lambda a, b, m: F.margin_ranking_loss(a, b, m * 2.0 - 1, 0.5), of("n,n,n", "real", "real", "mask")),
    Op("F.multi_margin_loss", F.multi_margin_loss, of("n3,n,3", "real", "labels:3")),
    Op("F.multi_margin_loss p=2 weight", lambda x, y, w: F.multi_margin_loss(x, y, p=2, margin=0.5, weight=w),
       of("n3,n,3", "real", "labels:3", "positive")),
    Op("F.multilabel_margin_loss", lambda x: F.multilabel_margin_loss(x, torch.tensor([[2, 0, -1]])), of("13")),
    Op("F.soft_margin_loss", F.soft_margin_loss, of("n,n", **REDUCTION)),
    Op("F.multilabel_soft_margin_loss", F.multilabel_soft_margin_loss, of("nm,nm,m", "real", "unit", "positive")),
    Op("F.triplet_margin_loss", F.triplet_margin_loss, of("nm,nm,nm", p=[1.0, 2.0, 3.0], swap=[False, True])),
    Op("F.cosine_embedding_loss", lambda a, b: F.cosine_embedding_loss(a, b, torch.tensor([1, -1, 1]), 0.1), of("3m,3m")),
    Op("F.cosine_similarity", F.cosine_similarity, of("nm,nm", dim=[0, 1])),
    Op("F.cosine_similarity eps", lambda a, b: F.cosine_similarity(a, b, eps=2.0), of("nm,nm")),
    Op("F.pairwise_distance", F.pairwise_distance, of("nm,nm", p=[0.5, 1.0, 2.0, 3.0])),
    Op("F.ctc_loss", lambda x, **o: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2]),
       **o), of("413", **REDUCTION)),
    Op("F.ctc_loss repeated label", lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 1]]), torch.tensor([4]),
       torch.tensor([2])), of("413")),
]  # fmt: skip


def _grid(align: bool, mode: str, padding: str) -> Any:
    return lambda x, g: F.grid_sample(x, g, mode=mode, padding_mode=padding, align_corners=align)


LAYERS = [
    Op("F.linear", F.linear, of("...n,mn,m")),
    Op("F.bilinear", F.bilinear, of("kn,km,anm,a")),
    Op("F.conv1d", F.conv1d, of("n25,323,3", stride=[1, 2], padding=[0, 2], dilation=[1, 2])),
    Op("F.conv1d groups", lambda x, w: F.conv1d(x, w, groups=2), of("n45,423")),
    Op("F.conv2d", F.conv2d, of("1244,2222,2", stride=[1, 2], padding=[0, 1])),
    Op("F.conv_transpose1d", F.conv_transpose1d, of("n24,233,3", stride=[1, 2], padding=[0, 1])),
    Op("F.avg_pool1d", F.avg_pool1d, of("n25", kernel_size=[2], stride=[1, 2], padding=[0, 1], count_include_pad=[True, False])),
    Op("F.avg_pool2d", F.avg_pool2d, of("1244", kernel_size=[2, 3], stride=[1, 2], ceil_mode=[True, False])),
    Op("F.max_pool1d", F.max_pool1d, of("n25", kernel_size=[2], stride=[1, 2], padding=[0, 1], dilation=[1, 2])),
    Op("F.max_pool2d", F.max_pool2d, of("1244", kernel_size=[2, 3], stride=[1, 2], ceil_mode=[True, False])),
    Op("F.lp_pool1d", F.lp_pool1d, of("124", norm_type=[1.0, 2.0, 3.0], kernel_size=[2])),
    Op("F.adaptive_avg_pool1d", F.adaptive_avg_pool1d, of("n25", output_size=[1, 2, 3, 7])),
    Op("F.adaptive_max_pool1d", F.adaptive_max_pool1d, of("n25", output_size=[1, 2, 3])),
    Op("F.max_unpool1d", lambda x: F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2), of("124")),
    Op("F.interpolate", lambda x, **o: F.interpolate(x, size=7, **o), of("n24", mode=["nearest", "linear", "area"])),
    Op("F.interpolate aligned", lambda x: F.interpolate(x, size=7, mode="linear", align_corners=True), of("n24")),
    *[Op(f"F.interpolate {m}", lambda x, m=m, **o: F.interpolate(x, mode=m, **o), of("1133", size=[2, 4], align_corners=[False, True],
         antialias=[False, True])) for m in ("bilinear", "bicubic")],
    *[Op(f"F.grid_sample {m} {p}", _grid(a, m, p), st.tuples(spread(1, 2, 3, 3), spread(1, 2, 2, 2)))
      for a in (False,) for m in ("bilinear", "nearest", "bicubic") for p in ("zeros", "border", "reflection")],
    Op("F.affine_grid", lambda t: F.affine_grid(t, [1, 1, 2, 3], align_corners=False), of("123")),
    *[Op(f"F.pad {m}", lambda x, m=m: F.pad(x, (2, 1), mode=m), of("n24"))
      for m in ("constant", "reflect", "replicate", "circular")],
    Op("F.pad negative", lambda x: F.pad(x, (-1, 2, 1, -1)), of("44")),
    Op("F.layer_norm", lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), of("nm,m,m")),
    Op("F.rms_norm", lambda x, w: F.rms_norm(x, x.shape[-1:], w), of("nm,m")),
    Op("F.batch_norm", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), of("3m,m,m")),
    Op("F.batch_norm evaluated", F.batch_norm, of("nm,m,m,m,m", "real", "real", "positive")),
    Op("F.group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), of("n43,4,4")),
    Op("F.instance_norm", lambda x: F.instance_norm(x), of("n23")),
    Op("F.local_response_norm", lambda x: F.local_response_norm(x, 3), of("n43")),
    Op("F.embedding", F.embedding, of("k,4m", "labels:4", "real", padding_idx=[None, 0, -1])),
    Op("F.embedding scaled", lambda i, w: F.embedding(i, w, scale_grad_by_freq=False), of("k,4m", "labels:4")),
    Op("F.embedding_bag", F.embedding_bag, of("k3,4m", "labels:4", "real", mode=["sum", "mean", "max"])),
    Op("F.embedding_bag weights", lambda i, w, p: F.embedding_bag(i, w, per_sample_weights=p, mode="sum"),
       of("k3,4m,k3", "labels:4")),
    Op("F.scaled_dot_product_attention", F.scaled_dot_product_attention, of("anm,akm,akm", is_causal=[False, True])),
    Op("F.attention masked", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), of("nm,km,km,nk", "real", "real",
       "real", "mask")),
    Op("F.unfold", lambda x: F.unfold(x, 2, padding=1), of("1233")),
    Op("F.fold", lambda x: F.fold(x, (3, 3), 2), of("184")),
    Op("F.pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), of("1822")),
    Op("nn.Linear", torch.nn.Linear(3, 2, dtype=torch.float64), of("n3"), battery=("forward", "backward", "linear", "numeric",
       "repeat", "layouts", "second")),
]  # fmt: skip

NN = [*ACTIVATIONS, *LOSSES, *LAYERS]
