"""Recognises declarations and heads that are nearly right: `const n = 3`, `fn f(n) -> n`, `input: [8]`, `train {`.

Each rule knows one way to go wrong and gives a diagnostic with the change that would do, or None.
"""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.grammar import END
from netdsl.syntax.recovery import BODY, BODY_WORDS, TOP, TOP_WORDS, is_name
from netdsl.syntax.stop import Stop, unexpected

# How other languages begin a constant, a function, an input.
_FOREIGN_WORDS = {
    "const": "let",
    "var": "let",
    "val": "let",
    "auto": "let",
    "final": "let",
    "static": "let",
    "int": "let",
    "float": "let",
    "set": "let",
    "func": "fn",
    "function": "fn",
    "fun": "fn",
    "network": "model",
    "module": "block",
    "include": "from",
    "external": "extern",
    "shared": "layer",
    "result": "output",
}


# How other tools begin what is learned, where a shape follows behind a colon.
_LEARNED = frozenset({"weights", "param", "parameter", "variable", "var"})


def learned_word(stop: Stop) -> Diagnostic | None:
    """Recognise `param w: [64] = zeros`, `weights w: [64]`, `let weight w: [64]`."""
    tokens, began, index = stop.tokens, stop.began, stop.index
    words = [tokens.text(i) for i in range(began, index)]
    if stop.where != BODY or not is_name(stop.kind) or stop.following() not in (":", "="):
        return None
    if words == ["let", "weight"]:
        last = tokens.span(began)
        fix = Fix((Edit(Span(last.file, last.start, tokens.starts[began + 1]), ""),), safe=True)
        return unexpected(stop, began, "a weight is no constant", "leave `let` out", fix)
    is_learned = len(words) == 1 and words[0] in _LEARNED
    if not is_learned or (stop.following() != ":" and words[0] != "weights"):
        return None
    label = "no statement begins with this word"
    return unexpected(stop, began, label, "write `weight`", stop.replace(began, "weight"))


def foreign_word(stop: Stop) -> Diagnostic | None:
    """Recognise `const n = 3`, `func half(n) = n // 2`: another language's word before a name."""
    tokens, began = stop.tokens, stop.began
    word = _FOREIGN_WORDS.get(tokens.text(began))
    if word is None or stop.index - began > 1 or not is_name(tokens.kinds[began + 1]):
        return None
    if word not in {TOP: TOP_WORDS, BODY: BODY_WORDS}.get(stop.where, TOP_WORDS & BODY_WORDS):
        return None
    label = "no statement begins with this word"
    return unexpected(stop, began, label, f"write `{word}`", stop.replace(began, word))


def nameless_input(stop: Stop) -> Diagnostic | None:
    """Recognise `input: [8]`, `input [8]`: an input that nothing can be called by."""
    tokens, index = stop.tokens, stop.index
    if stop.where != BODY or index > stop.began + 1:
        return None
    if tokens.text(index - 1) == "inputs" and stop.kind == ":" and stop.following() == "{":
        colon = Span(tokens.file, tokens.ends[index - 1], tokens.ends[index])
        fix = Fix((Edit(colon, " features:"),))
        label, help_ = "a group of inputs has a name", 'write `inputs features: {"age": [1]}`'
        return unexpected(stop, index, label, help_, fix)
    if tokens.text(index - 1) != "input":
        return None
    if stop.kind == "[":
        gap = tokens.span(index)
        fix = Fix((Edit(Span(gap.file, gap.start, gap.start), "x: "),))
    elif stop.kind == ":" and stop.following() in ("[", "NAME"):
        fix = Fix((Edit(Span(tokens.file, tokens.ends[index - 1], tokens.ends[index]), " x:"),))
    else:
        return None
    return unexpected(stop, index, "an input has a name", "write `input x: [8]`", fix)


def missing_equals(stop: Stop) -> Diagnostic | None:
    """Recognise `let n 3`, `layer f Dense(3)`: a name and its value without the sign between."""
    if stop.tokens.kinds[stop.began] not in ("let", "layer") or "=" not in stop.accepted:
        return None
    if stop.index != stop.began + 2 or not _begins_value(stop.kind):
        return None
    fix = stop.insert(stop.index, "= ")
    return unexpected(stop, stop.index, "`=` is expected here", "write `=` before it", fix)


