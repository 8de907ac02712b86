"""What keeps an LSTM or GRU from the kernels of cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.value import Arguments


def off_cudnn(arguments: Arguments) -> Iterator[str]:
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
