"""The machine formats and the frames, for diagnostics of every form."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from netdsl.diagnostics.github import annotation
from netdsl.diagnostics.json import to_json
from netdsl.diagnostics.render import count_line, render, render_all
from netdsl.diagnostics.sarif import to_sarif
from netdsl.diagnostics.visible import show, text_width
from netdsl.source import SourceFile, Span

MAIN = SourceFile("nets/main net.net", "model M {\n    input x: [8]\n}\n")
OTHER = SourceFile("other.net", "block b() = ReLU()\n")


def at(file: SourceFile, text: str) -> Span:
    start = file.text.index(text)
    return Span(file, start, start + len(text))


def example(severity: Severity = "error", *, safe: bool = True) -> Diagnostic:
    fix = Fix((Edit(at(MAIN, "x"), "image"), Edit(at(OTHER, "b()"), "c()")), safe)
    return Diagnostic(
        "N0501",
        severity,
        "`Conv2D` does not take a tensor of this rank",
        Label(at(MAIN, "input x: [8]\n}"), "needs rank 4"),
        (Label(at(OTHER, "b()"), "in this block"), Label(at(MAIN, "M"))),
        "give the input three dimensions",
        fix,
    )


SEVERITIES: list[Severity] = ["error", "warning", "advice"]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_sarif_follows_the_schema(severity: Severity) -> None:
    model = pytest.importorskip("pydantic_sarif.model")
    log = json.loads(to_sarif([example(severity), example("error")]))
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(log)


def test_an_empty_sarif_log_is_one_run_without_results() -> None:
    (run,) = json.loads(to_sarif([]))["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_a_sarif_rule_is_what_explain_tells() -> None:
    (run,) = json.loads(to_sarif([example()]))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "N0501"
    assert "What it means" in rule["help"]["markdown"]
    assert run["results"][0]["ruleIndex"] == 0


def test_a_sarif_path_is_a_uri() -> None:
    (run,) = json.loads(to_sarif([example()]))["runs"]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "nets/main%20net.net"


def test_a_related_place_is_in_sarif_once() -> None:
    twice = Label(at(OTHER, "b()"), "in this use")
    found = Diagnostic("N0501", "error", "t", Label(at(MAIN, "M")), (twice, twice))
    (run,) = json.loads(to_sarif([found]))["runs"]
    assert len(run["results"][0]["relatedLocations"]) == 1


#: What stands before a mistake in its line, and the line break of the file.
BEFORE = [
    "",
    "\t",
    "\ta\t",
    "日本語 ",
    "🎉👩\u200d👩\u200d👧 ",
    "e\u0301 ",
    "\u202eابجد ",
    "\x0c\u2028",
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("before", BEFORE)
def test_a_place_counts_code_points_in_every_format(before: str, end: str) -> None:
    file = SourceFile("a b,c%é.net", f"# one{end}{before}wrong # more{end}")
    found = Diagnostic("N0501", "error", "t", Label(at(file, "wrong")))
    column = len(before) + 1
    (read,) = json.loads(to_json([found]))
    assert (read["line"], read["column"], read["end_column"]) == (2, column, column + 5)
    (run,) = json.loads(to_sarif([found]))["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": column, "endLine": 2, "endColumn": column + 5}
    assert f"line=2,endLine=2,col={column},endColumn={column + 5}," in annotation(found)
    assert annotation(found).startswith("::error file=a b%2Cc%25é.net,line")


def test_json_offers_only_certain_changes() -> None:
    (certain,) = json.loads(to_json([example()]))
    (uncertain,) = json.loads(to_json([example(safe=False)]))
    assert [edit["text"] for edit in certain["fix"]] == ["image", "c()"]
    assert certain["fix"][0]["line"] == 2
    assert uncertain["fix"] is None


def test_github_gives_columns_only_within_a_line() -> None:
    within = Diagnostic("N0501", "advice", "title", Label(at(MAIN, "x")))
    assert "col=" not in annotation(example())
    assert ",col=11," in annotation(within)
    assert annotation(within).startswith("::notice ")


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        (["error"], "1 error"),
        (["error", "error"], "2 errors"),
        (["warning", "error"], "1 error and 1 warning"),
        (["error", "error", "warning"], "2 errors and 1 warning"),
        (["advice", "advice"], "2 pieces of advice"),
        (["error", "warning", "warning", "advice"], "1 error, 2 warnings and 1 piece of advice"),
    ],
)
def test_the_count_reads_as_a_sentence(severities: list[Severity], line: str) -> None:
    assert count_line([example(severity) for severity in severities]) == line


def test_nothing_found_is_nothing_said() -> None:
    assert render_all([]) == ""


def test_colour_changes_no_character() -> None:
    import re

    plain, coloured = render(example()), render(example(), color=True)
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


def test_every_file_of_a_diagnostic_has_its_frame() -> None:
    text = render(example())
    assert "--> nets/main net.net:2:5" in text
    assert "::: other.net:1:7" in text


texts = st.text(st.characters(codec="utf-8"), max_size=200) | st.text(
    "ab \t\r\n\x1b日é", max_size=200
)


@st.composite
def diagnostics(draw: st.DrawFn) -> Diagnostic:
    """Draw a diagnostic with places anywhere in one of two texts."""
    files = [SourceFile(name, draw(texts)) for name in ("a.net", "b.net")]

    def label() -> Label:
        file = draw(st.sampled_from(files))
        ends = sorted(draw(st.tuples(*[st.integers(0, len(file.text))] * 2)))
        return Label(Span(file, *ends), draw(st.text(max_size=20)))

    related = tuple(label() for _ in range(draw(st.integers(0, 4))))
    return Diagnostic("N0501", "error", draw(st.text(max_size=20)), label(), related, draw(texts))


@given(diagnostics())
def test_any_diagnostic_is_drawn_in_printable_lines(found: Diagnostic) -> None:
    text = render(found)
    assert text.endswith("\n")
    assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in text.replace("\n", ""))
    assert text.count("\n") < 400


@given(diagnostics())
def test_any_diagnostic_has_its_machine_formats(found: Diagnostic) -> None:
    assert len(json.loads(to_json([found]))) == 1
    assert len(json.loads(to_sarif([found]))["runs"][0]["results"]) == 1
    assert "\n" not in annotation(found)


@given(texts)
def test_a_caret_stands_under_its_character(text: str) -> None:
    line = text.replace("\n", "").replace("\r", "")
    shown = show(line)
    assert len(shown.columns) == len(line) + 1
    assert shown.columns[-1] == text_width(shown.text)
    assert list(shown.columns) == sorted(shown.columns)
