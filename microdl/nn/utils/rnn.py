"""Sequences of several lengths in one tensor.

Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...creation import arange

__all__ = ["pad_sequence", "unpad_sequence"]


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences of shapes (L_i, ...) side by side: (max L, N, ...), or (N, max L, ...) with `batch_first`.

    RuntimeError for what is no iterable, for no sequence, and for another side than "left" and "right".

    >>> import microdl as torch
    >>> from microdl.nn.utils.rnn import pad_sequence
    >>> pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    parts = tuple(sequences)
    if not parts:
        raise RuntimeError("received an empty list of sequences")
    longest, rest = max(p.size(0) for p in parts), parts[0].size()[1:]
    out = parts[0].detach().new_full((len(parts), longest, *rest), padding_value)
    out = out if batch_first else out.transpose(0, 1).contiguous()
    for i, part in enumerate(parts):
        start = 0 if padding_side == "right" else longest - part.size(0)
        where: Any = (i, slice(start, start + part.size(0)))
        out[where if batch_first else where[::-1]] = part
    return out


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of `pad_sequence`, padded on the right, by their lengths.

    The padded tensor stays as it is; PyTorch leaves it transposed, in place, unless `batch_first`.

    >>> import microdl as torch
    >>> from microdl.nn.utils.rnn import unpad_sequence
    >>> unpad_sequence(torch.tensor([[1, 2, 3], [4, 0, 0]]), torch.tensor([3, 1]), batch_first=True)
    [tensor([1, 2, 3]), tensor([4])]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    places = arange(rows.shape[1])
    return [row[places < length] for row, length in zip(rows, lengths, strict=True)]
