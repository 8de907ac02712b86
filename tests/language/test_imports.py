"""Imports: other files, relative to the one that imports; the library; what cannot be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.resources import std_dir
from netdsl.syntax import tokens
from tests.language.front_door import codes, compiled, graph_of, units

USE = "\nmodel M { input x: [8] output x -> b(3) }"
B = "block b(n) = Dense(n)\n"


IMPORTED = [
    ("a block", 'from "o.net" import b', {"o.net": B}, "b(3)"),
    ("under another name", 'from "o.net" import b as c', {"o.net": B}, "c(3)"),
    ("several", 'from "o.net" import a, b', {"o.net": B + "let a = 3"}, "b(a)"),
    ("in parentheses", 'from "o.net" import (\n a,\n b,\n)', {"o.net": B + "let a = 3"}, "b(a)"),
    ("a function", 'from "o.net" import f', {"o.net": "fn f(n) = n + 1"}, "Dense(f(2))"),
    ("a constant", 'from "o.net" import k', {"o.net": "let k = 3"}, "Dense(k)"),
    ("a model", 'from "o.net" import I', {"o.net": "model I { input x: [8] output x -> Dense(3) }"}, "I()"),
    ("from a folder", 'from "lib/o.net" import b', {"lib/o.net": B}, "b(3)"),
    ("what that imports itself", 'from "o.net" import b', {"o.net": 'from "p.net" import k\nblock b(n) = Dense(k)',
     "p.net": "let k = 3"}, "b(1)"),
    ("relative to the importing file", 'from "lib/o.net" import b', {"lib/o.net": 'from "p.net" import b',
     "lib/p.net": B}, "b(3)"),
    ("upwards", 'from "lib/o.net" import b', {"lib/o.net": 'from "../p.net" import b', "p.net": B}, "b(3)"),
    ("one file twice", 'from "o.net" import b\nfrom "o.net" import k', {"o.net": B + "let k = 3"}, "b(k)"),
    ("a name that is passed on", 'from "o.net" import c', {"o.net": 'from "p.net" import b as c', "p.net": B}, "c(3)"),
    ("one file by two ways", 'from "o.net" import b\nfrom "p.net" import k',
     {"o.net": 'from "p.net" import b', "p.net": B + "let k = 3"}, "b(k)"),
    ("a declaration that stands after it", "", {}, "b(3)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "files", "use"), [i[1:] for i in IMPORTED], ids=[i[0] for i in IMPORTED]
)
def test_imported_name_means_what_it_means_at_home(
    line: str, files: dict[str, str], use: str
) -> None:
    rest = "" if line else "\n" + B
    graph = graph_of(
        f"{line}\nmodel M {{ input x: [8] output x -> {use} }}{rest}", files, model="M"
    )
    weights = sum(len(n.operation.weights) for n in graph.nodes)
    assert weights == 2


def test_imported_block_looks_its_names_up_at_home() -> None:
    files = {"o.net": "let n = 3\nfn f(k) = n * k\nblock b() = c()\nblock c() = Dense(f(2))"}
    text = """from "o.net" import b
        let n = 50
        fn f(k) = 70
        block c() = Dense(90)
        model M { input x: [8] output x -> b() }"""
    assert units(graph_of(text, files)) == [6]


REFUSED = [
    ("a file that is not there", "N0205", 'from "nothing.net" import b', {}),
    ("a name that the file lacks", "N0203", 'from "o.net" import b', {"o.net": "block c(n) = Dense(n)"}),
    ("a library that is not there", "N0204", "from std.visoin import b", {}),
    ("a module of Python", "N0204", "from os.path import b", {}),
    ("a file of another kind", "N0205", 'from "o.txt" import b', {"o.txt": B}),
    ("an absolute path", "N0205", 'from "/etc/o.net" import b', {"/etc/o.net": B}),
    ("itself", "N0206", 'from "spec.net" import b', {}),
    ("a circle", "N0206", 'from "o.net" import b', {"o.net": 'from "p.net" import b',
     "p.net": 'from "o.net" import b'}),
    ("a name twice", "N0202", 'from "o.net" import b, b', {"o.net": B}),
    ("a name that the file declares too", "N0202", 'from "o.net" import b\nblock b(n) = Dense(n)', {"o.net": B}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "line", "files"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_import_that_cannot_be_is_refused_once(code: str, line: str, files: dict[str, str]) -> None:
    assert codes(line + USE, files) == [code]


def test_circle_of_files_is_spelled_out() -> None:
    files = {"o.net": 'from "p.net" import b', "p.net": 'from "o.net" import b'}
    message = compiled('from "o.net" import b' + USE, files).diagnostics[0].message
    assert "o.net -> p.net -> o.net" in message


def test_missing_name_is_offered_the_nearest() -> None:
    found = compiled(
        'from "o.net" import conv_bm' + USE.replace("b(3)", "Dense(1)"),
        {"o.net": "block conv_bn() = ReLU()"},
    )
    assert "conv_bn" in found.diagnostics[0].help


def test_mistake_in_an_imported_file_has_its_place_there() -> None:
    found = compiled('from "o.net" import b' + USE, {"o.net": "\nblock b(n) = Dens(n)"}).diagnostics
    assert [(d.code, d.file, d.line) for d in found] == [("N0207", "o.net", 2)]


def test_syntax_mistake_in_an_imported_file_has_its_place_there() -> None:
    found = compiled(
        'from "o.net" import b' + USE, {"o.net": "block b(n) = = Dense(n)"}
    ).diagnostics
    assert {d.file for d in found} == {"o.net"}


def test_library_imports_nothing_but_itself() -> None:
    for path in std_dir().glob("*.net"):
        assert 'from "' not in path.read_text("utf-8")


def test_imports_of_a_file_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "o.net").write_text(B, "utf-8")
    spec = tmp_path / "spec.net"
    spec.write_text('from "lib/o.net" import b' + USE, "utf-8")
    assert netdsl.compile_file(spec).ok


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"block b(n) = Dense(\xe9)"])
def test_imported_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "o.net").write_bytes(content)
    spec = tmp_path / "spec.net"
    spec.write_text('from "o.net" import b' + USE, "utf-8")
    assert [d.code for d in netdsl.compile_file(spec).diagnostics] == ["N0205"]


def test_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "o.net").mkdir()
    spec = tmp_path / "spec.net"
    spec.write_text('from "o.net" import b' + USE, "utf-8")
    assert [d.code for d in netdsl.compile_file(spec).diagnostics] == ["N0205"]


def test_the_library_is_parsed_once_for_all_specs_and_its_words_count_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "from std.mlp import mlp\nmodel M { input x: [8] output x -> mlp([8, 4]) }"
    first, second = netdsl.compile_text(text), netdsl.compile_text(text)
    assert first.ok
    assert first.unit.sources[0].module is second.unit.sources[0].module
    assert first.unit.module is not second.unit.module
    monkeypatch.setattr(tokens, "MAX_TOKENS", 100)
    assert [d.code for d in netdsl.compile_text(text).diagnostics if d.severity == "error"] == [
        "N0412"
    ]
