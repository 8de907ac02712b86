"""What preprocessing layers know and what they must learn: how many categories there are, what `adapt` finds out."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.vocabulary import MODE_ALIASES, TEXT_LOOKUP, TextTokens, token_count
from netdsl.tensor import UNKNOWN, Dim
from netdsl.value import Arguments


def tokens_of(arguments: Arguments) -> Dim | None:
    """Count the tokens that a lookup numbers, `max_tokens` of them at most where it has yet to learn them."""
    mode = MODE_ALIASES.get(arguments["output_mode"], arguments["output_mode"])
    if mode != "int" or arguments.get("invert"):
        return None
    count = token_count(TextTokens(arguments), mode)
    most = arguments["max_tokens"]
    return most if count == UNKNOWN and most is not None else count


def tokens_of_text(arguments: Arguments) -> Dim | None:
    return tokens_of({**arguments, **TEXT_LOOKUP})


def bins_of(arguments: Arguments) -> Dim | None:
    """Count the bins of a hash."""
    return int(arguments["num_bins"]) if arguments["output_mode"] == "int" else None


def ranges_of(arguments: Arguments) -> Dim | None:
    """Count the ranges that values fall in."""
    if arguments["output_mode"] != "int":
        return None
    boundaries = arguments["bin_boundaries"]
    return int(arguments["num_bins"]) if boundaries is None else len(boundaries) + 1


def has_no_vocabulary(arguments: Arguments) -> bool:
    return arguments["vocabulary"] is None


def has_no_boundaries(arguments: Arguments) -> bool:
    return arguments["bin_boundaries"] is None


def has_no_mean(arguments: Arguments) -> bool:
    return arguments["mean"] is None


def settled_width(arguments: Arguments) -> Mapping[str, str]:
    """A code is as wide as there are tokens, or as there may be at most."""
    most = {} if arguments["max_tokens"] is not None else {"max_tokens": "10_000"}
    return {**most, "pad_to_max_tokens": "True"}


def settled_text(arguments: Arguments) -> Mapping[str, str]:
    """A row of tokens is as long as its text, or as long as it is made."""
    if arguments["output_mode"] == "int":
        return {"output_sequence_length": "100"}
    return settled_width(arguments)
