"""Where microdl differs on purpose from PyTorch in what a program may do: each class with its reason.

After such a statement the two runs can no longer be compared, and the program ends.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import torch

from .faults import fault, repeats


class Case(NamedTuple):
    """A difference: of what kind, at which filled line, what was raised, and PyTorch's operands."""

    kind: str
    text: str
    ours: Exception | None
    theirs: Exception | None
    operands: list[Any]
    everything: list[Any]  # PyTorch's tensors so far
    changing: bool
    before: list[str]  # the lines so far


def allowed(case: Case) -> str | None:
    """The name of the class of documented differences that this is of."""
    return next((name for name, rule in RULES.items() if rule(case)), None)


def _own_copy(case: Case) -> bool:
    """A change in place keeps its own copy of what backward needs: the right gradient, where PyTorch has none."""
    return case.ours is None and "has been modified by an inplace operation" in str(case.theirs)


def _careful_loss(case: Case) -> bool:
    """A loss refuses shapes that would broadcast by accident, and the mean over an empty batch."""
    careful = ("is different to the input size", "the batch is empty", "the bias must have", "weight must have shape")
    sizes = ("1D target tensor expects", "is of incorrect size")
    return case.text.startswith(("F.", "T.nn.")) and any(words in str(case.ours) for words in careful + sizes)


def _missing_kernel(case: Case) -> bool:
    """PyTorch's CPU has no kernel for the dtype (the ceiling of a bool, say); NumPy has, and the value is plain."""
    words = ("\" not implemented for '", "not supported for", "does not support bool", "Expected a floating point")
    return case.ours is None and any(w in str(case.theirs) for w in words)


def _overlap(case: Case) -> bool:
    """What is read shares memory with what is written. microdl reads all before it writes, as if from a clone; PyTorch
    refuses many such changes, and in the others the result depends on the order of its loops."""
    if not case.changing:
        return False
    arrays = [t.detach().numpy() for t in case.operands]
    place = case.operands[0].untyped_storage().data_ptr()
    same = any(t.untyped_storage().data_ptr() == place for t in case.operands[1:])  # empty ones share no element
    overlap = same or any(np.shares_memory(arrays[0], a) for a in arrays[1:]) or repeats(arrays[0])
    return overlap and (case.kind == "value" or "single memory location" in f"{case.theirs}{case.ours}")


def _dead_view(case: Case) -> bool:
    """A view made under no_grad of a tensor that requires grad, used with recording on: PyTorch records steps that
    lead nowhere, and no gradient ever comes of them; microdl records nothing."""
    kinds = ("requires_grad", "is_leaf", "grad_fn", "grad's", "grad", "RuntimeError only")
    return case.kind.startswith(kinds) and any(
        t._is_view() and t.requires_grad and _answered(t) is None for t in case.operands
    )


def _answered(t: Any) -> Any:
    try:
        return t.grad_fn
    except RuntimeError:  # a view so broken that PyTorch refuses the question
        return None


def _any_of_equals(case: Case) -> bool:
    """Which of several equal elements is the k-th, the median or the mode is PyTorch's to choose, and it says so."""
    picks = ("kthvalue", "median", "mode", "topk", "aminmax")
    return case.kind == "value" and any(f".{p}(" in case.text for p in picks)


def _several_views(case: Case) -> bool:
    """PyTorch refuses to change the outputs of unbind, split and chunk in place; microdl knows each as a view of its
    own, and gives the right gradient."""
    return case.ours is None and "function that returns multiple views" in str(case.theirs)


def _whole_numbers(case: Case) -> bool:
    """PyTorch marks an integer tensor into which a number with a gradient was written as requiring grad, which it
    otherwise refuses, and no gradient ever flows there; microdl's integers never require grad."""
    words = ("A view was created in no_grad mode", "Autograd not support dtype: ")
    marked = (case.kind == "requires_grad" and case.changing) or any(w in str(case.theirs) for w in words)
    return marked and case.ours is None and not case.operands[0].is_floating_point()


