"""`diff` and `breaking` against git: what was committed, whatever it lacks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.cases import run

COMMITTED = """model Net {
    input x: [32, 32, 3]
    output y = x -> Conv2D(8, 3, activation=relu) -> GlobalAveragePooling2D() -> Dense(5, activation=softmax)
}
"""


@pytest.fixture
def spec(folder: Path) -> Path:
    """A spec, in a folder with a space in its name, as it was committed."""
    path = folder / "my specs" / "net.net"
    path.parent.mkdir()
    path.write_text(COMMITTED, "utf-8")
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-q", "-m", "one"),
    ):
        subprocess.run(["git", *command], cwd=path.parent, check=True)
    return path


def test_a_changed_width_is_told_by_both_commands(spec: Path) -> None:
    spec.write_text(COMMITTED.replace("Dense(5", "Dense(7"), "utf-8")
    result = run("diff", str(spec), "--against", "git:HEAD", "--format", "json")
    assert result.exit_code == 0
    assert {"units 5 -> 7"} <= {
        text for entry in json.loads(result.stdout) for text in entry["details"]
    }
    assert run("breaking", str(spec), "--against", "git:HEAD").exit_code == 1


def test_advice_on_what_was_is_not_given(spec: Path) -> None:
    assert "N0647" in run("check", str(spec)).stderr
    assert run("diff", str(spec), "--against", "git:HEAD").stderr == ""


@pytest.mark.parametrize(
    ("committed", "now", "options", "told"),
    [
        (COMMITTED, COMMITTED.replace("Net", "Other"), ("--model", "Other"), "no model `Other`"),
        ('"""Nothing yet."""\n', COMMITTED, (), "declares no model"),
        (COMMITTED.replace("Dense(5", "Dense(0"), COMMITTED, (), "units"),
    ],
)
def test_what_git_has_may_lack_what_is_compared(
    spec: Path, committed: str, now: str, options: tuple[str, ...], told: str
) -> None:
    spec.write_text(committed, "utf-8")
    user = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(
        ["git", *user, "commit", "-q", "--allow-empty", "-am", "two"], cwd=spec.parent, check=True
    )
    spec.write_text(now, "utf-8")
    result = run("breaking", str(spec), "--against", "git:HEAD", *options)
    assert result.exit_code in (1, 2)
    assert told in result.stderr
    assert "internal error" not in result.stderr


def test_renamed_layers_are_told_in_one_line(folder: Path) -> None:
    chain = " -> ".join(f'Dense({n}, name="NAME{n}")' for n in range(2, 7))
    spec = f"model M {{ input x: [4] output y = x -> {chain} -> Dense(1) }}"
    (folder / "a.net").write_text(spec.replace("NAME", "old"), "utf-8")
    (folder / "b.net").write_text(spec.replace("NAME", "new"), "utf-8")
    told = run("diff", "a.net", "b.net").stdout
    assert told == "= layer old2 -> new2, old3 -> new3, old4 -> new4, 2 more\n"
    assert len(json.loads(run("diff", "a.net", "b.net", "--format", "json").stdout)) == 5
