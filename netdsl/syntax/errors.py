"""Words a syntax error: what stands at a place, what could have, and what was most likely meant.

`explain` asks each rule of `RULES` in turn; a rule knows one kind of mistake, and the first that recognises its own
gives the diagnostic. What no rule recognises is an unexpected token with a list of what could follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netdsl.diagnostics.diagnostic import Diagnostic, Fix, Label
from netdsl.diagnostics.problems import syntax as problems
from netdsl.source import Span
from netdsl.syntax import (
    braces,
    constructs,
    declared,
    inside_chains,
    reworded,
    slips,
    wrong_statements,
)
from netdsl.syntax.brackets import (
    arguments_never_closed,
    last_brace,
    nested_declaration,
    stray_bracket,
    unclosed_bracket,
    unclosed_head,
)
from netdsl.syntax.expected import in_words
from netdsl.syntax.faults import shorten
from netdsl.syntax.foreign import explain_foreign
from netdsl.syntax.grammar import END, stage_words
from netdsl.syntax.habits import (
    colon_block,
    colon_in_call,
    function_with_let,
    lambda_function,
    python_statement,
    question_mark,
    single_equals,
    slash_comment,
    statement_of_python,
)
from netdsl.syntax.recovery import (
    BODY,
    BODY_WORDS,
    OPENERS,
    SETTINGS,
    TOP,
    TOP_WORDS,
    begins_statement,
    indentation,
    is_name,
)
from netdsl.syntax.stop import Stop
from netdsl.syntax.tokens import HARD_WORDS


def explain(stop: Stop) -> Diagnostic:
    """Give the diagnostic of a token that does not fit."""
    for rule in RULES:
        diagnostic = rule(stop)
        if diagnostic is not None:
            return diagnostic
    raise AssertionError("the last rule takes everything")


def too_deep(stop: Stop) -> Diagnostic | None:
    if not stop.is_too_deep:
        return None
    return problems.TooDeep.at(
        stop.span,
        "one level too many",
        help="give parts of it names of their own with `let` or `name = …`",
    )


def misplaced_statement(stop: Stop) -> Diagnostic | None:
    """Recognise a statement of a body at top level, or of either in a train block."""
    if stop.index - stop.began > 1 or stop.kind in ("->", "("):
        return None
    tokens, began = stop.tokens, stop.began
    word, text = tokens.kinds[began], shorten(tokens.text(began))
    span = tokens.span(began)
    if (
        stop.where == SETTINGS
        and word in TOP_WORDS | BODY_WORDS
        and begins_statement(tokens, began, BODY)
    ):
        return problems.MisplacedStatement.at(
            span,
            "a train block holds settings, `name = value`",
            help=f"move the `{word}` out of the block",
            word=text,
        )
    if stop.where != TOP or stop.index != began or not begins_statement(tokens, began, BODY):
        return None
    if word in BODY_WORDS and tokens.kinds[began + 1] != "=":
        return problems.MisplacedStatement.at(
            span,
            "outside every body",
            related=last_brace(stop),
            help=f"move `{word}` into a block or a model",
            word=text,
        )
    return problems.MisplacedStatement.at(
        span,
        "outside every body",
        related=last_brace(stop),
        help=_where_to_put(stop, text),
        fix=replace(stop.insert(began, "let ", safe=False), text=f"write `let {text} = …`"),
        word=text,
    )


def _where_to_put(stop: Stop, name: str) -> str:
    """Say where a name is bound: a constant anywhere, a tensor in a body."""
    rest = [stop.tokens.kinds[i] for i in range(stop.began, stop.resume)]
    if "->" in rest or "(" in rest:
        return "tensors are named in a body: write it inside `model Net { … }`"
    return f"write `let {name} = …` for a constant, or move it into a block or a model"


def doubled_arrow(stop: Stop) -> Diagnostic | None:
    if stop.kind != "->" or stop.previous != "->":
        return None
    return problems.DoubledArrow.at(
        stop.span,
        "a stage is expected here",
        help="leave one arrow away",
        fix=stop.replace(stop.index, ""),
    )


def reserved_word(stop: Stop) -> Diagnostic | None:
    """Recognise `let if = 3`: a word of the language where only a name can stand."""
    if stop.kind == "=" and stop.previous in HARD_WORDS and stop.opener == "call":
        return problems.ReservedWord.at(
            stop.tokens.span(stop.index - 1),
            "no argument has this name",
            help="choose another name",
            word=stop.previous,
        )
    if stop.kind not in HARD_WORDS or "NAME" not in stop.accepted:
        return None
    if "NUMBER" in stop.accepted or "let" in stop.accepted:
        return None
    return problems.ReservedWord.at(
        stop.span, "a name is expected here", help="choose another name", word=stop.text
    )


def breaks_off(stop: Stop) -> Diagnostic | None:
    """Recognise `a = x ->`, and then the next statement or the end of the file."""
    is_end = stop.kind == END or (stop.kind == "}" and stop.where != TOP and not stop.open_brackets)
    place = stop.index if is_end else stop.next_statement
    if place is None or place == stop.began:
        return None
    last = place - 1
    expected = in_words(_value_or(stop, place), stop.tokens.kinds[last])
    return problems.BreaksOff.at(
        stop.tokens.span(last),
        f"{expected} is expected after this",
        related=[]
        if is_end
        else [Label(stop.tokens.span(place), "the next statement begins here")],
        help=constructs.form_of(stop, stop.began) or "complete the statement, or delete it",
    )


def _value_or(stop: Stop, place: int) -> frozenset[str]:
    """What could stand at `place`: known where the parser stopped, a value where it took a word for a name."""
    return stop.accepted if place == stop.index else frozenset({"NUMBER"})


def arrow_before_stage(stop: Stop) -> Diagnostic | None:
    """Recognise `x if wide { … }`, `x for … in … { … }`, `x repeat 3 { … }`: a stage without its arrow."""
    tokens = stop.tokens
    if stop.kind == "{" and "else" in stop.accepted:
        depth = len(stop.open_brackets)
        for index in range(stop.index - 1, stop.began, -1):
            if tokens.kinds[index] == "if" and len(stop.open_at(index)) == depth:
                if tokens.is_first_on_line(index) and tokens.column(index) <= indentation(
                    tokens, stop.began
                ):
                    return statement_of_python(stop, index)
                return _missing_arrow(stop, index)
    if stop.kind in ("for", "if") and "->" in stop.accepted and stop.goes_on:
        return _missing_arrow(stop, stop.index)
    if (
        tokens.kinds[stop.began] == "repeat"
        and stop.index == stop.began + 1
        and stop.before is not None
    ):
        return _missing_arrow(stop, stop.began)
    return None


def missing_arrow(stop: Stop) -> Diagnostic | None:
    """Recognise a call right behind a stage: in braces or parentheses, or further in than the statement before."""
    tokens = stop.tokens
    if (
        stop.opener in ("{", "(")
        and "->" in stop.accepted
        and stop.kind in ("NAME", "[", *stage_words())
        and not _is_plain_value(stop)
    ):
        return _missing_arrow(stop, stop.index)
    if stop.before is None or stop.where == TOP or stop.index != stop.began + 1:
        return None
    if stop.kind not in ("(", "->", "."):
        return None
    is_further_in = tokens.column(stop.began) > indentation(tokens, stop.before)
    if tokens.is_first_on_line(stop.began) and not is_further_in:
        return None
    return _missing_arrow(stop, stop.began)


def _is_plain_value(stop: Stop) -> bool:
    """`(length width)`: two names between parentheses, and no call."""
    is_name_alone = stop.kind == "NAME" and stop.following() in (",", ")")
    return stop.opener == "(" and is_name_alone and is_name(stop.previous)


def _missing_arrow(stop: Stop, index: int) -> Diagnostic:
    return problems.MissingArrow.at(
        stop.tokens.span(index),
        "a stage without an arrow before it",
        help="write `->` before it",
        fix=stop.insert(index, "-> "),
    )


def missing_comma(stop: Stop) -> Diagnostic | None:
    """Recognise `[a b]`, `Dense(4 activation=relu)`."""
    begins_value = stop.kind in (
        "NAME",
        "NUMBER",
        "STRING",
        "FSTRING",
        "True",
        "False",
        "None",
        "_",
        "{",
    )
    if not (begins_value or is_name(stop.kind)) or stop.kind in (
        "else",
        "for",
        "in",
        "is",
        "and",
        "or",
    ):
        return None
    if (
        "," not in stop.accepted
        or not stop.open_brackets
        or (stop.opener == "{" and "NUMBER" in stop.accepted)
    ):
        return None
    return problems.MissingComma.at(
        stop.span,
        f"`{shorten(stop.text)}` follows `{shorten(stop.previous_text)}` directly",
        help="write `,` between the two",
        fix=stop.append(stop.index - 1, ",", safe=stop.opener == "call"),
    )


def unused_expression(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> Dense(4)` where a statement should begin."""
    tokens = stop.tokens
    if stop.where == TOP or stop.index - stop.began > 1:
        return None
    if stop.index == stop.began:
        begins = stop.kind in (
            "NUMBER",
            "STRING",
            "FSTRING",
            "[",
            "(",
            "{",
            "-",
            "True",
            "False",
            "None",
            "->",
        )
    else:
        begins = stop.kind in ("->", "(", "[", ".", "+", "-", "*", "/", "//", "**", "%", "@")
    if not begins or (stop.index == stop.began and stop.goes_on):
        return None
    end = stop.tokens.ends[max(stop.began, stop.resume - 1)]
    text = tokens.file.text[tokens.starts[stop.began] : end]
    label = "what this gives is not used" if stop.where == BODY else "a setting has a name"
    help_text = f"write `name = {shorten(text)}`" + (" or `output …`" if stop.where == BODY else "")
    return problems.UnusedExpression.at(tokens.span(stop.began), label, help=help_text)