def _wrapped_bytes(case: Case) -> bool:
    """PyTorch squares bytes as bytes for the gradient of atan2, where they wrap around."""
    narrow = any(t.dtype == torch.uint8 for t in case.everything)
    return narrow and case.kind in ("grad", "value") and any("atan2" in line for line in case.before)


def _remainder_index(case: Case) -> bool:
    """take_along_dim of two dimensions takes an index out of range modulo the size; microdl refuses it, as PyTorch
    itself does for one dimension."""
    return "take_along_dim" in case.text and "is out of bounds" in str(case.ours)


def _nothing_there(case: Case) -> bool:
    """Without elements, PyTorch does not look whether a dimension, an index or a dtype fits; microdl does."""
    words = (
        "out of range",
        "is out of bounds",
        "not implemented for",
        "Expected dtype",
        "by 0",
        "same number of",
        "should contain",
    )
    refused = case.theirs is None and any(w in str(case.ours) for w in words)
    return (refused or case.kind == "dtype") and any(not t.numel() for t in case.operands)


def _dtypes_of_einsum(case: Case) -> bool:
    """einsum takes operands of one floating dtype. PyTorch does so only where there is something to contract, and sums
    integers where there is not."""
    dtypes = {t.dtype for t in case.operands}
    unlike = len(dtypes) > 1 or not case.operands[0].is_floating_point()
    refused = any(words in f"{case.ours}{case.theirs}" for words in ("expected scalar", "not implemented for 'Bool'"))
    return case.text.startswith(("T.einsum", "T.tensordot", "T.inner")) and unlike and (case.kind == "dtype" or refused)


def _no_inverse(case: Case) -> bool:
    """The gradient of the determinant of a singular matrix is its cofactors; PyTorch gives zeros. And its determinant
    of what holds NaN or infinity is as its elimination happens to go."""
    if "det(" in case.text:
        return case.kind == "value" and not bool(torch.isfinite(case.operands[0]).all())
    return case.kind in ("grad", "value") and any("det(" in line for line in case.before)


def _spread_gradient(case: Case) -> bool:
    """PyTorch's gradient of a sum is a view that repeats one element, made without recording; microdl's is a tensor of
    its own, contiguous, and open to changes."""
    made = any("autograd.grad" in line for line in case.before)
    refused = "A view was created in no_grad mode" in str(case.theirs) and case.ours is None
    return made and (refused or (case.kind == "identity" and not case.operands[0].is_contiguous()))


def _shared_gradient(case: Case) -> bool:
    """What grad() returns in PyTorch is here and there the memory of the gradient it was given."""
    return case.kind in ("sharing", "identity") and any("autograd.grad" in line for line in case.before)


def _hook_of_nothing(case: Case) -> bool:
    """PyTorch calls a hook with None where a step has several outputs and this one got no gradient."""
    hooked = any("register_hook" in line for line in case.before)
    unused = case.ours is None or "not have been used" in str(case.ours)
    return unused and hooked and "'NoneType'" in str(case.theirs)


def _hook_and_beyond(case: Case) -> bool:
    """grad() of a tensor with a hook is in PyTorch the gradient before the hook where the walk goes on beyond the
    tensor, and after it where it ends there; in microdl it is always after."""
    hooked = any("register_hook" in line for line in case.before)
    return case.kind == "value" and hooked and case.text.startswith("T.autograd.grad")


def _mask_minus_one(case: Case) -> bool:
    """PyTorch cannot walk back through a power or logaddexp with a boolean operand: it subtracts from the mask."""
    refused = case.ours is None and "with a bool tensor is not supported" in str(case.theirs)
    return refused and any(words in case.text for words in ("backward", "autograd.grad"))


def _counting_norm(case: Case) -> bool:
    """The number of elements that are not 0 has the gradient 0; PyTorch leaves `grad` None."""
    return case.kind.startswith("grad") and any("norm(p=" in line for line in case.before) and "backward" in case.text


