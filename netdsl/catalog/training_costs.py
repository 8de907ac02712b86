"""What training asks of a layer beside its weights and output: tensors kept inside, kernels of cuDNN."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from netdsl.catalog.kind import Inference, flatten_structure
from netdsl.tensor import Dim, product


def attention_kept(arguments: Mapping[str, Any], made: Inference) -> Dim:
    """Count the scores after softmax, for a value as long as the query, and queries, keys, values and their mix."""
    query = next(flatten_structure(made.outputs)).shape
    heads: int = arguments.get("num_heads") or arguments.get("num_query_heads") or 1
    width: int = arguments.get("key_dim") or arguments.get("head_dim") or 1
    steps = product(query[1:-1])
    return heads * steps * steps + steps * heads * width * 4


def gates_kept(arguments: Mapping[str, Any], made: Inference) -> Dim:
    """Count the gates of each step. The steps are found from the work, which is steps times the weights of one."""
    one_step = sum(math.prod(w.shape) for w in made.weights if len(w.shape) == 2)
    if not one_step:
        return 0
    gates: int = made.weights[0].shape[-1]
    return (made.macs // one_step) * gates


def off_cudnn(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Give the arguments that keep an LSTM or GRU from cuDNN (keras/src/backend/tensorflow/rnn.py)."""
    for name, wanted in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        value = arguments.get(name, wanted)
        value = "linear" if value is None else getattr(value, "kind", value)
        if value != wanted:
            yield f"`{name}={value}`"
    if arguments.get("recurrent_dropout"):
        yield f"`recurrent_dropout={arguments['recurrent_dropout']:g}`"
    if arguments.get("unroll"):
        yield "`unroll=True`"
    if not arguments.get("use_bias", True):
        yield "`use_bias=False`"
    if not arguments.get("reset_after", True):  # of a GRU
        yield "`reset_after=False`"
    if arguments.get("use_cudnn") is False:
        yield "`use_cudnn=False`"
