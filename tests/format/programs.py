"""Draws programs: token by token from the rules of the grammar, then laid out at random with comments anywhere."""

from __future__ import annotations

from itertools import chain

from hypothesis import strategies as st

Tokens = tuple[str, ...]
Drawn = st.SearchStrategy[Tokens]

NAMES = st.sampled_from(
    [
        "x",
        "y",
        "Dense",
        "conv_bn",
        "kernel_initializer",
        "a_name_that_is_long_enough_to_fill_a_line",
        "é",
        "layer",
    ]
)
ATOMS = [
    *[
        "x",
        "Dense",
        "_",
        "1",
        "1_000",
        "0xfF",
        "1E-3",
        ".5",
        "True",
        "None",
        "'a'",
        '"it\'s"',
        "'say \"a\"'",
    ],
    *["r'\\d'", "'\\n'", "f'{x}_{y!r:>3}'", "u'a'", "'''two\nlines'''", '""', "f\"{d['k']}\""],
]


def word(text: str) -> Drawn:
    return st.just((text,))


def name() -> Drawn:
    return NAMES.map(lambda text: (text,))


def row(*parts: Drawn) -> Drawn:
    """One part after the other."""
    return st.tuples(*parts).map(lambda found: tuple(chain.from_iterable(found)))


def listed(item: Drawn, *, least: int = 0, most: int = 4) -> Drawn:
    """Items with commas between them, and perhaps one behind the last."""

    def joined(drawn: tuple[list[Tokens], bool]) -> Tokens:
        items, comma = drawn
        parts: list[str] = []
        for tokens in items:
            parts += [*tokens, ","]
        return tuple(parts if comma else parts[:-1])

    return st.tuples(st.lists(item, min_size=least, max_size=most), st.booleans()).map(joined)


def bracketed(opening: str, inner: Drawn, closing: str) -> Drawn:
    return row(word(opening), inner, word(closing))


def _pattern() -> Drawn:
    part = st.one_of(name(), word("_"))
    pair = row(word("("), part, word(","), part, word(")"))
    return st.one_of(part, row(part, word(","), st.one_of(part, pair)))


expression: Drawn = st.deferred(lambda: _EXPRESSION)
inner: Drawn = st.deferred(lambda: bracketed("(", expression, ")"))
operand: Drawn = st.deferred(lambda: st.one_of(atom, inner, call))
atom: Drawn = st.one_of(
    st.sampled_from(ATOMS).map(lambda text: (text,)), row(word("'a'"), word('"b"'))
)
clauses: Drawn = st.deferred(
    lambda: row(word("for"), _pattern(), word("in"), operand, st.one_of(word_if(), st.just(())))
)


def word_if() -> Drawn:
    return row(word("if"), operand)


argument: Drawn = st.deferred(
    lambda: st.one_of(
        expression,
        row(name(), word("="), expression).map(lambda tokens: tokens),
        row(word("*"), operand),
    )
)
call: Drawn = st.deferred(
    lambda: row(
        name(),
        st.one_of(st.just(()), row(word("."), name())),
        bracketed("(", listed(expression), ")"),
        st.one_of(
            st.just(()),
            bracketed("(", row(name(), word("="), expression), ")"),
            bracketed(
                "[", st.one_of(expression, row(expression, word(":"), word(","), expression)), "]"
            ),
            bracketed("(", row(expression, clauses), ")"),
        ),
    )
)
displays: Drawn = st.deferred(
    lambda: st.one_of(
        bracketed("[", listed(st.one_of(expression, row(word("*"), operand))), "]"),
        bracketed("(", listed(expression, least=2), ")"),
        bracketed("(", row(expression, word(",")), ")"),
        bracketed("{", listed(row(operand, word(":"), expression)), "}"),
        bracketed("[", row(expression, clauses), "]"),
        bracketed("{", row(operand, word(":"), expression, clauses), "}"),
    )
)
BINARY = ["+", "-", "*", "/", "//", "%", "@", "**", "and", "or", "==", "<", "in", "->"]
body: Drawn = st.deferred(
    lambda: st.one_of(
        bracketed("{", expression, "}"),
        bracketed("{", row(_many(inner_statement, 3), word("output"), expression), "}"),
    )
)
#: What stands between a word and a brace, which is laid out over several lines where it is long.
head: Drawn = st.deferred(lambda: st.one_of(operand, binary, run))
stage: Drawn = st.deferred(
    lambda: st.one_of(
        call,
        displays,
        row(word("repeat"), head, body),
        row(word("for"), _pattern(), word("in"), head, body),
        row(word("if"), head, body),
        row(word("if"), head, body, word("else"), body),
        row(word("if"), operand, body, word("else"), word("if"), operand, body, word("else"), body),
        row(call, word("as"), name()),
        row(call, word("as"), word("*"), name()),
    )
)
pipe: Drawn = st.deferred(
    lambda: st.tuples(operand, st.lists(row(word("->"), stage), min_size=1, max_size=5)).map(
        lambda drawn: (*drawn[0], *chain.from_iterable(drawn[1]))
    )
)
binary: Drawn = st.deferred(
    lambda: row(operand, st.sampled_from(BINARY[:-1]).map(lambda op: (op,)), operand)
)
run: Drawn = st.deferred(
    lambda: row(operand, *[row(st.sampled_from("+-*").map(lambda op: (op,)), operand)] * 3)
)
conditional: Drawn = st.deferred(lambda: row(operand, word("if"), operand, word("else"), operand))
unary: Drawn = st.deferred(lambda: row(st.sampled_from([("-",), ("not",)]), operand))
_EXPRESSION: Drawn = st.one_of(atom, call, binary, pipe, displays, run, conditional, unary)


