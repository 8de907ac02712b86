"""What a `train` block adds to the module: which functions, under which names, with data at which place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import netdsl
from netdsl.emit.python.renaming import renamed
from netdsl.emit.python.tidy import tidy

MODEL = """
model Net(width: int = 8) {
    input x: [4]
    output kind = x -> Dense(width, activation=relu) -> Dense(3, activation=softmax)
}
"""
NEEDED = "optimizer = Adam(lr)\n loss = sparse_categorical_crossentropy\n"


def train(settings: str, parameters: str = "(lr: float = 1e-3)") -> str:
    return f"{MODEL}\ntrain Net{parameters} {{\n {NEEDED} {settings}\n}}"


def emitted(spec: str, **options: object) -> str:
    compiled = netdsl.compile_text(spec)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return compiled.emit(**options)  # type: ignore[arg-type]


def functions(source: str) -> dict[str, str]:
    """Give each function's parameters as they are written."""
    tree = ast.parse(source)
    return {n.name: ast.unparse(n.args) for n in tree.body if isinstance(n, ast.FunctionDef)}


FIT = "model, data, *, epochs=EPOCHS, out=None, resume=False, callbacks=(), verbose='auto'"


def test_a_block_gives_the_functions_of_the_five_steps() -> None:
    found = functions(emitted(train('data = npz("f.npz")')))
    assert found["make_model"] == "lr=0.001, **hyperparameters"
    assert found["compile_model"] == "model, lr=0.001"
    assert found["load_data"] == ""
    assert found["fit"] == FIT
    assert found["evaluate"] == "model, data"
    assert found["predict"] == "model, inputs"
    assert found["main"].startswith("out='")


def test_flat_code_has_hyperparameters_at_their_values() -> None:
    source = emitted(train('data = npz("f.npz")', "(lr: float = 1e-3, width: int = 16)"), flat=True)
    found = functions(source)
    assert found["make_model"] == ""
    assert found["compile_model"] == "model"
    assert "Adam(learning_rate=0.001)" in source
    assert "layers.Dense(16" in source


def test_functions_take_the_hyperparameters_that_their_settings_use() -> None:
    parameters = '(folder: str = "in", lr: float = 1e-3, wait: int = 3, width: int = 16)'
    settings = 'data = npz(f"{folder}/f.npz")\n callbacks = [EarlyStopping(patience=wait)]'
    source = emitted(train(settings, parameters))
    found = functions(source)
    assert found["load_data"] == "folder='in'"
    assert found["make_model"] == "lr=0.001, width=16"
    assert found["fit"] == FIT + ", wait=3"
    assert "EarlyStopping(patience=wait)" in source
    assert "Net(width=width)" in source


def test_without_data_nothing_reads_or_keeps_any() -> None:
    source = emitted(train(""))
    found = functions(source)
    assert set(found) == {"Net", "make_model", "compile_model", "fit", "evaluate", "predict"}
    assert "class Progress" not in source
    assert "resume" not in source


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ('npz("f.npz")', 'read_npz(Path(__file__).parent / "../specs" / DATA)'),
        ('csv("f*.csv", label="kind")', "read_table(here.glob(DATA))"),
        ('csv(["a.csv", "b.csv"], label="kind")', "for path in DATA"),
    ],
)
def test_data_lies_beside_the_spec_wherever_the_module_is_written(
    tmp_path: Path, data: str, read: str
) -> None:
    (tmp_path / "specs").mkdir()
    spec = tmp_path / "specs" / "net.net"
    spec.write_text(train(f"data = {data}"), "utf-8")
    compiled = netdsl.compile_file(spec)
    assert read in compiled.emit(target=tmp_path / "made" / "net.py")
    assert '"../specs"' in compiled.emit(target=tmp_path / "made" / "net.py")
    assert "../specs" not in compiled.emit(target=tmp_path / "specs" / "other.py")
    assert "../specs" not in compiled.emit()


def test_names_are_changed_where_they_are_names() -> None:
    text = "split = 1\nx = a.split(split=split)\n"
    assert renamed(text, {"split": "split_"}) == "split_ = 1\nx = a.split(split=split_)\n"


def test_text_is_laid_out_and_comments_stay() -> None:
    text = "def f(a, *, b=1e-3):\n    x = [1,\n         a]  # why\n    # so\n    return {'k': a,}\n"
    assert tidy(text) == (
        'def f(a, *, b=1e-3):\n    x = [1,\n         a]  # why\n    # so\n    return {"k": a}\n'
    )


