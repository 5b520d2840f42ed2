"""Threads that help with a kernel's work, and never hold it up.

The kernel cuts its work into PARTS. Whoever is free takes the next one, the thread that called the kernel among them;
it waits at the end for parts that were taken, not for threads that did not come. So where the machine is busy with
something else, another framework's threads or NumPy's BLAS, a kernel is as fast as without helpers. A parallel loop of
Numba's waits until OpenMP has seen all its threads, which next to the spinning threads of a BLAS takes milliseconds;
it is also compiled a second time, and cannot run in a forked process.

A helper is a Python thread in compiled code that has released the GIL. It goes on asking for work for about 0.1 ms,
longer than Python takes from one kernel to the next, and then sleeps.
"""

import atexit
import functools
import os
import platform
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils as numba_cgutils
from numba.extending import intrinsic, overload

from . import available_cpus, get_num_threads
from ._compile import ByDtype, kernel

PARTS = 16
"""How many pieces the work is cut into, whatever the number of threads, so that results do not depend on it."""

_SPINS = 4_000
_LINE = 64  # bytes: each number that several threads write has a cache line of its own
_TURN, _DONE, _CODE, _DATA, _LIMIT, _STATE = (i * _LINE for i in range(6))
"""Where the pool keeps its numbers: whose turn it is (the job's number above 32 bits, the next part below), how many
parts are done, the job's function and arguments, how many may help, and from there on the state of each helper."""
_ASLEEP, _AWAKE, _EXPECTED = range(3)
_PART = 0xFFFF_FFFF
cgutils: Any = numba_cgutils
_PAIR: Any = types.UniTuple(types.intp, 2)  # type: ignore[no-untyped-call]
_plain: bool = config.DISABLE_JIT  # type: ignore[attr-defined]
_VOID, _ADDRESS = ir.VoidType(), ir.IntType(64)


# --- inside kernels ----------------------------------------------------------------------------------------------


@kernel()
def bounds(first: int, last: int, n: int) -> tuple[int, int]:
    """Where in n pieces of work the parts from `first` to `last` begin and end."""
    return n * first // PARTS, n * last // PARTS


def in_parts(body: Callable[..., None]) -> Callable[..., None]:
    """Makes of a kernel (begin, end, *args) one of (pool, *args), for other kernels, that runs it for all parts.

    At once, from 0 to PARTS, where the pool is 0; else each part by whoever is free. The body must not raise, and what
    one part writes no other may read.
    """

    def run(pool: int, *args: Any) -> None:
        for part in range(PARTS):
            body(part, part + 1, *args)

    job, parts = _job_of(body), PARTS

    @overload(run)
    def compiled(pool: Any, *args: Any) -> Callable[..., None]:
        def choose(pool: Any, *args: Any) -> None:
            if pool == 0:
                body(0, parts, *args)
            else:
                code, data = job(args)
                _lead(pool, code, data)

        return choose

    return run


def _job_of(body: Any) -> Any:
    @intrinsic
    def job(context: Any, args: Any) -> Any:
        """The addresses of a function (data, part) that calls the body, and of its data, the arguments."""
        body_type = types.Dispatcher(body)
        signature = body_type.get_call_type(context, (types.intp, types.intp, *args.types), {})

        def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
            compiled = body.get_compile_result(signature)
            context.add_linking_libs([compiled.library])
            items = cgutils.unpack_tuple(builder, values[0], len(args.types))
            data = cgutils.alloca_once(builder, ir.LiteralStructType([item.type for item in items]))
            for i, item in enumerate(items):
                builder.store(item, cgutils.gep_inbounds(builder, data, 0, i))
            function = _part_of(context, builder.module, compiled.fndesc, signature, data.type)
            pair = [builder.ptrtoint(function, _ADDRESS), builder.ptrtoint(data, _ADDRESS)]
            return context.make_tuple(builder, _PAIR, pair)

        return _PAIR(args), generate

    return job


