"""How kernels are compiled, announced and bounded."""

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from threadpoolctl import threadpool_info

from microdl import kernels
from microdl.kernels import _compile


def run(script, cache, **variables):
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_DISABLE_JIT", "MICRODL_QUIET")}
    environment |= {"NUMBA_CACHE_DIR": str(cache), **variables}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    return done.stdout, done.stderr


def test_importing_kernels_does_not_import_numba(tmp_path):
    script = "import sys; from microdl import kernels; before = 'numba' in sys.modules; kernels.optim; "
    script += "print(before, 'numba' in sys.modules, 'optim' in vars(kernels))"
    assert run(script, tmp_path)[0] == "False True True\n"


def test_a_first_run_says_that_it_compiles_and_a_second_is_silent(tmp_path):
    script = "import numpy as np; from microdl import kernels; kernels.linear.grad_bias(np.ones((2, 2))); "
    script += "print(kernels.compile_seconds() > 0)"
    quiet_out, quiet_err = run(script, tmp_path / "quiet", MICRODL_QUIET="1")
    assert (quiet_out, quiet_err) == ("True\n", "")
    first_out, first_err = run(script, tmp_path / "told")
    assert first_out == "True\n"
    assert first_err.startswith(
        "microdl: compiling kernels for this machine (once) ...\nmicrodl: compiled 1 kernel in "
    )
    assert run(script, tmp_path / "told") == ("False\n", "")


