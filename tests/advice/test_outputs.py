"""Outputs and losses: N060."""

from __future__ import annotations

import pytest

from tests.advice.asking import compiled, row, the, told

#: An output, settings, and what is told of them.
TOLD = [
    ("Dense(4, activation=softmax)", "loss = CategoricalCrossentropy(from_logits=True)", "N0601"),
    ("Dense(4) -> Softmax()", "loss = SparseCategoricalCrossentropy(from_logits=True)", "N0601"),
    ("Dense(4) -> ops.softmax()", "loss = CategoricalCrossentropy(from_logits=True)", "N0601"),
    ("Dense(1, activation=sigmoid)", "loss = BinaryCrossentropy(from_logits=True)", "N0601"),
    ("Dense(4)", "loss = categorical_crossentropy", "N0602"),
    ("Dense(4) -> Dropout(0)", "loss = SparseCategoricalCrossentropy()", "N0602"),
    ("Dense(4, activation=log_softmax)", "loss = sparse_categorical_crossentropy", "N0602"),
    ("Dense(1)", 'loss = "bce"', "N0602"),
    ("Dense(1, activation=tanh)", "loss = binary_crossentropy", "N0602"),
    ("Dense(4, activation=sigmoid)", "loss = sparse_categorical_crossentropy", "N0603"),
    ("Dense(4, activation=softmax)", "loss = binary_crossentropy", "N0605"),
    ("Dense(1, activation=relu)", "loss = mse", "N0606"),
    ("Dense(1) -> ReLU()", "loss = Huber()", "N0606"),
    (
        "Dense(4, activation=softmax)",
        'loss = categorical_crossentropy data = image_folder("a", label_mode="int")',
        "N0607",
    ),
    (
        "Dense(4, activation=softmax)",
        'loss = categorical_crossentropy data = dataset("mnist")',
        "N0607",
    ),
    (
        "Dense(4, activation=softmax)",
        'loss = sparse_categorical_crossentropy data = text_folder("a", label_mode="categorical")',
        "N0607",
    ),
    ("Dense(4, activation=softmax)", 'loss = mse data = dataset("mnist")', "N0607"),
    (
        "Dense(4, activation=softmax)",
        'loss = sparse_categorical_crossentropy data = dataset("mnist")',
        "N0614",
    ),
    ("Dense(1, activation=sigmoid)", 'loss = bce data = dataset("mnist")', "N0614"),
    ("Dense(1)", "loss = poisson", "N0615"),
    ("Dense(1, activation=sigmoid)", "loss = cosine_similarity", "N0615"),
    ("Dense(1)", "loss = dice", "N0602"),
    ("Dense(4)", "loss = kl_divergence", "N0602"),
    ("Dense(4) -> Dropout(0.5)", "loss = mse", "N0608"),
    ("Dense(4)", 'loss = mse metrics = [mae] callbacks = [EarlyStopping("val_acc")]', "N0609"),
    ("Dense(4)", 'loss = mse metrics = [mae] callbacks = [EarlyStopping("val_mse")]', "N0609"),
]

LEFT_ALONE = [
    ("Dense(4)", "loss = CategoricalCrossentropy(from_logits=True)"),
    ("Dense(1, activation=exponential)", "loss = poisson"),
    ("Dense(1, activation=sigmoid)", "loss = dice"),
    ("Dense(4)", "loss = cosine_similarity"),
    ("Dense(10, activation=softmax)", 'loss = crossentropy data = dataset("mnist")'),
    (
        "Dense(10, activation=softmax)",
        'loss = sparse_categorical_crossentropy data = dataset("mnist")',
    ),
    ("Dense(1, activation=sigmoid)", 'loss = bce data = dataset("imdb")'),
    ("Dense(4, activation=Softmax())", "loss = categorical_crossentropy"),
    ("Dense(4)", "loss = mse callbacks = [EarlyStopping(patience=3)]"),
    ("Dense(4)", 'loss = mse metrics = [mae] callbacks = [EarlyStopping("val_mae")]'),
    (
        "Dense(1, activation=sigmoid)",
        'loss = bce metrics = [AUC()] callbacks = [EarlyStopping("auc_1")]',
    ),
    (
        "Dense(1, activation=sigmoid)",
        'loss = bce metrics = [AUC(name="top_3")] callbacks = [EarlyStopping("top_3")]',
    ),
    ("Dense(4)", 'loss = mse callbacks = [ReduceLROnPlateau("learning_rate")]'),
    ("Dense(4, activation=softmax)", "loss = categorical_crossentropy"),
    ("Dense(4) -> Softmax()", "loss = categorical_crossentropy"),
    ("Dense(4) -> ops.softmax()", "loss = categorical_crossentropy"),
    ("Dense(4) -> ops.log() ", "loss = categorical_crossentropy"),
    ("Dense(1, activation=sigmoid)", "loss = binary_crossentropy"),
    ("Dense(4, activation=sigmoid)", "loss = binary_crossentropy"),
    ("Dense(1, activation=softplus)", "loss = mse"),
    ("Dense(1)", "loss = mae"),
    ("Dense(4, activation=relu)", "loss = hinge"),
    (
        "Dense(4, activation=softmax)",
        'loss = sparse_categorical_crossentropy data = image_folder("a")',
    ),
    # labels of folders are as the loss takes them
    ("Dense(4, activation=softmax)", 'loss = categorical_crossentropy data = image_folder("a")'),
    ("Dense(1, activation=sigmoid)", 'loss = binary_crossentropy data = text_folder("a")'),
    (
        "Dense(4, activation=softmax)",
        'loss = categorical_crossentropy data = image_folder("a", label_mode="categorical")',
    ),
    (
        "Dense(1, activation=sigmoid)",
        'loss = binary_crossentropy data = image_folder("a", label_mode="binary")',
    ),
    ("Dense(4, activation=softmax)", 'loss = categorical_crossentropy data = npz("a.npz")'),
    ("Dropout(0.5) -> Dense(4)", "loss = mse"),
]


