"""Blocks: their forms, inputs, outputs, parameters, recursion, and what their input types bind."""

from __future__ import annotations

import pytest

from netdsl.diagnostics.diagnostic import apply_edits
from tests.language.front_door import (
    blamed,
    codes,
    compiled,
    complaint,
    dense_model,
    feeders,
    graph_of,
    kinds,
    layers,
    marked,
    names,
    shape,
    structure,
    units,
)

FORMS = [
    ("a chain", "block b(n) = Dense(n) -> ReLU()"),
    ("a body", "block b(n) { input x output x -> Dense(n) -> ReLU() }"),
    ("a body with names", "block b(n) { input x h = x -> Dense(n) output y = h -> ReLU() }"),
    ("a body in another order", "block b(n) { output y = h -> ReLU() h = x -> Dense(n) input x }"),
    ("a typed parameter", "block b(n: int) = Dense(n) -> ReLU()"),
    ("a default", "block b(n: int = 4) = Dense(n) -> ReLU()"),
    ("a docstring", 'block b(n) { """Doc.""" input x output x -> Dense(n) -> ReLU() }'),
    ("a constant of its own", "block b(n) { let m = n input x output x -> Dense(m) -> ReLU() }"),
    ("a group", "block b(n) = (Dense(n) -> ReLU())"),
    ("a typed input", "block b(n) { input x: [w] output x -> Dense(n) -> ReLU() }"),
]


@pytest.mark.parametrize("declaration", [f[1] for f in FORMS], ids=[f[0] for f in FORMS])
def test_every_form_of_a_block_is_the_same_block(declaration: str) -> None:
    by_hand = graph_of(dense_model("x -> Dense(4) -> ReLU()"))
    assert structure(graph_of(dense_model("x -> b(4)", before=declaration))) == structure(by_hand)


CALLS = [
    "b(4)",
    "b(n=4)",
    "b(2 * 2)",
    "b(*[4])",
    'b(**{"n": 4})',
    "b(len([1, 2, 3, 4]))",
    'b(4, name="named")',
]


@pytest.mark.parametrize("call", CALLS)
def test_block_takes_its_arguments_as_python_does(call: str) -> None:
    assert units(graph_of(dense_model(f"x -> {call}", before="block b(n) = Dense(n)"))) == [4]


def test_block_without_parameters_needs_no_parentheses_where_it_is_declared() -> None:
    assert units(graph_of(dense_model("x -> b()", before="block b = Dense(3)"))) == [3]


def test_block_may_be_declared_after_its_use() -> None:
    text = "model M { input x: [8] output x -> b(3) }\nblock b(n) = c(n) -> Dense(1)\nblock c(n) = Dense(n)"
    assert units(graph_of(text)) == [3, 1]


def test_default_of_a_parameter_is_worked_out_where_the_block_is_declared() -> None:
    text = "let n = 3\nblock b(m=n + 1) = Dense(m)\nmodel M { let n = 50 input x: [8] output x -> b() }"
    assert units(graph_of(text)) == [4]


DEFAULTS_FROM_OTHERS = [
    ("left out", "n: int, m: int = 4 * n", "x -> b(2)", [8]),
    ("given", "n: int, m: int = 4 * n", "x -> b(2, 3)", [3]),
    ("None is left out", "n: int, m: int = 4 * n", "x -> b(2, m=None)", [8]),
    ("one after the other", "n: int, k: int = n + 1, m: int = k + n", "x -> b(2)", [5]),
    ("of one that is given", "n: int, k: int = n + 1, m: int = k + n", "x -> b(2, k=7)", [9]),
    ("a parameter before a constant of that name", "c: int, m: int = c", "x -> b(2)", [2]),
    ("a constant of the file", "n: int, m: int = c * n", "x -> b(2)", [200]),
    ("one that may be left out", "n: int, k: int = None, m: int = 1 if k is None else k", "x -> b(2)", [1]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "call", "expected"),
    [d[1:] for d in DEFAULTS_FROM_OTHERS],
    ids=[d[0] for d in DEFAULTS_FROM_OTHERS],
)
def test_a_default_may_use_the_parameters_before_it(
    parameters: str, call: str, expected: list[int]
) -> None:
    before = f"let c = 100\nblock b({parameters}) = Dense(m)"
    assert units(graph_of(dense_model(call, before=before))) == expected