#: What may be tried: choices or a range, the part behind `in`.
tried: Drawn = st.one_of(
    st.just(()), st.sampled_from([("[", "8", ",", "16", ",", "]"), ("(", "1", ",", "2", ")")])
)
parameters = bracketed(
    "(",
    st.lists(st.tuples(st.booleans(), tried, expression), max_size=4).map(
        lambda drawn: tuple(chain.from_iterable(_parameter(i, *d) for i, d in enumerate(drawn)))
    ),
    ")",
)


def _parameter(index: int, typed: bool, tried: Tokens, default: Tokens) -> Tokens:
    kind = (":", "int") if typed else ()
    behind = ("in", *tried) if tried else ()
    return (f"p{index}", *kind, *behind, "=", *default, ",")


named_arguments = bracketed(
    "(",
    st.lists(expression, max_size=3).map(
        lambda values: tuple(
            chain.from_iterable((f"n{i}", "=", *v, ",") for i, v in enumerate(values))
        )
    ),
    ")",
)
tensor_type = row(
    st.sampled_from([("float32",), ()]),
    bracketed("[", listed(st.one_of(operand, word("?"))), "]"),
    st.one_of(st.just(()), named_arguments),
)
let = row(word("let"), name(), word("="), expression)
defaults = row(word("defaults"), name(), named_arguments)
assertion = row(word("assert"), expression, st.one_of(st.just(()), row(word(","), atom)))
inner_statement = st.one_of(
    let,
    defaults,
    assertion,
    row(word("layer"), name(), word("="), expression),
    row(
        *[word("weight"), name(), st.one_of(st.just(()), row(word(":"), tensor_type))],
        st.one_of(st.just(()), row(word("="), expression)),
    ),
    row(name(), word("="), expression),
    row(name(), word(","), word("_"), word("="), expression),
    row(word("output"), name(), word("="), expression),
    row(word("output"), expression),
)
body_statement = st.one_of(
    inner_statement,
    row(word("input"), name(), st.one_of(st.just(()), row(word(":"), tensor_type))),
)


def _many(item: Drawn, most: int) -> Drawn:
    return st.lists(item, max_size=most).map(lambda found: tuple(chain.from_iterable(found)))


docstring = st.sampled_from(
    [(), ('"""About."""',), ("'About.'",), ('"""Two\n    lines.\n    """',)]
)
braces = bracketed("{", row(docstring, _many(body_statement, 5)), "}")
names = listed(st.one_of(name(), row(name(), word("as"), name())), least=1)
top_statement = st.one_of(
    let,
    defaults,
    assertion,
    row(word("from"), word("'a.net'"), word("import"), bracketed("(", names, ")")),
    row(word("fn"), name(), parameters, word("="), expression),
    row(word("block"), name(), st.one_of(st.just(()), parameters), word("="), expression),
    row(word("block"), name(), st.one_of(st.just(()), parameters), braces),
    row(word("model"), name(), parameters, braces),
    row(word("model"), name(), word("="), call),
    row(
        word("train"),
        name(),
        st.one_of(st.just(()), parameters),
        bracketed("{", row(docstring, _many(row(name(), word("="), expression), 4)), "}"),
    ),
    row(word("extern"), word("fn"), name(), word("from"), word("'a.b'")),
    row(
        *[word("extern"), word("layer"), name(), parameters, word(":"), tensor_type, word("->")],
        bracketed("(", listed(tensor_type, least=1, most=2), ")"),
        st.one_of(st.just(()), row(word("weights"), tensor_type, word(","), tensor_type)),
        *[word("from"), word("'a.b'")],
    ),
)
program = row(docstring, _many(top_statement, 5))
GAPS = [" "] * 12 + [
    "\n",
    "\n\n\n\n",
    "\r\n",
    "  # behind\n",
    "\n# alone\n",
    "\n\n    # apart \n\n",
    " #\n#\n",
]


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Draw a program and lay it out at random."""
    tokens = draw(program)
    gaps = draw(st.lists(st.sampled_from(GAPS), min_size=len(tokens), max_size=len(tokens)))
    return draw(st.sampled_from(["", "\n", "# first\n"])) + "".join(
        token + gap for token, gap in zip(tokens, gaps, strict=True)
    )


#: Words of the language, and of Python, that are names where the grammar asks for no word.
WORDS = [
    *["output", "input", "layer", "let", "fn", "defaults", "assert", "block", "model", "train", "extern", "from"],
    *["weight", "weights", "import", "as", "class", "def", "lambda", "while"],
    *["with", "yield", "async", "match", "print"],
]  # fmt: skip


@st.composite
def lines_of_words(draw: st.DrawFn) -> str:
    """Draw a program on one line, where no word of the language stands at the beginning, with such words for names."""
    tokens = draw(program)
    named = [t for t in dict.fromkeys(tokens) if t in ("x", "y", "Dense", "conv_bn", "é")]
    chosen = draw(st.lists(st.sampled_from(WORDS), min_size=len(named), max_size=len(named)))
    words = dict(zip(named, chosen, strict=True))
    written = [token for token in tokens if not token.startswith("#")]
    before = ["", *written]
    return " ".join(
        # First in braces these two are words, whatever follows.
        token
        if last == "{" and words.get(token) in ("output", "assert")
        else words.get(token, token)
        for last, token in zip(before, written, strict=False)
    )
