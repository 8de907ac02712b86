"""Rules of embedding, preprocessing, image and audio layers, by tables."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.catalog import layer_kinds
from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.signature import names
from netdsl.tensor import UNKNOWN, Dim, Sym, TensorSpec, spell_shape
from tests.catalog.rule_harness import apply_rule, flatten

N = UNKNOWN
H, W, T = (Sym.variable(name) for name in "HWT")


def spec(*shape: Dim, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(shape, dtype)


def infer(kind: str, arguments: dict[str, Any], *inputs: TensorSpec, **called: Any) -> Inference:
    return apply_rule(kind, arguments, inputs, len(inputs) > 1, called)[1]


IMAGE, PAIR = spec(N, 32, 32, 3), (spec(N, 1, dtype="int64"), spec(N, 1, dtype="string"))
WORDS, TEXT, NUMBERS = spec(N, 3, dtype="string"), spec(N, 1, dtype="string"), spec(N, 3)
ABC = ["a", "b", "c"]

OUTPUTS = [
    ("Embedding", {"input_dim": 9, "output_dim": 4}, (spec(N, T, dtype="int32"),), "float32(None, T, 4)"),
    ("CategoryEncoding", {"num_tokens": 6}, (spec(N, 3, dtype="int32"),), "float32(None, 6)"),
    ("CategoryEncoding", {"num_tokens": 6, "output_mode": "one_hot"}, (spec(N, T, dtype="int32"),),
     "float32(None, T, 6)"),
    ("Discretization", {"bin_boundaries": [0.0, 1.0]}, (NUMBERS,), "int32(None, 3)"),
    ("Discretization", {"bin_boundaries": [0.0, 1.0], "output_mode": "count"}, (NUMBERS,),
     "float32(None, 3)"),
    ("Hashing", {"num_bins": 7}, (WORDS,), "int64(None, 3)"),
    ("HashedCrossing", {"num_bins": 7, "output_mode": "one_hot"}, PAIR, "float32(None, 7)"),
    ("StringLookup", {"vocabulary": ABC}, (WORDS,), "int64(None, 3)"),
    ("StringLookup", {"vocabulary": ABC, "output_mode": "one_hot", "num_oov_indices": 2}, (WORDS,),
     "float32(None, 3, 5)"),
    ("StringLookup", {"vocabulary": ["[UNK]", *ABC], "output_mode": "count"}, (WORDS,), "float32(None, 4)"),
    ("StringLookup", {"output_mode": "multi_hot"}, (WORDS,), "float32(None, None)"),
    ("StringLookup", {"vocabulary": "words.txt", "output_mode": "count", "max_tokens": 9,
                      "pad_to_max_tokens": True}, (WORDS,), "float32(None, 9)"),
    ("IntegerLookup", {"vocabulary": [10, 20], "output_mode": "one_hot"}, (spec(N, 1, dtype="int64"),),
     "float32(None, 3)"),
    ("TextVectorization", {"vocabulary": ABC, "output_sequence_length": 5}, (TEXT,), "int64(None, 5)"),
    ("TextVectorization", {"vocabulary": ABC, "output_mode": "multi_hot"}, (TEXT,),
     "float32(None, 1, 4)"),
    ("Normalization", {"mean": [0.0, 1.0, 2.0], "variance": [1.0, 1.0, 1.0]}, (NUMBERS,), "float32(None, 3)"),
    ("Rescaling", {"scale": 0.5, "dtype": "mixed_float16"}, (spec(N, H, W, 3, dtype="uint8"),),
     "float16(None, H, W, 3)"),
    ("Resizing", {"height": 4, "width": 5}, (spec(N, H, W, 3),), "float32(None, 4, 5, 3)"),
    ("CenterCrop", {"height": 4, "width": 5, "data_format": "channels_first"}, (spec(N, 3, H, W),),
     "float32(None, 3, 4, 5)"),
    ("Equalization", {}, (spec(N, H, W, 3, dtype="uint8"),), "uint8(None, H, W, 3)"),
    ("RandomFlip", {}, (spec(N, H, W, 3, dtype="uint8"),), "float32(None, H, W, 3)"),
    ("MelSpectrogram", {"sequence_stride": 100, "num_mel_bins": 80}, (spec(N, 1000),),
     "float32(None, 80, 11)"),
    ("STFTSpectrogram", {"frame_length": 256, "mode": "stft"}, (spec(N, 1000, 2),),
     "float32(None, 6, 516)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "inputs", "wanted"), OUTPUTS)
def test_shapes_and_dtypes(
    kind: str, arguments: dict[str, Any], inputs: tuple[TensorSpec, ...], wanted: str
) -> None:
    (output,) = flatten(infer(kind, arguments, *inputs).outputs)
    assert f"{output.dtype}{spell_shape(output.shape)}" == wanted


def test_a_table_is_read_backwards_with_reverse() -> None:
    table = {"input_dim": 9, "output_dim": 4, "tie_weights": False}
    scores = infer("ReversibleEmbedding", table, spec(N, 7, 4), reverse=True)
    assert spell_shape(flatten(scores.outputs)[0].shape) == "(None, 7, 9)"
    assert [w.shape for w in scores.weights] == [(9, 4), (4, 9)]
    assert scores.macs == 7 * 4 * 9


def test_an_unadapted_normalization_has_weights_that_do_not_train() -> None:
    weights = infer("Normalization", {}, NUMBERS).weights
    assert [(w.name, w.shape, w.trainable) for w in weights] == [
        ("mean", (3,), False),
        ("variance", (3,), False),
        ("count", (), False),
    ]


REFUSED: list[tuple[str, str, str, dict[str, Any], tuple[TensorSpec, ...]]] = [
    ("N0526", "`'a'` stands there twice", "StringLookup", {"vocabulary": ["a", "b", "a"]}, (WORDS,)),
    ("N0526", "5 tokens", "StringLookup", {"vocabulary": [*ABC, "d"], "max_tokens": 4}, (WORDS,)),
    ("N0526", "mask token", "StringLookup", {"vocabulary": [*ABC, "[M]"], "mask_token": "[M]"}, (WORDS,)),
    ("N0526", "1 `idf_weights`", "StringLookup",
     {"vocabulary": ABC, "output_mode": "tf_idf", "idf_weights": [1.0]}, (WORDS,)),
    ("N0512", "comes with `idf_weights`", "StringLookup",
     {"vocabulary": ABC, "output_mode": "tf_idf"}, (WORDS,)),
    ("N0513", "words.txt", "StringLookup", {"vocabulary": "words.txt", "output_mode": "count"}, (WORDS,)),
    ("N0510", "takes string", "StringLookup", {}, (NUMBERS,)),
    ("N0512", "not sparse", "Hashing", {"num_bins": 7, "sparse": True}, (WORDS,)),
    ("N0510", '"float32"', "Hashing", {"num_bins": 7, "dtype": "float32"}, (WORDS,)),
    ("N0509", "1 arrive", "HashedCrossing", {"num_bins": 7}, (TEXT,)),
    ("N0512", "neither", "Discretization", {}, (NUMBERS,)),
    ("N0512", "`variance`", "Normalization", {"mean": 1.0}, (NUMBERS,)),
    ("N0501", "(2,)", "Normalization", {"mean": [1.0, 2.0], "variance": [1.0, 2.0]}, (NUMBERS,)),
    ("N0504", "axis 1", "Normalization", {"axis": 1}, (spec(N, T),)),
    ("N0512", "`output_sequence_length`", "TextVectorization",
     {"output_mode": "count", "output_sequence_length": 5}, (TEXT,)),
    ("N0511", "1 channels", "RandomColorDegeneration", {"factor": 0.1}, (spec(N, 8, 8, 1),)),
    ("N0501", "(None, 3)", "CenterCrop", {"height": 4, "width": 4}, (NUMBERS,)),
    ("N0512", "not both", "Resizing",
     {"height": 4, "width": 4, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, (IMAGE,)),
    ("N0306", "kernel_size", "RandomGaussianBlur", {"kernel_size": 4}, (IMAGE,)),
    ("N0306", "1.5", "RandomTranslation", {"height_factor": (0.5, 1.5), "width_factor": 0.1}, (IMAGE,)),
    ("N0510", "string", "RandomFlip", {}, (spec(N, 8, 8, 3, dtype="string"),)),
    ("N0513", "`sequence_length` is 512", "MelSpectrogram",
     {"fft_length": 256, "sequence_length": 512}, (spec(N, 1000),)),
    ("N0504", "the spectra need a number", "STFTSpectrogram", {}, (spec(N, 1000, N),)),
    ("N0505", "spans 256", "STFTSpectrogram", {}, (spec(N, 100, 1),)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "says", "kind", "arguments", "inputs"), REFUSED)
def test_what_keras_would_refuse_is_refused_with_its_numbers(
    code: str, says: str, kind: str, arguments: dict[str, Any], inputs: tuple[TensorSpec, ...]
) -> None:
    with pytest.raises(Refusal) as caught:
        infer(kind, arguments, *inputs)
    assert caught.value.problem.code == code
    assert says in caught.value.label


CAVEATS = [
    ("RandomFlip", {}, spec(N, 10), "(None, 10) arrives"),
    ("RandomFlip", {}, spec(N, 10, 3), "taken for one image"),
    ("STFTSpectrogram", {}, spec(N, 1000, 1, dtype="int64"), "sees int64"),
    ("RandomCrop", {"height": 4, "width": 4}, spec(N, H, 8, 3), "height and width"),
    ("CenterCrop", {"height": 0, "width": 4}, IMAGE, "leaves no image"),
    ("TextVectorization", {}, WORDS, "one text for each sample"),
    ("MelSpectrogram", {}, spec(N, 2, 2000), "one wave for each sample"),
    ("MelSpectrogram", {}, spec(N, 1000), "mirrors 1024 samples"),
]


@pytest.mark.parametrize(("kind", "arguments", "x", "says"), CAVEATS)
def test_what_builds_but_fails_is_told(
    kind: str, arguments: dict[str, Any], x: TensorSpec, says: str
) -> None:
    (caveat,) = infer(kind, arguments, x).caveats
    assert says in caveat


def test_every_public_layer_of_keras_has_a_kind() -> None:
    assert set(names("layer")) == set(layer_kinds())


def test_every_kind_says_what_it_is_for() -> None:
    silent = [
        kind.name
        for kind in layer_kinds().values()
        if not (kind.group and kind.shape_rule and kind.use_for and kind.watch_for)
    ]
    assert not silent
