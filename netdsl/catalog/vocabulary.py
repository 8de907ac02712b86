"""Counts the tokens of lookup layers and refuses vocabularies that Keras would not take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netdsl.catalog.kind import Call, Refusal
from netdsl.diagnostics.problems.shapes import ConflictingArguments, WrongValue, WrongVocabulary
from netdsl.record import record
from netdsl.tensor import UNKNOWN, Dim
from netdsl.value import Arguments, Value


@record
class TextTokens:
    """The lookup inside a `TextVectorization`, whose mask token is the empty string."""

    arguments: Arguments

    def __getattr__(self, name: str) -> Any:  # of the argument's own type, as in a `Call`
        return object.__getattribute__(self, "arguments")[name]


#: What older Keras called the modes of an output.
MODE_ALIASES: Mapping[str, str] = {"binary": "multi_hot", "tf-idf": "tf_idf"}

#: How the lookup inside a `TextVectorization` is set.
TEXT_LOOKUP: Mapping[str, Value] = {
    "num_oov_indices": 1,
    "mask_token": "",
    "oov_token": "[UNK]",
    "invert": False,
}


def text_tokens(call: Call) -> TextTokens:
    """Give the arguments that `TextVectorization` passes on to its lookup."""
    return TextTokens({**call.arguments, **TEXT_LOOKUP})


def token_count(call: Call | TextTokens, mode: str) -> Dim:
    """Count the tokens: those of the vocabulary, the unknown ones and the mask; unknown before `adapt`."""
    _check_weights(call, mode)
    vocabulary = call.vocabulary
    if isinstance(vocabulary, str):
        return _from_file(call, mode)
    size = UNKNOWN if vocabulary is None else _checked_size(call, list(vocabulary), mode)
    return call.max_tokens if call.pad_to_max_tokens else size


def _checked_size(call: Call | TextTokens, vocabulary: list[Value], mode: str) -> int:
    mask = [call.mask_token] if call.mask_token is not None and mode == "int" else []
    count = len(mask) + int(call.num_oov_indices)  # what stands before the vocabulary's own tokens
    tokens = vocabulary
    if count <= len(vocabulary) and vocabulary[:count] == mask + [call.oov_token] * (
        count - len(mask)
    ):
        tokens = vocabulary[count:]
    if not tokens:
        raise Refusal(
            WrongVocabulary, "no token stands there but those the layer adds", blames="vocabulary"
        )
    _check_tokens(call, tokens)
    size = count + len(tokens)
    if call.max_tokens is not None and size > call.max_tokens:
        raise Refusal(
            WrongVocabulary,
            f"{size} tokens with the special ones, and `max_tokens` is {call.max_tokens}",
            blames="vocabulary",
        )
    if mode == "tf_idf" and len(call.idf_weights) != len(vocabulary):
        raise Refusal(
            WrongVocabulary,
            f"{len(call.idf_weights)} `idf_weights` for {len(vocabulary)} tokens",
            blames="idf_weights",
        )
    return size


def _check_tokens(call: Call | TextTokens, tokens: Sequence[Value]) -> None:
    seen: set[Value] = set()
    for token in tokens:
        if token in seen:
            raise Refusal(WrongVocabulary, f"`{token!r}` stands there twice", blames="vocabulary")
        seen.add(token)
    if call.mask_token is not None and call.mask_token in seen:
        raise Refusal(
            WrongVocabulary,
            f"the mask token `{call.mask_token!r}` stands among the others",
            blames="vocabulary",
            help="leave it out: the layer adds it",
        )
    if call.invert and call.oov_token is not None and call.oov_token in seen:
        raise Refusal(
            WrongVocabulary,
            f"the token for unknown ones, `{call.oov_token!r}`, stands among the others",
            blames="vocabulary",
            help="leave it out: the layer adds it",
        )


def _check_weights(call: Call | TextTokens, mode: str) -> None:
    if call.idf_weights is not None and mode != "tf_idf":
        raise Refusal(
            ConflictingArguments,
            f'`idf_weights` are for "tf_idf", and `output_mode` is "{mode}"',
            blames="idf_weights",
        )
    if mode == "tf_idf" and call.vocabulary is not None and call.idf_weights is None:
        raise Refusal(
            ConflictingArguments,
            'with "tf_idf" a vocabulary comes with `idf_weights`, a number for each token',
            blames="vocabulary",
        )


def _from_file(call: Call | TextTokens, mode: str) -> Dim:
    if mode == "int" or call.pad_to_max_tokens:
        return UNKNOWN if call.max_tokens is None else int(call.max_tokens)
    raise Refusal(
        WrongValue,
        f'how many tokens `{call.vocabulary}` holds is not known, and "{mode}" is as wide as they are many',
        blames="vocabulary",
        help="list the tokens in the spec, or give `max_tokens` and `pad_to_max_tokens=True`",
    )
