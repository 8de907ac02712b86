"""`Lambda(lambda t: …)` in the words of a spec: what arrives is `_`, and a function of Keras is a stage by itself."""

from __future__ import annotations

import re

from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.habits import NAMES, names_for
from netdsl.source import Span
from netdsl.syntax.recovery import CLOSERS, OPENERS
from netdsl.syntax.stop import Stop
from netdsl.syntax.tokens import Tokens

#: What only Python has: its words, the names of its modules where no function of Keras is meant, a shape at run time.
_FOREIGN = re.compile(r"\b(lambda|self|np|tf|K|keras|torch)\b|\.(numpy|shape|get_shape)\b")


def as_stage(stop: Stop) -> Fix | None:
    """Give `ops.abs()` for `Lambda(lambda t: ops.abs(t))`, `(_ * 2)` for `Lambda(lambda t: t * 2)`."""
    tokens, opener = stop.tokens, stop.index - 2
    if opener < 1 or tokens.text(opener - 1) != "Lambda" or tokens.kinds[opener] != "(":
        return None
    closer = stop.brackets.partner.get(opener)
    if closer is None or stop.following() != ":":
        return None
    first, last = stop.index + 2, _end_of_item(tokens, stop.index + 2, closer)
    if first > last:
        return None
    text = _call(tokens, first, last, stop.text) or _arithmetic(tokens, first, last, stop.text)
    whole = Span(tokens.file, tokens.starts[opener - 1], tokens.ends[closer])
    return Fix((Edit(whole, text),), text=f"write `{text}`") if text else None


def _end_of_item(tokens: Tokens, first: int, closer: int) -> int:
    """Give the last token of the function, before the comma of a further argument."""
    depth = 0
    for index in range(first, closer):
        kind = tokens.kinds[index]
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if kind == "," and depth == 0:
            return index - 1
    return closer - 1


def _written(tokens: Tokens, first: int, last: int) -> str:
    text = tokens.file.text[tokens.starts[first] : tokens.ends[last]]
    return " ".join(text.split())


def _call(tokens: Tokens, first: int, last: int, parameter: str) -> str:
    """`tf.reduce_mean(t, axis=1)` -> `ops.mean(axis=1)`: a call whose first argument is what arrives, and no other."""
    found = re.fullmatch(r"(?:\w+\.)*(\w+)\((.*)\)", _written(tokens, first, last), re.DOTALL)
    if found is None or tokens.kinds[last] != ")":
        return ""
    known = names_and_aliases("op")
    name = next((n for n in (found[1], *names_for(*NAMES).get(found[1], ())) if n in known), None)
    given = re.match(rf"\s*{re.escape(parameter)}\s*(?:,\s*(.*))?$", found[2], re.DOTALL)
    rest = (given[1] or "") if given else ""
    if name is None or given is None or re.search(rf"\b{re.escape(parameter)}\b", rest):
        return ""
    return "" if _FOREIGN.search(rest) else f"ops.{name}({rest})"


def _arithmetic(tokens: Tokens, first: int, last: int, parameter: str) -> str:
    """`t[:, 0] / 255.0` -> `(_[:, 0] / 255.0)`."""
    text = _written(tokens, first, last)
    if _FOREIGN.search(text) or not re.search(rf"\b{re.escape(parameter)}\b", text):
        return ""
    place = rf"(?<![.])\b{re.escape(parameter)}\b(?!\s*=[^=])"
    return f"({re.sub(place, '_', text)})"
