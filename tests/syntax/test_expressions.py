"""Expressions: what binds to what, written as source and tree side by side."""

from __future__ import annotations

import math

import pytest

from netdsl.syntax import tree
from tests.syntax.notation import read_expression, show

PRECEDENCE = [
    ("a + b * c", "(+ a (* b c))"),
    ("a - b - c", "(- (- a b) c)"),
    ("a / b // c % d", "(% (// (/ a b) c) d)"),
    ("(a + b) * c", "(* (+ a b) c)"),
    ("-x ** 2", "(- (** x 2))"),
    ("2 ** -1", "(** 2 (- 1))"),
    ("a ** b ** c", "(** a (** b c))"),
    ("- - x", "(- (- x))"),
    ("+x", "(+ x)"),
    ("not a == b", "(not (a == b))"),
    ("not a and b or c", "(or (and (not a) b) c)"),
    ("1 < a <= b", "(1 < a <= b)"),
    ("a in b", "(a in b)"),
    ("a not in b", "(a not in b)"),
    ("a is not None", "(a is not None)"),
    ("(a < b) < c", "((a < b) < c)"),
    ("a if b else c if d else e", "(if b a (if d c e))"),
    ("a or b if c and d else e", "(if (and c d) (or a b) e)"),
    ("f(x)[0].y", "(at (f x) 0).y"),
    ("-f(x)", "(- (f x))"),
    ("x.shape[-1]", "(at x.shape (- 1))"),
]

CHAINS = [
    ("a + b -> f()", "(-> (+ a b) (f))"),
    ("a -> f -> g", "(-> a f g)"),
    ("(a -> f) -> g", "(-> (-> a f) g)"),
    ("a -> (f -> g)", "(-> a (-> f g))"),
    ("a -> (f + g)", "(-> a (+ f g))"),
    ("(a -> f) + g", "(+ (-> a f) g)"),
    ("a -> f if b else g", "(-> a (if b f g))"),
    ("a -> f() as b -> g", "(-> a (as (f) b) g)"),
    ("a -> [f, _, *gs, m -> h]", "(-> a [f _ *gs (-> m h)])"),
    ("a -> repeat n - 1 { f -> g }", "(-> a (repeat (- n 1) (-> f g)))"),
    ("a -> for i, (b, c) in v { f }", "(-> a (for <i <b c>> v f))"),
    ("a -> for x in v if w else u { f }", "(-> a (for x (if w v u) f))"),
    ("a -> if c { f }", "(-> a (choose c f -))"),
    ("a -> if c { f } else { g }", "(-> a (choose c f g))"),
    ("a -> if c { f } else if d { g } else { h }", "(-> a (choose c f (choose d g h)))"),
    ("a -> if c { f } as b", "(-> a (as (choose c f -) b))"),
    ("[for r in rates { conv(r) }]", "[(for r rates (conv r))]"),
    ("Bidirectional(LSTM(64) -> Dense(2))", "(Bidirectional (-> (LSTM 64) (Dense 2)))"),
    ("attend(8)(value=_, mask=m)", "((attend 8) value=_ mask=m)"),
    ("ops.arange(50)", "(ops.arange 50)"),
    ('applications.VGG16()(outputs=["a"])', "((applications.VGG16) outputs=['a'])"),
]

DISPLAYS = [
    ("[]", "[]"),
    ("[a, b,]", "[a b]"),
    ("()", "(tuple)"),
    ("(a,)", "(tuple a)"),
    ("(a, *b,)", "(tuple a *b)"),
    ("(a)", "a"),
    ("{}", "{}"),
    ('{"a": x -> f, 2: {}}', "{'a':(-> x f) 2:{}}"),
    ("[r * 2 for r in rates if r > 1]", "(each[ (* r 2) (in r rates (r > 1)))"),
    ("[a for a, b in c for d in a]", "(each[ a (in <a b> c) (in d a))"),
    ("{k: v for k, v in x}", "(each{ k v (in <k v> x))"),
    ("sum(x for x in y)", "(sum (each( x (in x y)))"),
    ("(x for x in y)", "(each( x (in x y))"),
    ("a[1:2]", "(at a (slice 1 2 -))"),
    ("a[..., 0]", "(at a (tuple Ellipsis 0))"),
    ("a[::2, :, 3]", "(at a (tuple (slice - - 2) (slice - - -) 3))"),
    ("a[1,]", "(at a (tuple 1))"),
    ("f(a, *b, c=d, **e,)", "(f a *b c=d **e)"),
]

