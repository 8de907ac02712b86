"""Layout against the formatter it follows: random statements come out as `ruff format` leaves them."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest

from netdsl.compiler import compile_text
from netdsl.emit.python.layout_statements import docstring_lines, format_statements

SEPARATOR = "# ----\n"
NAMES = ("x", "y", "name", "filters", "kernel_size", "residual_blocks", "some_longer_name")
ATOMS = (
    '"same"',
    'f"{name}_residual_{i}_{j}"',
    "None",
    "64",
    "1e-3",
    "x.shape[-1]",
    "keras.activations.relu",
)
MAKERS = ("layers.Conv2D", "layers.Add", "conv_bn", "keras.Input", "layers.BatchNormalization", "f")
KEYWORDS = ("strides", "padding", "use_bias", "name", "kernel_initializer")


class Statements:
    """Draws statements of the kinds that emission writes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def atom(self) -> str:
        return self.random.choice(NAMES + ATOMS)

    def expression(self, depth: int) -> str:
        if depth <= 0:
            return self.atom()
        inner = [self.expression(depth - 1 - self.random.randrange(2)) for _ in range(3)]
        a, b, c = inner
        op = self.random.choice("+ - * / // % ** == < in and or".split())
        return self.random.choice(
            [
                f"[{', '.join(inner[: self.random.randrange(4)])}]",
                f"({a}, {b}, {c})",
                f"({a}) {op} ({b})",
                f"({a}) if ({b}) else ({c})",
                f"[{a} for {self.random.choice(NAMES)} in ({b})]",
                f"{self.random.choice(NAMES)}[{a}:{b}]",
                f"-({a})",
                f"not ({a})",
                f'{{"key": {a}, "other": {b}}}',
                self.application(depth),
                self.application(depth),
            ]
        )

    def application(self, depth: int) -> str:
        count = self.random.randrange(4)
        given = [self.expression(depth - 2) for _ in range(count)]
        named = self.random.sample(KEYWORDS, self.random.randrange(4))
        given += [f"{keyword}={self.expression(depth - 2)}" for keyword in named]
        maker = self.random.choice(MAKERS)
        tensors = self.random.choice(["(x)", "([x, y])", "(query, value, key=memory)", ""])
        return f"{maker}({', '.join(given)}){tensors if maker.startswith('layers') else ''}"

    def statement(self) -> str:
        first, second = self.expression(self.random.randrange(1, 5)), self.expression(2)
        return self.random.choice(
            [
                f"x = {first}",
                f"c3, c4, c5 = {first}",
                f"def block(x, filters=({first}), *, name='block'):\n    return {second}",
                f"if ({first}):\n    x = {second}\nelif ({second}):\n    pass\nelse:\n    y = {first}",
                f"for i, (a, b) in enumerate({first}):\n    x = {second}",
                f"assert ({first}), ({second})",
                f"return_({first})",
            ]
        )


@pytest.mark.parametrize("seed", range(4))
def test_random_statements_are_laid_out_as_ruff_does(seed: int) -> None:
    written: list[str] = []
    for number in range(250):
        tree = ast.parse(Statements(1000 * seed + number).statement())
        text = format_statements(tree.body)
        assert ast.dump(ast.parse(text)) == ast.dump(tree)
        written.append(text)
    source = SEPARATOR.join(written)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    result = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    for ours, theirs in zip(written, result.stdout.split(SEPARATOR), strict=True):
        assert ours.strip() == theirs.strip()


def test_arguments_that_fit_on_a_line_of_their_own_stand_on_one() -> None:
    for length in range(10, 36):
        line = f"x = layers.Dense(base // ratio, activation='relu', name='{'n' * length}')(x)"
        written = format_statements(ast.parse(line).body)
        assert len(written.splitlines()) == (1 if len(line) <= 88 else 3)


def test_what_a_generator_gives_is_laid_out() -> None:
    source = "def parts(layer):\n    yield\n    yield layer\n    yield from parts(layer.inner)\n"
    assert format_statements(ast.parse(source).body).strip() == source.strip()


DOCSTRINGS = {
    "plain": ("One line.", ['"""One line."""']),
    "a quote at the end": ('It says "x"', ['"""It says "x" """']),
    "a quote at the start": ('"x" it says', ['""" "x" it says"""']),
    "a backslash": (r"\d and \n", [r'"""\\d and \\n"""']),
    "three quotes": ('a """ b', ['"""a \\"\\"\\" b"""']),
}


@pytest.mark.parametrize(("text", "lines"), DOCSTRINGS.values(), ids=DOCSTRINGS)
def test_a_docstring_ends_as_the_text_it_was(text: str, lines: list[str]) -> None:
    assert docstring_lines(text, 0) == lines
    value = ast.literal_eval("\n".join(lines))
    assert value.strip() == text


CITED = """Net.

Somebody and Somebody Else, A Title That Takes Nearly All of the Line, in Proceedings, 2018,
arXiv:1810.04805.
Task: nothing.

| a table | stays as it is | however long a row of it may be, since rows are no sentences |
"""


def test_paragraphs_that_are_too_long_are_set_anew() -> None:
    """A line ends where it did where the next word had room, and before a label."""
    assert docstring_lines(CITED, 4)[2:5] == [
        "    Somebody and Somebody Else, A Title That Takes Nearly All of the Line, in",
        "    Proceedings, 2018, arXiv:1810.04805.",
        "    Task: nothing.",
    ]
    assert CITED.splitlines()[6] in docstring_lines(CITED, 4)[6]
    assert docstring_lines(CITED.replace("in Proceedings, ", ""), 4)[3] == "    arXiv:1810.04805."
    shortest = "x" * 78 + " y"
    beside = "A line of a citation that stays on one line however long it is, " * 2
    prose = "Each of the four nodes of the row at the top of the figure gives a mask, after\nfirst ones."
    assert docstring_lines(f"Net.\n\n{beside}\n\n{prose}", 20)[-3:-1] == [
        " " * 20 + "Each of the four nodes of the row at the top of the figure gives a",
        " " * 20 + "mask, after first ones.",
    ]
    assert docstring_lines(shortest[:-2], 4) == [f'    """{shortest[:-2]}"""']
    assert docstring_lines(shortest, 4) == [f'    """{shortest[:-2]}', "    y", '    """']


def test_the_printer_needs_no_recursion_for_a_long_sum(tmp_path: Path) -> None:
    source = "x = " + " + ".join(["a"] * 3000)
    sys_limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        tree = ast.parse(source)
    finally:
        sys.setrecursionlimit(sys_limit)
    assert format_statements(tree.body).count("a") == 3000


@pytest.mark.parametrize("flat", [False, True])
def test_a_docstring_over_several_lines_keeps_its_own_indentation_alone(flat: bool) -> None:
    text = (
        '"""A file.\n   Two.\n     Three."""\n'
        'model M {\n    """First.\n    Second:\n      - third\n    """\n'
        "    input x: [2]\n    output y = x -> Dense(1)\n}\n"
    )
    compiled = compile_text(text)
    made = ast.parse(compiled.flat_source if flat else compiled.source)
    (function,) = [node for node in made.body if isinstance(node, ast.FunctionDef)]
    assert (ast.get_docstring(made) or "").startswith("A file.\nTwo.\n  Three.\n\nMade by")
    assert (ast.get_docstring(function) or "").startswith(
        "First.\nSecond:\n  - third\n\n(None, 2) -> "
    )
