"""Masks through a whole spec: netdsl says that an output is masked exactly where Keras says so while it builds."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras

from netdsl.compiler import compile_text

pytestmark = pytest.mark.keras

WORDS = "words -> Embedding(50, 8, mask_zero=True)"

#: Chains from an int32[12] input called `words`; `plain` is a float32[12, 8] input.
CHAINS = [
    WORDS,
    "words -> Embedding(50, 8)",
    "plain -> Masking()",
    f"{WORDS} -> Dense(4) -> Dropout(0.1) -> LayerNormalization()",
    f"{WORDS} -> BatchNormalization() -> Activation(relu) -> UnitNormalization()",
    f"{WORDS} -> RMSNormalization()",
    f"{WORDS} -> Conv1D(4, 3)",
    f"{WORDS} -> SpatialDropout1D(0.1) -> Identity()",
    f"{WORDS} -> LSTM(4)",
    f"{WORDS} -> LSTM(4, return_sequences=True)",
    f"{WORDS} -> GRU(4, return_sequences=True, return_state=True)",
    f"{WORDS} -> Bidirectional(LSTM(4, return_sequences=True))",
    f"{WORDS} -> Bidirectional(LSTM(4, return_sequences=True), merge_mode=None)",
    f"{WORDS} -> TimeDistributed(Dense(4))",
    f"{WORDS} -> GlobalAveragePooling1D()",
    f"{WORDS} -> Flatten()",
    f"{WORDS} -> Reshape((6, 16))",
    f"{WORDS} -> EinsumDense('abc,cd->abd', output_shape=(None, 4))",
    f"[{WORDS}, plain] -> Add()",
    f"[{WORDS}, plain -> Masking()] -> Add()",
    f"[{WORDS}, plain] -> Concatenate()",
    f"({WORDS}) + plain",
    f"({WORDS}) * 2.0",
    f"{WORDS} -> MultiHeadAttention(2, 4)(value=plain)",
    f"plain -> MultiHeadAttention(2, 4)(value=({WORDS}))",
    f"[{WORDS}, plain] -> Attention()",
    f"[plain, {WORDS}] -> Attention()",
    f"{WORDS} -> ops.relu()",
    f"{WORDS} -> Inner()",
    "words -> Embedder()",
    f"[{WORDS}, {WORDS}] -> Identity()",
]

SPEC = """
model Inner {{
    input x: [12, 8]
    output y = x -> Dense(8)
}}
model Embedder {{
    input x: int32[12]
    output y = x -> Embedding(50, 8, mask_zero=True)
}}
model M {{
    input words: int32[12]
    input plain: float32[12, 8]
    output y = {chain}
    output z = [plain -> Flatten(), words -> Embedding(2, 1) -> Flatten()] -> Concatenate()
}}
"""


def said(chain: str) -> list[bool]:
    """Tell what netdsl says of each output of the chain's last layer."""
    compiled = compile_text(SPEC.format(chain=chain))
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    graph = compiled.graphs["M"]
    return [graph.spec(ref).masked for name, ref in graph.outputs.items() if name != "z"]


def built(chain: str) -> list[bool]:
    """Build the emitted code and ask the symbolic outputs."""
    compiled = compile_text(SPEC.format(chain=chain))
    outputs: dict[str, Any] = compiled.build("M").output
    return [getattr(y, "_keras_mask", None) is not None for n, y in outputs.items() if n != "z"]


@pytest.mark.parametrize("chain", CHAINS)
def test_outputs_are_masked_where_keras_masks_them(chain: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.backend.clear_session()
        assert said(chain) == built(chain)
