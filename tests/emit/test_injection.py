"""A spec cannot inject: what it says in strings, docstrings, names of files and f-strings ends as data."""

from __future__ import annotations

import ast
import builtins
import json
import sys
import unicodedata
from functools import cache
from unittest.mock import MagicMock

import pytest

from netdsl.compiler import Api, Compiled, compile_source
from netdsl.source import SourceFile

MARK = "netdsl_was_injected"
CODE = f"__import__('builtins').{MARK} = 1"

PAYLOADS = {
    "a quote": f'"; {CODE}; "',
    "an apostrophe": f"'; {CODE}; '",
    "three quotes": f'"""\n{CODE}\n"""',
    "three apostrophes": f"'''\n{CODE}\n'''",
    "quotes at both ends": f'"{CODE}"',
    "a backslash at the end": "\\",
    "backslashes and a quote": f'\\\\\\"; {CODE} #',
    "a new line": f"\n{CODE}\n",
    "a carriage return": f"\r{CODE}\r",
    "a form feed": f"\f\n{CODE}",
    "line ends of Unicode": f"\u2028{CODE}\u2029\x85{CODE}",
    "braces": "{" + CODE.replace(" = 1", "") + "}",
    "braces of a call": "{__import__('os').system('true')}",
    "doubled braces": "{{" + CODE + "}}",
    "half a brace": "{",
    "a named character": "\\N{QUOTATION MARK}; import os",
    "an octal escape": f"\\42; {CODE}",
    "a null": f"\x00{CODE}",
    "a semicolon": ";import os;",
    "a comment": f"# {CODE}",
    "an f": f'f"{{{CODE}}}"',
    "a template": "{{ cycler.__init__ }}{% import os %}",
    "characters of other scripts": "日本\u202e😀\ufeff",
    "a lone surrogate": "\ud800",
    "a lambda": "(lambda: 0)()",
    "a format": "%s %(x)s {0} {0.__class__}",
}

PLAIN = "plain text"
PLAIN_FILE = "plain.net"


def spec(text: str) -> str:
    """Write a spec that holds a text wherever one can stand."""
    string = ascii(text)
    in_fstring = ascii(text.replace("{", "{{").replace("}", "}}"))
    return f"""
{string}

let label = {string}

fn tagged(n, tag={string}) = f{in_fstring} + str(n)

block wide(units: int, tag: str = {string}) {{
    {string}
    input x
    assert len(tag) >= 0, {string}
    output x -> Dense(units, activation=relu)
}}

model Net(classes: int = 3, tag: str = {string}, tags = [{string}], table = {{{string}: 1}}) {{
    {string}
    input words: string[1]
    input x: [4]
    numbers = words -> StringLookup(vocabulary=[{string}, label, tagged(1)], oov_token={string})
    short = numbers -> Embedding(5, 4) -> Flatten()
    output y = [x -> wide(8, tag=tag), short] -> Concatenate() -> Dense(classes if tag else 1)
}}

model Other = Net(tag={string})
"""


@cache
def compiled(text: str, name: str = PLAIN_FILE) -> Compiled:
    def load(path: str) -> str:
        raise FileNotFoundError(path)

    return compile_source(SourceFile(name, text), load)


@cache
def written(text: str, api: Api, flat: bool, name: str = PLAIN_FILE) -> str:
    result = compiled(text, name)
    assert result.ok, [d.message for d in result.diagnostics]
    return result.emit(api, flat=flat)


@cache
def without_strings(source: str) -> str:
    """Give the shape of the code: its tree with nothing in the strings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def run(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the module and make its models, with a Keras that does nothing."""
    for module in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, module, MagicMock())
    namespace: dict[str, object] = {"__name__": "emitted"}
    exec(compile(source, "emitted", "exec"), namespace)
    for name in ("Net", "Other"):
        function = namespace[name]
        assert callable(function)
        function()


#: Which Keras is imported, and whether the code is flat.
FORMS: list[tuple[Api, bool]] = [
    ("tf.keras", False),
    ("tf.keras", True),
    ("keras", False),
    ("keras", True),
]
every_payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)


def same_code(source: str, plain: str) -> bool:
    return without_strings(source) == without_strings(plain)