def _begins_value(kind: str) -> bool:
    return is_name(kind) or kind in ("NUMBER", "STRING", "[", "-", "True", "False", "None")


def typed_constant(stop: Stop) -> Diagnostic | None:
    """Recognise `let n: int = 3`: constants have no types."""
    tokens, index = stop.tokens, stop.index
    if tokens.kinds[stop.began] != "let" or stop.kind != ":" or index != stop.began + 2:
        return None
    if stop.following(2) != "=":
        return None
    span = Span(tokens.file, tokens.starts[index], tokens.ends[index + 1])
    fix = Fix((Edit(span, ""),), safe=True)
    help_ = f"leave out `{shorten(span.text)}`"
    return unexpected(stop, index, "a constant has no type beside its value", help_, fix)


def function_body(stop: Stop) -> Diagnostic | None:
    """Recognise `fn half(n) -> n // 2`, `fn half(n) { return n // 2 }`, `fn half(n): n // 2`."""
    tokens, index = stop.tokens, stop.index
    if tokens.kinds[stop.began] != "fn" or stop.kind not in ("->", "=>", "{", ":", "!foreign"):
        return None
    if "=" not in stop.accepted or stop.open_brackets:
        return None
    edits = [Edit(tokens.span(index), " =" if stop.touches else "=")]
    first = index + 1
    if tokens.text(first) == "return":
        edits.append(Edit(Span(tokens.file, tokens.starts[first], tokens.starts[first + 1]), ""))
    last = stop.brackets.partner.get(index)
    if last is not None:
        edits.append(Edit(Span(tokens.file, tokens.ends[last - 1], tokens.ends[last]), ""))
    label = "a function is one value behind `=`"
    help_ = f"write `fn {shorten(tokens.text(stop.began + 1))}(…) = …`"
    return unexpected(stop, index, label, help_, Fix(tuple(edits), safe=True))


def loop_word(stop: Stop) -> Diagnostic | None:
    """Recognise `for n of [8, 16] { … }`, `for n = [8, 16]`, `for n: [8, 16]`."""
    if "in" not in stop.accepted or stop.previous in ("->", "not"):
        return None
    if stop.text not in ("of", "=", ":", "from", "over"):
        return None
    kinds = stop.tokens.kinds
    head = next((i for i in range(stop.index - 1, stop.began, -1) if kinds[i] == "for"), None)
    if head is None or "in" in kinds[head : stop.index]:
        return None
    fix = stop.replace(stop.index, " in" if stop.touches else "in")
    return unexpected(stop, stop.index, "`in` is expected here", "write `in`", fix)


def choice_without_else(stop: Stop) -> Diagnostic | None:
    """Recognise `Dense(8 if deep)`: a value that is chosen has another for when it is not."""
    tokens = stop.tokens
    if stop.accepted & {"else"} != {"else"} or stop.kind not in (")", ",", "]"):
        return None
    word = next((i for i in range(stop.index - 1, stop.began, -1) if tokens.kinds[i] == "if"), None)
    if word is None:
        return None
    text = Span(tokens.file, tokens.starts[word - 1], tokens.ends[stop.index - 1]).text
    help_ = f"say what it is otherwise: `{shorten(text)} else …`"
    return unexpected(stop, stop.index, "`else` is expected here", help_, None)