def _infinite_variance(case: Case) -> bool:
    """PyTorch updates a mean element by element, and takes half the ends off a trapezoid's sum: infinity becomes NaN;
    microdl's results are the infinite ones."""
    return case.text.startswith(("T.var_mean", "T.std_mean", "T.trapezoid")) and not bool(
        torch.isfinite(case.operands[0]).all()
    )


def _single_sixth(case: Case) -> bool:
    """PyTorch's gradient of hardsigmoid has 1/6 in single precision, for float64 too."""
    return case.kind in ("grad", "value") and any("hardsigmoid" in line for line in case.before)


def _deviation_over_no_dims(case: Case) -> bool:
    """PyTorch's gradient of `std` and `var` over the empty list of dimensions, which means all, counts one element."""
    return case.kind == "grad" and any(re.search(r"\.(std|var)\({e}", line) for line in case.before)


def _negated_booleans(case: Case) -> bool:
    """PyTorch's formula for atan2 negates its operand, which it refuses for booleans."""
    walked = "backward" in case.text or "autograd.grad" in case.text
    return case.ours is None and "Negation, the `-` operator" in str(case.theirs) and walked


def _vector_of_infinities(case: Case) -> bool:
    """PyTorch's vector code for gelu makes NaN of infinity."""
    return case.kind == "value" and case.text.startswith("F.gelu") and not bool(torch.isfinite(case.operands[0]).all())


def _kron_of_windows(case: Case) -> bool:
    """PyTorch's kron views its operands, and fails on some memory orders."""
    return case.ours is None and case.text.startswith("T.kron") and "view size is not compatible" in str(case.theirs)


def _result_as_view(case: Case) -> bool:
    """Whether what an operation has just made is a view inside PyTorch shows in `detach_`, and where it was made under
    no_grad and is changed in place with recording on."""
    products = ("einsum", "multi_dot", "Linear", "bilinear", "tensordot")
    made = any("no_grad()" in line and any(p in line for p in products) for line in case.before)
    refused = case.ours is None and made and "A view was created in no_grad mode" in str(case.theirs)
    return refused or (case.text.endswith(".detach_()") and "Can't detach views" in f"{case.ours}{case.theirs}")


def _empty_batch(case: Case) -> bool:
    """Batch normalisation without a batch is refused, whatever else is wrong; PyTorch's statistics become NaN."""
    words = ("batch_norm", "more than 1 value per channel")
    return case.theirs is None and "BatchNorm" in case.text and any(w in str(case.ours) for w in words)


def _another_check_first(case: Case) -> bool:
    """Both refuse, and each is right: two things are wrong, and either library looks at one of them first."""
    ours, theirs = fault(case.ours), fault(case.theirs)
    return case.kind == "error type" and None not in (ours, theirs) and ours != theirs


def _rank_by_dimension(case: Case) -> bool:
    """PyTorch notices that an operand has too few dimensions when it asks for the size of one that is not there."""
    words = ("baddbmm", "T.mv", "addmv", "F.embedding", "F.cross_entropy", "CrossEntropyLoss")
    asked = (
        case.kind == "error type"
        and fault(case.theirs) == "dimension"
        and fault(case.ours) == "dimensions of an operand"
    )
    return asked and any(w in case.text for w in words)


def _loss_of_shapes(case: Case) -> bool:
    """Losses refuse shapes with ValueError throughout; PyTorch's do so for some, and broadcast or fail in others."""
    looser = case.ours is None and "var is of incorrect size" in str(case.theirs)  # one variance for one number
    smooth = "label_smoothing" in case.text and "doesn't match the broadcast shape [1]" in str(case.theirs)
    looser |= case.ours is None and smooth  # a label in a vector of its own: PyTorch takes it where nothing is smoothed
    words = ("target size", "1 or more dimensions", "batch_size to match", "size", "shape")
    ours = type(case.ours) is ValueError and any(w in str(case.ours) for w in words)
    return looser or (case.kind == "error type" and case.text.startswith(("F.", "T.nn.")) and ours)


