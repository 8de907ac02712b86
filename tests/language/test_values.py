"""Values: literals, operators, f-strings, comprehensions, functions. Python itself says what they come to."""

from __future__ import annotations

import builtins
import math
import warnings

import pytest

from tests.language.front_door import (
    HAS_OPERATIONS,
    blamed,
    codes,
    compiled,
    dense_model,
    graph_of,
    units,
    value_of,
)

PYTHON = {
    name: getattr(builtins, name)
    for name in "range len min max round int float abs sum enumerate zip bool str".split()
} | {"ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log2": math.log2}


EXPRESSIONS = [
    # literals
    "7", "1_000", "0x1F", "0b101", "0o17", "2.5", "1e-3", ".5", "5.", "1_0.2_5", "True", "False", "None",
    '"text"', "'text'", r'"a\tb\"c"', r"'\x41\u00e9'", r'r"\d+"', '"one " "two"', '"""three\nlines"""', '"é𝄞"',
    "[]", "()", "{}", "[1, 2]", "[1, 2,]", "(1,)", "(1, 2)", '{"a": 1, "b": [2]}', "[*[1, 2], 3]", "(*(1, 2), 3)",
    # arithmetic
    "1 + 2 * 3", "(1 + 2) * 3", "2 ** 3 ** 2", "-2 ** 2", "2 ** -1", "7 // 2", "-7 // 2", "7 % 3", "-7 % 3", "7 / 2",
    "1 - 2 - 3", "8 / 4 / 2", "--3", "+3", "5.5 // 2", "1e308 * 10", "7 % -3", "2 * -3", "True + 1",
    "[1] + [2]", "(1,) + (2,)", "[0] * 3", "3 * [0]", '"ab" * 2', '"a" + "b"', "[0] * -1",
    # comparison and logic
    "1 < 2", "1 < 2 < 3", "1 < 3 < 2", "1 == 1.0", "[1, 2] == [1, 2]", "(1, 2) == [1, 2]", '"a" < "b"', "2 in [1, 2]",
    "3 not in [1, 2]", '"a" in {"a": 1}', '"b" in "abc"', "None is None", "1 is not None", "not True", "not 0",
    "1 and 2", "0 and 2", "1 or 2", "0 or 2", "not 1 == 2", "1 != 2 and 2 >= 2 and 3 <= 4 and 5 > 4",
    '"yes" if 1 < 2 else "no"', "1 if False else 2 if False else 3", "[] or [1]", "None or 0",
    # indexing
    "[1, 2, 3][0]", "[1, 2, 3][-1]", "[1, 2, 3][1:]", "[1, 2, 3, 4][::2]", "[1, 2, 3][::-1]", "(1, 2, 3)[:2]",
    '"text"[1]', '{"a": 5}["a"]', "[[1, 2], [3]][0][1]", "[1, 2, 3][-2:]",
    # f-strings
    'f"{1 + 1}"', 'f"a{1}b{2}c"', 'f"{3.14159:.2f}"', 'f"{7:03d}"', 'f"{\'x\'!r}"', 'f"{{}}"', 'f"{255:x}"',
    'f"{\'a\':>5}"', 'f"plain"', 'f"{[1, 2]}"', 'f"{True}"', 'f"{1_000_000:,}"', '"a" f"{1}" "b"', "f'{\"q\"}'",
    # comprehensions
    "[i for i in range(4)]", "[i * j for i in range(3) for j in range(i)]", "[i for i in range(9) if i % 2]",
    "[i for i in range(20) if i % 2 if i % 3]", "[a + b for a, b in [(1, 2), (3, 4)]]", "{i: i ** 2 for i in range(3)}",
    "[a + b + c for a, (b, c) in [(1, (2, 3))]]", "[[j for j in range(i)] for i in range(3)]",
    "sum(i for i in range(5))",
    "[i for i, _ in enumerate([5, 6])]", "max(i % 3 for i in range(7))", "[x for x in (1, 2)]",
    "[c for c in [*range(2), 9]]",
    # functions
    "len([1, 2])", 'len("abc")', "min(3, 1)", "max([1, 5, 2])", "round(2.5)", "round(2.567, 2)", "int(2.9)", 'int("7")',
    "float(2)", "abs(-3)", "sum([1, 2], 10)", "list_of(range(5))", "ceil(1.2)", "floor(-1.2)", "sqrt(9)", "log2(8)",
    "int(-2.5)", "max(1, 2, 3)", "min([4.5, 2])", "list_of(enumerate([5, 6], 1))", "list_of(zip([1, 2, 3], (4, 5)))",
    "list_of(range(2, 10, 3))", "list_of(range(5, 0, -2))", "len(range(100))", 'max([1, 2], default=0)',
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_value_is_what_python_gives(expression: str) -> None:
    """`list_of` stands for Python's list round a lazy iterable; in netdsl these are lists already."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # `1 is not None`: Python warns of what it gives all the same
        expected = eval(expression, {"__builtins__": {}, "list_of": list, **PYTHON})
    found = value_of(expression.removeprefix("list_of"))
    assert found == expected
    assert type(found) is type(expected)


MISTAKES = [
    ("a division by zero", "«1 // 0»"),
    ("a division by zero", "«1 % 0»"),
    ("a text minus a number", '«"a" - 1»'),
    ("a list plus a tuple", "«[1] + (2,)»"),
    ("an index beyond the end", "«[1, 2][5]»"),
    ("a key that is not there", '«{"a": 1}["b"]»'),
    ("a comparison of unlike values", '«1 < "a"»'),
    ("a square root of a negative number", "«sqrt(-1)»"),
    ("a logarithm of zero", "«log2(0)»"),
    ("a call with too many arguments", "«len([1], [2])»"),
    ("text that is no number", '«int("seven")»'),
    ("the least of nothing", "«min([])»"),
    ("a loop over a number", "[i for i in «5»]"),
    ("a negative number to a fraction", "«(-8) ** 0.5»"),
    ("an index of a number", "«5[0]»"),
    ("a format for another type", "f'{«\"a\"»:d}'"),
]


@pytest.mark.parametrize(("what", "expression"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_value_that_cannot_be_computed_is_refused_at_its_place(what: str, expression: str) -> None:
    spec = f"let v = {expression}\nmodel M {{ input x: [1] output x -> Dense(1) }}"
    code, found, place = blamed(spec)
    assert code == "N0416"
    assert found in place or place in found


def test_unknown_name_is_refused_with_the_nearest_one() -> None:
    result = compiled("let width = 8\n" + dense_model("x -> Dense(widht)"))
    assert [d.code for d in result.diagnostics] == ["N0201"]
    assert "width" in result.diagnostics[0].help


@pytest.mark.parametrize(
    "name", ["open", "eval", "exec", "__import__", "getattr", "print", "type", "input_file"]
)
def test_functions_of_python_are_not_there(name: str) -> None:
    assert codes(f'let v = {name}("x")\n' + dense_model("x -> Dense(1)"))


@pytest.mark.parametrize(
    "expression", ["(1).real", '"a".upper()', "[].append(1)", "x.__class__", "lambda: 1"]
)
def test_members_of_values_are_not_there(expression: str) -> None:
    assert codes(f"let v = {expression}\n" + dense_model("x -> Dense(1)"))


# -- let and fn ---------------------------------------------------------------------------------


def test_constants_may_stand_in_any_order() -> None:
    assert value_of("b", before="let b = a + 1\nlet a = 1") == 2


def test_constant_that_needs_itself_is_refused() -> None:
    result = compiled("let a = b\nlet b = a\n" + dense_model("x -> Dense(1)"))
    assert [d.code for d in result.diagnostics] == ["N0401"]


FUNCTIONS = [
    ("fn double(n) = 2 * n", "double(4)", 8),
    ("fn add(a, b=1) = a + b", "add(2)", 3),
    ("fn add(a, b=1) = a + b", "add(2, b=5)", 7),
    ("fn add(a, b=1) = a + b", "add(b=5, a=1)", 6),
    ("fn f(n) = 1 if n <= 1 else n * f(n - 1)", "f(6)", 720),
    ("fn g(n) = f(n) + 1\nfn f(n) = 2 * n", "g(3)", 7),
    ("let k = 3\nfn scaled(n) = k * n", "scaled(2)", 6),
    ("fn widths(n) = [2 ** i for i in range(n)]", "widths(3)", [1, 2, 4]),
    ("fn f(n: int) = n", "f(3)", 3),
    ("fn f(n, m=2 * 3) = n + m", "f(1)", 7),
    ("fn f(args) = args[0]", "f([9])", 9),
    ("fn f(a, b) = a - b", "f(*[5, 2])", 3),
    ("fn f(a, b) = a - b", 'f(**{"b": 5, "a": 2})', -3),
]


@pytest.mark.parametrize(("declaration", "call", "expected"), FUNCTIONS)
def test_function_gives_its_value(declaration: str, call: str, expected: object) -> None:
    assert value_of(call, before=declaration) == expected


def test_function_of_a_body_sees_the_names_of_the_body() -> None:
    spec = "model M { input x: [8] let k = 3 fn f(n) = k * n output x -> Dense(f(2)) }"
    assert units(graph_of(spec)) == [6]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("f()", "N0304"),
        ("f(1, 2)", "N0303"),
        ("f(1, m=2)", "N0301"),
        ("f(1, n=2)", "N0302"),
        ('f("a")', "N0305"),
    ],
)
def test_wrong_call_of_a_function_is_refused(call: str, code: str) -> None:
    assert codes(f"fn f(n: int) = n\nlet v = {call}\n" + dense_model("x -> Dense(1)")) == [code]


def test_local_name_wins_over_a_function_and_over_the_catalogue() -> None:
    assert value_of("max", before="let max = 7") == 7
    assert units(graph_of(dense_model("x -> Dense(relu)", before="let relu = 3"))) == [3]


def test_constant_of_a_body_hides_the_one_of_the_file() -> None:
    spec = "let n = 1\nmodel M { let n = 5 input x: [8] output x -> Dense(n) }"
    assert units(graph_of(spec)) == [5]


def test_loop_variable_hides_a_constant_only_inside_the_loop() -> None:
    spec = dense_model("x -> for n in [2, 3] { Dense(n) } -> Dense(n)", before="let n = 9")
    assert units(graph_of(spec)) == [2, 3, 9]


IDENTIFIERS = ["relu", '"relu"', "keras.activations.relu", "ReLU(max_value=6)", "None"]


@pytest.mark.parametrize("written", IDENTIFIERS)
def test_activation_is_taken_as_name_text_path_or_object(written: str) -> None:
    assert not codes(dense_model(f"x -> Dense(1, activation={written})"))


@pytest.mark.parametrize(
    "written",
    [
        "he_normal",
        '"he_normal"',
        "HeNormal(seed=1)",
        "HeNormal()",
        '"HeNormal"',
        "Identity",
        "Identity()",
    ],
)
def test_initializer_is_taken_as_name_text_or_object(written: str) -> None:
    assert not codes(dense_model(f"x -> Dense(1, kernel_initializer={written})"))


def test_defaults_take_an_initializer_that_is_called_as_a_layer() -> None:
    for written in ("Identity", "Identity(gain=2.0)"):
        assert not codes(
            f"defaults Dense(kernel_initializer={written})\n{dense_model('x -> Dense(8)')}"
        )


@pytest.mark.parametrize(
    ("argument", "layer"), [("activation", "ReLU"), ("kernel_constraint", "Dense")]
)
def test_layer_where_something_else_is_taken_by_name_is_no_such_thing(
    argument: str, layer: str
) -> None:
    assert codes(dense_model(f"x -> Dense(1, {argument}={layer})")) == ["N0308"]


@pytest.mark.parametrize("written", ["l2", "L2(1e-4)", '"l2"', "L1L2(l1=0.1)"])
def test_regularizer_is_taken_as_name_text_or_object(written: str) -> None:
    assert not codes(dense_model(f"x -> Dense(1, kernel_regularizer={written})"))


@pytest.mark.parametrize(
    "name", ["class", "filter", "def", "lambda_", "weights", "layers", "type", "import_"]
)
def test_name_that_python_reserves_is_a_name(name: str) -> None:
    assert units(graph_of(dense_model(f"x -> Dense({name})", before=f"let {name} = 4"))) == [4]


@pytest.mark.skipif(not HAS_OPERATIONS, reason="the catalogue has no rules for keras.ops")
@pytest.mark.parametrize(
    "expression", ["x * (2.0 ** 3)", "-x", "x ** 2", "x / 2", "1 - x", "x + 1", "x / x"]
)
def test_operators_on_tensors_give_tensors(expression: str) -> None:
    assert not codes(dense_model(expression))


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("fn f(a) = a -> Dense(3)", "N0407"),
        ("fn f(a) = [a -> Dense(3), a] -> Add()", "N0407"),
        ("fn f(a) = a -> for i in [1, 2] { Dense(i) }", "N0407"),
        ("fn f(a) = a -> Dense(3) as h", "N0407"),
        ("fn f(a) = a + a", "N0420"),
        ("fn f(a) = 2 * a", "N0420"),
        ("fn f(a) = -a", "N0420"),
        ("fn f(a) = a[:, 0]", "N0420"),
    ],
)
@pytest.mark.parametrize("at_top", [True, False])
def test_function_makes_no_tensors(function: str, code: str, at_top: bool) -> None:
    top, inside = (function, "") if at_top else ("", function)
    assert codes(f"{top}\nmodel M {{ input x: [4, 3]  {inside}  output y = f(x) }}") == [code]


def test_function_may_read_the_shape_of_a_tensor() -> None:
    graph = graph_of(
        "fn f(a) = a.shape[-1]\nmodel M { input x: [4, 3]  output y = x -> Dense(f(x)) }"
    )
    assert graph.complete
