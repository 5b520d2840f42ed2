"""The clock under the names of PyTorch's profiler."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import microdl as torch
from microdl.autograd.profiler import emit_nvtx
from microdl.profiler import ProfilerActivity, profile, record_function, schedule, tensorboard_trace_handler


@record_function("decorated")
def work() -> None:
    time.sleep(0.002)


def test_labels_are_timed_with_and_without_what_is_inside() -> None:
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as p, record_function("outer"):
        for _ in range(2):
            work()
        p.step()
    outer, inner = (next(e for e in p.key_averages() if e.key == key) for key in ("outer", "decorated"))
    assert (outer.count, inner.count, p.step_num) == (1, 2, 1)
    assert inner.cpu_time_total >= 4000
    assert inner.cpu_time == inner.cpu_time_total / 2
    assert outer.cpu_time_total == pytest.approx(outer.self_cpu_time_total + inner.cpu_time_total)
    work()  # no longer timed
    assert inner.count == 2
    total = p.key_averages().total_average()
    assert total.cpu_time_total == pytest.approx(max(e.cpu_time_total for e in p.key_averages()))


def test_the_table_is_sorted_and_cut(tmp_path: Path) -> None:
    ended = []
    with torch.autograd.profiler.profile(on_trace_ready=ended.append) as p:
        work()
        with record_function("short"), emit_nvtx():
            pass
    assert ended == [p]
    lines = p.key_averages().table(sort_by="self_cpu_time_total", row_limit=1).splitlines()
    assert lines[1].split()[:3] == ["Name", "Self", "CPU"]
    assert lines[3].split()[0] == "decorated"
    assert len(lines) == 5
    assert lines[3].split()[1].endswith("ms")
    p.export_chrome_trace(str(tmp_path / "trace"))
    assert (tmp_path / "trace").read_text() == str(p) == p.table()
    with pytest.raises(ValueError, match="sort_by='speed': take count"):
        p.table(sort_by="speed")


def test_a_schedule_is_taken_and_a_handler_writes(tmp_path: Path) -> None:
    steps = schedule(wait=1, warmup=1, active=2)
    with profile(schedule=steps, on_trace_ready=tensorboard_trace_handler(str(tmp_path / "log"))) as p:
        for _ in range(3):
            work()
            p.step()
    assert (tmp_path / "log" / "profile.txt").read_text() == p.table()


def test_one_that_is_not_enabled_has_no_times() -> None:
    with profile(False) as p:
        work()
    assert p.key_averages() == []
