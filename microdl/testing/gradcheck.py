"""`gradcheck` and `gradgradcheck`: PyTorch's names and signatures, with error bars in place of fixed tolerances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..autograd.graph import TensorBase
from .finding import GradcheckError

if TYPE_CHECKING:
    from .adapters import Adapter

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

# PyTorch's options for what is not done here (forward mode, batched gradients), or is done always.
OPTIONS = {
    "check_undefined_grad", "check_batched_grad", "check_batched_forward_grad", "check_forward_ad", "check_backward_ad",
    "check_fwd_over_rev", "check_rev_over_rev", "gen_non_contig_grad_outputs", "masked", "fast_mode",
}  # fmt: skip


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_grad_dtypes: bool = True,
    fast_mode: bool = False,
    order: int = 1,
    kinks: str = "hull",
    adapter: Adapter | str | None = None,
    seed: int = 0,
    **others: Any,
) -> bool:
    """Whether backward gives the derivatives of `func` at `inputs`, told by differences with error bars.

    Args:
        func: a function of tensors that returns a tensor or several. Outputs that are not floating are left out.
        inputs: a tensor or a sequence; those that require grad are checked, which should be float64.
        eps, atol, rtol: where one is given, PyTorch's rule is used: the whole Jacobian by central differences with the
            step `eps` (1e-6), which may differ by `atol + rtol * |difference|` (1e-5, 1e-3).
        raise_exception: whether to raise where they differ, or to return False.
        nondet_tol: how much the gradient may differ between two backward calls on the same graph.
        order: 2 checks second derivatives too.
        kinks: "hull" accepts at a kink what lies between the slopes of both sides; "error" refuses kinks.
        fast_mode, and PyTorch's further options, are accepted: large inputs are sampled in any case.

    Every element of inputs of at most 16 elements is compared; of larger ones a sample, and directions in which all
    elements move, which are halved until the wrong element stands alone. The upstream gradient is signed and not of
    ones. Beside that: the forward is repeatable and changes nothing, gradients have their inputs' shapes and dtypes,
    they are linear in the upstream gradient, and a second backward gives the same.

    Raises:
        GradcheckError: a gradient is wrong; the text shows where, by how much, and a likely cause.
        ValueError: no input requires grad, or one is not finite.

    >>> import microdl as torch
    >>> x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.sin, x)
    True

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
    """
    from .on_inputs import check_first, subject_of  # the battery loads when it is first used

    _known(kinks, order, others)
    values = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    subject = subject_of(func, values, adapter, seed)
    tolerances = _given(eps=eps, atol=atol, rtol=rtol)
    try:
        if tolerances:
            from .fixed import compare_jacobians

            compare_jacobians(func, values, **tolerances)
        else:
            check_first(subject, order, check_grad_dtypes, nondet_tol, kinks)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Whether the gradient's own gradient is right, by the inputs and by the upstream gradient.

    Options as in `gradcheck`.
    `grad_outputs` weights the outputs; by default with fixed signed numbers.

    >>> import microdl as torch
    >>> x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(torch.exp, (x,))
    True

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html
    """
    from .on_inputs import check_second, subject_of, weights_of

    values = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    subject = subject_of(func, values, options.get("adapter"), options.get("seed", 0))
    weights = weights_of(subject, grad_outputs)
    tolerances = _given(eps=eps, atol=atol, rtol=rtol)
    try:
        if tolerances:
            from .fixed import compare_second

            compare_second(func, values, weights, **tolerances)
        else:
            check_second(subject, weights)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _given(**tolerances: float | None) -> dict[str, float]:
    return {name: value for name, value in tolerances.items() if value is not None}


def _known(kinks: str, order: int, others: Mapping[str, Any]) -> None:
    for name in others:
        if name not in OPTIONS:
            raise TypeError(f"gradcheck() got an unexpected keyword argument {name!r}")
    if kinks not in ("hull", "error"):
        raise ValueError(f"kinks must be 'hull' or 'error', but got {kinks!r}")
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, but got {order!r}")