def extern_declaration(stop: Stop) -> Diagnostic | None:
    """Recognise `extern fn f(x) from "m"`, `extern fn f from my.module`, `extern def f from "m"`, `extern fn f`."""
    tokens, index = stop.tokens, stop.index
    if tokens.kinds[stop.began] != "extern" or stop.kind == END:
        return None
    fix: Fix | None = None
    if {"layer", "fn"} <= stop.accepted:
        label = "`layer` or `fn` is expected here"
        word = "layer" if stop.text in ("class", "block", "model") else "fn"
        replaces = is_name(stop.following())
        fix = stop.replace(index, word) if replaces else stop.insert(index, f"{word} ")
        return unexpected(stop, index, label, f"write `extern {word} …`", fix)
    is_plain = tokens.kinds[stop.began + 1] not in ("layer", "fn")
    if is_plain and stop.kind == "STRING" and tokens.text(index - 1) == "from":
        name = stop.began + 1
        label, help_ = "what it is is expected before the name", "write `extern fn …`"
        return unexpected(stop, name, label, help_, stop.insert(name, "fn "))
    if is_plain and stop.kind == "(" and index == stop.began + 2:
        label = "what it is is expected before the name"
        help_ = "write `extern layer …`, or `extern regularizer …` and its like"
        return unexpected(stop, index - 1, label, help_, None)
    if stop.kind == "(" and "from" in stop.accepted and tokens.kinds[stop.began + 1] == "fn":
        last = stop.brackets.partner.get(index)
        if last is not None:
            fix = Fix((Edit(Span(tokens.file, tokens.starts[index], tokens.ends[last]), ""),), True)
        label = "a function of Python is declared by its name alone"
        return unexpected(stop, index, label, "leave the parameters out", fix)
    if stop.previous == "from" and "STRING" in stop.accepted and is_name(stop.kind):
        last = index
        while tokens.kinds[last + 1] in (".", "/") and is_name(tokens.kinds[last + 2]):
            last += 2
        span = Span(tokens.file, tokens.starts[index], tokens.ends[last])
        fix = Fix((Edit(span, f'"{span.text}"'),), safe=True)
        help_ = f'put it in quotes: `"{shorten(span.text)}"`'
        return unexpected(stop, index, "the module is named in quotes", help_, fix)
    return None


def nameless_training(stop: Stop) -> Diagnostic | None:
    """Recognise `train {`: nothing says which model."""
    tokens, index = stop.tokens, stop.index
    if stop.where != TOP or stop.kind != "{" or index != stop.began + 1:
        return None
    if tokens.kinds[stop.began] != "train":
        return None
    names = [
        tokens.text(i + 1)
        for i, kind in enumerate(tokens.kinds)
        if kind == "model" and is_name(tokens.kinds[i + 1]) and tokens.is_first_on_line(i)
    ]
    name = names[-1] if names else "Name"
    fix = stop.insert(index, f"{name} ") if names else None
    label = "the name of a model is expected here"
    return unexpected(stop, index, label, f"write `train {name} {{ … }}`", fix)


def shape_brackets(stop: Stop) -> Diagnostic | None:
    """Recognise `input x: <8, 3>`, `input x: {8, 3}`, `weight w: (8,)`: a shape stands between square brackets."""
    tokens, index = stop.tokens, stop.index
    word = tokens.kinds[stop.began]
    if word not in ("input", "weight") or "[" not in stop.accepted or "->" in stop.accepted:
        return None
    if stop.kind == "{" and tokens.kinds[index + 1 : index + 3] in (["STRING", ":"], ["NAME", ":"]):
        group = 'a group of inputs has a statement of its own: `inputs features: {"age": [1]}`'
        word_fix = Fix((Edit(tokens.span(stop.began), "inputs"),), safe=True)
        return unexpected(stop, index, "`[` is expected here", group, stop.shows_line(word_fix))
    help_ = f"write a shape between `[` and `]`: `{word} name: [32, 32, 3]`"
    if stop.kind == "NUMBER":
        fix = stop.shows_line(stop.replace(index, f"[{stop.text}]"))
        return unexpected(stop, index, "`[` is expected here", f"write `[{stop.text}]`", fix)
    if stop.kind not in ("<", "{", "("):
        return None
    closer = {"<": ">", "{": "}", "(": ")"}[stop.kind]
    last = next((i for i in range(index, stop.resume) if tokens.text(i) == closer), None)
    fix = None
    if last is not None:
        fix = Fix((Edit(tokens.span(index), "["), Edit(tokens.span(last), "]")), safe=True)
        fix = stop.shows_line(fix)
    return unexpected(stop, index, "`[` is expected here", help_, fix)


RULES = (
    learned_word,
    foreign_word,
    nameless_input,
    missing_equals,
    typed_constant,
    function_body,
    loop_word,
    choice_without_else,
    extern_declaration,
    nameless_training,
    shape_brackets,
)