def test_code_on_disk_is_loaded_without_what_the_compiler_needs(tmp_path):
    """Numba's own way imports its whole library first, and SciPy's BLAS, a quarter of a second."""
    script = """
import sys
import numba, numpy as np
from microdl import kernels
compilers = ["numba.np.arraymath", "numba.typed.typeddict", "numba.np.random.generator_methods", "scipy.linalg"]
ones = np.ones((2, 2), np.float32)
print(kernels.linear.grad_bias(ones).tolist(), [m for m in compilers if m in sys.modules])
print(kernels.linear.grad_bias(ones.astype(np.int64)).tolist(), kernels.compile_seconds() > 0)
print(numba.njit(lambda x: np.sort(x).sum())(ones.ravel()))
"""
    run("import numpy as np; from microdl import kernels; kernels.linear.grad_bias(np.ones((2, 2), 'f'))", tmp_path)
    assert run(script, tmp_path, MICRODL_QUIET="1") == ("[2.0, 2.0] []\n[2, 2] True\n4.0\n", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def compilation(name, module="microdl.kernels.softmax"):
    function = SimpleNamespace(__name__=name, __module__=module)
    return SimpleNamespace(data={"dispatcher": SimpleNamespace(py_func=function)})


@pytest.fixture
def reporter(monkeypatch):
    monkeypatch.setattr(_compile, "sys", SimpleNamespace(stderr=Terminal()))
    monkeypatch.delenv("MICRODL_QUIET", raising=False)
    return _compile.Reporter()


def test_a_terminal_shows_count_and_name_and_is_cleaned_afterwards(reporter):
    outer, inner = compilation("_softmax"), compilation("_exp_all")
    for event, step in [(outer, "on_start"), (inner, "on_start"), (inner, "on_end"), (outer, "on_end")]:
        getattr(reporter, step)(event)
    clear = "\r\x1b[K"
    line = f"{clear}microdl: compiling kernels for this machine (once) ... 1: softmax.softmax{clear}"
    assert _compile.sys.stderr.getvalue() == line
    reporter.summary()
    assert (
        _compile.sys.stderr.getvalue()
        == f"{line}microdl: compiled 1 kernel in 0.0 s; the next run loads them from disk\n"
    )


def test_compilations_of_others_and_silenced_ones_are_not_told(reporter):
    other, silenced = compilation("theirs", "elsewhere"), compilation("softmax")
    reporter.on_start(other)
    reporter.on_end(other)
    assert reporter.names == []
    with reporter.silenced():
        reporter.on_start(silenced)
        reporter.on_end(silenced)
    reporter.summary()
    assert reporter.names == ["softmax.softmax"]
    assert reporter.seconds > 0
    assert _compile.sys.stderr.getvalue() == ""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_warm_up_yields_the_kernels_of_a_training_step(dtype):
    assert tuple(kernels.warm_up(dtype)) == kernels.WARM_UP


def test_an_unknown_theme_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'softmix'"):
        _ = kernels.softmix


@pytest.mark.parametrize(
    ("n", "message"),
    [
        (0, "expects a positive integer, but got 0"), (-2, "expects a positive integer, but got -2"),
        (1.5, "expects an int, but got float"), (True, "expects an int, but got bool"),
    ],
)  # fmt: skip
def test_set_num_threads_refuses_what_pytorch_refuses(n, message):
    with pytest.raises(RuntimeError, match=f"set_num_threads {message}"):
        kernels.set_num_threads(n)


@pytest.fixture
def threads_restored():
    before = kernels.get_num_threads()
    yield
    kernels.set_num_threads(before)
    kernels._num_threads = None


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.usefixtures("threads_restored")
def test_the_threads_of_numpy_s_blas_are_bounded_too():
    kernels.set_num_threads(1)
    assert blas_threads() == {1}
    kernels.set_num_threads(1000)
    assert blas_threads() == {kernels.available_cpus()}


@pytest.mark.usefixtures("threads_restored")
def test_the_default_is_a_thread_for_each_cpu_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setattr(kernels, "available_cpus", lambda: 6)
    for omp, numba, threads in [("3", "5", 3), ("", "5", 5), ("4,2", "5", 4), ("none", "0", 6), ("8", "", 6)]:
        monkeypatch.setenv("OMP_NUM_THREADS", omp)
        monkeypatch.setenv("NUMBA_NUM_THREADS", numba)
        monkeypatch.setattr(kernels, "_num_threads", None)
        assert kernels.get_num_threads() == threads
    kernels.set_num_threads(64)
    assert kernels.get_num_threads() == 64


IN_STEP = """
import pathlib, time
import numpy as np
from numba.core.caching import IndexDataCacheFile as Files
from microdl import kernels
folder = pathlib.Path({folder!r})

def in_step(write, kind):
    def call(self, *args):
        (folder / f"{me} begins {{kind}}").touch()
        while not (folder / {awaited}[kind]).exists():
            time.sleep(0.01)
        write(self, *args)
        (folder / f"{me} has {{kind}}").touch()
    return call

Files._save_index = in_step(Files._save_index, "index")
Files._save_data = in_step(Files._save_data, "data")
kernels.linear.grad_bias(np.ones((2, 2), np.{dtype}))
"""


def test_two_processes_that_compile_at_once_leave_each_other_s_code_alone(tmp_path):
    """B writes the index last, A the code: under Numba's own names B's index would name A's code."""
    folder, cache = str(tmp_path), tmp_path / "cache"
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_DISABLE_JIT"}
    environment |= {"NUMBA_CACHE_DIR": str(cache), "MICRODL_QUIET": "1"}
    a = IN_STEP.format(
        folder=folder, me="A", dtype="float32", awaited={"index": "B begins index", "data": "B has data"}
    )
    b = IN_STEP.format(folder=folder, me="B", dtype="float64", awaited={"index": "A has index", "data": "B has index"})
    both = [subprocess.Popen([sys.executable, "-c", script], env=environment) for script in (a, b)]
    assert [process.wait(300) for process in both] == [0, 0]
    script = "import numpy as np; from microdl import kernels; "
    script += "print([kernels.linear.grad_bias(np.ones((2, 2), d)).tolist() for d in (np.float32, np.float64)])"
    assert run(script, cache, MICRODL_QUIET="1")[0] == "[[2.0, 2.0], [2.0, 2.0]]\n"