WORDS_AS_NAMES = [
    ("TimeDistributed(layer=f, input=g, output=h)", "(TimeDistributed layer=f input=g output=h)"),
    ("f(from=1, import=2, as=3, weights=4)", "(f from=1 import=2 as=3 weights=4)"),
    ("f(repeat=2, let=3, model=m, train=t)", "(f repeat=2 let=3 model=m train=t)"),
    ("layer.input.output", "layer.input.output"),
    ("input + model * block", "(+ input (* model block))"),
    ("[layer for layer in train]", "(each[ layer (in layer train))"),
    ("class + lambda(def)", "(+ class (lambda def))"),
]


@pytest.mark.parametrize(("source", "expected"), [*PRECEDENCE, *CHAINS, *DISPLAYS, *WORDS_AS_NAMES])
def test_an_expression_reads_as_its_tree(source: str, expected: str) -> None:
    assert show(read_expression(source)) == expected


@pytest.mark.parametrize(("source", "expected"), [*PRECEDENCE, *CHAINS, *DISPLAYS])
def test_line_ends_mean_nothing(source: str, expected: str) -> None:
    spread = source.replace(" ", "\n    # between\n    ")
    assert show(read_expression(spread)) == expected


@pytest.mark.parametrize(
    "source", [s for s, _ in [*PRECEDENCE, *CHAINS, *DISPLAYS, *WORDS_AS_NAMES]]
)
def test_a_span_covers_its_node(source: str) -> None:
    node = read_expression(source)
    assert node.span.text.strip("(), ") == source.strip("(), ")


LITERALS = [
    *["0", "7", "1_000", "0x1F", "0b1_0", "0o17", "00", "10" * 40],
    *["0.5", ".5", "1.", "1e-3", "1_0.0_1E+5", "26e6"],
    *[
        '"a"',
        "'a'",
        '"it\'s"',
        r'"\n\t\\\"\x41\u00e9\101\0"',
        r"r'\d'",
        r'"\N{GREEK SMALL LETTER ALPHA}"',
    ],
    *['"""two\nlines"""', "'''it's \"so\"'''", '""', '"""a"" b"""', '"a\\\nb"', "u'a'"],
    *['"a" "b"', '\'a\' r\'\\b\' """c"""', "True", "False", "None"],
]


@pytest.mark.parametrize("source", LITERALS)
def test_a_literal_has_the_value_python_gives_it(source: str) -> None:
    node = read_expression(source)
    assert isinstance(node, tree.Literal)
    expected = eval(compile(source, "literal", "eval", dont_inherit=True))
    assert node.value == expected
    assert type(node.value) is type(expected)
    assert node.text == source


FSTRINGS = [
    ('f"plain"', "(f 'plain')"),
    ('f""', "(f)"),
    ('f"{a}"', "(f a)"),
    ('f"stem_{i + 1}_{{x}}"', "(f 'stem_' (+ i 1) '_{x}')"),
    ('f"{rate:.2f}{name!r}{a!s:>3}"', "(f rate:.2f name!r a!s:>3)"),
    ('f"{x=}"', "(f 'x=' x!r)"),
    ("f\"{d['k']}{[1, 2][0]}{ {1: 2}[1] }\"", "(f (at d 'k') (at [1 2] 0) (at {1:2} 1))"),
    ('f"{a != b}{f(x=1)}"', "(f (a != b) (f x=1))"),
    ("rf'\\d{a}'", "(f '\\\\d' a)"),
    ('f"""{\na\n}"""', "(f a)"),
    ('"a" f"{b}" "c"', "(f 'a' b 'c')"),
]


@pytest.mark.parametrize(("source", "expected"), FSTRINGS)
def test_an_fstring_reads_as_its_parts(source: str, expected: str) -> None:
    assert show(read_expression(source)) == expected


def test_an_expression_in_an_fstring_has_its_place_in_the_file() -> None:
    node = read_expression('f"stem_{index}"')
    assert isinstance(node, tree.FString)
    part = node.parts[1]
    assert isinstance(part, tree.FormattedPart)
    assert (part.span.text, part.value.span.text) == ("{index}", "index")


def test_a_name_is_compared_as_python_compares_names() -> None:
    composed, decomposed_width = read_expression("\u00e9 + 1"), read_expression("\uff41")
    assert show(composed) == "(+ \u00e9 1)"
    assert show(decomposed_width) == "a"


def test_the_largest_float_is_finite() -> None:
    node = read_expression("1e308")
    assert isinstance(node, tree.Literal)
    assert isinstance(node.value, float)
    assert math.isfinite(node.value)
