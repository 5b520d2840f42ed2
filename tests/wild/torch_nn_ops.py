"""PyTorch's activations, losses and layers: https://docs.pytorch.org/docs/stable/nn.functional.html"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st

from .table import FIRST_ORDER, Op, Wide, named, spread

one, two, of = Wide.one, Wide.two, Wide.of
REDUCTION = {"reduction": ["none", "mean", "sum"]}
DIM = {"dim": [0, 1, -1]}
WEIGHTS = torch.tensor([0.5, 0.25, 2.0], dtype=torch.float64)  # of losses, which do not differentiate by them
WEIGHT = {"weight": [None, WEIGHTS]}


def weighted(loss: Any) -> Any:
    """With weights of the input's dtype: PyTorch takes no others."""
    return lambda x, y, weight=None, **o: loss(x, y, weight=None if weight is None else weight.to(x.dtype), **o)


ACTIVATIONS = [
    *named("F.", F, dict.fromkeys((
        "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "mish", "softplus", "softsign", "tanhshrink",
        "softshrink", "hardshrink", "hardtanh", "hardswish", "logsigmoid"), "real"), one),
    Op("F.hardsigmoid", F.hardsigmoid, one(), battery=FIRST_ORDER),
    Op("F.gelu", F.gelu, one(approximate=["none", "tanh"])),
    Op("F.elu alpha", F.elu, one(alpha=[0.5, -0.5, 0.0])),
    Op("F.leaky_relu slope", F.leaky_relu, one(negative_slope=[0.5, 0.0])),
    Op("F.softplus beta", F.softplus, one(beta=[0.5, 2], threshold=[20, 1])),
    Op("F.threshold", lambda x: F.threshold(x, 0.5, 2.0), one()),
    Op("F.prelu", F.prelu, of("nm,m")),
    Op("F.rrelu evaluated", lambda x: F.rrelu(x, 0.2, 0.4, training=False), one()),
    Op("F.celu alpha", F.celu, one(alpha=[0.5, -0.5])),
    Op("F.hardtanh bounds", F.hardtanh, one(min_val=[-0.5], max_val=[1.5])),
    Op("F.softshrink lambda", F.softshrink, one(lambd=[0.0, 1.0])),
    Op("F.hardshrink lambda", F.hardshrink, one(lambd=[0.0, 1.0])),
    Op("in place", lambda x: F.leaky_relu(F.hardtanh(x * 2, -2.0, 2.0, inplace=True) * F.elu(x * 2, inplace=True), 0.2, inplace=True), one()),
    Op("F.glu", F.glu, of("4m", dim=[0])),
    *named("F.", F, {"softmax": "nm", "log_softmax": "nm", "softmin": "nm", "normalize": "nm"}, lambda s: of(s, **DIM)),
    Op("F.normalize p", F.normalize, of("nm", p=[1.0, 3.0], dim=[1])),
]  # fmt: skip

