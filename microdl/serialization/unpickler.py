"""Two readers of pickles: one that builds data from an allow-list and runs nothing, one that trusts the file.

A pickle is a program for a stack machine. `WeightsUnpickler` is that machine with the parts taken out that could do
harm: it finds no names by importing, calls only what is on the list, and takes no more memory than the pickle's own
length explains. (Python's own unpickler, however its `find_class` is limited, takes memory on a corrupt length's word.)
Source: https://docs.python.org/3/library/pickletools.html
"""

from __future__ import annotations

import struct
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from pickle import UnpicklingError, decode_long
from typing import Any, BinaryIO

from ..dtypes import Size
from ..nn import Parameter
from ..tensor import Tensor
from . import rebuild
from .names import data_globals, known_global, trusted_globals

__all__ = ["WeightsUnpickler", "globals_of", "trusting_unpickler"]

_BLOCKED = {"sys", "os", "posix", "nt", "subprocess", "builtins.eval", "builtins.exec"}
_DEPTH = 100  # of tuples within a key: hashing is recursive
_DICTS = (dict, OrderedDict, Counter, defaultdict)
_COPYING = (set, OrderedDict, Counter, Size)
_MARK = object()


class WeightsUnpickler:
    """Reads one pickle from an open file, with `persistent_load` for the storages that it refers to.

    UnpicklingError for a global that is not allowed, and for whatever is no sound pickle.
    """

    def __init__(self, file: BinaryIO, persistent_load: Callable[[Any], Any], encoding: str = "utf-8") -> None:
        self._file, self._persistent_load, self._encoding = file, persistent_load, encoding
        self._begin = file.tell()
        self._end = file.seek(0, 2)
        file.seek(self._begin)
        self._allowed = {**data_globals(), **trusted_globals()}
        self._trusted = [*trusted_globals().values()]
        self._memo: dict[int, Any] = {}
        self._stack: list[Any] = []
        self._copied = 0
        self._outside: Exception | None = None

    def load(self) -> Any:
        """The object that the pickle describes."""
        try:
            return self._run()
        except (UnpicklingError, NotImplementedError):
            raise
        except RecursionError:
            raise UnpicklingError("the pickle nests too deeply") from None
        except Exception as error:
            if error is self._outside:  # not the pickle's fault: a storage is damaged, or belongs elsewhere
                raise
            at = self._file.tell() - self._begin
            raise UnpicklingError(
                f"the pickle is corrupt: {type(error).__name__} at byte {at}: {str(error)[:200]}"
            ) from error

    def _run(self) -> Any:
        read = self._file.read
        while True:
            code = read(1)
            if not code:
                raise UnpicklingError("the pickle ends before it is complete")
            if code == b".":
                return self._stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise UnpicklingError(f"Unsupported operand {code[0]}")
            step(self)

    # --- reading ---

    def _read(self, n: int) -> bytes:
        if n > self._end - self._file.tell():
            raise UnpicklingError(f"the pickle ends before the {n} bytes that it announces")
        return self._file.read(n)

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._read(struct.calcsize(form)))[0]

    def _line(self) -> str:
        line = self._file.readline(1000)
        if line[-1:] != b"\n":
            raise UnpicklingError("a name in the pickle does not end")
        return line[:-1].decode()

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _since_mark(self) -> list[Any]:
        i = len(self._stack) - 1
        while self._stack[i] is not _MARK:
            i -= 1
            if i < 0:
                raise UnpicklingError("a mark is missing")
        items = self._stack[i + 1 :]
        del self._stack[i:]
        return items

    # --- what may be built ---

    def _global(self, module: str, name: str) -> None:
        if (module, name) in NAME_MAPPING:
            module, name = NAME_MAPPING[module, name]
        module = IMPORT_MAPPING.get(module, module)
        path = f"{module}.{name}"
        if module in _BLOCKED or path in _BLOCKED:
            raise UnpicklingError(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
        if path not in self._allowed:
            shown = path.removeprefix("builtins.")
            raise UnpicklingError(
                f"Unsupported global: GLOBAL {shown} was not an allowed global by default. Please use `"
                f"torch.serialization.add_safe_globals([{shown}])` or the `torch.serialization.safe_globals([{shown}])`"
                " context manager to allowlist this global if you trust this class/function."
            )
        self._push(self._allowed[path])

    def _stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if type(name) is not str or type(module) is not str:
            raise UnpicklingError("a global's name is no text")
        self._global(module, name)

    def _is_trusted(self, value: Any) -> bool:
        return any(value is entry for entry in self._trusted)

    def _call(self) -> None:
        args, function = self._stack.pop(), self._stack.pop()
        if type(args) is not tuple:
            raise UnpicklingError(f"a call's arguments are no tuple, but {type(args).__name__}")
        if not self._is_trusted(function):
            self._check_call(function, args)
        self._push(function(*args))

    def _check_call(self, function: Any, args: tuple[Any, ...]) -> None:
        listed = any(function is entry for entry in self._allowed.values())
        if not listed or not callable(function) or function is Tensor:
            raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")
        if function in _COPYING and args:
            self._count(args[0])
            if function is not Size:
                for item in args[0]:
                    _check_key(item[0] if function is OrderedDict else item)
        elif function in (rebuild.byte_array, rebuild.encode) and args:
            self._count(args[0])

    def _count(self, items: Any) -> None:
        """Holds the sizes of what calls copy against the length of the pickle: honest ones are written out in it."""
        if isinstance(items, (int, Tensor)):
            raise UnpicklingError(f"{type(items).__name__} is no collection")
        self._copied += len(items)
        if self._copied > self._end - self._begin:
            raise UnpicklingError("the pickle makes more than it holds: it is corrupt or meant to exhaust memory")

    def _new(self, kwargs: Any = None) -> None:
        args, cls = self._stack.pop(), self._stack.pop()
        if cls is Parameter:
            self._push(Parameter(*args))
        elif cls in (OrderedDict, Counter, set) and not args:
            self._push(cls())
        elif self._is_trusted(cls):
            self._push(cls.__new__(cls, *args, **(kwargs or {})))
        else:
            raise UnpicklingError(
                f"Can only create new object for nn.Parameter or classes allowlisted via `add_safe_globals` but "
                f"got {cls}"
            )

    def _build(self) -> None:
        state, instance = self._stack.pop(), self._stack[-1]
        if type(instance) is OrderedDict:
            instance.__dict__.update(state)
        elif not self._is_trusted(type(instance)):
            raise UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(instance)}"
            )
        elif hasattr(instance, "__setstate__"):
            instance.__setstate__(state)
        else:
            own, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
            instance.__dict__.update(own or {})
            for name, value in (slots or {}).items():
                setattr(instance, name, value)

    def _persistent(self) -> None:
        key = self._stack.pop()
        if type(key) is not tuple or len(key) < 3 or key[0] not in ("storage", b"storage"):
            raise UnpicklingError(f"Only persistent_load of storage is allowed, but got {str(key)[:60]}")
        if len(key) not in (5, 6) or type(key[2]) not in (str, bytes, int):
            raise UnpicklingError(f"{len(key)} values, {str(key[2:])[:60]}, describe no storage")
        try:
            self._push(self._persistent_load(key))
        except Exception as error:
            self._outside = error
            raise

    # --- containers ---

    def _append(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise UnpicklingError(f"Can only append to lists, but got {type(target)}")
        target.extend(items)

    def _add(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not set:
            raise UnpicklingError(f"Can only add to sets, but got {type(target)}")
        for item in items:
            _check_key(item)
            target.add(item)

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) not in _DICTS and not self._is_trusted(type(target)):
            raise UnpicklingError(
                f"Can only set items of dict, collections.OrderedDict, collections.Counter, but got {type(target)}"
            )
        if len(items) % 2:
            raise UnpicklingError("a key has no value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            _check_key(key)
            target[key] = value

    def _tuple(self, n: int) -> None:
        if len(self._stack) < n:
            raise UnpicklingError("the stack is too short")
        self._stack[-n:] = [tuple(self._stack[-n:])]

    def _text(self, form: str) -> None:
        self._push(str(self._read(self._number(form)), "utf-8", "surrogatepass"))

    def _byte_string(self, form: str) -> None:
        data = self._read(self._number(form))
        self._push(data if self._encoding == "bytes" else data.decode(self._encoding))

    def _put(self, i: int) -> None:
        self._memo[i] = self._stack[-1]


def _check_key(key: Any) -> None:
    """UnpicklingError for a key whose hash would take a deep recursion, or without end: a tuple of tuples of ..."""
    if not isinstance(key, tuple):
        return
    level, seen = [key], 0
    for _ in range(_DEPTH):
        level = [item for t in level for item in t if isinstance(item, tuple)]
        seen += len(level)
        if not level:
            return
        if seen > 10_000:
            break
    raise UnpicklingError("a key of the pickle nests too deeply")


_STEPS: dict[bytes, Callable[[WeightsUnpickler], Any]] = {
    b"\x80": lambda u: u._read(1),  # PROTO
    b"\x95": lambda u: u._read(8),  # FRAME
    b"c": lambda u: u._global(u._line(), u._line()),
    b"\x93": lambda u: u._stack_global(),
    b"R": lambda u: u._call(),
    b"\x81": lambda u: u._new(),
    b"\x92": lambda u: u._new(u._stack.pop()),
    b"b": lambda u: u._build(),
    b"Q": lambda u: u._persistent(),
    b"(": lambda u: u._push(_MARK),
    b"0": lambda u: u._stack.pop(),
    b"2": lambda u: u._push(u._stack[-1]),
    b"N": lambda u: u._push(None),
    b"\x88": lambda u: u._push(True),
    b"\x89": lambda u: u._push(False),
    b")": lambda u: u._push(()),
    b"]": lambda u: u._push([]),
    b"}": lambda u: u._push({}),
    b"\x8f": lambda u: u._push(set()),
    b"t": lambda u: u._push(tuple(u._since_mark())),
    b"\x85": lambda u: u._tuple(1),
    b"\x86": lambda u: u._tuple(2),
    b"\x87": lambda u: u._tuple(3),
    b"a": lambda u: u._append([u._stack.pop()]),
    b"e": lambda u: u._append(u._since_mark()),
    b"s": lambda u: u._set_items([u._stack.pop(), u._stack.pop()][::-1]),
    b"u": lambda u: u._set_items(u._since_mark()),
    b"\x90": lambda u: u._add(u._since_mark()),
    b"J": lambda u: u._push(u._number("<i")),
    b"K": lambda u: u._push(u._number("<B")),
    b"M": lambda u: u._push(u._number("<H")),
    b"G": lambda u: u._push(u._number(">d")),
    b"\x8a": lambda u: u._push(decode_long(u._read(u._number("<B")))),
    b"\x8b": lambda u: u._push(decode_long(u._read(u._number("<i")))),
    b"X": lambda u: u._text("<I"),
    b"\x8c": lambda u: u._text("<B"),
    b"\x8d": lambda u: u._text("<Q"),
    b"U": lambda u: u._byte_string("<B"),
    b"T": lambda u: u._byte_string("<i"),
    b"B": lambda u: u._push(u._read(u._number("<I"))),
    b"C": lambda u: u._push(u._read(u._number("<B"))),
    b"\x8e": lambda u: u._push(u._read(u._number("<Q"))),
    b"\x96": lambda u: u._push(bytearray(u._read(u._number("<Q")))),
    b"h": lambda u: u._push(u._memo[u._number("<B")]),
    b"j": lambda u: u._push(u._memo[u._number("<I")]),
    b"q": lambda u: u._put(u._number("<B")),
    b"r": lambda u: u._put(u._number("<I")),
    b"\x94": lambda u: u._put(len(u._memo)),
}


class _Survey(WeightsUnpickler):
    """Reads a pickle for the names in it alone."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, lambda key: None)
        self.unknown: set[str] = set()

    def _global(self, module: str, name: str) -> None:
        module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        if f"{module}.{name}" not in self._allowed:
            self.unknown.add(f"{module}.{name}")
        self._push(None)

    def _call(self) -> None:
        self._stack.pop()

    def _new(self, kwargs: Any = None) -> None:
        self._stack.pop()

    def _build(self) -> None:
        self._stack.pop()

    def _append(self, items: list[Any]) -> None:
        pass

    _add = _set_items = _append


def globals_of(file: BinaryIO) -> list[str]:
    """The names in a pickle that `weights_only=True` would refuse, sorted."""
    survey = _Survey(file)
    survey.load()
    return sorted(survey.unknown)


def trusting_unpickler(
    file: BinaryIO, persistent_load: Callable[[Any], Any], pickle_module: Any, options: dict[str, Any]
) -> Any:
    """An unpickler of `pickle_module` that runs what the file says, with torch's names taken as microdl's."""

    class Unpickler(pickle_module.Unpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            if module.split(".")[0] == "torch":
                return known_global(module, name)
            return super().find_class(module, name)

    unpickler = Unpickler(file, **options)
    unpickler.persistent_load = persistent_load
    return unpickler