@pytest.mark.parametrize(("chain", "train", "code"), TOLD)
def test_an_output_that_does_not_suit_its_loss_is_told_of(
    chain: str, train: str, code: str
) -> None:
    assert told(row(chain, train)) == [code]


@pytest.mark.parametrize(("chain", "train"), LEFT_ALONE)
def test_an_output_that_suits_its_loss_is_left_alone(chain: str, train: str) -> None:
    assert told(row(chain, train)) == []


@pytest.mark.parametrize(
    "chain",
    [
        "Dense(1, activation=softmax)",
        "Dense(1) -> Softmax()",
        "Reshape((1, 8)) -> Softmax(axis=1)",
        "Reshape((8, 1)) -> Dense(1, activation=softmax)",
    ],
)
def test_softmax_over_one_unit_is_told_of_without_a_train_block(chain: str) -> None:
    assert told(row(chain)) == ["N0604"]


def test_softmax_over_another_axis_than_the_last_is_looked_at_there() -> None:
    assert told(row("Reshape((8, 1)) -> Softmax(axis=1)")) == []


def test_dropout_after_softmax_is_told_of_without_a_loss() -> None:
    assert told(row("Dense(4, activation=softmax) -> Dropout(0.5)")) == ["N0608"]


def test_features_that_end_in_dropout_are_left_alone() -> None:
    assert told(row("Dense(4, activation=relu) -> Dropout(0.5)")) == []


def test_the_output_of_a_model_in_a_model_is_found() -> None:
    inner = "model Inner { input x: [8] output y = x -> Dense(4, activation=softmax) }\n"
    spec = inner + row("Inner()", "loss = CategoricalCrossentropy(from_logits=True)")
    assert told(spec) == ["N0601"]


def test_each_output_is_judged_by_its_own_loss() -> None:
    spec = """
    model M {
        input x: [8]
        output kind = x -> Dense(4, activation=softmax)
        output size = x -> Dense(1)
    }
    train M { optimizer = adam loss = {"kind": CategoricalCrossentropy(from_logits=True), "size": mse} }
    """
    assert "`kind`" in the(spec, "N0601").message


def test_an_extern_loss_is_not_judged() -> None:
    spec = 'extern fn own from "losses"\n' + row("Dense(4)", "loss = own")
    assert told(spec) == []


@pytest.mark.parametrize(
    ("chain", "loss", "becomes"),
    [
        ("Dense(4)", "loss = sparse_categorical_crossentropy", "SparseCategoricalCrossentropy(from_logits=True)"),
        ("Dense(4)", "loss = CategoricalCrossentropy(label_smoothing=0.1)",
         "CategoricalCrossentropy(label_smoothing=0.1, from_logits=True)"),
        ("Dense(4, activation=softmax)", "loss = CategoricalCrossentropy(from_logits=True)",
         "CategoricalCrossentropy()"),
    ],
)  # fmt: skip
def test_a_fix_settles_it(chain: str, loss: str, becomes: str) -> None:
    (found,) = compiled(row(chain, loss)).diagnostics
    assert found.fix is not None
    assert found.fix.checked == "all"
    (edit,) = found.fix.edits
    text = edit.span.file.text
    assert becomes in text[: edit.span.start] + edit.text + text[edit.span.end :]


STEPS = "model M {{ input x: [9, 8] output y = x -> TimeDistributed({0}) }} train M {{ optimizer = adam loss = {1} }}"


@pytest.mark.parametrize(
    ("layer", "loss", "codes"),
    [
        ("Dense(1, activation=softmax)", "mse", ["N0604"]),
        ("Dense(4)", "sparse_categorical_crossentropy", ["N0602"]),
        ("Dense(4, activation=sigmoid)", "categorical_crossentropy", ["N0603"]),
        ("Dense(1, activation=relu)", "mse", ["N0606"]),
        ("Dense(4, activation=softmax)", "sparse_categorical_crossentropy", []),
        ("Dense(4)", "SparseCategoricalCrossentropy(from_logits=True)", []),
        (
            "Dense(8, activation=relu) -> Dense(4)",
            "sparse_categorical_crossentropy",
            [],
        ),  # not looked into
        ("Dropout(0.1)", "mse", []),
    ],
)
def test_a_layer_applied_step_by_step_ends_an_output_too(
    layer: str, loss: str, codes: list[str]
) -> None:
    assert told(STEPS.format(layer, loss)) == codes


@pytest.mark.parametrize(
    "chain",
    [
        "Dense(4, activation=own)",
        "Dense(4, activation=own) -> ReLU() -> Dense(4, activation=softmax)",
        "Dense(8, activation=own) -> AlphaDropout(0.1) -> Dense(4, activation=softmax)",
    ],
)
def test_an_activation_of_the_users_own_is_not_judged(chain: str) -> None:
    extern = 'extern fn own from "project.activations"\n'
    assert told(extern + row(chain, "loss = categorical_crossentropy")) == []