def unexpected_token(stop: Stop) -> Diagnostic:
    """Say what could stand here, where no other rule knows the mistake."""
    end = {"end": "`}`"} if stop.is_in_string else {}
    expected = in_words(stop.accepted, stop.previous, **end)
    if stop.kind == END:
        last = stop.index - 1
        span = stop.tokens.span(last) if last >= 0 else stop.span
        return problems.BreaksOff.at(
            span, f"{expected} is expected after this", help="complete the statement"
        )
    span = stop.span
    if span.end - span.start > 60 or "\n" in span.text:
        span = Span(span.file, span.start, span.start + 1)
    return problems.UnexpectedToken.at(
        span,
        f"{expected} is expected here",
        help=_help(stop),
        fix=_fix(stop),
        found=shorten(stop.text),
    )


def _help(stop: Stop) -> str:
    """Add a way out where a habit is known."""
    statement = _statement_word(stop)
    if statement == "inputs" and ("{" in stop.accepted or ":" in stop.accepted):
        if stop.kind not in ("**", "*"):
            return 'write names and types behind a colon: `inputs features: {"age": [1]}`'
        return "write each name with its type, or go over them: `{name: [1] for name in names}`"
    if ":" in stop.accepted and statement == "input":
        return "write a tensor's type behind a colon: `input name: [32, 32, 3]`"
    if ":" in stop.accepted and stop.kind in (",", "}") and stop.opener == "{":
        return "there are no sets; write a list between `[` and `]`"
    if stop.kind == "==" and "=" in stop.accepted:
        return "write `=` to give a name what it stands for"
    if stop.kind == "," and statement == "output":
        return "write one `output` statement for each tensor"
    if stop.kind == "," and statement == "weight":
        return "write one `weight` statement for each"
    if "[" in stop.accepted and stop.previous not in (":", "]") and statement == "weight":
        return "write the sizes behind the dtype: `weight name: float32[8, 64]`"
    if stop.open_brackets and stop.open_brackets[-1] not in stop.brackets.partner:
        bracket = stop.tokens.kinds[stop.open_brackets[-1]]
        return f"close the `{bracket}` before it with `{OPENERS[bracket]}`"
    return constructs.form_of(stop, _statement(stop))