@pytest.mark.parametrize(
    ("parameters", "help"),
    [
        ("size: int = 2 * «n», n: int = 3", "declare `n` before `size`"),
        ("size: int = «size»", "not itself"),
    ],
)
def test_a_default_may_use_no_parameter_after_it(parameters: str, help: str) -> None:
    text, place = marked(dense_model("x -> b()", before=f"block b({parameters}) = Dense(size)"))
    (found,) = compiled(text).diagnostics
    assert (found.code, found.primary.span.text) == ("N0201", place)
    assert found.help is not None
    assert help in found.help


def test_a_model_passes_on_what_its_defaults_are_worked_out_of() -> None:
    text = """
        model Net(width: int = 8, deep: int = 2 * width) { input x: [6] output x -> Dense(deep) }
        model Wide = Net(width=12)
        model Deep = Net(deep=5)
    """
    result = compiled(text)
    assert [units(result.graphs[name]) for name in ("Net", "Wide", "Deep")] == [[16], [24], [5]]


WRONG_CALLS = [
    ("too many arguments", "N0303", "x -> b(1, «2»)"),
    ("an unknown argument", "N0301", "x -> b(1, «m»=2)"),
    ("an argument twice", "N0302", "x -> b(1, n=«2»)"),
    ("no argument", "N0304", "x -> «b()»"),
    ("no parentheses", "N0406", "x -> «b»"),
    ("a text for a number", "N0305", 'x -> b(«"a"»)'),
    ("an unknown name", "N0201", "x -> b(«nothing»)"),
]


@pytest.mark.parametrize(
    ("code", "chain"), [w[1:] for w in WRONG_CALLS], ids=[w[0] for w in WRONG_CALLS]
)
def test_wrong_call_of_a_block_is_refused_at_its_place(code: str, chain: str) -> None:
    found, blames, place = blamed(dense_model(chain, before="block b(n: int) = Dense(n)"))
    assert (found, blames) == (code, place)


TYPED = [
    ("int", "3", True), ("int", "2.5", False), ("int", "True", False), ("int", '"a"', False),
    ("float", "2.5", True), ("float", "2", True), ("float", '"a"', False),
    ("bool", "True", True), ("bool", "1", False),
    ("str", '"a"', True), ("str", "1", False),
    ("activation", "relu", True), ("activation", '"relu"', True), ("activation", "rleu", False),
    ("activation", "1", False), ("activation", "None", True), ("activation", "he_normal", False),
    ("initializer", "he_normal", True), ("initializer", "HeNormal(seed=1)", True), ("initializer", "relu", False),
    ("regularizer", "l2", True), ("regularizer", "L2(1e-4)", True), ("regularizer", "HeNormal()", False),
    ("constraint", "MaxNorm(2)", True), ("constraint", "max_norm", True), ("constraint", "relu", False),
    ("shape", "(3, 3)", True), ("shape", "3", True), ("shape", '"a"', False), ("shape", "[1, 2.5]", False),
    ("list", "[1]", True), ("list", "(1,)", True), ("list", "1", False),
    ("any", "1", True), ("any", '"a"', True), ("any", "relu", True),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "fits"), TYPED)
def test_type_of_a_parameter_is_checked_at_each_use(kind: str, value: str, fits: bool) -> None:
    text = dense_model(f"x -> b({value})", before=f"block b(value: {kind}) = Dense(1)")
    assert (codes(text) == []) is fits


def test_unknown_type_of_a_parameter_is_refused() -> None:
    assert codes(dense_model("x -> b(1)", before="block b(value: integer) = Dense(1)")) != []


# -- several inputs and outputs -----------------------------------------------------------------

TWO = "block two { input a input b output s = a -> Dense(1) output t = b -> Dense(2) }\n"


