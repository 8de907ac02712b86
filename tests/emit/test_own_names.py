"""Names of the module's own make way for the words of the spec: hyperparameters and declarations keep theirs."""

from __future__ import annotations

import ast
import inspect

import pytest

from netdsl.compiler import compile_text
from netdsl.emit.python.spelling import HELPERS
from tests.emit.test_both_outputs import hold

WORDS = [*sorted(HELPERS), "layers", "ops", "name", "trainable"]

#: Specs where a word is what a block, model, function, constant or parameter is called, beside the module's own.
SPECS = {
    "of a block": """
block b(WORD: int, other: int = 3) { input p  output p -> Dense(WORD) -> Dense(other) -> (_ * 2.0) }
model M { input x: [4]  output x -> b(4) -> b(WORD=5, other=2) -> (_ + ops.ones((2,))) }
""",
    "of a shared block": """
block b(WORD: int) = Dense(WORD) -> (_ * 2.0) -> Dense(4)
model M { input x: [4]  layer s = b(WORD=3)  layer t = s -> b(4)  output x -> s -> s -> t -> (_ * 2.0) }
""",
    "of a frozen block": """
block b(WORD: int) = Dense(WORD) -> Dense(4)
model M { input x: [4]  output x -> b(3, trainable=False) -> b(WORD=4) }
""",
    "of a model": """
model N(WORD: int = 3) { input x: [4]  output x -> repeat WORD { Dense(4) } -> (_ * 2.0) }
model K = N(WORD=2)
model M { input x: [4]  output x -> N(2) -> N(WORD=1) -> K() }
""",
    "of a function": """
fn f(WORD, a=1) = WORD + a
model M { input x: [4]  output x -> Dense(f(3)) -> Dense(f(WORD=2, a=3)) -> (_ * 2.0) }
""",
    "of a draw": """
block b(WORD = HeNormal()) = Dense(4, kernel_initializer=WORD) -> Dense(4, kernel_initializer=WORD)
model M { input x: [4]  output x -> b() -> b(WORD=GlorotNormal()) -> (_ * 2.0) }
""",
    "a block": """
block WORD(n: int) = Dense(n) -> (_ * 2.0)
model M { input x: [4]  layer s = WORD(4)  output x -> WORD(4) -> s -> s -> (_ * 2.0) }
""",
    "a function": """
fn WORD(n) = n + 1
model M { input x: [4]  output x -> Dense(WORD(2)) -> (_ * 2.0) }
""",
    "a constant": """
let WORD = 3
model M { input x: [4]  output x -> Dense(WORD) -> (_ * 2.0) }
""",
    "an input": """
block b { input WORD input q  output [WORD, q] -> Add() -> Dense(3) }
model M { input WORD: [4] input x: [4]  output [WORD, x] -> b() -> (_ * 2.0) }
""",
    "a tensor": """
model M { input x: [4]  WORD = x -> Dense(4)  output [WORD, x] -> Add() -> (_ * 2.0) }
""",
    "a model": """
model WORD { input x: [4]  output x -> Dense(4) -> (_ * 2.0) }
model M { input x: [4]  layer s = WORD()  output x -> WORD() -> s -> s }
""",
    "of a row in time": """
block b(WORD: int) { input p  layer d = Dense(WORD) -> ReLU()  output p -> TimeDistributed(d) }
model M { input x: [5, 4]  output x -> b(3) -> b(WORD=2) }
""",
    "of a held block": """
block two(WORD: int) = Dense(WORD) -> Dense(4)
model M { input x: [5, 4]  layer d = two(3)  output x -> TimeDistributed(d) -> d }
""",
    "of a shared model": """
model N(WORD: int = 3) { input x: [4]  output x -> Dense(WORD) -> Dense(4) }
block b { input p  output p -> N(WORD=2) -> N(1) }
model M { input x: [4]  layer s = N(WORD=2) -> ReLU()  layer t = b()  output x -> s -> s -> t -> t }
""",
    "both frozen": """
block inner(WORD: int) = Dense(WORD) -> Dense(4)
block outer(n: int) = inner(n) -> inner(WORD=n, trainable=False)
model M { input x: [4]  output x -> outer(3, trainable=False) -> outer(2) }
""",
    "both spellings": """
block b(WORD: int, WORD_: int = 3) = Dense(WORD) -> Dense(WORD_)
model M { input x: [4]  output x -> b(2) -> b(WORD=2, WORD_=1) -> (_ * 2.0) }
""",
}