def _fix(stop: Stop) -> Fix | None:
    if stop.kind == "==" and "=" in stop.accepted:
        return stop.replace(stop.index, "=")
    if stop.kind == "=" and _statement_word(stop) == "inputs" and ":" in stop.accepted:
        return stop.replace(stop.index, ":")
    if stop.kind == "[" and _statement_word(stop) == "input" and ":" in stop.accepted:
        return stop.shows_line(stop.append(stop.index - 1, ":"))
    return None


def _statement(stop: Stop) -> int:
    """Give the token that begins the statement which the token was to continue."""
    return stop.before if stop.index == stop.began and stop.before is not None else stop.began


def _statement_word(stop: Stop) -> str:
    return stop.tokens.kinds[_statement(stop)]


Rule = Callable[[Stop], Diagnostic | None]
RULES: tuple[Rule, ...] = (
    too_deep,
    explain_foreign,
    slash_comment,
    lambda_function,
    wrong_statements.repeat_without_count,
    *braces.RULES,
    *inside_chains.RULES,
    *constructs.RULES,
    *reworded.RULES,
    *slips.RULES,
    arrow_before_stage,
    wrong_statements.import_statement,
    wrong_statements.method_of_model,
    python_statement,
    *declared.RULES,
    wrong_statements.misspelled_word,
    slips.equals_of_statement,
    slips.comma_between_names,
    wrong_statements.hyphenated_name,
    wrong_statements.backward_arrow,
    wrong_statements.nameless_declaration,
    wrong_statements.input_type,
    wrong_statements.input_in_chain,
    wrong_statements.extern_without_shape,
    nested_declaration,
    misplaced_statement,
    stray_bracket,
    unclosed_bracket,
    arguments_never_closed,
    doubled_arrow,
    reserved_word,
    breaks_off,
    wrong_statements.colon_after_output,
    wrong_statements.colon_for_equals,
    colon_block,
    colon_in_call,
    wrong_statements.tuple_never_closed,
    single_equals,
    function_with_let,
    missing_arrow,
    unclosed_head,
    wrong_statements.missing_braces,
    missing_comma,
    wrong_statements.stages_with_comma,
    wrong_statements.comma_after_setting,
    question_mark,
    unused_expression,
    unexpected_token,
)
