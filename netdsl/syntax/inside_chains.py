"""Recognises what was put inside a chain and belongs elsewhere: braces with no word before them, a declaration."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, first_that_helps
from netdsl.diagnostics.problems.syntax import MisplacedStatement
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.grammar import END, stage_words
from netdsl.syntax.recovery import BODY, is_name
from netdsl.syntax.stop import Stop, unexpected
from netdsl.syntax.tokens import Tokens

#: What was read inside braces that were taken for a dict, where they were meant to hold a chain or statements.
_OF_CHAINS = frozenset({"->", "}", "as", "=", "NAME", "output", "let", *stage_words()})


def braces_without_a_word(stop: Stop) -> Diagnostic | None:
    """Recognise `{ { Dense(8) } }`, `[{ Dense(8) -> ReLU() }, _]`, `block b() = { Dense(8) }`, `x -> { … }`."""
    tokens = stop.tokens
    if stop.opener == "{" and ":" in stop.accepted and stop.kind in _OF_CHAINS:
        brace = stop.open_brackets[-1]
    elif stop.kind == stop.previous == "{":
        brace = stop.index
    else:
        return None
    last, before = stop.brackets.partner.get(brace), tokens.kinds[brace - 1] if brace else ""
    if last is None or last == brace + 1 or before in (*stage_words(), "else", ":", "call"):
        return None
    if before == "{" and stop.brackets.partner.get(brace - 1) != last + 1:
        return None if stop.kind == "{" else _grouping(stop, brace, last)
    if before == "{":
        label = "braces in braces: the ones around these hold the same"
        fixes = [_without(tokens, brace, last), _as_chain(tokens, brace, last), _without_all(stop)]
        help_ = "leave the inner braces away"
        return unexpected(stop, brace, label, help_, first_that_helps(fixes))
    return _grouping(stop, brace, last)


def _grouping(stop: Stop, brace: int, last: int) -> Diagnostic | None:
    """Word braces that were to hold stages together."""
    tokens, label = stop.tokens, "braces follow a word: `repeat`, `for`, `if`, the head of a block"
    if _holds_statements(tokens, brace, last):
        help_ = "give statements a block of their own, `block part { input x  … output … }`, and write `part()`"
        return unexpected(stop, brace, label, help_, None)
    if stop.kind == "=":
        return None  # a dict, `{small=8}`
    if tokens.kinds[brace + 1] in ("STRING", "NUMBER") and stop.kind == "}":
        return None  # a set
    round_ = Fix(
        (Edit(tokens.span(brace), "("), Edit(tokens.span(last), ")")),
        safe=True,
        text="write parentheses around stages that belong together",
    )
    plain = _without(tokens, brace, last)
    is_alone = tokens.kinds[brace - 1] not in ("->", "output", "=") or stop.kind == "}"
    ways: list[Fix | None]
    ways = [round_, plain] if tokens.kinds[last + 1] == "->" and not is_alone else [plain, round_]
    ways.append(_without_all(stop))
    return unexpected(stop, brace, label, plain.text, first_that_helps(ways))


def _holds_statements(tokens: Tokens, brace: int, last: int) -> bool:
    """Tell whether names are given to tensors between the braces, or something leaves: no dict with `=` for `:`."""
    kinds = tokens.kinds[brace + 1 : last]
    gives = "=" in kinds and "(" not in kinds[: kinds.index("=")]
    return gives and ("->" in kinds or "output" in kinds)


def _without(tokens: Tokens, brace: int, last: int) -> Fix:
    """Take out a pair of braces, and what is empty inside of them."""
    file = tokens.file
    opening = Span(file, tokens.starts[brace], tokens.starts[brace + 1])
    closing = Span(file, tokens.ends[last - 1], tokens.ends[last])
    return Fix((Edit(opening, ""), Edit(closing, "")), safe=True, text="leave these braces away")


#: What stands before braces that no word begins.
_NO_HEAD = frozenset({"->", "[", "(", ",", "{", "=", "output"})


def _without_all(stop: Stop) -> Fix | None:
    """Take out every pair of braces in the statement that no word begins: `[{ a }, { b }]`, `{ { a } }`."""
    tokens, partner = stop.tokens, stop.brackets.partner
    edits: dict[int, Edit] = {}
    for index in range(stop.began, stop.resume):
        is_bare = tokens.kinds[index] == "{" and tokens.kinds[index - 1] in _NO_HEAD
        if is_bare and index in partner and tokens.kinds[index + 2] != ":":
            for edit in _without(tokens, index, partner[index]).edits:
                edits[edit.span.start] = edit
    if not edits:
        return None
    return Fix(tuple(edits.values()), safe=True, text="leave these braces away")


def _as_chain(tokens: Tokens, brace: int, last: int) -> Fix:
    """`block b() { { Dense(8) } }` -> `block b() = Dense(8)`."""
    file = tokens.file
    opening = Span(file, tokens.starts[brace - 1], tokens.starts[brace + 1])
    closing = Span(file, tokens.ends[last - 1], tokens.ends[last + 1])
    return Fix((Edit(opening, "= "), Edit(closing, "")), safe=True, text="write `=` and the chain")


#: What a declaration inside a chain comes behind.
_BEFORE = frozenset({"->", "[", "(", ",", "@", "*", "+", "-", "/"})


def declaration_in_chain(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> weight w: [64]`, `x @ weight w: [16, 8]`, `x -> Dense(8) -> input h: [8]`."""
    tokens, kinds = stop.tokens, stop.tokens.kinds
    word = next((i for i in (stop.index - 2, stop.index - 1) if _is_declaration(tokens, i)), None)
    first = stop.before if stop.index == stop.began + 1 else stop.began
    if word is None or first is None or stop.where != BODY or not first < word:
        return None
    text = tokens.text(word)
    end = _end_of(stop, word)
    name = tokens.text(word + 1)
    whole = Span(tokens.file, tokens.starts[word], tokens.ends[end])
    fix = None
    if text == "input":
        help_ = f"an input begins a chain; to give what stands here a name, write `as {name}`"
        if kinds[word - 1] == "->":
            place = Span(tokens.file, tokens.ends[word - 2], whole.end)
            fix = Fix((Edit(place, f" as {name}"),))
    else:
        help_ = f"declare it before, `{' '.join(whole.text.split())}`, and use it by its name: `_ * {name}`"
        fix = first_that_helps(_declared_before(tokens, first, word, whole))
    return MisplacedStatement.at(
        tokens.span(word), "a statement inside a chain", help=help_, fix=fix, word=text
    )


