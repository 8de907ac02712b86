"""Names that are put together: the generated text is an f-string that Python 3.11 reads, or a sum of strings."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from netdsl.compiler import compile_text
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.python.literals import fits_between_braces
from netdsl.emit.python.oldest import OLDEST, assert_python, between_braces
from netdsl.emit.python.texts import joined
from tests.emit.stand_in import graph_of

#: An explicit name in a loop of a block, as it is written, and as the generated Python spells it.
NAMES = [
    (r"""f"a{'\\'}" """, r'f"{name}_a\\_{k}"'),
    ('''f"""a{'"'}"""''', r'f"{name}_a\"_{k}"'),
    (r"""f'{"it\'s"}{n}'""", '''f"{name}_it's{n}_{k}"'''),
    ('''f"a{f'b{n}'}"''', 'f"{name}_ab{n}_{k}"'),
    ('''f"a{f'b{n}'!s}c"''', 'f"{name}_ab{n}c_{k}"'),
    ('''f"a{f'b{n}'!r}"''', 'f"{name}_a" + repr(f"b{n}") + f"_{k}"'),
    ('''f"{f'{n}':>3}"''', 'f"{name}_" + format(f"{n}", ">3") + f"_{k}"'),
    ('''f"{f'{n}' + 'x'}"''', 'f"{name}_{n}x_{k}"'),
    ('''"a" + f"{n}"''', 'f"{name}_a{n}_{k}"'),
    ('''"a" + str(n) + "b"''', 'f"{name}_a{n!s}b_{k}"'),
    (
        """f"{[f'{k}' for k in [1, 2]]}" """,
        'f"{name}_" + str([f"{k}" for k in [1, 2]]) + f"_{m}"',
    ),
    ("""f"{d['k']}" """, """f"{name}_{d['k']}_{k}\""""),
    (r"""f"{d['\x07']}" """, r'f"{name}_" + str(d["\x07"]) + f"_{k}"'),
    (r'''f"""{d['"']}"""''', 'f"{name}_" + str(d[\'"\']) + f"_{k}"'),
    ("""f"{'a' if n > 1 else '#'}" """, """f"{name}_{'a' if n > 1 else '#'}_{k}\""""),
    ('f"{n:#x}"', 'f"{name}_{n:#x}_{k}"'),
    ('f"{n:>3}{n!r:>3}"', 'f"{name}_{n:>3}{n!r:>3}_{k}"'),
    ('f"{ {n: 2}[n] }{{{n}}}"', 'f"{name}_{ {n: 2}[n]}{{{n}}}_{k}"'),
    ("f'''{n}\n'''", r'f"{name}_{n}\n_{k}"'),
    (r'f"\\N{{x}}{n}"', r'f"{name}_\\N{{x}}{n}_{k}"'),
]


@pytest.mark.parametrize(("written", "spelled"), NAMES, ids=[name for name, _ in NAMES])
def test_a_name_is_spelled_for_the_oldest_python(written: str, spelled: str) -> None:
    declared = r"""block b(n: int = 1, d: any = {"k": "v", "\x07": "w", "\"": "q"}) = """
    chain = f"repeat 2 {{ Dense(8, name={written}) }}\n"
    compiled = compile_text(declared + chain + "model M { input x: [8]  output x -> b() }")
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    source = compiled.emit("keras")
    assert f"name={spelled}" in re.sub(r"\s*\n\s*", " ", source), source
    assert graph_of(source, "M") == graph_of(compiled.emit("keras", flat=True), "M")


def test_what_an_older_python_refuses_between_braces_is_never_spelled() -> None:
    """Whatever its tree holds: what would be no f-string is an error of ours, not a module that fails to load."""
    for text in ("a\\", 'a"', "a\nb"):
        made = ast.JoinedStr([ast.FormattedValue(code.constant(text), -1)])
        with pytest.raises(AssertionError, match="older Python"):
            flat(made)
        assert not isinstance(joined([code.name("x"), *made.values]), ast.Call)
        assert_python(f"x = 1\ny = {flat(joined([code.name('x'), *made.values]))}\n")


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x", True), ("d['#']", True), ("x # y", False), ("d['a\\n']", False), ('d["a"]', False)],
)
def test_what_fits_between_braces_is_what_the_oldest_python_takes(text: str, fits: bool) -> None:
    assert fits_between_braces(text) is fits


def test_what_stands_between_braces_is_found_in_a_module() -> None:
    source = "def é():\n    return f\"é{name}_{d['k']}{n + 1:>3}\" + f'{ {n: 2}[n]!r}'\n"
    found = between_braces(source, ast.parse(source))
    assert set(found) == {"name", "d['k']", "n + 1", "{n: 2}[n]"}


@pytest.mark.parametrize("source", ["def f(a, a): pass", "x = (", "f(a=1, a=2)"])
def test_a_module_that_no_python_reads_is_refused(source: str) -> None:
    with pytest.raises(SyntaxError):
        assert_python(source)


def test_the_oldest_python_is_the_one_of_the_project() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    required = tomllib.loads(text)["project"]["requires-python"]
    assert required == f">={'.'.join(map(str, OLDEST))}"


# -- what nests further than Python follows -----------------------------------------------------

NET = "model M(a: bool = True) {{ input x: [8]  output y = {} }}"


@pytest.mark.parametrize(
    "value",
    [
        "x" + " * 2.0" * 900,
        "x" + " + x" * 900,
        "1 - (" * 90 + "x" + ")" * 90,
        "ops.relu(" * 90 + "x" + ")" * 90,
        "x -> " + "if a { Dense(8) -> " * 90 + "ReLU()" + " }" * 90,
        "x -> " + "repeat 1 { " * 20 + "Dense(8)" + " }" * 20,
    ],
    ids=["numbers", "tensors", "to the right", "functions", "conditions", "loops"],
)
def test_what_nests_deep_is_python_still(value: str) -> None:
    compiled = compile_text(NET.format(value))
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    assert graph_of(compiled.emit("keras"), "M") == graph_of(compiled.emit("keras", flat=True), "M")


@pytest.mark.parametrize(
    "value",
    [
        "x -> " + "repeat 1 { " * 21 + "Dense(8)" + " }" * 21,
        "x -> " + "[for n in [8] { " * 21 + "Dense(8)" + " }] -> Add()" * 21,
        "[x -> Dense(8) " + " ".join(f"for n{i} in [1]" for i in range(21)) + "] -> Add()",
    ],
    ids=["repeat", "for", "clauses"],
)
def test_more_loops_than_python_takes_are_refused(value: str) -> None:
    compiled = compile_text(NET.format(value))
    assert [(d.code, d.primary.text) for d in compiled.diagnostics if d.severity == "error"] == [
        ("N0120", "more than 20 loops stand inside one another here")
    ]


def test_loops_beside_one_another_are_not_inside_one_another() -> None:
    value = "x -> " + " -> ".join(["repeat 1 { for n in [8] { Dense(n) } }"] * 30)
    assert compile_text(NET.format(value)).ok