TWO_BLOCKS = """
model A { input x: [4]  output y = x -> Dense(3, activation=softmax) }
model B { input x: [6]  output y = x -> Dense(2, activation=softmax) }
train A { data = npz("a.npz") validation_split = 0.2 loss = sparse_categorical_crossentropy optimizer = "sgd" }
train B { data = npz("b.npz") validation_split = 0.1 loss = sparse_categorical_crossentropy optimizer = "sgd"
          batch_size = 16 seed = 4 SETTINGS }
"""


def functions_of(settings: str = "") -> dict[str, str]:
    return functions(emitted(TWO_BLOCKS.replace("SETTINGS", settings)))


def test_helpers_that_differ_in_constants_alone_stand_once() -> None:
    found = functions_of()
    assert found["batches"] == "samples, rows, training, batch_size, seed"
    assert found["set_apart"] == "sets, name, share, seed"
    ends = {name.removesuffix("_A") for name in found if name.endswith("_A")}
    assert ends == {
        "make_model",
        "compile_model",
        "load_data",
        "fit",
        "evaluate",
        "predict",
        "main",
    }


def test_helpers_that_differ_in_more_keep_a_name_for_each_block() -> None:
    found = functions_of("steps_per_epoch = 3")
    assert {"batches_A", "batches_B"} <= set(found)
    assert found["set_apart"] == "sets, name, share, seed"


def test_arrays_of_several_blocks_are_read_by_one_function() -> None:
    model = "input picture: [6]  output y = picture"
    named = TWO_BLOCKS.replace("SETTINGS", "").replace("input x: [6]  output y = x", model)
    source = emitted(named)
    assert functions(source)["read_npz"] == "path, names"
    assert 'read_npz(Path(__file__).parent / DATA_A, ("x", "y"))' in source
    assert 'read_npz(Path(__file__).parent / DATA_B, ("picture", "y"))' in source
    weighed = emitted(named.replace("seed = 4", 'seed = 4 sample_weight = "w"'))
    assert {"read_npz_A", "read_npz_B"} <= set(functions(weighed))


def test_only_what_may_be_in_a_file_is_read_by_python() -> None:
    """Arrays in memory are tensors: Python's lock is not what a step waits for."""
    assert "numpy_function" not in emitted(train('data = dataset("iris")'))
    assert "isinstance(array, OnDisk)" in emitted(train('data = npz("f.npz")'))
    own = emitted('extern fn mine from "m.n"\n' + train("data = mine"))
    assert "isinstance(array, np.memmap)" in own


def test_a_hyperparameter_of_training_keeps_its_name() -> None:
    source = emitted(
        "model A { input x: [4]  output y = x -> Dense(3) }\n"
        'train A(layers: float = 0.1, ops: float = 2.0) { data = npz("a.npz") loss = mse\n'
        "  optimizer = SGD(layers * ops) augment = GaussianNoise(layers) }"
    )
    assert "def compile_model(model, layers=0.1, ops=2.0):" in source
    assert "keras.layers.GaussianNoise(layers)" in source


@pytest.mark.parametrize(
    "name", ["batches", "given", "whole", "set_apart", "in_batches", "load", "sets"]
)
def test_a_function_of_ones_own_may_be_called_as_a_helper_or_its_variable(name: str) -> None:
    source = emitted(
        f'extern fn {name} from "loaders"\n'
        "model A { input x: [4]  output y = x -> Dense(3) }\n"
        f"train A {{ data = {name}(3) validation_split = 0.1 loss = mse\n optimizer = adam }}"
    )
    module = ast.parse(source)
    defined = [n.name for n in module.body if isinstance(n, ast.FunctionDef)]
    assert name not in defined
    (load,) = [n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == "load_data"]
    calls = [ast.unparse(n) for n in ast.walk(load) if isinstance(n, ast.Call)]
    assert f"{name}(3)" in calls
    stored = {
        n.id for n in ast.walk(load) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    assert name not in stored
    assert (
        sum(call.startswith(("batches(", "batches_(")) and "*found" in call for call in calls) == 1
    )


def test_a_path_may_be_called_as_a_variable_of_the_helpers() -> None:
    source = emitted(
        "model A { input x: [4]  output y = x -> Dense(3) }\n"
        'train A(here: str = "in", whole: str = "a.csv") { data = csv([f"{here}/b.csv", whole], label="y")\n'
        "  loss = mse  optimizer = adam }"
    )
    assert "here_ = Path(__file__).parent" in source
    assert 'for path in [f"{here}/b.csv", whole]' in source.replace("'", '"')
    assert "def whole_(samples):" in source


def test_dropout_on_pytorch_gets_its_numbers_from_seed_and_epoch() -> None:
    spec = train('data = npz("f.npz")')
    head, _, epoch = emitted(spec, api="keras").partition("def on_epoch_begin")
    assert "set_random_seed" in epoch.partition("def on_epoch_end")[0]
    assert "set_random_seed" in head
    assert '"torch"' not in emitted(spec)