def _moved_leaf(case: Case) -> bool:
    """The strides or the shape of a leaf changed after a graph had been recorded from it: no gradient fits."""
    given = any(".data =" in line for line in case.before) and "doesn't match the broadcast shape" in str(case.theirs)
    return given or "invalid gradient" in f"{case.theirs}{case.ours}"


def _order_of_copies(case: Case) -> bool:
    """A sorted copy lies in C order, and a turned one is a view of a copy; PyTorch's are in their input's order."""
    sorted_ = case.kind == "sharing" and any("sort" in line for line in case.before)
    turned = "Can't detach views" in str(case.ours) and any("rot90" in line for line in case.before)
    return sorted_ or turned


def _two_orders(case: Case) -> bool:
    """Of operands in two orders the result lies in NumPy's: `view` shows it, and a mask that is drawn in that order."""
    result = not case.operands[0].is_contiguous() and not case.operands[0]._is_view()
    viewed = case.ours is None and "view size is not compatible" in str(case.theirs)
    return result and (viewed or case.kind == "sharing" or (case.kind == "value" and "F.dropout" in case.text))


def _sign_of_nan(case: Case) -> bool:
    """The gradient of copysign where its operand is NaN or infinite: the sign's in microdl, NaN in PyTorch, which
    divides the result by the operand."""
    wild = any(t.is_floating_point() and not bool(t.isfinite().all()) for t in case.everything)
    return wild and case.kind in ("grad", "value") and any("copysign" in line for line in case.before)


def _no_way_back(case: Case) -> bool:
    """PyTorch's backward of addcdiv with an integer divisor, of clamp of one number by larger bounds, and of huber_loss
    of two dtypes fails in its own arithmetic; microdl's gives the gradient."""
    words = ("can't be cast to the desired output type", "doesn't match the broadcast shape", "Found dtype")
    walked = "backward" in case.text or "autograd.grad" in case.text
    made = any(name in line for line in case.before for name in ("addcdiv", "clamp", "huber_loss"))
    return case.ours is None and walked and made and any(w in str(case.theirs) for w in words)


def _beyond_the_inputs(case: Case) -> bool:
    """Asked for the gradient of a result, PyTorch walks through the step that made it, too, and on to the other results
    of that step, and fails where one has no derivative."""
    asked = any("inputs=" in line for line in case.before)
    several = any(re.search(r"list\(|unbind|split|chunk", line) for line in case.before)
    words = ("derivative for aten", "backward through the graph a second time")
    walked = asked or (several and "autograd.grad" in case.text)
    return case.ours is None and walked and any(w in str(case.theirs) for w in words)


def _optimised_result(case: Case) -> bool:
    """PyTorch counts a result that backward(inputs=) wrote a gradient to among those that keep theirs, and optimises
    it; microdl does so where retain_grad() was called."""
    return case.theirs is None and "can't optimize a non-leaf Tensor" in str(case.ours)


def _written_result(case: Case) -> bool:
    """Once backward(inputs=) has written the gradient of a result, every later walk through it in PyTorch adds to it,
    that of grad() too; microdl writes where it is told to."""
    asked = any("inputs=" in line for line in case.before)
    return case.kind.startswith("grad") and asked and any(not t.is_leaf and t.retains_grad for t in case.everything)


def _unsafe_view(case: Case) -> bool:
    """PyTorch's kron saves its operands as views without their version: where one was changed since, its gradient is
    wrong; microdl refuses."""
    refused = case.theirs is None and "modified by an inplace operation" in str(case.ours)
    return refused and any("T.kron" in line for line in case.before)


def _one_step(case: Case) -> bool:
    """The two results of std_mean and var_mean are one step in PyTorch, freed as one; a mean alone saves nothing."""
    freed = case.ours is None and "backward through the graph a second time" in str(case.theirs)
    return freed and any(re.search("(std|var)_mean", line) for line in case.before)


