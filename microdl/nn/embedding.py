"""Embeddings: tables of vectors, looked up by integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, wrap
from ..autograd.mode import no_grad
from ..creation import empty
from . import functional as F
from . import init
from .linear import checked_count
from .lookup import padding_row
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


def _table(module: Any, weight: Any, requires_grad: bool, device: Any, dtype: Any) -> Any:
    wanted = (module.num_embeddings, module.embedding_dim)
    if weight is None:
        weight = empty(wanted, device=device, dtype=dtype)
    elif tuple(weight.shape) != wanted:
        raise AssertionError(
            f"Shape of weight does not match num_embeddings and embedding_dim: {list(weight.shape)} for {list(wanted)}"
        )
    return Parameter(weight, requires_grad=requires_grad)


def _drawn(weight: Parameter, padding: int | None) -> None:
    """Draws the weight anew; the row `padding` becomes zeros."""
    init.normal_(weight)
    if padding is not None:
        with no_grad():
            weight[padding] = wrap(np.zeros((), weight._a.dtype))


def _pretrained(embeddings: Any) -> tuple[int, int]:
    if not isinstance(embeddings, TensorBase) or embeddings._a.ndim != 2:
        raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
    rows, columns = embeddings._a.shape
    return rows, columns


_DEFAULTS = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "sparse": False}


def _described(module: Any, *options: str) -> str:
    """The sizes, and the options that are not at their defaults."""
    changed = [f", {o}={getattr(module, o)!r}" for o in options if getattr(module, o) != _DEFAULTS.get(o)]
    return f"{module.num_embeddings}, {module.embedding_dim}" + "".join(changed)


class Embedding(Module):
    """A table of `num_embeddings` vectors, looked up by integers; the weight starts as N(0, 1).

    Shapes: input (*) of int64 or int32, output (*, embedding_dim), weight (num_embeddings, embedding_dim). The row
    `padding_idx` starts as zeros and gets no gradient. For the other options see `functional.embedding`.

    Raises AssertionError for a padding_idx out of range, IndexError for an index out of range.

    >>> import microdl as torch
    >>> torch.nn.Embedding(10, 3)(torch.tensor([[1, 2], [4, 3]])).shape
    torch.Size([2, 2, 3])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = checked_count("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = checked_count("Embedding", "embedding_dim", embedding_dim)
        self.padding_idx = None if padding_idx is None else padding_row(padding_idx, self.num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.weight = _table(self, _weight, not _freeze, device, dtype)
        if _weight is None:
            self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An embedding on a given (num, dim) table, which is not trained unless `freeze=False`."""
        rows, columns = _pretrained(embeddings)
        return cls(
            rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, _freeze=freeze
        )

    def reset_parameters(self) -> None:
        """Draws the weight anew; the row `padding_idx` becomes zeros."""
        _drawn(self.weight, self.padding_idx)

    def forward(self, input: Any) -> Any:
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        return _described(self, "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")


class EmbeddingBag(Module):
    """Sums, means or maxima of the rows of a table, one for each bag of integers: see `functional.embedding_bag`.

    Shapes: input (bags, n), or (n,) with offsets (bags,) where each bag starts; output (bags, embedding_dim); weight
    (num_embeddings, embedding_dim), which starts as N(0, 1) with zeros in the row `padding_idx`.

    >>> import microdl as torch
    >>> bags = torch.nn.EmbeddingBag(10, 3, mode="sum")
    >>> bags(torch.tensor([1, 2, 4, 5, 4]), torch.tensor([0, 3])).shape
    torch.Size([2, 3])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = checked_count("EmbeddingBag", "num_embeddings", num_embeddings)
        self.embedding_dim = checked_count("EmbeddingBag", "embedding_dim", embedding_dim)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.mode, self.sparse = scale_grad_by_freq, mode, sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = None if padding_idx is None else padding_row(padding_idx, self.num_embeddings)
        self.weight = _table(self, _weight, True, device, dtype)
        if _weight is None:
            self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Bags of a given (num, dim) table, which is not trained unless `freeze=False`."""
        bags = cls(
            *_pretrained(embeddings),
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            _weight=embeddings,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )
        bags.weight.requires_grad_(not freeze)
        return bags

    def reset_parameters(self) -> None:
        """Draws the weight anew; the row `padding_idx` becomes zeros."""
        _drawn(self.weight, self.padding_idx)

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        return _described(self, "max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")