@every_payload
def test_what_strings_say_is_no_code(payload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in FORMS:
        source = written(spec(payload), *form)
        assert same_code(source, written(spec(PLAIN), *form)), form
        run(source, monkeypatch)
        assert not hasattr(builtins, MARK), form


@every_payload
def test_what_strings_say_arrives_unchanged(payload: str) -> None:
    for form in FORMS:
        tree = ast.parse(written(spec(payload), *form))
        found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert payload in found, form


@every_payload
def test_the_name_of_a_file_is_no_code(payload: str) -> None:
    for form in FORMS:
        source = written(spec(PLAIN), *form, name=f"{payload}.net")
        assert same_code(source, written(spec(PLAIN), *form)), form


@every_payload
def test_a_setting_of_the_command_line_is_no_code(payload: str) -> None:
    def load(path: str) -> str:
        raise FileNotFoundError(path)

    def structured(tag: str) -> str:
        file = SourceFile(PLAIN_FILE, spec(PLAIN))
        return compile_source(file, load, settings={"tag": tag}).source

    assert same_code(structured(payload), structured(PLAIN))


@every_payload
def test_a_comment_is_no_code(payload: str) -> None:
    """It goes into the module where it stands above a declaration, a statement or a stage."""
    comment = "\n# " + payload.replace("\n", " ") + "\n"
    text = comment + spec(PLAIN)
    places = (
        "let label",
        "fn tagged",
        "block wide",
        "-> Dense",
        "model Net",
        "numbers =",
        "output y",
    )
    for place in places:
        text = text.replace(place, comment + place)
    result = compiled(text)
    if result.ok:
        assert same_code(result.source, written(spec(PLAIN), "tf.keras", False))
        assert result.source.count("\n# ") >= 4


@every_payload
def test_names_of_layers_are_no_code(payload: str) -> None:
    """Keras takes nearly every name but one with a slash or none at all."""

    def named(text: str) -> str:
        return f"model Net {{ input x: [4] output y = x -> Dense(2, name={text!a}) }}"

    result = compiled(named(payload))
    for api, flat in FORMS if result.ok else ():
        source = result.emit(api, flat=flat)
        assert same_code(source, written(named(PLAIN), api, flat)), (api, flat)


@pytest.mark.parametrize(
    "path",
    [
        *PAYLOADS.values(),
        "",
        ".",
        "os; import sys",
        "os as o",
        "os\nimport sys",
        "a.b.",
        "..relative",
        "os import *",
        "a b",
        "import",
        "a.class",
        "os,sys",
        "1a",
        "a-b",
        "/etc/passwd",
    ],
)
@pytest.mark.parametrize(
    "declaration",
    [
        "extern fn scale from {}\nmodel M {{ input x: [4] output y = x -> Lambda(scale) }}",
        "extern layer Scale(): [n] -> [n] from {}\nmodel M {{ input x: [4] output y = x -> Scale() }}",
    ],
    ids=["a function", "a layer"],
)
def test_an_extern_path_that_is_no_module_is_refused(declaration: str, path: str) -> None:
    result = compiled(declaration.format(ascii(path)))
    assert not result.ok


@pytest.mark.parametrize("word", ["class", "import", "lambda", "from", "global", "print", "exec"])
def test_names_that_python_reserves_are_spelled_so_that_they_run(word: str) -> None:
    text = f"""
model {word}({word}_units: int = 2, lambda: int = 3) {{
    input class: [4]
    {word} = class -> Dense(lambda, name="{word}")
    output def = {word} -> Dense({word}_units)
}}
"""
    result = compiled(text)
    if result.ok:
        for flat in (False, True):
            ast.parse(result.emit(flat=flat))


@every_payload
def test_messages_about_a_payload_are_plain_text(payload: str) -> None:
    """What is printed of a spec moves no cursor and breaks no format."""
    from netdsl.diagnostics.json import to_json
    from netdsl.diagnostics.render import render_all

    text = f"model Net {{ input x: [4] output y = x -> Dense(2, activation={payload!a}) }}"
    result = compiled(text)
    assert json.loads(to_json(result.diagnostics))
    shown = render_all(result.diagnostics)
    obeyed = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of characters, line ends
    turning = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    for char in shown.replace("\n", ""):
        assert unicodedata.category(char) not in obeyed, ascii(shown)
        assert unicodedata.bidirectional(char) not in turning, ascii(shown)
