"""What each input is put through, and under which limits."""

from __future__ import annotations

import ast
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType

from netdsl.compiler import Api, Compiled, compile_source
from netdsl.diagnostics.github import to_github
from netdsl.diagnostics.json import to_json
from netdsl.diagnostics.render import render_all
from netdsl.diagnostics.sink import Diagnostics
from netdsl.format.printer import format_module
from netdsl.source import SourceFile
from netdsl.syntax.parse import parse
from tests.fuzz.inputs import library

SECONDS = 2.0  # of a processor of its own; `slowness` says how far this one is from that
LOOP = 0.012  # seconds that such a processor takes to count to 300,000
MEMORY = 1 << 30
APIS: tuple[Api, ...] = ("tf.keras", "keras")


class OutOfTime(BaseException):
    """An input took more than its share of the processor."""


@dataclass(frozen=True)
class Failure:
    """What went wrong with one input. `signature` is the same for what is most likely the same mistake."""

    number: int
    kind: str
    step: str
    signature: str
    detail: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What became of one input: the seconds of its slowest step, how far it got, and what went wrong, if anything."""

    seconds: float
    step: str
    failure: Failure | None = None


def _imported(path: str) -> str:
    """Give one of the corpus's own libraries, whatever its folder; no other file is there."""
    text = library().get(path.rpartition("/")[2])
    if text is None:
        raise FileNotFoundError(2, "there is no such file", path)
    return text


def slowness() -> float:
    """Tell how much slower than a processor of its own this one is at the moment."""
    start = time.process_time()
    total = 0
    for turn in range(300_000):
        total += turn
    return max(1.0, (time.process_time() - start) / LOOP)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop what runs longer, by the time of the processor: a busy machine is no fault of the input."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def limit_memory() -> None:
    """Let this process have no more than an input may take."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def check(file: SourceFile) -> Compiled:
    """Compile, and write what there is to say in each format."""
    compiled = compile_source(file, _imported)
    whole = all(graph.complete for graph in compiled.graphs.values())
    assert whole or not compiled.ok, "a part of the graph is missing, and nothing is said of it"
    render_all(compiled.diagnostics)
    to_json(compiled.diagnostics)
    to_github(compiled.diagnostics)
    return compiled


def written(compiled: Compiled) -> list[Callable[[], object]]:
    """Give what writes both forms of the Python, which must be Python, and the tables.

    A file without a model is a library, whose blocks nothing has made with any input: they are written all the same.
    """
    if not compiled.ok:
        return []
    apis = [
        api for api in APIS if not compiled.other_engines(api)
    ]  # what devices share has one API
    forms = [(api, flat) for api in apis for flat in (False, True)]
    tables = [compiled.model(name).summary for name in compiled.models]
    return [*(partial(_python, compiled, api, flat) for api, flat in forms), *tables]


def _python(compiled: Compiled, api: Api, flat: bool) -> None:
    sys.setrecursionlimit(50_000)  # for Python's own compiler, which nests as the text does
    ast.parse(compiled.emit(api, flat=flat))
    sys.setrecursionlimit(1000)


def lay_out(file: SourceFile) -> None:
    """Format: twice is the same as once, and the tree stays."""
    sink = Diagnostics()
    before = parse(file, sink)
    if sink.has_errors:
        return
    once = format_module(before)
    after = parse(SourceFile(file.name, once), Diagnostics())
    assert format_module(after) == once, "formatting twice is not the same as once"
    sys.setrecursionlimit(50_000)  # for the comparison of trees, which nests as they do
    assert before == after, "formatting changed the tree"
    sys.setrecursionlimit(1000)


def run(number: int, kind: str, text: str, seconds: float = SECONDS) -> Outcome:
    """Put one input through everything; each step has its own time."""
    file = SourceFile("spec.net", text)
    watch = Stopwatch(seconds)
    try:
        with watch.step("check"):
            compiled = check(file)
        with watch.step("fmt"):
            lay_out(file)
        for write in written(compiled):
            with watch.step("compile"):
                write()
    except (Exception, OutOfTime) as error:
        found = Failure(number, kind, watch.name, _signature(error), traceback.format_exc(), text)
        return Outcome(watch.slowest, watch.name, found)
    return Outcome(watch.slowest, watch.name)


@dataclass
class Stopwatch:
    """Times the steps of one input, each of which may take so many seconds."""

    limit: float
    name: str = "check"
    slowest: float = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.name = name
        start = time.process_time()
        try:
            with time_limit(self.limit):
                yield
        finally:
            self.slowest = max(self.slowest, time.process_time() - start)


def _signature(error: BaseException) -> str:
    """Name an error by its type and where it was raised; time runs out anywhere, so there only the type counts."""
    if isinstance(error, (OutOfTime, RecursionError, MemoryError)):
        return type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "netdsl" in f.filename and "/tests/" not in f.filename]
    place = ours[-1] if ours else frames[-1]
    return f"{type(error).__name__} in {place.name} ({place.filename.rpartition('/')[2]})"