#: What only Keras itself can tell: what is frozen, drawn, or made inside another layer.
FOR_KERAS = {"of a frozen block", "of a draw", "of a held block", "both frozen"}


@pytest.mark.parametrize("word", [word for word in WORDS if word != "tied"])
@pytest.mark.parametrize("which", [which for which in SPECS if which not in FOR_KERAS])
def test_a_word_of_the_module_may_be_one_of_the_spec(which: str, word: str) -> None:
    assert hold(SPECS[which].replace("WORD", word)) == "built"


@pytest.mark.parametrize("word", WORDS)
def test_a_hyperparameter_keeps_its_name(word: str) -> None:
    text = SPECS["of a block"] + SPECS["of a model"].replace("model M", "model O").replace(
        "b(", "c("
    )
    tree = ast.parse(compile_text(text.replace("WORD", word)).source)
    functions = {
        n.name: [a.arg for a in n.args.args] for n in tree.body if isinstance(n, ast.FunctionDef)
    }
    assert functions["b"] == ["p", word, "other"]
    assert functions["N"] == [word]
    assert functions["K"] == [word]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("which", ["a block", "a function", "a model"])
def test_what_is_declared_keeps_its_name(which: str, word: str) -> None:
    tree = ast.parse(compile_text(SPECS[which].replace("WORD", word)).source)
    assert word in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}


def test_a_block_that_declares_trainable_takes_it_for_itself() -> None:
    text = """
        block inner(trainable: bool) = Dense(4, trainable=trainable) -> Dense(4)
        block outer() = inner(True) -> Dense(4)
        model M { input x: [4]  output x -> inner(trainable=False) -> inner(True) -> outer(trainable=False) }
        """
    nodes = compile_text(text).graphs["M"].nodes[1:]
    assert [n.operation.trainable for n in nodes] == [False, True, True, True, False, False, False]


def test_a_block_that_declares_a_name_takes_it_for_itself() -> None:
    text = """
        block b(name: str) = Dense(4, name=name)
        model N(name: int = 4) { input x: [4]  output x -> Dense(name) }
        model K = N()
        model M { input x: [4]  output x -> b(name="u") -> b("u") -> N(name=4) -> K(name=4) }
        """
    assert hold(text) == "built"
    names = [n.name for n in compile_text(text).graphs["M"].nodes[1:]]
    assert names == ["b1_u", "b2_u", "n", "k"]


def test_what_is_not_in_the_way_is_as_ever() -> None:
    source = compile_text(SPECS["of a block"].replace("WORD", "units")).source
    for line in inspect.cleandoc(
        """
        layers = keras.layers
        ops = keras.ops
        def b(p, units, other=3, *, name="b"):
        """
    ).splitlines():
        assert f"\n{line}\n" in source


@pytest.mark.parametrize(
    "parameters", ['name: str = "u"', "trainable: bool = True", "layers: int = 3"]
)
def test_what_every_stage_gets_is_given_once_to_a_class_that_declares_it(parameters: str) -> None:
    text = (
        f'extern layer L({parameters}): [a] -> [a] from "m"\n'
        "block b() = L()\nmodel M { input x: [4]  output x -> L() -> b(trainable=False) }"
    )
    compiled = compile_text(text)
    for source in (compiled.source, compiled.flat_source):
        made = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
        names = [[k.arg for k in n.keywords] for n in made]
        assert all(len(given) == len(set(given)) for given in names)
        assert any(given[-1:] == ["name"] for given in names)


def test_a_constant_may_be_called_name() -> None:
    text = 'let name = "a"\nmodel M { input x: [4]  output x -> Dense(3, name=name) -> Dense(2) }'
    assert hold(text) == "built"
    source = compile_text(text).source
    assert 'name = "a"\n' in source
    assert "name=name)" in source
    assert 'def M(*, layer_name="M"):' in source