def _part_of(context: Any, module: Any, body: Any, signature: Any, data: Any) -> Any:
    """A function (data, part) that calls the body for one part, with the other arguments from where `data` points."""
    function = ir.Function(module, ir.FunctionType(_VOID, [data, _ADDRESS]), module.get_unique_name("part"))
    function.linkage = "internal"
    builder = ir.IRBuilder(function.append_basic_block())
    items = [builder.load(cgutils.gep_inbounds(builder, function.args[0], 0, i)) for i in range(len(data.pointee))]
    part = function.args[1]
    context.call_internal_no_propagate(builder, body, signature, [part, builder.add(part, _ADDRESS(1)), *items])
    builder.ret_void()
    return function


def _emitted(result: Any, count: int) -> Callable[[Callable[..., Any]], Any]:
    """An intrinsic of `count` integers, whose instructions are written by (builder, *values)."""

    def declare(write: Callable[..., Any]) -> Any:
        def typed(*arguments: Any) -> Any:
            def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
                value = write(builder, *values)
                return context.get_dummy_value() if result == types.void else value

            return result(*arguments), generate

        with_arguments = (  # Numba wants each argument named
            lambda _: typed(),
            lambda _, a: typed(a),
            lambda _, a, b: typed(a, b),
            lambda _, a, b, c: typed(a, b, c),
        )
        return intrinsic(with_arguments[count])

    return declare


def _pointer(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _ADDRESS.as_pointer())


@_emitted(types.intp, 1)
def _read(builder: Any, address: Any) -> Any:
    return builder.load_atomic(_pointer(builder, address), "seq_cst", 8)


@_emitted(types.void, 2)
def _write(builder: Any, address: Any, value: Any) -> Any:
    builder.store_atomic(value, _pointer(builder, address), "seq_cst", 8)


@_emitted(types.intp, 2)
def _add(builder: Any, address: Any, value: Any) -> Any:
    return builder.atomic_rmw("add", _pointer(builder, address), value, "seq_cst")


@_emitted(types.intp, 2)
def _exchange(builder: Any, address: Any, value: Any) -> Any:
    return builder.atomic_rmw("xchg", _pointer(builder, address), value, "seq_cst")


@_emitted(types.boolean, 3)
def _replace(builder: Any, address: Any, old: Any, new: Any) -> Any:
    """Whether the number was `old`, and is `new` now."""
    pair = builder.cmpxchg(_pointer(builder, address), old, new, "seq_cst", "seq_cst")
    return builder.extract_value(pair, 1)


@_emitted(types.void, 3)
def _call(builder: Any, code: Any, data: Any, part: Any) -> Any:
    signature = ir.FunctionType(_VOID, [_ADDRESS, _ADDRESS])
    builder.call(builder.inttoptr(code, signature.as_pointer()), [data, part])


@_emitted(types.void, 0)
def _pause(builder: Any) -> Any:
    """Tell the core that this thread waits; nothing where the machine has no word for it."""
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), ir.FunctionType(_VOID, [])), [])
    elif machine in ("aarch64", "arm64"):
        hint = ir.FunctionType(_VOID, [ir.IntType(32)])
        builder.call(builder.module.declare_intrinsic("llvm.aarch64.hint", (), hint), [ir.IntType(32)(1)])


@_emitted(types.void, 0)
def _let_others_run(builder: Any) -> Any:
    if sys.platform != "win32":
        signature = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, signature, "sched_yield"), [])


@kernel()
def _lead(pool: int, code: int, data: int) -> None:
    """Offer a job, take part in it, and wait until every part is done."""
    _write(pool + _CODE, code)
    _write(pool + _DATA, data)
    _write(pool + _DONE, 0)
    _write(pool + _TURN, ((_read(pool + _TURN) >> 32) + 1) << 32)
    _take_parts(pool)
    spins = 0
    while _read(pool + _DONE) < PARTS:
        spins += 1
        if spins < _SPINS:
            _pause()
        else:
            _let_others_run()


@kernel()
def _take_parts(pool: int) -> None:
    """Take parts until none is left.

    A helper may read one job's function and be late: then the number that it would replace is not there any more.
    """
    turn = _read(pool + _TURN)
    while turn & _PART < PARTS:
        code, data = _read(pool + _CODE), _read(pool + _DATA)
        if _replace(pool + _TURN, turn, turn + 1):
            _call(code, data, turn & _PART)
            _add(pool + _DONE, 1)
        turn = _read(pool + _TURN)


