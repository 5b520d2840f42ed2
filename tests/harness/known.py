"""Where microdl differs from PyTorch, and why: the one list.

A difference is matched by the text of its case, its kind, and what the two sides have (regular expressions, searched
for). One that no longer occurs fails the live test.

Faults that are known and not mended yet are in `open.txt`, a kind and a call on each line;
`python -m tests.harness.known` takes out the lines that no longer occur, and never adds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .cases import Case
from .outcome import Difference


@dataclass(frozen=True)
class Known:
    """`kind` and `call` match as a whole, the others anywhere."""

    reason: str
    kind: str = ".*"
    call: str = ".*"
    text: str = ""
    where: str = ""
    ours: str = ""
    theirs: str = ""

    def covers(self, case: Case, d: Difference) -> bool:
        return bool(
            re.fullmatch(self.kind, d.kind)
            and re.fullmatch(self.call, case.call)
            and re.search(self.text, case.text)
            and re.search(self.where, d.where)
            and re.search(self.ours, d.ours)
            and re.search(self.theirs, d.theirs)
        )


KNOWN: tuple[Known, ...] = (
    # gradients
    Known(
        "a fault of PyTorch's own",
        theirs="INTERNAL ASSERT FAILED|Expected a proper Tensor but got None",
    ),
    Known(
        "microdl differentiates what PyTorch does not",
        "accepts at (backward|second)",
        theirs="derivative for aten::.* is not implemented|negative slope which is not|ScatterBackward0 returned an"
        r"|the derivative for '.*' is not implemented",
    ),
    Known("a fault of PyTorch's own: infinite gradients", "grad|second", r".*\.(var|std)", text=r", \(\)"),
    Known(
        "a fault of PyTorch's own: its vector code gives NaN for an infinite element",
        "value",
        r".*(gelu|GELU)",
        "special",
    ),
    Known(
        "PyTorch's formulas compute in uint8, which wraps around; where the power or the base is 0 they give NaN",
        "grad|second",
        r"torch\.(atan2|pow)",
        r"u8|pow\(0, |i64.*f64",
    ),
    Known(
        "a fault of PyTorch's own: its formulas take booleans for numbers",
        ".* at (backward|second)",
        theirs="with a bool tensor is not supported|on a bool tensor is not supported",
    ),
    Known(
        "what logic in place overwrites gets no gradient; PyTorch hands it on as if nothing had changed",
        "grad|grad_fn",
        r"Tensor\.logical_.*_",
    ),
    Known(
        "products and logarithms of what is not finite: other orders of the same formula give other NaN",
        "grad",
        r"torch\.(cumprod|logcumsumexp|norm|prod|quantile|hypot)",
        "special",
    ),
    Known(
        "PyTorch sums the squares of float32 in float64, beyond its overflow, and its mean of infinities is NaN",
        "grad|value",
        r"torch\.(std|std_mean|var_mean)",
        "special",
    ),
    Known(
        "no hidden epsilon in second derivatives: PyTorch adds 1e-12 to the probabilities there",
        "second",
        r"F\.binary_cross_entropy|nn\.BCELoss",
    ),
    Known(
        "rounding: the gradient is 0, and neither side gets nearer",
        "grad",
        r"F\.log_softmax|nn\.LogSoftmax",
        "<3x4 f32 e>",
    ),
    Known("rounding: one number for each group, minus itself", "value|repr", r"nn\.GroupNorm", r"\(4, 4\)\(<2x4"),
    # values
    Known(
        "operands of two dtypes are promoted first; PyTorch computes parts of the formula in the narrower one",
        "value",
        r".*(addcdiv_?|cross_entropy|with_logits|CrossEntropyLoss|WithLogitsLoss)",
        "f32.*f64|f64.*f32",
    ),
    Known(
        "operands of unlike memory order: NumPy then gives C order, PyTorch that of the first; neither promises any",
        "stride",
        text=r"<3x4 (f32|bool) t( positive)?>.*<3x4 f32|<3x4 f32( [soe])?>.*<3x4 f32 t",
        ours=r"\[4, 1\]",
    ),
    Known("zeros are written to no memory that elements share", "error at call", r"Tensor\.zero_", "f32 e>"),
    Known(
        "the name tells which overload PyTorch chose: an argument given with its default value chooses another",
        "grad_fn",
        r".*\.(div_?|mean|sum|round)",
        "None\\)|decimals=0",
    ),
    Known(
        "one step for every layout and every batch: PyTorch copies what is not contiguous, and computes no batch anew",
        "grad_fn",
        "F.rms_norm|nn.(RMSNorm|BatchNorm1d)",
        "3 f32 t>|<0x4",
    ),
    Known(
        "what an index gathers lies in C order; PyTorch keeps that of a transposed tensor",
        "stride",
        text="f32 t>, \\(slice",
    ),
    Known("a number is no dtype", "refuses", r"Tensor\.to", "1.5"),
    Known("there are no complex tensors", "refuses|error", ours="complex tensors are not implemented"),
    Known("a power of booleans is refused, the first as well", "refuses", r".*\.i?pow_?", "bool.*True"),
    # arguments
    Known(
        "None, and an argument's default value, say no more than leaving it out; PyTorch tells them apart",
        "accepts",
        r"torch\.(max|min|median|prod|logsumexp|where|round)",
        r"None\)$|decimals=0\)$",
    ),
    Known(
        "a fault of PyTorch's own: over no dimension its result has another shape where it requires grad",
        "accepts",
        "torch.logsumexp",
        theirs="doesn't match the broadcast shape",
    ),
    Known("a fault of PyTorch's own: its result is a view that cannot be", "accepts", "torch.kron", theirs="view size"),
    Known(
        "operands of too few dimensions are refused as such; PyTorch stumbles over a dimension they do not have",
        "error",
        r".*\.addbmm_?",
        ours="must be a 3D tensor",
        theirs="Dimension out of range",
    ),
    Known("a step of the graph cannot be called: torch.autograd.grad does that", "accepts", "Tensor.grad_fn"),
    # the rarer functions
    Known(
        "a fault of PyTorch's own: it changes in place what its backward needs",
        "accepts at backward",
        r"torch\.vander|linalg\.cond",
        theirs="one of the variables needed for gradient computation has been modified",
    ),
    Known(
        "only the triangle that is read gets a gradient",
        "grad|second",
        r".*\.cholesky_(inverse|solve)",
    ),
    Known("the next float gets no gradient: it is a step; PyTorch hands that of one side on", call=r".*\.nextafter_?"),
    Known(
        "at poles, infinities and NaN other formulas give other infinities and NaN",
        "grad|value",
        r".*\.(copysign|digamma|logit|logaddexp2)_?",
        "special",
    ),
    Known("PyTorch's trigamma of float64 has nine digits", "grad", r".*\.digamma_?", "f64"),
    Known(
        "a reduction that there is not is refused at once; PyTorch refuses it in backward",
        "error at call",
        r".*\.scatter_reduce_?",
    ),
    Known("rounding: PyTorch computes windows in their own dtype", "value|repr", r"torch\.\w+_window"),
    Known(
        "several steps, the last of which has another name in PyTorch",
        "grad_fn",
        r".*\.(trapezoid|trapz|cumulative_trapezoid|cond|vander|tensorinv|atleast_.d|sum_to_size|fill|nanmedian|H"
        r"|cholesky_ex|frobenius_norm|nuclear_norm|polygamma_|masked_scatter_?)|linalg.cross",
    ),
    Known(
        "all parts come of one step; PyTorch takes a slice for each",
        "grad_fn",
        r".*\.([hvd]split|tensor_split|unsafe_.*)",
    ),
    # errors
    Known(
        "what is no Tensor is a TypeError that names the argument; PyTorch's Python code stumbles over an attribute",
        "error",
        ours="TypeError: .*must be Tensor, not",
        theirs="AttributeError: '.*' object has no attribute",
    ),
    Known(
        "a tensor of no elements has the strides of a new one; from_numpy keeps those of NumPy's array in PyTorch",
        "repr",
        r"Tensor\.stride",
        text="<0 ",
    ),
    # losses
    Known(
        "losses refuse a target of another shape: broadcasting would pair wrong elements; PyTorch warns at most",
        "refuses|error",
        r"(F\.|nn\.).*(loss|Loss|div)",
        ours="ValueError: .* size .* is different to the input size",
    ),
    Known(
        "the mean over no elements is an error that says so, not a NaN that spreads",
        "refuses|error at call",
        r"(F\.|nn\.).*(loss|Loss|div|entropy.*)",
        ours="ValueError: .*is not a number",
    ),
    Known(
        "a target of one class for one sample has shape (), as PyTorch's own backward insists",
        "accepts at backward",
        theirs=r"size mismatch \(got input",
    ),
    Known(
        "label smoothing below 0 is refused, as above 1; PyTorch looks at the upper end only",
        "refuses",
        r".*(cross_entropy|CrossEntropyLoss)",
        ours="label_smoothing must be",
    ),
    Known("a product of booleans is refused, of none as well", "refuses", r"torch\.(matmul|mm|mv|bmm)", "bool"),
    # modules
    Known(
        "no batch has no mean and no variance: an error, not NaN statistics",
        "refuses",
        r"nn\.BatchNorm1d",
        text="<0x4",
        ours="more than 1 value per channel",
    ),
    Known(
        "a bias has one number for each output; PyTorch broadcasts a scalar",
        "refuses",
        r"F\.linear",
        ours="the bias must have one number",
    ),
)

_OPEN_FILE = Path(__file__).with_name("open.txt")
OPEN = {tuple(line.split("\t")) for line in _OPEN_FILE.read_text().splitlines()}


def unknown(case: Case, found: Iterable[Difference], used: set[object]) -> list[Difference]:
    """The differences that neither list has; what occurs of the lists is added to `used`."""
    left = []
    for d in found:
        known = [k for k in KNOWN if k.covers(case, d)]
        used.update(known)
        if known:
            continue
        if (d.kind, case.call) in OPEN:
            used.add((d.kind, case.call))
        else:
            left.append(d)
    return left


if __name__ == "__main__":
    import torch

    import microdl

    from .outcome import compare, run
    from .tables import TABLE

    occurring: set[object] = set()
    for cases in TABLE.values():
        for c in cases:
            unknown(c, compare(c, run(microdl, c), run(torch, c)), occurring)
    kept = sorted(OPEN & occurring)
    _OPEN_FILE.write_text("".join("\t".join(line) + "\n" for line in kept))
    print(f"{len(kept)} of {len(OPEN)} lines still occur")
