"""Compiling from any thread, at any depth: the caller's limit and stack are neither needed nor changed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import netdsl
from netdsl.compare.changes import compare_graphs
from netdsl.format.printer import format_source
from netdsl.source import SourceFile
from netdsl.stack import deep, on_own_stack

LAST = "model M { input x: [8] output x -> "

#: Specs as deep as the language lets them be, by what they nest.
DEEP = {
    "a sum of tensors": "model M { input x: [8] output y = x" + " + x" * 900 + " }",
    "a sum": "let n = 1" + " + 1" * 900 + f"\n{LAST}Dense(n) }}",
    "powers": "let n = 1" + " ** 1" * 300 + f"\n{LAST}Dense(n) }}",
    "conditions": "let n = " + "1 if False else " * 300 + f"1\n{LAST}Dense(n) }}",
    "lists": "let n = " + "[" * 38 + "1" + "]" * 38 + f"\n{LAST}Dense(8) }}",
    "calls": "let n = " + "abs(" * 98 + "1" + ")" * 98 + f"\n{LAST}Dense(n) }}",
    "comprehensions": "let n = " + "[0 for a in " * 90 + "[1]" + "]" * 90 + f"\n{LAST}Dense(8) }}",
    "braces": LAST + "if True { " * 97 + "Dense(8)" + " }" * 98,
    "branches": LAST + "if 1 == 2 { _ }" + " else if 1 == 2 { _ }" * 300 + " else { Dense(8) } }",
    "forks": LAST + "[_, " * 45 + "Dense(8)" + "] -> Add()" * 45 + " }",
    "blocks": "".join(
        f"block b{i}() {{ input x\n h = x -> repeat 1 {{ b{i + 1}() }}\n output h }}\n"
        for i in range(110)
    )
    + f"block b110() = Dense(8)\n{LAST}b0() }}",
    "a block in itself": "block b(n) = if n > 1 { b(n - 1) -> Dense(8) } else { Dense(8) }\n"
    + f"{LAST}b(100) }}",
    "a function of itself": f"fn f(n) = 1 + f(n - 1) if n > 0 else 8\n{LAST}Dense(f(100)) }}",
    "models": "model M0 { input x: [8] output x -> Dense(8) }\n"
    + "".join(f"model M{i + 1} {{ input x: [8] output x -> M{i}() }}\n" for i in range(110)),
    "shared layers": "model M { input x: [8] layer a0 = Dense(8)\n"
    + "".join(f"layer a{i + 1} = a{i} -> ReLU()\n" for i in range(400))
    + "output x -> a400 }",
    "constants": "let a0 = 1\n"
    + "".join(f"let a{i + 1} = a{i} + 1\n" for i in range(2000))
    + f"{LAST}Dense(a2000) }}",
    "wrappers": "model M { input x: ["
    + "1, " * 61
    + "8] output x -> "
    + "TimeDistributed(" * 60
    + "Dense(8)"
    + ")" * 60
    + " }",
    "symbolic sizes": "model M { input x: [H]\nb0 = x\n"
    + "".join(f"b{i + 1} = b{i}[:, 1:]\n" for i in range(900))
    + "output b900 -> ReLU() }",
}

LONG = f"{LAST}repeat 5000 {{ Dense(8) }} }}"
BLOCKS = DEEP["blocks"]

by_name = pytest.mark.parametrize("spec", DEEP.values(), ids=DEEP.keys())


@pytest.fixture(autouse=True)
def nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing may set the limit of the process, and no thread may be left."""

    def refuse(limit: int) -> None:
        raise AssertionError("the recursion limit belongs to the whole process")

    before, threads = sys.getrecursionlimit(), threading.active_count()
    set_limit = sys.setrecursionlimit
    monkeypatch.setattr(sys, "setrecursionlimit", refuse)
    yield
    monkeypatch.setattr(sys, "setrecursionlimit", set_limit)
    assert (sys.getrecursionlimit(), threading.active_count()) == (before, threads)


def everything(text: str) -> list[Any]:
    """Ask the Python API for all that it offers of a spec."""
    compiled = netdsl.compile_text(text)
    assert compiled.ok, compiled.diagnostics[:1]
    model = compiled.model()
    again = format_source(SourceFile("again.net", format_source(SourceFile("spec.net", text))))
    changes = compare_graphs(model.net, netdsl.compile_text(again).model().net)
    return [
        model.summary(),
        model.graph.number_of_edges(),
        compiled.source,
        compiled.flat_source,
        str(changes),
    ]


@by_name
def test_deep_spec_is_compiled_within_the_limit_there_is(spec: str) -> None:
    everything(spec)


