"""Parameters, inputs and loops that hold a tensor: one line of Python is right at each use, or the spec is refused."""

from __future__ import annotations

import pytest

from tests.emit.test_both_outputs import hold
from tests.language.front_door import compiled, spelled

HEAD = "model M { input x: [4] input z: [4]\n"

#: An operator that joins two batches at one use, and a batch with something else at another.
TWO_FORMS = {
    "a number": f"block b(k) = _ «+» k\n{HEAD} p = x -> b(2.0) output y = p -> b(z) }}",
    "an array": f"block b(k) = _ «-» k\n{HEAD} p = x -> b(z) output y = p -> b(ops.ones((4,))) }}",
    "an input": "block b { input i input k output i «*» k }\n"
    f"{HEAD} p = x -> b()(k=z) output y = p -> b()(k=ops.ones((4,))) }}",
    "a turn": f"{HEAD} output y = x -> for t in [z, 2.0] {{ _ «+» t }} }}",
    "a default": f"block b(k=1.0) = k «*» _\n{HEAD} p = x -> b() output y = p -> b(k=z) }}",
    "two models": f"block b(k) = _ «+» k\n{HEAD} output y = x -> b(z) }}\nmodel N {{ input x: [4] output x -> b(1) }}",
}


@pytest.mark.parametrize("which", TWO_FORMS)
def test_an_operator_is_a_layer_everywhere_or_nowhere(which: str) -> None:
    text = TWO_FORMS[which]
    place = text.index("«")
    text = text.replace("«", "").replace("»", "")
    result = compiled(text)
    (found,) = result.diagnostics
    assert (found.code, found.primary.span.start) == ("N0420", place), spelled(result)
    assert found.fix is not None
    (edit,) = found.fix.edits
    fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert compiled(fixed).ok
    assert hold(fixed) == "built"


RIGHT = {
    "at each use": f"block b(k) = _ + k\n{HEAD} p = x -> b(z) output y = p -> b(x) }}",
    "or nothing": "block b(k=None) { input i output i -> if k != None { _ + k } -> Dense(4) }\n"
    f"{HEAD} p = x -> b() output y = p -> b(z) }}",
    "or a list": "block b(k=[]) { input i output i -> for s in k { _ + s } -> Dense(4) }\n"
    f"{HEAD} p = x -> b() output y = p -> b([z, x]) }}",
    "shared": f"block b(k) = Dense(4) -> (_ + k)\n{HEAD} layer s = b(z) output y = x -> s -> s }}",
    "a function": f"block b(k) = ops.add(k)\n{HEAD} p = x -> b(2.0) output y = p -> b(z) }}",
    "chosen": f"{HEAD} output y = x + (z if True else 2.0) }}",
}


@pytest.mark.parametrize("which", RIGHT)
def test_what_is_the_same_at_each_use_is_built(which: str) -> None:
    assert hold(RIGHT[which]) == "built"


REFUSED = {
    "a model": "model N(k=2.0) { input i: [4] output i -> ops.add(k) }\n"
    f"{HEAD} output y = x -> N(«z») output z }}",
    "a model, by name": "model N(k=2.0) { input i: [4] output i -> ops.add(k) }\n"
    f"{HEAD} output y = x -> N(k=«z») output z }}",
    "a list": "model N(k=[]) { input i: [4] output i -> for t in k { ops.add(t) } }\n"
    f"{HEAD} output y = x -> N(«[z]») output z }}",
    "a dict": "model N(k={}) { input i: [4] output i -> Dense(len(k) + 1) }\n"
    f'{HEAD} output y = x -> N(«{{"a": z}}») output z }}',
    "a class": f'extern layer L(k): [a] -> [a] from "m"\n{HEAD} output y = x -> L(«z») output z }}',
}


@pytest.mark.parametrize("which", REFUSED)
def test_what_makes_a_graph_or_an_object_of_its_own_takes_no_tensor(which: str) -> None:
    text = REFUSED[which]
    place = text.index("«")
    result = compiled(text.replace("«", "").replace("»", ""))
    errors = [d for d in result.diagnostics if d.severity == "error"]
    assert [(d.code, d.primary.span.start) for d in errors] == [("N0420", place)], spelled(result)
    assert "second pair of parentheses" in errors[0].help


def test_a_function_takes_no_name_that_it_does_not_declare() -> None:
    assert [d.code for d in compiled("fn f(a) = a\nlet b = f(1, name=2)").diagnostics] == ["N0301"]
