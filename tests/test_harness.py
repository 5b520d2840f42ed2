"""microdl against the record of what PyTorch 2.13 does, for thousands of generated cases; and the harness itself."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest

import microdl

from .harness import record
from .harness.cases import T, case, module, snippet
from .harness.check import problems, report
from .harness.outcome import compare, run
from .harness.tables import TABLE


@pytest.mark.parametrize("group", TABLE)
def test_recorded(group: str) -> None:
    found = problems(TABLE[group], record.of_group(group), set())
    assert not found, report(found)


def test_a_difference_of_any_kind_is_seen() -> None:
    """What runs differently is reported, from a live outcome and from its summary."""
    x = T((2, 3))
    unlike = [
        (case("torch.exp", x), case("torch.exp", T((2, 3), seed=1)), "value"),
        (case("torch.exp", x), case("torch.exp", T((2, 3), dtype="f64")), "dtype"),
        (case("torch.exp", x), case("torch.exp", T((3, 2))), "shape"),
        (case("torch.abs", x), case("torch.relu", x), "grad_fn"),
        (case("torch.clone", T((3, 4))), case("torch.clone", T((3, 4), layout="t")), "stride"),
        (case("torch.exp", x), case("torch.exp", "a"), "accepts"),
        (case("torch.exp", "a"), case("torch.exp", x), "refuses"),
        (case("torch.sum", x, 5), case("torch.cat", []), "error"),
        (case("torch.sum", x, 7), case("torch.sum", x, 5), "message"),
        (case("torch.sin", x), case("torch.cos", x), "grad"),
        (module("nn.ReLU", inputs=(x,)), module("nn.ELU", inputs=(x,)), "repr"),
    ]
    for mine, yours, kind in unlike:
        ours, theirs = run(microdl, mine), run(microdl, yours)
        for other in (theirs, record.summary(yours, theirs)):
            assert kind in {d.kind for d in compare(yours, ours, other)}
        assert not compare(mine, ours, run(microdl, mine))
        assert not compare(mine, ours, record.summary(mine, ours))


def test_snippets_run() -> None:
    """The script of a failure does what the case does."""
    cases = [c for group in list(TABLE)[::7] for c in TABLE[group][::9] if "torch." not in c.text[1:]]
    ran = 0
    for c in cases:
        outcome = run(microdl, c.but(second=False))
        if outcome.error or c.call.startswith("class."):
            continue
        with contextlib.redirect_stdout(io.StringIO()) as out, np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(snippet(c).replace("import torch ", "import microdl as torch "), {})
        assert out.getvalue().strip()
        ran += 1
    assert ran > 100


def test_the_record_says_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "new group", [case("torch.exp", T())])
    with pytest.raises(LookupError, match=r"tests\.harness\.record"):
        record.of_group("new group")