def _finite_second(case: Case) -> bool:
    """PyTorch's second derivatives of logcumsumexp, and of the distance of equal points, are NaN; microdl's are those
    of the exponentials' running sum, and 0 beside the gradient 0."""
    twice = any("create_graph=True" in line for line in case.before)
    made = any(name in line for line in case.before for name in ("logcumsumexp", ".dist("))
    return twice and made and case.kind in ("grad", "value")


def _nothing_asked(case: Case) -> bool:
    """Asked for gradients by tensors that the outputs do not depend on, PyTorch takes the first step all the same, and
    writes what was to be retained there; microdl takes none."""
    retained = any("retain_grad()" in line for line in case.before)
    return retained and case.kind == "grad" and any("allow_unused=True" in line for line in case.before)


def _later_data(case: Case) -> bool:
    """What a step saved is the array that its operand had, so that the gradient is that of what was computed; PyTorch
    takes the one that was set as the operand's `data` since."""
    last = next((i for i, line in enumerate(case.before) if ".data = " in line), len(case.before))
    walks = ("backward", "autograd.grad")
    walked = any(w in line for line in case.before[last:] for w in walks)
    return walked and case.kind in ("grad", "value", "shape", "type")


def _linear_loss(case: Case) -> bool:
    """The gradient of nll_loss does not depend on its input, which it does not keep: it has no history. PyTorch's has
    one of zeros."""
    return case.kind == "grad's requires_grad" and any("nll_loss" in line for line in case.before)


def _broken_assertion(case: Case) -> bool:
    """An assertion of PyTorch's own fails, and it asks for a report."""
    return case.ours is None and "INTERNAL ASSERT FAILED" in str(case.theirs)


def _late_leaf(case: Case) -> bool:
    """A view that was made, or a tensor whose strides were changed, before its base was asked to require grad: PyTorch
    calls the one that was changed since a result of its base; microdl's history begins where recording does."""
    asked = any("requires_grad_(" in line or "requires_grad = " in line for line in case.before)
    views = [t for t in case.everything if t._is_view() and t._base is not None and t._base.requires_grad]
    return asked and case.kind in ("is_leaf", "requires_grad", "grad_fn") and bool(views)


RULES = {
    "own copy": _own_copy,
    "careful loss": _careful_loss,
    "missing kernel": _missing_kernel,
    "overlap": _overlap,
    "dead view": _dead_view,
    "any of equals": _any_of_equals,
    "several views": _several_views,
    "whole numbers": _whole_numbers,
    "wrapped bytes": _wrapped_bytes,
    "remainder index": _remainder_index,
    "nothing there": _nothing_there,
    "dtypes of einsum": _dtypes_of_einsum,
    "no inverse": _no_inverse,
    "spread gradient": _spread_gradient,
    "shared gradient": _shared_gradient,
    "hook of nothing": _hook_of_nothing,
    "hook and beyond": _hook_and_beyond,
    "mask minus one": _mask_minus_one,
    "counting norm": _counting_norm,
    "infinite variance": _infinite_variance,
    "single sixth": _single_sixth,
    "deviation over no dims": _deviation_over_no_dims,
    "negated booleans": _negated_booleans,
    "vector of infinities": _vector_of_infinities,
    "kron of windows": _kron_of_windows,
    "result as view": _result_as_view,
    "empty batch": _empty_batch,
    "another check first": _another_check_first,
    "rank by dimension": _rank_by_dimension,
    "loss of shapes": _loss_of_shapes,
    "moved leaf": _moved_leaf,
    "no way back": _no_way_back,
    "beyond the inputs": _beyond_the_inputs,
    "optimised result": _optimised_result,
    "written result": _written_result,
    "order of copies": _order_of_copies,
    "two orders": _two_orders,
    "sign of nan": _sign_of_nan,
    "later data": _later_data,
    "linear loss": _linear_loss,
    "broken assertion": _broken_assertion,
    "late leaf": _late_leaf,
    "unsafe view": _unsafe_view,
    "one step": _one_step,
    "finite second": _finite_second,
    "nothing asked": _nothing_asked,
}