@pytest.mark.parametrize(
    "use",
    [
        "[x, y] -> two()",
        "x -> two()(b=y)",
        "y -> two()(a=x)",
        "[x, y] -> (two())",
        "x -> two()(y)",
        "x -> [_, y] -> two()",
    ],
)
def test_inputs_are_given_by_list_or_by_name(use: str) -> None:
    text = f"{TWO}model M {{ input x: [3] input y: [4] p, q = {use} output p output q }}"
    graph = graph_of(text)
    fed = {node.operation.bound["units"]: feeders(graph, node) for node in layers(graph)}
    assert fed == {1: ["x"], 2: ["y"]}


WRONG_INPUTS = [
    ("one tensor for two", "p, q = x -> «two()»"),
    ("three tensors for two", "p, q = [x, y, y] -> «two()»"),
    ("an input that it lacks", "p, q = x -> two()(«c»=y)"),
]


@pytest.mark.parametrize("use", [w[1] for w in WRONG_INPUTS], ids=[w[0] for w in WRONG_INPUTS])
def test_wrong_inputs_are_refused_at_their_place(use: str) -> None:
    found, blames, place = blamed(
        f"{TWO}model M {{ input x: [3] input y: [4] {use} output p + q }}"
    )
    assert (found, blames) == ("N0414", place)


OUTPUTS = [
    "p, q = [x, x] -> two() output p output q",
    "outs = [x, x] -> two() output outs[0] output outs[1]",
    "outs = [x, x] -> two() output outs.s output outs.t",
    "outs = [x, x] -> two() output outs[-2] output outs[-1]",
    "a, b = outs[0:2] outs = [x, x] -> two() output a output b",
    "(p, q), _ = [[x, x] -> two(), x] output p output q".replace("(p, q), _", "pq, _").replace(
        "output p output q", "output pq[0] output pq[1]"
    ),
]


@pytest.mark.parametrize("statements", OUTPUTS)
def test_several_outputs_are_taken_by_name_number_or_unpacking(statements: str) -> None:
    graph = graph_of(f"{TWO}model M {{ input x: [3] {statements} }}")
    assert [graph.spec(ref).shape[-1] for ref in graph.outputs.values()] == [1, 2]


def test_underscore_discards_an_output() -> None:
    text = "block two { input a output s = a -> Dense(1) output t = a -> Dense(2) }\n"
    result = compiled(text + "model M { input x: [3] _, q = x -> two() output q }")
    assert result.ok
    assert [d.code for d in result.diagnostics] in ([], ["N0402"])


@pytest.mark.parametrize(
    ("statement", "code"),
    [("p, q, r = [x, x] -> two() output p + q", "N0410"), ("p = [x, x] -> two() output p.u", "N0209"),
     ("p = [x, x] -> two() output p[2]", "N0416"), ("p, q = x -> Dense(1) output p", "N0410")],
)  # fmt: skip
def test_output_that_is_not_there_is_refused(statement: str, code: str) -> None:
    assert codes(f"{TWO}model M {{ input x: [3] {statement} }}") == [code]


# -- recursion ----------------------------------------------------------------------------------