def test_net_of_five_thousand_layers_gives_all_that_is_asked_of_it() -> None:
    summary, edges, *_ = everything(LONG)
    assert len(summary["layers"]) == 5001
    assert edges == 5000


def below(calls: int, function: Callable[[], Any]) -> Any:
    """Call a function from so many calls further down."""
    return function() if calls == 0 else below(calls - 1, function)


def test_a_caller_deep_in_calls_of_its_own_may_compile() -> None:
    here = len(list(iter_frames()))
    left = sys.getrecursionlimit() - here - 60
    assert below(left, lambda: netdsl.compile_text(BLOCKS).ok)


def iter_frames() -> Iterator[Any]:
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]


def test_many_threads_compile_at_once_and_none_refuses_a_sound_spec() -> None:
    alone = netdsl.compile_text(BLOCKS).source
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def work(number: int) -> bool:
        before = sys.getrecursionlimit()
        compiled = netdsl.compile_text(BLOCKS if number % 2 else DEEP["a sum"])
        source = compiled.source
        assert sys.getrecursionlimit() == before
        return compiled.ok and (number % 2 == 0 or source == alone)

    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(16)))
    finally:
        sys.setswitchinterval(interval)


def test_tasks_compile_in_threads_of_an_event_loop() -> None:
    async def all_of_them() -> list[bool]:
        tasks = (asyncio.to_thread(lambda: netdsl.compile_text(BLOCKS).ok) for _ in range(8))
        return await asyncio.gather(*tasks)

    assert asyncio.run(all_of_them()) == [True] * 8


SMALL = """
import sys, threading
import netdsl
from netdsl.compare.breaking import compare_weights
from netdsl.compare.changes import compare_graphs
from netdsl.format.printer import format_source
from netdsl.source import SourceFile

found = []

def work():
    for text in sys.stdin.read().split(chr(0)):
        found.append(all(asked_of(text)))

def asked_of(text):
    compiled = netdsl.compile_text(text)
    model = compiled.model()
    yield model.graph.number_of_nodes() == len(model.summary()["layers"])
    yield compiled.ok and compiled.source and compiled.flat_source
    yield format_source(SourceFile("spec.net", text))
    yield not compare_graphs(model.net, model.net) and compare_weights(model.net, model.net)

def down(depth):
    return work() if depth == 0 else down(depth - 1)

limit, size, depth = {limit}, {size}, {depth}
if size:
    threading.stack_size(size)
sys.setrecursionlimit(limit)
thread = threading.Thread(target=down, args=(depth,))
thread.start()
thread.join()
assert (sys.getrecursionlimit(), threading.stack_size()) == (limit, size)
print(*found)
"""


@pytest.mark.parametrize(
    ("limit", "size", "depth"),
    [(1000, 64 * 1024, 0), (1000, 32 * 1024, 0), (200, 0, 0), (400, 256 * 1024, 0), (1000, 0, 900)],
)
def test_caller_has_a_small_stack_or_a_low_limit(limit: int, size: int, depth: int) -> None:
    specs = [DEEP[what] for what in ("a sum", "blocks", "models", "wrappers")]
    done = subprocess.run(
        [sys.executable, "-c", SMALL.format(limit=limit, size=size, depth=depth)],
        input=chr(0).join(specs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["True"] * len(specs)), done.stderr[-800:]


@deep
def down(count: int, end: Callable[[], Any]) -> Any:
    return end() if count == 0 else down(count - 1, end)


def test_function_that_is_marked_goes_as_deep_as_it_needs() -> None:
    assert down(20_000, lambda: "end") == "end"


def test_mistake_comes_out_as_it_is_from_however_deep() -> None:
    mistake = KeyError("deep")

    def fail() -> None:
        raise mistake

    with pytest.raises(KeyError) as raised:
        down(20_000, fail)
    assert raised.value is mistake


def test_endless_recursion_ends_as_in_python() -> None:
    with pytest.raises(RecursionError):
        down(10**9, lambda: None)


def test_function_from_outside_stays_in_the_main_thread_where_there_is_room() -> None:
    where = on_own_stack(threading.current_thread)
    assert where() is threading.main_thread()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: where() is not threading.current_thread()).result()


def test_thread_that_waits_may_be_interrupted() -> None:
    """As by Ctrl-C: what is waited for goes on alone to its end, and the next call is as the first."""
    waits, goes_on = threading.Event(), threading.Event()

    def endless() -> None:
        waits.set()
        goes_on.wait(10)

    def interrupt() -> None:
        waits.wait(10)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        down(5_000, endless)
    goes_on.set()
    helper.join()
    assert down(5_000, lambda: "again") == "again"
    for thread in threading.enumerate():
        if thread.name == "netdsl":
            thread.join(10)
