"""The house plan, kept: imports go one way, files stay short, importing microdl loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import microdl
from microdl._later import Later

ROOT = Path(microdl.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# Lowest first. A unit imports from units to the left of it and from itself.
ORDER = [
    *["_later", "kernels", "_atomic", "_memory", "_warning", "surface", "device", "dtypes", "printing"],
    *["autograd", "ops", "tensor", "creation", "typed", "storage", "safetensors", "interop", "random"],
    *["linalg", "special", "amp", "cuda", "backends", "accelerator", "mps", "xpu", "profiler", "switches", "version"],
    *["testing", "distributions", "func", "nn", "optim", "utils", "serialization", "transforms", "datasets", "vision"],
    *["compat", "_estimator", "features", "classifiers", "plots", "tasks", "choices", "train", "compare", "learn"],
    *["bench", "cli", "__main__"],
]
# microdl/__init__.py imports all of it; nothing imports the face, but those who use microdl as a user does
FACE = "__init__"
USERS = {
    "bench", "choices", "classifiers", "cli", "compare", "compat", "features", "learn", "__main__", "plots", "tasks",
    "train",
}  # fmt: skip
LATER = [
    "autograd.functional", "autograd.profiler", "datasets", "distributions", "func", "nn.utils", "optim.adam",
    "optim.lr_scheduler", "optim.sgd", "optim.swa_utils", "profiler", "safetensors", "serialization", "testing",
    "utils",
]  # fmt: skip
NAMED = ["load", "save", "vmap", "autograd.gradcheck", "optim.Adam", "utils.data.DataLoader"]  # what they hold
# To be imported by those who want them
UNNAMED = ["classifiers", "compat", "features", "plots", "train", "transforms", "vision"]
HEAVY = ["numba", "llvmlite", "matplotlib", "sklearn", "scipy", "tqdm", "torch", "hypothesis"]
LONGEST = 400


def name_of(path: Path) -> str:
    """`ops/shape.py` is `ops.shape`, `nn/__init__.py` is `nn`, and the face is `__init__`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(path): path for path in FILES}


def unit(module: str) -> str:
    return module.split(".")[0]


def imports(module: str, later: bool = True) -> Iterator[str]:
    """The modules of microdl that this one imports, also `later`, in a function; for types only excepted."""
    path = MODULES[module]
    package = path.relative_to(ROOT).parent.parts
    for node in _statements(ast.parse(path.read_text("utf-8")), later):
        if isinstance(node, ast.ImportFrom):
            yield from _from_targets(node, package)
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".", 1) for alias in node.names if alias.name.split(".")[0] == "microdl"]
            yield from (parts[1] if len(parts) > 1 else FACE for parts in names)


def _statements(tree: ast.AST, later: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if later or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            yield from _statements(node, later)


def _from_targets(node: ast.ImportFrom, package: tuple[str, ...]) -> Iterator[str]:
    source = (node.module or "").split(".") if node.module else []
    if node.level:
        base = [*package[: len(package) - node.level + 1], *source]
    elif source and source[0] == "microdl":
        base = source[1:]
    else:
        return
    for alias in node.names:
        module = ".".join([*base, alias.name])
        yield module if module in MODULES else ".".join(base) or FACE


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    if module == FACE:
        return
    allowed = {*ORDER[: ORDER.index(unit(module)) + 1], *([FACE] if unit(module) in USERS else [])}
    upward = sorted({target for target in imports(module) if unit(target) not in allowed})
    assert not upward, f"{module} imports {upward}, which stand above it or beside it"


def test_there_is_no_import_cycle() -> None:
    """Of what is imported at once: a package may name its own parts later."""
    TopologicalSorter({m: set(imports(m, later=False)) - {m, FACE} for m in MODULES if m != FACE}).prepare()


def test_every_unit_has_its_place() -> None:
    assert {unit(m) for m in MODULES} - {FACE} <= set(ORDER)


@pytest.mark.parametrize("module", MODULES)
def test_no_star_imports(module: str) -> None:
    stars = [
        node.lineno
        for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert not stars, f"star imports at lines {stars}"


@pytest.mark.parametrize("module", MODULES)
def test_files_stay_short(module: str) -> None:
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= LONGEST


def test_importing_microdl_loads_nothing_heavy() -> None:
    code = f"import sys, microdl; print(*[m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert run.stdout.split() == []


def in_a_new_process(code: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    return run.stdout.split()


def test_importing_microdl_leaves_what_a_first_step_needs_not_for_later() -> None:
    """A quarter of the source: where no byte code is on disk, a quarter of the time."""
    loaded = in_a_new_process("import sys, microdl; print(*sys.modules)")
    assert [m for m in LATER + UNNAMED if f"microdl.{m}" in loaded] == []


@pytest.mark.parametrize(
    "path", [*LATER, "load", "save", "vmap", "autograd.gradcheck", "optim.Adam", "utils.data.DataLoader"]
)
def test_what_is_left_for_later_is_there_once_it_is_named(path: str) -> None:
    package, _, name = f"microdl.{path}".rpartition(".")
    listed, same, found = in_a_new_process(
        "import sys, microdl\n"
        f"print({name!r} in dir({package}), {package}.{name} is {package}.{name}, {name!r} in vars({package}))"
    )
    assert (listed, same, found) == ("True", "True", "True")


def test_an_error_while_a_part_is_loaded_is_its_own() -> None:
    """Not 'has no attribute': what is there and fails must say why."""
    later = Later("microdl.optim", {".absent_file": "Lion", ".sgd": "SDG"})
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'microdl.optim.absent_file'"):
        later("Lion")
    with pytest.raises(AttributeError, match=r"'microdl.optim.sgd' has no attribute 'SDG'"):
        later("SDG")
    with pytest.raises(AttributeError, match=r"module 'microdl.optim' has no attribute 'Ilon'$"):
        later("Ilon")


def test_importing_microdl_warns_of_nothing_and_prints_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import microdl"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT.parent,
    )
    assert (run.stdout, run.stderr) == ("", "")