LOSSES = [
    *[Op(f"F.{n}", getattr(F, n), of("nm,nm", **REDUCTION)) for n in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    Op("F.smooth_l1_loss beta", F.smooth_l1_loss, of("n,n", beta=[0.0, 0.5, 2.0])),
    Op("F.huber_loss delta", F.huber_loss, of("n,n", delta=[0.5, 2.0])),
    Op("F.mse_loss weight", F.mse_loss, of("nm,nm,nm", "real", "real", "positive", **REDUCTION)),
    Op("F.binary_cross_entropy", F.binary_cross_entropy, of("n3,n3", "unit", "unit", **WEIGHT, **REDUCTION)),
    Op("F.binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits,
       of("n3,n3", "real", "unit", pos_weight=[None, WEIGHTS], **WEIGHT, **REDUCTION)),
    Op("F.kl_div", F.kl_div, of("nm,nm", "real", "unit", log_target=[False, True], reduction=["none", "sum", "batchmean"])),
    Op("F.nll_loss", F.nll_loss, of("nm,n", "real", "labels:m", ignore_index=[-100, 0], **REDUCTION)),
    Op("F.nll_loss weight", weighted(F.nll_loss), of("n3,n", "real", "labels:3", **WEIGHT, **REDUCTION)),
    Op("F.cross_entropy", F.cross_entropy, of("nm,n", "real", "labels:m", label_smoothing=[0.0, 0.3], **REDUCTION)),
    Op("F.cross_entropy weight", weighted(F.cross_entropy),
       of("n3,n", "real", "labels:3", label_smoothing=[0.0, 0.3], ignore_index=[-100, 1], **WEIGHT, **REDUCTION)),
    Op("F.cross_entropy probabilities", F.cross_entropy, of("nm,nm", "real", "probability", **REDUCTION)),
    Op("F.poisson_nll_loss", F.poisson_nll_loss, of("n,n", "real", "positive", log_input=[True, False], full=[True, False])),
    Op("F.gaussian_nll_loss", F.gaussian_nll_loss, of("nm,nm,nm", "real", "real", "positive", full=[True, False])),
    Op("F.hinge_embedding_loss", lambda x, m, **o: F.hinge_embedding_loss(x, m * 2.0 - 1, **o), of("n,n", "real", "mask",
       margin=[1.0, 0.5])),
    Op("F.margin_ranking_loss", lambda a, b, m: F.margin_ranking_loss(a, b, m * 2.0 - 1, 0.5), of("n,n,n", "real", "real", "mask")),
    Op("F.multi_margin_loss", weighted(F.multi_margin_loss), of("n3,n", "real", "labels:3", **WEIGHT), battery=FIRST_ORDER),
    Op("F.multi_margin_loss p=2 weight", weighted(F.multi_margin_loss), of("43,4", "real", "labels:3", p=[2], margin=[0.5], **WEIGHT),
       battery=FIRST_ORDER),
    Op("F.multilabel_margin_loss", lambda x: F.multilabel_margin_loss(x, torch.tensor([[2, 0, -1]])), of("13"), battery=FIRST_ORDER),
    Op("F.soft_margin_loss", lambda x, m, **o: F.soft_margin_loss(x, m * 2.0 - 1, **o), of("n,n", "real", "mask", **REDUCTION)),
    Op("F.multilabel_soft_margin_loss", F.multilabel_soft_margin_loss, of("nm,nm,m", "real", "unit", "positive")),
    Op("F.triplet_margin_loss", F.triplet_margin_loss, of("nm,nm,nm", p=[1.0, 2.0, 3.0], swap=[False, True])),
    Op("F.cosine_embedding_loss", lambda a, b: F.cosine_embedding_loss(a, b, torch.tensor([1, -1, 1]), 0.1), of("3m,3m")),
    Op("F.cosine_similarity", F.cosine_similarity, of("nm,nm", dim=[0, 1])),
    Op("F.cosine_similarity eps", lambda a, b: F.cosine_similarity(a, b, eps=2.0), of("nm,nm")),
    Op("F.pairwise_distance", F.pairwise_distance, of("nm,nm", p=[0.5, 1.0, 2.0, 3.0])),
    Op("F.ctc_loss", lambda x, **o: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2]),
       **o), of("413", **REDUCTION), battery=FIRST_ORDER),
    Op("F.triplet_margin_with_distance_loss", lambda a, b, c, **o: F.triplet_margin_with_distance_loss(
        a, b, c, distance_function=lambda x, y: (x - y).abs().sum(-1), **o), of("nm,nm,nm", swap=[False, True], margin=[0.5])),
    Op("F.nll_loss of images", F.nll_loss, of("2322,222", "real", "labels:3", **REDUCTION)),
    Op("F.cross_entropy of images", weighted(F.cross_entropy), of("2322,222", "real", "labels:3", label_smoothing=[0.0, 0.3], **WEIGHT)),
    Op("F.cross_entropy probabilities weight", weighted(F.cross_entropy), of("n3,n3", "real", "probability",
       label_smoothing=[0.0, 0.3], **WEIGHT, **REDUCTION)),
    Op("F.cosine_embedding_loss of logits", lambda a, b: F.cosine_embedding_loss(a, b, torch.tensor([-1, 1]), -0.5), of("2m,2m")),
    Op("F.multi_margin_loss p=2", F.multi_margin_loss, of("4m,4", "real", "labels:m", p=[2], margin=[-0.5, 1.0], **REDUCTION),
       battery=FIRST_ORDER),
    Op("F.multilabel_margin_loss batch", lambda x, **o: F.multilabel_margin_loss(x, torch.tensor([[2, 0, -1], [1, -1, 0]]), **o),
       of("23", **REDUCTION), battery=FIRST_ORDER),
    Op("F.ctc_loss lengths", lambda x, **o: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 2], [2, 0]]), torch.tensor([4, 3]),
       torch.tensor([2, 1]), **o), of("423", zero_infinity=[False, True], **REDUCTION), battery=FIRST_ORDER),
    Op("F.ctc_loss of too few steps", lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 1]]), torch.tensor([2]),
       torch.tensor([2]), zero_infinity=True), of("213"), battery=FIRST_ORDER),
    Op("F.ctc_loss of given logarithms", lambda x: F.ctc_loss(x, torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2])), of("413"), battery=FIRST_ORDER),
    Op("F.ctc_loss repeated label", lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 1]]), torch.tensor([4]),
       torch.tensor([2])), of("413"), battery=FIRST_ORDER),
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
    Op("F.conv2d groups dilation", lambda x, w, b: F.conv2d(x, w, b, padding="same", dilation=2, groups=2), of("1433,4222,4")),
    Op("F.conv3d", F.conv3d, of("11333,21222,2", stride=[1, 2], padding=[0, 1])),
    Op("F.conv_transpose1d dilated", F.conv_transpose1d, of("n24,223", stride=[2], output_padding=[0, 1], dilation=[2])),
    Op("F.conv_transpose1d groups", lambda x, w: F.conv_transpose1d(x, w, groups=2), of("n43,423")),
    Op("F.conv_transpose2d", F.conv_transpose2d, of("1233,2222,2", stride=[1, 2], padding=[0, 1])),
    Op("F.conv_transpose3d", F.conv_transpose3d, of("11222,12222,2", stride=[1, 2])),
    Op("conv_tbc", lambda *a: torch.conv_tbc(*(x.contiguous() for x in a)), of("422,222,2")),
    Op("F.avg_pool3d", F.avg_pool3d, of("11333", kernel_size=[2], stride=[1, 2], padding=[0, 1], divisor_override=[None, 3])),
    Op("F.avg_pool2d divisor", F.avg_pool2d, of("1233", kernel_size=[2], padding=[1], count_include_pad=[False], divisor_override=[None, 3])),
    Op("F.max_pool3d", F.max_pool3d, of("11333", kernel_size=[2], stride=[1, 2], padding=[0, 1])),
    Op("F.max_pool2d dilated", F.max_pool2d, of("1144", kernel_size=[2], stride=[1], dilation=[2], padding=[0, 1])),
    Op("F.lp_pool2d", F.lp_pool2d, of("1233", norm_type=[1.0, 2.0, 3.0], kernel_size=[2], ceil_mode=[False, True])),
    Op("F.lp_pool3d", F.lp_pool3d, of("11222", "positive", norm_type=[2.0, 3.0], kernel_size=[2])),
    *[Op(f"F.adaptive_{k}_pool{d}d", getattr(F, f"adaptive_{k}_pool{d}d"), of("11" + "343"[:d], output_size=[1, 2, 3]))
      for k in ("avg", "max") for d in (2, 3)],
    Op("F.max_unpool2d", lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), of("1244")),
    Op("F.max_unpool3d", lambda x: F.max_unpool3d(*F.max_pool3d(x, 2, return_indices=True), 2), of("11222")),
    Op("F.fractional_max_pool2d", lambda x: F.fractional_max_pool2d(x, 2, 2, _random_samples=torch.full((1, 2, 2), 0.3, dtype=x.dtype)),
       of("1244")),
    Op("F.fractional_max_pool3d", lambda x: F.fractional_max_pool3d(x, 2, 2, _random_samples=torch.full((1, 1, 3), 0.3, dtype=x.dtype)),
       of("11444")),
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
    *[Op(f"F.grid_sample aligned {m} {p}", _grid(True, m, p), st.tuples(spread(1, 2, 3, 3), spread(1, 2, 2, 2)))
      for m in ("bilinear", "bicubic") for p in ("zeros", "border", "reflection")],
    *[Op(f"F.grid_sample of volumes {p}", lambda x, g, align_corners, p=p: F.grid_sample(x, g, padding_mode=p, align_corners=align_corners),
         st.tuples(spread(1, 1, 2, 3, 2), spread(1, 1, 2, 2, 3), st.sampled_from([{"align_corners": a} for a in (False, True)])))
      for p in ("zeros", "border", "reflection")],
    Op("F.affine_grid of volumes", lambda t, a: F.affine_grid(t, [1, 1, 2, 3, 2], align_corners=a), of("134", a=[False, True])),
    *[Op(f"F.interpolate {m}", lambda x, m=m, **o: F.interpolate(x, mode=m, **o), of("11232", size=[2, 3]))
      for m in ("trilinear", "nearest-exact")],
    Op("F.interpolate trilinear aligned", lambda x: F.interpolate(x, size=3, mode="trilinear", align_corners=True), of("11232")),
    Op("F.interpolate scale", F.interpolate, of("n15", mode=["nearest", "nearest-exact", "linear", "area"], scale_factor=[0.7, 1.6],
       recompute_scale_factor=[None, True])),
    *[Op(f"F.pad {m} of images", lambda x, m=m: F.pad(x, (2, 1, 0, 2), mode=m), of("1234"))
      for m in ("reflect", "replicate", "circular")],
    *[Op(f"F.pad {m} of volumes", lambda x, m=m: F.pad(x, (1, 0, 0, 1, 1, 1), mode=m), of("12222"))
      for m in ("reflect", "replicate", "circular")],
    Op("F.affine_grid", lambda t: F.affine_grid(t, [1, 1, 2, 3], align_corners=False), of("123")),
    *[Op(f"F.pad {m}", lambda x, m=m: F.pad(x, (2, 1), mode=m), of("n24"))
      for m in ("constant", "reflect", "replicate", "circular")],
    Op("F.pad negative", lambda x: F.pad(x, (-1, 2, 1, -1)), of("44")),
    Op("F.layer_norm", lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), of("nm,m,m")),
    Op("F.rms_norm", lambda x, w: F.rms_norm(x, x.shape[-1:], w), of("nm,m")),
    Op("F.batch_norm", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), of("3m,m,m")),
    Op("F.batch_norm evaluated", lambda x, w, b: F.batch_norm(x, -WEIGHTS.to(x.dtype), WEIGHTS.to(x.dtype), w, b), of("n3,3,3")),
    Op("F.group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), of("n43,4,4")),
    Op("F.instance_norm", lambda x: F.instance_norm(x), of("n23")),
    Op("F.instance_norm weights", lambda x, w, b: F.instance_norm(x, weight=w, bias=b), of("n23,2,2")),
    Op("F.instance_norm evaluated", lambda x: F.instance_norm(x, -WEIGHTS.to(x.dtype), WEIGHTS.to(x.dtype), use_input_stats=False), of("n33")),
    Op("F.layer_norm of two axes", lambda x, w: F.layer_norm(x, (2, 3), w), of("n23,23")),
    Op("F.layer_norm eps", lambda x: F.layer_norm(x, x.shape[-1:], eps=0.5), of("nm")),
    Op("F.batch_norm of images", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), of("2322,3,3")),
    Op("F.rms_norm eps", lambda x, w: F.rms_norm(x, x.shape[-1:], w, eps=0.5), of("nm,m")),
    Op("F.local_response_norm of images", lambda x: F.local_response_norm(x, 2, alpha=0.5, beta=0.5, k=2.0), of("1322")),
    Op("F.local_response_norm", lambda x: F.local_response_norm(x, 3), of("n43")),
    Op("F.embedding", F.embedding, of("k,4m", "labels:4", "real", padding_idx=[None, 0, -1])),
    Op("F.embedding scaled", lambda i, w: F.embedding(i, w, scale_grad_by_freq=False), of("k,4m", "labels:4")),
    Op("F.embedding_bag", F.embedding_bag, of("k3,4m", "labels:4", "real", mode=["sum", "mean", "max"]), battery=FIRST_ORDER),
    Op("F.embedding_bag weights", lambda i, w, p: F.embedding_bag(i, w, per_sample_weights=p, mode="sum"),
       of("k3,4m,k3", "labels:4"), battery=FIRST_ORDER),
    Op("F.scaled_dot_product_attention", F.scaled_dot_product_attention, of("anm,akm,akm", is_causal=[False, True])),
    Op("F.attention masked", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), of("nm,km,km,nk", "real", "real",
       "real", "mask")),
    Op("F.attention with a bias", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m, scale=0.5), of("nm,km,km,nk")),
    Op("F.attention grouped", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True), of("14n2,12k2,12k2")),
    Op("F.multi_head_attention_forward", lambda x, w, b, o, c: F.multi_head_attention_forward(
        x, x, x, 2, 2, w, b, None, None, False, 0.0, o, c), of("n12,62,6,22,2")),
    Op("F.embedding max_norm", lambda i, w: F.embedding(i, w.clone(), max_norm=1.5), of("k,4m", "labels:4")),
    Op("F.embedding_bag offsets", lambda i, w, mode: F.embedding_bag(i, w, torch.tensor([0, 2, 2]), mode=mode), of("5,4m", "labels:4",
       mode=["sum", "mean", "max"]), battery=FIRST_ORDER),
    Op("F.embedding_bag padding", lambda i, w, mode: F.embedding_bag(i, w, padding_idx=1, mode=mode), of("k3,4m", "labels:4",
       mode=["sum", "mean", "max"]), battery=FIRST_ORDER),
    Op("channel_shuffle", lambda x: torch.channel_shuffle(x, 2), of("1423")),
    Op("F.pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 2), of("1244")),
    Op("F.unfold of strides", lambda x: F.unfold(x, 2, dilation=2, stride=2, padding=1), of("1134")),
    Op("F.fold of strides", lambda x: F.fold(x, (4, 4), 2, padding=1, stride=2), of("149")),
    Op("F.unfold", lambda x: F.unfold(x, 2, padding=1), of("1233")),
    Op("F.fold", lambda x: F.fold(x, (3, 3), 2), of("184")),
    Op("F.pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), of("1822")),
    *[Op(n, getattr(torch, n), of(f"nm,n2,{k}m,{k}2,{k},{k}")) for n, k in (("rnn_tanh_cell", 2), ("rnn_relu_cell", 2), ("gru_cell", 6))],
    Op("lstm_cell", lambda x, h, c, *w: torch.lstm_cell(x, (h, c), *w), of("nm,n2,n2,8m,82,8,8")),
    *[Op(n, lambda x, h, *w, n=n: getattr(torch, n)(x, h, w, True, 1, 0.0, False, True, False), of(f"2n2,2n2,{k}2,{k}2,{k},{k},{k}2,{k}2,{k},{k}"))
      for n, k in (("rnn_tanh", 2), ("rnn_relu", 2), ("gru", 6))],
    Op("lstm", lambda x, h, c, *w: torch.lstm(x, (h, c), w, True, 1, 0.0, False, False, False), of("2n2,1n2,1n2,82,82,8,8")),
    Op("nn.Linear", torch.nn.Linear(3, 2, dtype=torch.float64), of("n3"), battery=("forward", "backward", "linear", "numeric",
       "repeat", "layouts", "second")),
]  # fmt: skip

NN = [*ACTIVATIONS, *LOSSES, *LAYERS]
