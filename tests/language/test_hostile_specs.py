"""Specs that ask for too much: each ends soon, in little memory, with one diagnostic.

"Soon" is far from what a slow machine needs and far from what work without an end takes.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from netdsl.compiler import Compiled, compile_text
from netdsl.diagnostics.render import MOST_DRAWN, render_all
from netdsl.elaborate.scope.limits import MAX_BITS, MAX_DEPTH, MAX_ITEMS, MAX_NODES, Budget
from netdsl.syntax import faults, tokens
from netdsl.syntax.tokens import MAX_TOKENS
from tests.fuzz.passes import time_limit
from tests.language.front_door import spelled

#: Seconds of the processor after which a spec is thought to have no end. Each takes one or two; what doubles, or grows
#: with the square of a text, takes minutes. Nothing here measures speed: `benchmarks` and `tests.fuzz` do.
WITHOUT_END = 20.0


def model(chain: str, before: str = "") -> str:
    return f"{before}\nmodel M {{ input x: [8] output x -> {chain} }}"


def nested(depth: int, body: str, form: str) -> str:
    """Write `depth` blocks that each use the next one twice."""
    blocks = "".join(
        f"block b{i}() = {form.format(f'b{i + 1}()', f'b{i + 1}()')}\n" for i in range(depth)
    )
    return model("b0()", f"{blocks}block b{depth}() = {body}\n")


def doubled(first: str, step: str, count: int = 60) -> str:
    """Write constants that each hold the one before it twice."""
    return first + "".join(f"let a{i + 1} = {step.format(a=f'a{i}')}\n" for i in range(count))


#: Specs that go over a limit: what it is about, the code, the text.
TOO_MUCH = [
    ("a long repeat", "N0412", model("repeat 10**9 { Dense(8) }")),
    ("as many layers as a loop may have turns", "N0412", model(f"repeat {MAX_ITEMS} {{ Dense(8) }}")),
    ("a repeat of nothing", "N0412", model("repeat 1000 { repeat 1000 { repeat 1000 { _ } } }")),
    ("a repeat in a repeat", "N0412", model("repeat 1000 { repeat 1000 { repeat 1000 { Dense(8) } } }")),
    ("deep repeats", "N0412", model("repeat 2 { " * 18 + "Dense(8)" + " }" * 18)),
    ("deep repeats of nothing", "N0412", model("repeat 2 { " * 18 + "_" + " }" * 18)),
    ("blocks that double", "N0412", nested(60, "Dense(8)", "{} -> {}")),
    ("blocks that double and do nothing", "N0412", nested(60, "_", "{} -> {}")),
    ("forks that double", "N0412", nested(60, "Dense(8)", "[{}, {}] -> Add()")),
    ("a fork for each of many", "N0412", model(f"[for i in range({10 * MAX_ITEMS}) {{ _ }}] -> Add()")),
    ("a power of a power", "N0412", model("Dense(8)", "let n = 10 ** 10 ** 10")),
    ("a product of powers", "N0412", model("Dense(8)", "let n = 2 ** 4000 * 2 ** 4000")),
    ("a power of a fraction's size", "N0412", model("Dense(8)", f"let n = 2 ** {MAX_BITS + 1}")),
    ("a function without an end", "N0413", model("Dense(8)", "fn f(n) = f(n + 1)\nlet n = f(0)")),
    ("a block without an end", "N0413", model("b(0)", "block b(n) = b(n + 1)")),
    ("a block deeper than blocks may be", "N0413",
     model("b(0)", f"block b(n) = if n < {2 * MAX_DEPTH} {{ b(n + 1) }} else {{ Dense(8) }}")),
    ("a default that needs itself", "N0413", model("Dense(8)", "fn f(n = f()) = n\nlet n = f()")),
    ("a function that branches", "N0412",
     model("Dense(8)", "fn f(n) = 1 if n < 2 else f(n - 1) + f(n - 2)\nlet n = f(60)")),
    ("a block that branches", "N0412",
     model("b(0)", "block b(n) = if n < 100 { [b(n + 1), b(n + 1)] -> Add() } else { Dense(8) }")),
    ("a long range", "N0412", model("Dense(8)", "let n = [i for i in range(10**9)]")),
    ("a long comprehension", "N0412", model("Dense(8)", "let n = [j for i in range(10**6) for j in range(10**6)]")),
    ("many long lists", "N0412", model("Dense(8)", "let n = [[0] * 1000000 for i in range(1000000)]")),
    ("many ranges", "N0412", model("Dense(8)", "let n = [range(1000000) for i in range(100000)]")),
    ("many slices", "N0412", model("Dense(8)", "let r = range(1000000)\nlet n = [r[1:] for i in range(100000)]")),
    ("many searches", "N0412", model("Dense(8)", "let r = range(1000000)\nlet n = [-i in r for i in range(1000000)]")),
    ("many sorts", "N0412", model("Dense(8)", "let n = [sorted(range(1000000)) for i in range(100000)]")),
    ("many long texts", "N0412", model("Dense(8)", "let n = ['x' * 1000000 for i in range(100000)]")),
    ("many wide texts", "N0412", model("Dense(8)", "let n = [f'{1:1000000}' for i in range(100000)]")),
    ("a list that doubles", "N0412", model("Dense(8)", doubled("let a0 = [0]\n", "{a} + {a}"))),
    ("a text that doubles", "N0412", model("Dense(8)", doubled("let a0 = 'x'\n", "{a} + {a}"))),
    ("a text that doubles in itself", "N0412", model("Dense(8)", doubled("let a0 = 'x'\n", "f'{{{a}}}{{{a}}}'"))),
    ("a wide text", "N0412", model("Dense(8)", "let n = f'{1:1000000000}'")),
    ("a long spread", "N0412", model(f"[*[x] * {10 * MAX_ITEMS}] -> Add()")),
    ("a long dict", "N0412", model("Dense(8)", "let n = {i: i for i in range(10**7)}")),
    ("a default too large", "N0412", model("b()", "block b(n = 10 ** 9) = repeat n { Dense(8) }")),
    ("a model in itself", "N0413", "model M { input x: [8] output x -> M() }"),
    ("a number of many digits", "N0106", model("Dense(8)", "let n = " + "9" * 100_000)),
    ("a file that imports itself", "N0206", 'from "spec.net" import b\n' + model("Dense(8)")),
    ("shared layers that double", "N0412", "model M { input x: [8] layer a0 = Dense(8)\n"
     + "\n".join(f"layer a{i + 1} = a{i} -> a{i}" for i in range(50)) + "\noutput x -> a50 }"),
    ("models in models", "N0412", "model M0 { input x: [8] output x -> Dense(8) }\n"
     + "".join(f"model M{i + 1} {{ input x: [8] output x -> M{i}() -> M{i}() }}\n" for i in range(40))),
    ("a deep expression", "N0120", model("Dense(8)", "let n = " + "(" * 5000 + "1" + ")" * 5000)),
    ("a deep list", "N0120", model("Dense(8)", "let n = " + "[" * 5000 + "1" + "]" * 5000)),
    ("deep conditions", "N0120", model("if True { " * 3000 + "_" + " }" * 3000)),
]  # fmt: skip


def growing(step: str, count: int, inputs: str = "input x: [H]", rest: str = "-> ReLU()") -> str:
    """Write tensors that are each made of the one before it."""
    lines = "".join(f"b{i + 1} = {step.format(b=f'b{i}', i=i)}\n" for i in range(count))
    return f"model M {{ {inputs}\nb0 = x\n{lines}output b{count} {rest} }}"


#: Specs whose symbolic sizes grow into one another: the codes they get, the text.
SIZES = [
    ("sizes joined with a part of themselves", [], growing("[{b}, {b}[:, 1:]] -> Concatenate(axis=1)", 200)),
    ("four hundred slices", [], growing("{b}[:, 1:]", 400)),
    ("slices from both ends", [], growing("{b}[:, 1:-2][:, :{i}000]", 150)),
    ("every other element, without end", ["N0412"], growing("{b}[:, ::2]", 800)),
    ("two sizes joined in turns", ["N0412"], "model M { input x: [H] input y: [W]\nb0 = x\nb1 = y\n"
     + "".join(f"b{i + 2} = [b{i}[:, 2:], b{i + 1}[:, 1:]] -> Concatenate(axis=1)\n" for i in range(300))
     + "output b301 -> ReLU() }"),
    ("squares of sizes", ["N0412"], "model M { input x: [H]\nlet a0 = x.shape[1] + 1\n"
     + "".join(f"let a{i + 1} = (a{i} + 1) * a{i}\n" for i in range(60)) + "output x -> ReLU() }"),
    ("sums of a thousand sizes", ["N0412"], "model M {\n" + "".join(f"input x{i}: [T{i}, 4]\n" for i in range(1000))
     + "output [" + ", ".join(f"x{i}" for i in range(1000)) + "] -> Concatenate(axis=1) }"),
    ("a thousand sizes that are to be one", [], "model M {\n" + "".join(f"input x{i}: [T{i}, 4]\n" for i in range(1000))
     + "output [" + ", ".join(f"x{i}" for i in range(1000)) + "] -> Concatenate() }"),
    ("a long sum in many layers", ["N0412"], "model M {\n" + "".join(f"input x{i}: [T{i}, 4]\n" for i in range(150))
     + "y = [" + ", ".join(f"x{i}" for i in range(150)) + "] -> Concatenate(axis=1)\n"
     + "output y -> repeat 2500 { Conv1D(4, 2) } }"),
    ("sizes of names without end", ["N0412"],
     "model M { input x: [" + ", ".join("H" * 4000 + str(i) for i in range(200)) + "] output x -> Flatten() }"),
]  # fmt: skip

#: Specs that are long and right, or wrong in another way: how many diagnostics they get, at most.
LARGE = [
    ("a fork of ten thousand", 0, model("[" + ", ".join(["_"] * 10_000) + "] -> Add()")),
    ("a long sum", 1, model("Dense(8)", "let n = " + "+".join(["1"] * 20_000))),
    ("many signs", 1, model("Dense(8)", "let n = " + "-" * 5000 + "1")),
    ("many assertions", 0,
     "model M { input x: [8] output x -> repeat 500 { Dense(8) }\n" + "assert params > 0\n" * 3000 + "}"),
    ("many models", 0, "".join(f"model M{i} {{ input x: [8] output x -> Dense(8) }}\n" for i in range(1000))),
    ("many inputs", 0, "model M { " + "\n".join(f"input x{i}: [8]" for i in range(3000)) + " output ["
     + ",".join(f"x{i}" for i in range(3000)) + "] -> Add() }"),
    ("a long name", 1, f"let {'a' * 1_000_000} = 1"),
    ("a long cycle", 1,
     "model M { input x: [8]\n" + "\n".join(f"a{i} = a{(i + 1) % 3000} -> Dense(8)" for i in range(3000))
     + "\noutput a0 }"),
    ("a long line of constants", 1, "".join(f"let a{i} = a{i + 1} + 1\n" for i in range(3000)) + "let a3000 = 0"),
    ("a long line of blocks", 1,
     "".join(f"block b{i}() = b{i + 1}()\n" for i in range(3000)) + model("b0()", "block b3000() = _")),
    ("lists that share their parts", 1,
     model("Dense(8)", doubled("let a0 = [0]\n", "[{a}, {a}]") + "let n = a60 == a60")),
    ("brackets without an end", 1, "(" * 50_000), ("braces without an end", 1, "{" * 50_000),
    ("arrows", 1, "->" * 20_000), ("quotes", 1, "'" * 100_001), ("a comment", 0, "#" * 1_000_000),
    ("no text", 1, "\x00\x01\x02"), ("a huge shape", 0, "model M { input x: [10**18, 10**18] output x -> Flatten() }"),
    ("look-alikes on each line", 3000, "model M { input x: [8] output x }\n" + "assert（1 < 2）\n" * 3000),
    ("one name for all", 3001, "model M {\ninput x: [8]\n" + "h = x -> Dense(4)\n" * 3000 + "output h }"),
    ("symbols that grow", 1,
     "model M { input x: [A, B, 3] output x -> repeat 100 { Conv2D(3, 3, strides=2) -> UpSampling2D(3) } }"),
]  # fmt: skip

#: Python's hash of a number is its remainder by this one, so that the multiples of it hash alike.
ALIKE = 2**61 - 1


def alike(count: int) -> str:
    return ", ".join(f"{i * ALIKE}: 1" for i in range(count))


#: Literals and values that keep Python busy itself: the codes they get, the text.
WITHIN = [
    ("keys that hash alike", ["N0412"], model("Dense(8)", f"let d = {{{alike(9_000)}}}")),
    ("keys of a comprehension that hash alike", ["N0412"],
     model("Dense(8)", f"let d = {{i * {ALIKE}: 1 for i in range(99_000)}}")),
    ("tuples that hash alike", ["N0412"], model("Dense(8)", f"let d = {{(i * {ALIKE}, 1): 1 for i in range(99_000)}}")),
    ("keys that hash alike in many dicts", ["N0412"],
     model("Dense(8)", f"let d = [{{i * {ALIKE}: 1 for i in range(60)}} for j in range(90_000)]")),
    ("sizes that hash alike", ["N0540"], "model M {\n"
     + "".join(f"input x{i}: [H{i}]\ninput y{i}: [{i * ALIKE + 1}]\n" for i in range(300))
     + "".join(f"output z{i} = x{i} + y{i}\n" for i in range(300)) + "}"),
    ("many sizes that are to be numbers", [], "model M {\n"
     + "".join(f"input x{i}: [H{i}]\ninput y{i}: [{i + 900}]\n" for i in range(300))
     + "".join(f"output z{i} = x{i} + y{i}\n" for i in range(300)) + "}"),
    ("names of characters, none closed", ["N0107"], 'let d = "' + r"\N{" * 40_000 + '"'),
    ("names of characters in an f-string", ["N0107"], 'let d = f"' + r"\N{" * 40_000 + '"'),
    ("escapes", ["N0412"], 'let d = "' + r"\101" * 900_000 + '"'),
    ("a target of many sizes", ["N0507"], model("Reshape((" + "1, " * 20_000 + "))")),
    ("many metrics", [], model("Dense(8)") + "\ntrain M { optimizer = adam loss = mse metrics = ["
     + "mae, " * 3_000 + "] }"),
    ("many parameters", ["N0412"],
     "block b(" + ", ".join(f"a{i} = {i}" for i in range(9_000)) + f") = Dense(8)\n{model('Dense(8)')}"),
    ("parameters that use one another", [],
     "block b(a0 = 1, " + ", ".join(f"a{i + 1} = a{i}" for i in range(900)) + f") = Dense(a900)\n{model('b()')}"),
    ("long lists that are compared", ["N0412"],
     model("Dense(8)", "let n = [(0,) * 90_000 == (0,) * 90_000 for i in range(9_000)]")),
    ("a long text", ["N0412"], model("Dense(8)", 'let d = "' + "a" * 900_000 + '"')),
    ("a long name of a layer", ["N0412"], model('Dense(8, name="' + "a" * 900_000 + '")')),
    ("escapes that are none", ["N0107"], 'let d = "' + r"\x" * 200_000 + '"'),
    ("a million holes", ["N0412"], 'let d = f"' + "{1}" * 1_000_000 + '"'),
    ("many strings with a hole", ["N0412"], "let d = [" + 'f"{1}", ' * 20_000 + "]"),
    ("braces of text", [], 'let d = f"' + "{{" * 45_000 + '"'),
    ("numbers that go on after a comma", ["N0106"] * 3_000, "let d = [" + "1,000, " * 3_000 + "]"),
    ("sums of lists", [], model("Dense(8)", "let s = sum([[i] for i in range(9_000)], [])")),
    ("all of a long text", ["N0412"], model("Dense(8)", "let s = [all('x' * 90_000) for i in range(9_000)]")),
    ("a zip of a list with itself", ["N0412"], model("Dense(8)", "let a = range(90_000)\nlet s = zip(*[a] * 90_000)")),
    ("digits that are not there", [], model("Dense(8)", "let s = [round(7, -10**6), round(0.5, 10**9)]")),
    ("lists of long texts", ["N0412"],
     model("Dense(8)", "let a = ['x' * 90_000] * 900\nlet s = [a == a for i in range(90_000)]")),
    ("lists within lists", ["N0412"], model("Dense(8)", "let a0 = [1]\n" + "".join(
        f"let a{i + 1} = [a{i}]\n" for i in range(3_000)) + "let s = str(a3000)")),
    ("tuples within tuples", ["N0412"], model("Dense(8)", "let a0 = (1,)\n" + "".join(
        f"let a{i + 1} = (a{i},)\n" for i in range(9_000)) + "let s = {a9000: 1}")),
    ("arrows of another language", ["N0112"], "=>" * 40_000),
    ("characters of another alphabet", ["N0102", "N0101"], "（" * 40_000),
]  # fmt: skip

#: What each brought the compiler down once, or kept it busy: the codes it gets, the text.
BEFORE = [
    ("a character of no code", ["N0416"], model("Dense(8)", "let n = f'{1114112:c}'")),
    ("pieces beyond any memory", ["N0513"],
     "model M { input x: [2147483648] output y = (x -> ops.split(2147483648, axis=-1))[0] }"),
    ("an axis taken apart beyond any memory", ["N0513"],
     f"model M {{ input x: [{2**63}] output y = (x -> ops.unstack(axis=1))[0] }}"),
    ("steps without number", ["N0412"], "model M { input x: [8] output y = ops.arange(0, 1e308, 1e-300) + x }"),
    ("a number too large for a fraction", ["N0412"],
     f"model M {{ input x: [8] output y = ops.arange({10**1200}) + x }}"),
    ("a tensor of ten thousand axes", ["N0412"],
     "model M { input x: [" + ", ".join(["1"] * 10_000) + "] output x -> Flatten() }"),
    ("a tensor of more elements than can be told", ["N0412"],
     "model M { input x: [" + ", ".join([str(2**62)] * 100) + "] output x -> Flatten() }"),
    ("a kernel wider than the world", [],
     "model M { input x: [8, 8, 3] output x -> Conv2D(3, 2147483648, padding='same') }"),
    ("a pattern of open brackets", ["N0514"],
     f"model M {{ input x: [8] output x -> ops.rearrange('{'(' * 50_000}-> a') }}"),
    ("a mistake in each of many turns", ["N0306"] * 10 + ["N0412"],
     model("for i in range(50000) { Dense(-i - 1) }")),
    ("a mistake in loops in loops", ["N0405", "N0306", "N0412"],
     "model M { input x: [8] output y = " + "[for i in range(9) { " * 5 + "Dense(i)" + " }]" * 5 + " }"),
    ("blocks that double around a broken one", ["N0103", "N0412"], nested(60, "Dense(8", "[{}, {}] -> Add()")),
    ("halves of halves", [],
     "model M { input x: [H, W, 3] output x -> repeat 100 { ZeroPadding2D(1) -> MaxPooling2D(2) } }"),
    ("an unused layer of no kind", ["N0207"], "model M { input x: [8] layer head = axis(8)\noutput x -> Dense(8) }"),
    ("an unused layer of no size", ["N0306"], "model M { input x: [8] layer head = Dense(-5)\noutput x -> Dense(8) }"),
]  # fmt: skip


def lengthy(times: int) -> list[tuple[str, list[str], str]]:
    """Write more of the same, for limits that are `times` a fifth of what they are."""
    layers, names = 200 * times, 1000 * times
    return [
        ("open brackets", ["N0412"], "(" * (1_000_000 * times)),
        ("comments of C", ["N0412"], "/*" * (400_000 * times)),
        ("comments", ["N0412"], "#\n" * (200_000 * times)),
        ("a shared layer of shared layers", [],
         "model M { input x: [8] layer a0 = Dense(8)\n"
         + "".join(f"layer a{i + 1} = a{i} -> Dense(8)\n" for i in range(layers)) + f"output x -> a{layers} }}"),
        ("unknown names", ["N0201"] * names, "".join(f"let v{i} = nope{i}\n" for i in range(names))),
    ]  # fmt: skip


WITH_LESS = [*BEFORE, *SIZES, *WITHIN, *lengthy(1)]
WITH_ALL = [
    *((name, [code], text) for name, code, text in TOO_MUCH),
    *BEFORE,
    *SIZES,
    *WITHIN,
    *lengthy(5),
]


def ends_soon(text: str) -> Compiled:
    with time_limit(WITHOUT_END):
        return compile_text(text)


@pytest.fixture
def a_fifth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow a fifth of the work and of the text; the slow test here has all of each."""
    Budget()  # with the first its `__init__` is written
    steps, nodes, *others = Budget.__init__.__defaults__ or ()
    monkeypatch.setattr(Budget.__init__, "__defaults__", (steps // 5, nodes // 5, *others))
    for module in (faults, tokens):
        monkeypatch.setattr(module, "MAX_TOKENS", MAX_TOKENS // 5)


@pytest.mark.parametrize(("code", "text"), [t[1:] for t in TOO_MUCH], ids=[t[0] for t in TOO_MUCH])
def test_spec_that_asks_for_too_much_ends_with_one_diagnostic(
    code: str, text: str, a_fifth: None
) -> None:
    result = ends_soon(text)
    assert [d.code for d in result.diagnostics] == [code], spelled(result)[:500]
    assert not result.ok


@pytest.mark.parametrize(("most", "text"), [t[1:] for t in LARGE], ids=[t[0] for t in LARGE])
def test_large_spec_ends_soon(most: int, text: str) -> None:
    result = ends_soon(text)
    errors = [d.code for d in result.diagnostics if d.severity == "error"]
    assert len(errors) <= most, spelled(result)[:500]


@pytest.mark.parametrize(
    ("codes", "text"), [t[1:] for t in WITH_LESS], ids=[t[0] for t in WITH_LESS]
)
def test_spec_that_once_brought_the_compiler_down_gets_its_message(
    codes: list[str], text: str, a_fifth: None
) -> None:
    result = ends_soon(text)
    told = [d.code for d in result.diagnostics if d.severity == "error"]
    assert sorted(told) == sorted(codes), spelled(result)[:500]


@pytest.mark.slow
@pytest.mark.parametrize(("codes", "text"), [t[1:] for t in WITH_ALL], ids=[t[0] for t in WITH_ALL])
def test_limits_hold_at_their_full_height(codes: list[str], text: str) -> None:
    result = ends_soon(text)
    told = [d.code for d in result.diagnostics if d.severity == "error"]
    assert sorted(told) == sorted(codes), spelled(result)[:500]


def test_many_mistakes_are_drawn_up_to_a_number_and_counted_in_full() -> None:
    result = ends_soon("".join(f"let a{i} = 1 / 0\n" for i in range(3000)))
    text = render_all(result.diagnostics)
    assert text.count("error[") == MOST_DRAWN
    assert (
        text.rstrip().splitlines()[-1] == f"3,000 errors, the first {MOST_DRAWN} of which are shown"
    )


@pytest.mark.parametrize(
    "body",
    [
        "output x" + " + x" * 900,
        "\n".join(f"output y{i} = x -> Dense(8)" for i in range(300)),
    ],
)
def test_long_body_is_written_soon(body: str) -> None:
    compiled = ends_soon(f"model M {{ input x: [8] {body} }}")
    with time_limit(WITHOUT_END):
        compiled.emit("keras")


def test_spec_just_below_the_limit_of_layers_is_taken() -> None:
    assert compile_text(model(f"repeat {MAX_NODES // 10} {{ Dense(8) }}")).ok


HUNGRY = [
    "many long lists", "many wide texts", "a list that doubles", "a text that doubles in itself", "blocks that double",
]  # fmt: skip

LIMITED = """
import resource, sys
from netdsl.compiler import compile_text
compile_text("model M { input x: [8] output x -> Dense(8) }")
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 300 * 2**20, -1))
print(*(d.code for d in compile_text(sys.stdin.read()).diagnostics))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
@pytest.mark.parametrize("what", HUNGRY)
def test_spec_that_asks_for_too_much_ends_in_little_memory(what: str) -> None:
    """In a process that may take 300 megabytes more than it has at the start."""
    text = next(text for name, _, text in TOO_MUCH if name == what)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], input=text, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["N0412"], done.stderr[-500:]
