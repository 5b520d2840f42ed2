"""One checker with one generator over the corpus, in a process of its own: a line of JSON for each op."""

from __future__ import annotations

import argparse
import json
import random
import signal
import time
import warnings
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tests.wrong_ops.entry import WrongOp
from tests.wrong_ops.kill import STRATA, entries

from .draws import GENERATORS, feed
from .peers import CHECKERS, Check, Unwritten, Void

__all__ = ["Record"]


@dataclass
class Record:
    """What became of one op: at which draw, and after how much CPU time of the checker, it was rejected.

    A wrong op is done with at its first rejection; right ones are given all draws. Without draws, it cannot be written
    for the framework.
    """

    stratum: str
    name: str
    bug: str
    draws: int = 0
    void: int = 0  # draws whose forward failed
    seconds: float = 0.0
    rejections: list[tuple[int, float]] = field(default_factory=list)
    text: str = ""  # of the first rejection


class OutOfTime(BaseException):
    """One call has used up the op's time: torch's whole Jacobian of a large output, for example."""


def _out_of_time(*_: object) -> None:
    raise OutOfTime


def examine(record: Record, entry: WrongOp, check: Check, given: argparse.Namespace) -> None:
    def take(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
        start, rejection = time.process_time(), ""
        signal.setitimer(signal.ITIMER_VIRTUAL, max(given.limit - record.seconds, 1e-3))
        try:
            with np.errstate(all="ignore"):
                check(args, options, record.draws)
        except OutOfTime:
            record.seconds = given.limit
            return False
        except Void:
            record.void += 1
        except Exception as error:
            rejection = f"{type(error).__name__}: {error}"
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        record.seconds += time.process_time() - start
        record.draws += 1
        if rejection:
            record.rejections.append((record.draws, record.seconds))
            record.text = record.text or rejection[:400]
            if record.stratum != "correct":
                return False
        enough = record.draws >= given.draws and record.seconds >= given.seconds
        return not (enough or record.draws >= given.most or record.seconds >= given.limit)

    feed(entry, given.generator, take)


def mixed(count: int | None) -> list[tuple[str, WrongOp]]:
    """All ops in an order that mixes the strata, so that the first ones are a fair sample."""
    ops = [(stratum, entry) for stratum in STRATA for entry in entries(stratum)]
    random.Random(0).shuffle(ops)
    return ops[:count]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checker", choices=list(CHECKERS))
    parser.add_argument("generator", choices=GENERATORS)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.0, help="go on until so much time is spent")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds at which an op is given up")
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--ops", type=int, help="take so many ops only")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGVTALRM, _out_of_time)
    for stratum, entry in mixed(given.ops):
        record = Record(stratum, entry.name, entry.bug)
        try:
            examine(record, entry, CHECKERS[given.checker](entry), given)
        except Unwritten:
            record.text = "cannot be written for this framework"
        print(json.dumps(asdict(record)), flush=True)


if __name__ == "__main__":
    main()