@kernel()
def _help(pool: int, number: int) -> None:
    """Take parts of the jobs that come, until for a while there is none."""
    state = pool + _STATE + number * _LINE
    spins = 0
    while True:
        if _read(pool + _TURN) & _PART < PARTS and number < _read(pool + _LIMIT):
            _take_parts(pool)
            spins = 0
        elif spins < _SPINS:
            _pause()
            spins += 1
        elif _replace(state, _AWAKE, _ASLEEP):
            return
        else:
            _write(state, _AWAKE)
            spins = 0


@kernel()
def _expect(pool: int, helpers: int) -> int:
    """Keep so many helpers from falling asleep before the job that comes now; the bits of those who are asleep."""
    _write(pool + _LIMIT, helpers)
    asleep = 0
    for number in range(helpers):
        if _exchange(pool + _STATE + number * _LINE, _EXPECTED) == _ASLEEP:
            asleep |= 1 << number
    return asleep


# --- from Python -------------------------------------------------------------------------------------------------


class _Pool:
    """The helpers of one process, started when they are first needed. One kernel at a time has them."""

    def __init__(self) -> None:
        self._most = min(available_cpus() - 1, 62)
        memory = np.zeros(_STATE + (self._most + 1) * _LINE, np.uint8)
        begin = -memory.ctypes.data % _LINE
        self._address = memory.ctypes.data + begin
        self._numbers = memory[begin : begin + _STATE + self._most * _LINE].view(np.int64)
        self._numbers[_TURN // 8] = PARTS  # no part is to be taken
        self._bells: list[Any] = []
        self._threads: list[threading.Thread] = []
        self._taken = threading.Lock()
        self._closed = False

    def take(self) -> int:
        """The pool's address, for `in_parts`, with the helpers awake; 0 where there are none, or another has them."""
        wanted = min(get_num_threads() - 1, self._most)
        if wanted <= 0 or self._closed or not self._taken.acquire(blocking=False):
            return 0
        while len(self._threads) < wanted:
            self._start(len(self._threads))
        asleep = _expect(self._address, wanted)
        if asleep:
            for number in range(wanted):
                if asleep >> number & 1:
                    self._bells[number].release()
        return self._address

    def give_back(self) -> None:
        self._taken.release()

    def close(self) -> None:
        """Let the helpers end. A thread that is in compiled code when Python goes would take the process with it."""
        self._closed = True
        if not self._threads:
            return
        asleep = _expect(self._address, len(self._threads))
        self._numbers[_LIMIT // 8] = 0
        for number, (bell, thread) in enumerate(zip(self._bells, self._threads, strict=True)):
            if asleep >> number & 1:
                bell.release()
            thread.join(timeout=1)

    def _start(self, number: int) -> None:
        bell = threading.Lock()
        bell.acquire()
        thread = threading.Thread(target=self._live, args=(number, bell), name=f"microdl-{number}", daemon=True)
        self._bells.append(bell)
        self._threads.append(thread)
        _help(self._address, number)  # compiled here, where it is told
        thread.start()

    def _live(self, number: int, bell: Any) -> None:
        while not self._closed:
            bell.acquire()
            _help(self._address, number)


_pool = _Pool()


def _begin_anew() -> None:
    """In a forked process the helpers are gone."""
    global _pool
    _pool = _Pool()


atexit.register(lambda: _pool.close())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def without_threads(function: Any, *likes: int | list[Any]) -> ByDtype:
    """The machine code of a `threaded` kernel, to be called with 0 for the pool."""
    return ByDtype(function.__wrapped__, [0], *likes)


def threaded(from_size: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a kernel its first argument, the pool: 0 where the next has fewer elements, and threads do not pay.

    Kernels that do no more than hand their arguments on to one `in_parts` are written out all the same: Numba keeps no
    closure's code on disk from one process to the next.
    """

    def declare(compiled: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(compiled)
        def call(first: Any, *rest: Any) -> Any:
            pool = _pool
            address = 0 if first.size < from_size or _plain else pool.take()
            try:
                return compiled(address, first, *rest)
            finally:
                if address:
                    pool.give_back()

        return call

    return declare