def _is_declaration(tokens: Tokens, index: int) -> bool:
    kinds = tokens.kinds
    if index < 1 or tokens.text(index) not in ("weight", "input") or index + 2 >= len(kinds):
        return False
    return kinds[index - 1] in _BEFORE and is_name(kinds[index + 1]) and kinds[index + 2] == ":"


def _end_of(stop: Stop, word: int) -> int:
    """Give the last token of `weight name: dtype[…](…) = initializer(…)`."""
    kinds, partner = stop.tokens.kinds, stop.brackets.partner
    end = word + 2
    while kinds[end + 1] != END and not stop.tokens.is_first_on_line(end + 1):
        following = kinds[end + 1]
        if following in ("[", "(") and end + 1 in partner:
            end = partner[end + 1]
        elif following in ("=", ".") or is_name(following):
            end += 1
        else:
            break
    return end


def _declared_before(tokens: Tokens, first: int, word: int, whole: Span) -> list[Fix | None]:
    """Put the statement on a line before, and the name, multiplied with what arrives, in its place."""
    file, name = tokens.file, tokens.text(word + 1)
    start = tokens.starts[first]
    begin = file.text.rfind("\n", 0, start) + 1
    indent = file.text[begin:start]
    gap = f"\n{indent}" if not indent.strip() else "  "
    moved = Edit(Span(file, start, start), f"{whole.text}{gap}")
    uses = [name]
    if tokens.kinds[word - 1] == "->":
        uses = [f"(_ * {name})", f"(_ @ {name})", f"(_ + {name})"]
    shown = shorten(" ".join(whole.text.split()))
    return [
        Fix(
            (moved, Edit(whole, use)),
            safe=len(uses) == 1,
            text=f"declare it before, `{shown}`, and write `{use}` here",
        )
        for use in uses
    ]


RULES = (braces_without_a_word, declaration_in_chain)