RECURSIVE = [
    ("a loop", "block r(n) = Dense(n) -> if n > 1 { r(n - 1) }", "r(3)", [3, 2, 1]),
    ("a tree", "block r(n) = if n == 0 { Dense(8) } else { [r(n - 1), r(n - 1)] -> Add() }", "r(2)", [8] * 4),
    ("two that call each other", "block r(n) = Dense(n) -> if n > 1 { s(n) }\nblock s(n) = Dense(50) -> r(n - 1)",
     "r(2)", [2, 50, 1]),
    ("round the middle",
     "block r(n) { input x inner = x -> Dense(n) -> if n > 1 { r(n - 1) } output inner -> Dense(10 * n) }",
     "r(2)", [2, 1, 10, 20]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declaration", "call", "expected"), [r[1:] for r in RECURSIVE], ids=[r[0] for r in RECURSIVE]
)
def test_block_calls_itself_under_an_if(declaration: str, call: str, expected: list[int]) -> None:
    graph = graph_of(dense_model(f"x -> {call}", before=declaration))
    assert units(graph) == expected
    assert len(set(names(graph))) == len(names(graph))


def test_block_that_always_calls_itself_is_refused_once() -> None:
    assert codes(dense_model("x -> r(1)", before="block r(n) = Dense(n) -> r(n + 1)")) == ["N0413"]


def test_what_went_wrong_in_turns_without_an_end_is_not_told_beside_it() -> None:
    """A kernel outgrows the picture in a later turn, which should never have been, or in the first."""
    block = "block r(n) = Conv2D(1, n) -> r(n + 1)"
    other = "block s(n) = Conv2D(1, n) -> t(n)\nblock t(n) = Conv2D(1, n) -> s(n + 1)"
    for use in ("r", "s", "t"):
        for kernel, expected in ((2, {"N0413"}), (7, {"N0413", "N0505"})):
            body = f"input x: [5, 5, 1]  output y = x -> {use}({kernel})"
            assert {*codes(f"{block}\n{other}\nmodel M {{ {body} }}")} == expected, use


# -- input types --------------------------------------------------------------------------------

BINDING = [
    ("a size is a number inside", "block b { input x: [n] output x -> Dense(2 * n) }", "input x: [8]", (16,)),
    ("two sizes", "block b { input x: [h, c] output x -> Dense(h + c) }", "input x: [5, 8]", (5, 13)),
    ("a number must be met", "block b { input x: [8] output x -> Dense(1) }", "input x: [8]", (1,)),
    ("an unknown is anything", "block b { input x: [?, c] output x -> Dense(c) }", "input x: [5, 8]", (5, 8)),
    ("a hyperparameter must be met", "block b(n=8) { input x: [n] output x -> Dense(1) }", "input x: [8]", (1,)),
    ("a size twice must be equal", "block b { input x: [n, n] output x -> Dense(n) }", "input x: [4, 4]", (4, 4)),
    ("a size in an expression", "block b { input x: [n, 2 * n] output x -> Dense(n) }", "input x: [4, 8]", (4, 4)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declaration", "inputs", "expected"), [b[1:] for b in BINDING], ids=[b[0] for b in BINDING]
)
def test_names_in_an_input_type_stand_for_what_arrives(
    declaration: str, inputs: str, expected: tuple[int, ...]
) -> None:
    assert shape(graph_of(dense_model("x -> b()", before=declaration, inputs=inputs))) == expected


UNMET = [
    ("a number", "[9]", "[8]"),
    ("a rank", "[n, m]", "[8]"),
    ("a size twice", "[n, n]", "[4, 5]"),
    ("a dtype", "int32[n]", "[8]"),
    ("an expression", "[n, 2 * n]", "[4, 9]"),
]


@pytest.mark.parametrize(("wanted", "came"), [u[1:] for u in UNMET], ids=[u[0] for u in UNMET])
def test_input_type_that_is_not_met_is_refused_with_both(wanted: str, came: str) -> None:
    declaration = f"block b {{ input x: {wanted} output x -> Dense(1) }}"
    found = codes(dense_model("x -> b()", before=declaration, inputs=f"input x: {came}"))
    assert found
    assert found[0] in ("N0501", "N0510", "N0511")


def test_two_inputs_share_their_sizes() -> None:
    block = "block b { input x: [n, d] input y: [m, d] output [x, y] -> Dot((2, 2)) }\n"
    fine = "model M { input p: [3, 8] input q: [5, 8] output [p, q] -> b() }"
    assert shape(graph_of(block + fine)) == (3, 5)
    assert "8" in complaint(block + fine.replace("[5, 8]", "[5, 9]"))
    assert "9" in complaint(block + fine.replace("[5, 8]", "[5, 9]"))


# -- what blocks are not ------------------------------------------------------------------------


def test_block_without_output_is_refused() -> None:
    assert codes(dense_model("x -> b()", before="block b { input x y = x -> Dense(1) }")) == [
        "N0409"
    ]


def test_mistake_in_a_block_is_told_once_with_the_use() -> None:
    text = dense_model("x -> b() -> b()", before="block b() = Dens(1)")
    result = compiled(text)
    assert [d.code for d in result.diagnostics] == ["N0207"]
    assert any("use of `b`" in label.text for label in result.diagnostics[0].related)


def test_block_that_nobody_uses_is_still_read() -> None:
    assert compiled(dense_model("x -> Dense(1)", before="block b(n) = Dense(n)")).ok


def test_frozen_block_freezes_all_that_is_in_it() -> None:
    block = "block inner() = Dense(2)\nblock b() = Dense(1) -> inner()"
    graph = graph_of(dense_model("x -> b(trainable=False) -> b()", before=block))
    assert [node.operation.trainable for node in layers(graph)] == [False, False, True, True]


def test_arrow_into_a_block_may_bring_a_list() -> None:
    text = dense_model("[x, x] -> b()", before="block b() = Add() -> Dense(1)")
    assert kinds(graph_of(text)) == ["Add", "Dense"]


@pytest.mark.parametrize("decided", [True, False])
def test_condition_at_the_start_of_a_statement_chooses_between_tensors(decided: bool) -> None:
    block = f"block b {{ input x y = x -> Dense(8) output if {decided} {{ x + y }} else {{ y }} }}"
    expected = ["Dense", "Add"] if decided else ["Dense"]
    assert kinds(graph_of(dense_model("x -> b()", before=block))) == expected


@pytest.mark.parametrize(
    "stage",
    [
        "TimeDistributed(«pair()»)",
        "TimeDistributed(«pair()» -> Dense(2))",
        "Bidirectional(layer=«pair()»)",
    ],
)
def test_block_inside_a_wrapper_is_told_to_be_written_out(stage: str) -> None:
    block = "block pair = LSTM(4, return_sequences=True) -> ReLU()"
    text = f"{block}\nmodel M {{ input x: [5, 4]\n output y = x -> {stage} }}"
    code, blames, place = blamed(text)
    assert (code, blames) == ("N0420", place)
    result = compiled(text.replace("«", "").replace("»", ""))
    assert "write its layers out" in result.diagnostics[0].help


@pytest.mark.parametrize(
    ("inside", "chain"),
    [
        ("«repeat 2 { Dense(4) }»", "repeat 2 { Dense(4) }"),
        ("Dense(4) -> «for n in [1, 2] { Dense(n) }»", "Dense(4) -> for n in [1, 2] { Dense(n) }"),
        ("«if True { Dense(8) }»", "if True { Dense(8) }"),
        ("«[_, Dense(4)]» -> Add()", "[_, Dense(4)] -> Add()"),
        ("«Dense(4) as h» -> [_, h] -> Add()", "Dense(4) as h -> [_, h] -> Add()"),
        ("«_» -> Dense(4)", "Dense(4)"),
    ],
)
def test_what_tensors_go_through_is_given_a_name_inside_a_wrapper(inside: str, chain: str) -> None:
    text = f"model M {{ input x: [5, 4]\n output y = x -> TimeDistributed({inside}) }}"
    code, blames, place = blamed(text)
    assert (code, blames) == ("N0420", place)
    plain = text.replace("«", "").replace("»", "")
    (found,) = compiled(plain).diagnostics
    assert found.fix is not None
    fixed = apply_edits(plain, found.fix.edits)
    assert f"layer each_step = {chain}\n" in fixed
    assert compiled(fixed).ok


@pytest.mark.parametrize(
    "spec",
    [
        "let kind = Dense\nmodel M { input x: [16]  output y = x -> kind(8) }",
        "let kinds = [Dense, RepeatVector]\nmodel M { input x: [16]  output y = x -> kinds[0](8) }",
        "model M { input x: [16]  output y = x -> for kind in [Dense, RepeatVector] { kind(8) } }",
        "model M(fast: bool = True) { input x: [16]  output y = x -> (Dense if fast else LSTM)(8) }",
        "fn kind() = Dense\nmodel M { input x: [16]  let k = kind()  output y = x -> k(8) }",
        "block a(n) = Dense(n)\nmodel M { input x: [16]  output y = x -> for b in [a, a] { b(8) } }",
        "let relu6 = ops.relu6\nmodel M { input x: [16]  output y = x -> relu6() }",
        "let norm = L2\nmodel M { input x: [16]  output y = x -> Dense(4, kernel_regularizer=norm(0.1)) }",
        "let net = applications.MobileNet\nmodel M { input x: [64, 64, 3]  output y = x -> net(weights=None) }",
    ],
)
def test_what_has_a_name_of_its_own_is_not_called_through_a_value(spec: str) -> None:
    assert codes(spec) == ["N0420"]


@pytest.mark.parametrize(
    "spec",
    [
        "block b(kind) = kind(8)\nmodel M { input x: [16]  output y = x -> b(Dense) }",
        "block a(n) = Dense(n)\nblock b(kind: any) = kind(8)\nmodel M { input x: [16]  output y = x -> b(a) }",
        "block b(shared) = shared\nmodel M { input x: [16]  layer f = Dense(16)  output y = x -> b(f) }",
        "model M(kind = Dense) { input x: [16]  output y = x -> kind(8) }",
    ],
)
def test_what_has_a_name_of_its_own_is_no_hyperparameter(spec: str) -> None:
    assert codes(spec) == ["N0305"]


_TWICE = "{ input x output x -> TimeDistributed(n) -> TimeDistributed(n) }"


@pytest.mark.parametrize(
    ("spec", "mended"),
    [
        (f"block b(n = «Dense(4)») {_TWICE}", "n: layer = Dense(4)"),
        (f"block b(n: any = «Dense(4) -> ReLU()») {_TWICE}", "n: layer = Dense(4)"),
        (
            "block b(n) { input x output x -> TimeDistributed(n) -> TimeDistributed(«n») }",
            "b(n: layer)",
        ),
        ("block b(n) { input x output x -> repeat 2 { TimeDistributed(«n») } }", "b(n: layer)"),
        (
            "block b(n) { input x output x -> for d in [n, Dense(3)] { TimeDistributed(d) -> TimeDistributed(«d») } }",
            "",
        ),
        (
            "block b(n) { input x output x -> for d in [n] { repeat 2 { TimeDistributed(«d») } } }",
            "",
        ),
        ("fn f(a = «Dense(3)») = a\nblock b(n) { input x output x -> TimeDistributed(f(n)) }", ""),
        ("fn f(a) = [a, «a»]\nblock b(n) { input x output x -> TimeDistributed(f(n)[0]) }", ""),
    ],
)
def test_a_layer_that_python_would_share_is_refused(spec: str, mended: str) -> None:
    model = "\nmodel M { input x: [5, 8] output y = x -> b(Dense(4)) }"
    code, blames, place = blamed(spec + model)
    assert (code, blames) == ("N0420", place)
    (found,) = compiled((spec + model).replace("«", "").replace("»", "")).diagnostics
    assert (found.fix is not None and found.fix.checked == "all") == bool(mended)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("block b(n = «foo»(3)) = Dense(n)", "N0201"),
        ('block b(n: int = «"a"») = Dense(n)', "N0305"),
        ("fn f(n = «foo») = n\nblock b(n) = Dense(f(n))", "N0201"),
        ("block b(n) = Dense(n)\nblock unused(n = 3 // «0») = Dense(n)", "N0416"),
    ],
)
def test_a_default_that_no_use_asks_for_is_checked(spec: str, expected: str) -> None:
    model = "\nmodel M { input x: [8] output y = x -> b(4) }"
    assert blamed(spec + model)[0] == expected


def test_a_fork_without_branches_is_told_once() -> None:
    assert codes(dense_model("x -> [] -> [] -> Lambda(f)", before='extern fn f from "a"')) == [
        "N0408"
    ]
