"""Layers and functions of a user's own: built as declared, or a sentence that says what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from netdsl.cli.commands import netdsl as netdsl_command
from tests.keras.test_every_kind import exercise
from tests.language.front_door import compiled

keras = pytest.importorskip("keras")

from netdsl.building import DeclarationMismatch  # noqa: E402

pytestmark = pytest.mark.keras

MODULE = "tests.keras.custom"
FOLD = "[h, w, c] -> [h // size, w // size, c * size * size]"
AFFINE = "[d] -> [units] weights [d, units], [units]"


def spec(declarations: str, stage: str, inputs: str = "x: [8, 8, 3]", before: str = "x") -> str:
    lines = "".join(f'extern {line} from "{MODULE}"\n' for line in declarations.splitlines())
    written = "".join(f"    input {one}\n" for one in inputs.split("; "))
    return f"{lines}model M {{\n{written}    output y = {before} -> {stage}\n}}\n"


AS_DECLARED = {
    "a shape from the arguments": spec(f"layer SpaceToDepth(size: int = 2): {FOLD}", "SpaceToDepth(4)"),
    "used twice": spec(f"layer SpaceToDepth(size: int = 2): {FOLD}", "SpaceToDepth() -> SpaceToDepth()"),
    "several tensors": spec(
        "layer Distances(): ([n, d], [m, d]) -> (float32[n, m], int32[n])", "Distances() -> _[1]",
        "a: [5, 2]; b: [7, 2]", "[a, b]",
    ),
    "inside a wrapper": spec(
        f"layer SpaceToDepth(size: int = 2): {FOLD}", "TimeDistributed(SpaceToDepth())", "x: [5, 8, 8, 3]"
    ),
    "a class that nobody registered": spec(f"layer Affine(units: int): {AFFINE}", "Affine(5)", "x: [4]"),
    "a function": spec("fn twice", "Lambda(twice)"),
    "a function with arguments": spec("fn scaled", 'Lambda(scaled, arguments={"factor": 2.5})'),
}  # fmt: skip


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=claim) for claim, text in AS_DECLARED.items()]
)
def test_layer_that_is_as_declared_runs_and_reloads(text: str, tmp_path: Path) -> None:
    exercise(text, tmp_path)


def test_weights_that_are_as_declared_are_counted() -> None:
    result = compiled(spec(f"layer Affine(units: int): {AFFINE}", "Affine(5)", "x: [4]"))
    assert result.build().count_params() == result.model().totals["parameters"] == 25


WRAPPED = "TimeDistributed(Affine(5)) -> Dense(2)"


@pytest.mark.parametrize("stage", ["Affine(5) -> Dense(2)", WRAPPED, "Affine(5) -> Affine(3)"])
def test_weights_that_are_left_to_the_class_are_in_no_count(stage: str) -> None:
    inputs = "x: [3, 4]" if stage == WRAPPED else "x: [4]"
    text = spec("layer Affine(units: int): [d] -> [units] weights ?", stage, inputs)
    model = compiled(text).model()
    assert model.totals["parameters"] is model.totals["weight_bytes"] is None
    told = [layer["parameters"] for layer in model.summary()["layers"]]
    assert told == [0, None, 12 if "Dense" in stage else None]
    with_outer = f"{text}model Outer {{ input {inputs} output y = x -> M() }}\n"
    assert compiled(with_outer).model("Outer").totals["trainable_parameters"] is None
    assert compiled(with_outer).build("Outer").count_params() > 25


def test_weights_have_the_dtype_that_is_declared() -> None:
    text = spec(
        "layer Affine(units: int): [d] -> [units] weights float16[d, units], [units]",
        "Affine(5)",
        "x: [4]",
    )
    assert compiled(text).model().totals["weight_bytes"] == 4 * 5 * 2 + 5 * 4


def test_sizes_left_open_may_turn_out_to_be_numbers() -> None:
    text = spec("layer SpaceToDepth(size: int = 2): [h, w, c] -> [?, ?, ?]", "SpaceToDepth()")
    assert compiled(text).build().output_shape == (None, 4, 4, 12)


def test_lambda_reloads_without_unsafe_code(tmp_path: Path) -> None:
    """The function is registered by the generated module, so Keras finds it by name."""
    model = compiled(AS_DECLARED["a function"]).build()
    model.save(tmp_path / "model.keras")
    reloaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    x = np.ones((1, 8, 8, 3), "float32")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(reloaded(x)), 2 * x)


OTHER_THAN_DECLARED = {
    "another size": (
        spec("layer SpaceToDepth(size: int = 2): [h, w, c] -> [h, w, c]", "SpaceToDepth()"),
        "gives float32 (None, 4, 4, 12), declared float32 (None, 8, 8, 3)",
    ),
    "another rank": (
        spec("layer SpaceToDepth(size: int = 2): [h, w, c] -> [c]", "SpaceToDepth()"),
        "declared float32 (None, 3)",
    ),
    "another dtype": (
        spec("layer SpaceToDepth(size: int = 2): [h, w, c] -> int32[4, 4, 12]", "SpaceToDepth()"),
        "gives float32 (None, 4, 4, 12), declared int32 (None, 4, 4, 12)",
    ),
    "an output too few": (
        spec("layer Distances(): ([n, d], [m, d]) -> [n, m]", "Distances()", "a: [5, 2]; b: [7, 2]", "[a, b]"),
        "gives float32 (None, 5, 7), int32 (None, 5), declared float32 (None, 5, 7)",
    ),
    "weights left out": (
        spec("layer Affine(units: int): [d] -> [units]", "Affine(5)", "x: [4]"),
        "owns the weights [4, 5], [5], declared none",
    ),
    "weights of another shape": (
        spec("layer Affine(units: int): [d] -> [units] weights [units, d], [units]", "Affine(5)", "x: [4]"),
        "owns the weights [4, 5], [5], declared [5, 4], [5]",
    ),
    "weights that are not there": (
        spec(f"layer SpaceToDepth(size: int): {FOLD} weights [c]", "SpaceToDepth(2)"),
        "owns the weights none, declared [3]",
    ),
    "what comes after fails of it": (
        spec("layer SpaceToDepth(size: int = 2): [h, w, c] -> [h, w, c]", "[_, SpaceToDepth()] -> Add()"),
        "gives float32 (None, 4, 4, 12), declared float32 (None, 8, 8, 3)",
    ),
    "inside a wrapper": (
        spec(
            "layer SpaceToDepth(size: int = 2): [h, w, c] -> [h, w, c]",
            "TimeDistributed(SpaceToDepth())", "x: [5, 8, 8, 3]",
        ),
        "(None, 5, 4, 4, 12), declared float32 (None, 5, 8, 8, 3)",
    ),
    "the layer itself fails": (
        spec("layer Failing(): [d] -> [d]", "Failing()", "x: [7]"),
        "cannot be applied to float32 (None, 7): ValueError: needs an even width, and 7 arrives",
    ),
    "a layer without a name": (
        spec("layer Nameless(): [d] -> [d]", "Nameless()", "x: [7]"),
        "unexpected keyword argument 'name'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
@pytest.mark.parametrize("claim", OTHER_THAN_DECLARED)
def test_layer_that_is_not_as_declared_is_said(claim: str, flat: bool) -> None:
    text, said = OTHER_THAN_DECLARED[claim]
    result = compiled(text)
    assert result.ok, result.diagnostics
    with pytest.raises(DeclarationMismatch) as raised:
        result.build(flat=flat)
    assert said in str(raised.value)
    assert str(raised.value).startswith(
        f"spec.net:{text[: text.index('output')].count(chr(10)) + 1}:"
    )


#: Declarations that are wrong, the stage and the input, and the declaration that is to be written.
CORRECTED = [
    (
        "layer SpaceToDepth(size: int = 2): [h, w, c] -> [h, w, c]", "SpaceToDepth(4)", "x: [8, 16, 3]",
        "layer SpaceToDepth(size: int = 2): [h, w, c] -> [h // size, w // size, size * size * c]",
    ),
    (
        "layer Affine(units: int): [d] -> [units]", "Affine(5)", "x: [4]",
        "layer Affine(units: int): [d] -> [units] weights [d, units], [units]",
    ),
    (
        "layer Affine(units: int): [d] -> [d]", "Affine(5)", "x: [4]",
        "layer Affine(units: int): [d] -> [units] weights [d, units], [units]",
    ),
    (
        "layer Affine(units: int): [..., d] -> [..., d] weights ?", "Affine(5)", "x: [3, 4]",
        "layer Affine(units: int): [..., d] -> [..., units] weights ?",
    ),
    (
        "layer Affine(units: int): [t, d] -> [t] weights ?", "Affine(5)", "x: [3, 4]",
        "layer Affine(units: int): [t, d] -> [t, units] weights ?",
    ),
    (
        "layer SpaceToDepth(): [...] -> [...] weights [3]", "SpaceToDepth()", "x: [9, 9, 3]",
        "layer SpaceToDepth(): [...] -> [4, 4, 12]",
    ),
    (
        "layer Distances(): ([n, d], [m, d]) -> [n, m]", "Distances()", "a: [5, 2]; b: [7, 2]",
        "layer Distances(): ([n, d], [m, d]) -> ([n, m], int32[n])",
    ),
    (
        "layer Many(): [d] -> [d]", "Many()", "x: [4]",
        "layer Many(): [d] -> [d] weights ?",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "stage", "inputs", "wanted"), CORRECTED)
def test_the_declaration_to_write_is_told_and_holds(
    declared: str, stage: str, inputs: str, wanted: str
) -> None:
    before = "[a, b]" if ";" in inputs else "x"
    with pytest.raises(DeclarationMismatch) as raised:
        compiled(spec(declared, stage, inputs, before)).build()
    assert raised.value.way_out == f'write: extern {wanted} from "{MODULE}"'
    assert len(str(raised.value)) < 400
    last = f"{stage} -> _[1]" if "int32[n])" in wanted else stage
    assert compiled(spec(wanted, last, inputs, before)).build() is not None


def test_what_a_class_says_is_cut_before_what_keras_adds() -> None:
    with pytest.raises(DeclarationMismatch) as raised:
        compiled(spec("layer Failing(): [d] -> [d]", "Failing()", "x: [7]")).build()
    assert "needs an even width, and 7 arrives" in str(raised.value)
    assert "Arguments received" not in str(raised.value)
    assert len(str(raised.value)) < 300


def test_training_does_not_begin_with_a_layer_that_is_not_as_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("d.npz", x=np.ones((8, 4), "float32"), y=np.ones((8, 1), "float32"))
    text = spec("layer Affine(units: int): [d] -> [d]", "Affine(5) -> Dense(1)", "x: [4]")
    text += 'train M { data = npz("d.npz")  loss = mse  optimizer = sgd }\n'
    Path("m.net").write_text(text, "utf-8")
    for more in (["--dry-run"], ["--out", "run"]):
        done = CliRunner().invoke(netdsl_command, ["train", "m.net", *more])
        assert done.exit_code == 1
        assert "error[N0867]: `Affine` is not as declared" in done.stderr
        assert "[d] -> [units] weights [d, units], [units] from" in done.stderr


ANY_RANK = [
    ("layer Affine(units: int): [..., d] -> [..., units] weights [d, units], [units]", "Affine(5)", "x: [4]"),
    ("layer Affine(units: int): [..., d] -> [..., units] weights [d, units], [units]", "Affine(5)", "x: [2, 3, 4]"),
    ("layer Nearest(): [..., d] -> ([..., d], int32[...])", "Nearest() -> _[0]", "x: [6, 3]"),
    ("layer Nearest(): [..., d] -> ([..., d], int32[...])", "Nearest() -> _[1]", "x: [6, 3, 2]"),
    ("layer Nothing(): [...] -> [...]", "Nothing()", "x: []"),
    ("layer Nothing(): [...] -> [...]", "Nothing()", "x: [2, 3, 4]"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "stage", "inputs"), ANY_RANK)
def test_a_layer_of_any_rank_is_as_declared(
    declared: str, stage: str, inputs: str, tmp_path: Path
) -> None:
    exercise(spec(declared, stage, inputs), tmp_path)


OBJECTS = f"""
extern regularizer Ortho(factor: float = 0.01) from "{MODULE}"
extern constraint AtMost(top: float) from "{MODULE}"
extern initializer Rising(scale: float = 0.5) from "{MODULE}"
extern loss Apart(power: float = 2.0) from "{MODULE}"
extern metric Off(scale: float = 1.0) from "{MODULE}"
extern schedule Warm(rate: float, steps: int) from "{MODULE}"
extern callback Note(word: str) from "{MODULE}"
extern optimizer Slow(learning_rate: any = 0.01, slow: float = 2.0) from "{MODULE}"
block head(n: int, reg: regularizer = Ortho(0.2)) = Dense(n, kernel_regularizer=reg, bias_initializer=Rising())
model M(rate: float = 0.25) {{
    input x: [4]
    let start = Rising(scale=0.125)
    defaults Dense(kernel_constraint=AtMost(2.0))
    hidden = x -> Dense(3, kernel_regularizer=Ortho(rate), kernel_initializer=start, name="first")
    output y = hidden -> head(2) -> Dense(1, kernel_regularizer=Ortho(), activation=relu)
}}
train M(lr: float = 0.1) {{
    loss = Apart(power=1.0)
    optimizer = Slow(Warm(lr, steps=10), slow=3.0)
    metrics = [Off(2.0), mae]
    callbacks = [Note("told")]
}}
"""


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
def test_objects_of_ones_own_are_made_as_declared_and_reload(flat: bool, tmp_path: Path) -> None:
    from tests.keras import custom

    result = compiled(OBJECTS)
    assert result.ok
    module: dict[str, Any] = {"__name__": "generated"}
    exec(result.flat_source if flat else result.source, module)
    model = module["make_model"]() if "make_model" in module else module["M"]()
    for one in (model, _reloaded(model, tmp_path)):
        first, inner, last = (
            layer for layer in one.layers if isinstance(layer, keras.layers.Dense)
        )
        assert isinstance(first.kernel_regularizer, custom.Ortho)
        assert (first.kernel_regularizer.factor, first.kernel_initializer.scale) == (0.25, 0.125)
        assert (inner.kernel_regularizer.factor, inner.bias_initializer.scale) == (0.2, 0.5)
        assert last.kernel_regularizer.factor == 0.01  # the default of the spec, not of the class
        assert first.kernel_constraint.top == last.kernel_constraint.top == 2.0
        assert isinstance(one.optimizer, custom.Slow)
        assert one.optimizer.slow == 3.0
        assert one.loss.power == 1.0
        assert keras.ops.convert_to_numpy(first.kernel).flat[0] == 0.125
    data = module["Data"](_ones())
    history = module["fit"](model, data, verbose=0).history
    assert {"loss", "off", "mae"} == set(history)
    assert custom.Note.words.pop() == "told"


def _reloaded(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def _ones() -> Any:
    import tensorflow as tf

    return tf.data.Dataset.from_tensors(
        (np.ones((2, 4), "float32"), np.ones((2, 1), "float32"))
    ).repeat(3)


def test_mismatch_inside_a_model_that_is_a_layer_is_found() -> None:
    text = spec("layer SpaceToDepth(size: int = 2): [h, w, c] -> [h, w, c]", "SpaceToDepth()")
    outer = "model Outer {\n    input x: [8, 8, 3]\n    output y = x -> M() -> Flatten()\n}\n"
    with pytest.raises(DeclarationMismatch, match="is not as declared"):
        compiled(text + outer).build("Outer")


def test_failure_that_no_declaration_explains_stays_as_it_is() -> None:
    text = spec(
        f"layer SpaceToDepth(size: int = 2): {FOLD}\nlayer Missing(): [h, w, c] -> [h, w, c]",
        "SpaceToDepth() -> Missing()",
    )
    with pytest.raises(ImportError, match="Missing"):
        compiled(text).build()
