"""`netdsl new`: a project whose own test passes, and which trains where its network tells pictures apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import netdsl
from netdsl.zoo.entries import find
from netdsl.zoo.project import module_name, project
from tests.cli.cases import run

ALWAYS = {".gitignore", ".pre-commit-config.yaml", "README.md", "pyproject.toml"}


def ruff(*arguments: str, folder: Path) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ("name", "source", "more", "trains"),
    [
        ("my-digits", "digits", (), True),
        ("flowers", "resnet50", ("make_pictures.py",), True),
        ("reader", "lenet5", ("make_pictures.py",), True),
        ("two", "inception_resnet_v2", ("make_pictures.py", "inception_v3.net"), True),
        ("texts", "text_transformer", (), False),
        ("twins", "siamese", (), False),
    ],
)
def test_a_project_is_in_order(
    name: str, source: str, more: tuple[str, ...], trains: bool, folder: Path
) -> None:
    result = run("new", name, "--from", source)
    assert result.exit_code == 0, result.stderr
    module = module_name(name)
    found = {path.name for path in (folder / name).iterdir()}
    assert found == ALWAYS | {f"{module}.net", f"{module}.py", f"test_{module}.py", *more}
    assert all(file in result.stderr for file in found)

    compiled = netdsl.compile_file(folder / name / f"{module}.net")
    assert not compiled.diagnostics, [d.message for d in compiled.diagnostics]
    assert bool(compiled.experiments) == trains
    assert ("make_pictures.py" in found) == (
        "pictures/" in (folder / name / ".gitignore").read_text()
    )
    assert run("compile", "--check", f"{name}/{module}.net").exit_code == 0
    assert run("fmt", "--check", f"{name}/{module}.net").exit_code == 0
    assert ruff("format", "--diff", folder=folder / name) == ""
    assert "All checks passed!" in ruff("check", folder=folder / name)


def test_the_test_of_a_project_passes_and_can_fail(folder: Path) -> None:
    assert run("new", "reader", "--from", "lenet5").exit_code == 0
    command = [sys.executable, "-m", "pytest", "-q", "-k", "not promised", "-p", "no:cacheprovider"]
    first = subprocess.run(command, cwd=folder / "reader", capture_output=True, text=True)
    assert first.returncode == 0, first.stdout
    assert "2 passed" in first.stdout
    spec = folder / "reader" / "reader.net"
    spec.write_text(spec.read_text("utf-8").replace("Dense(84", "Dense(85"), "utf-8")
    second = subprocess.run(command, cwd=folder / "reader", capture_output=True, text=True)
    assert "2 failed" in second.stdout


def test_what_is_there_is_kept(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "README.md").write_text("mine", "utf-8")
    result = run("new", "mine")
    assert result.exit_code == 2
    assert "N0903" in result.stderr
    assert {path.name for path in (folder / "mine").iterdir()} == {"README.md"}
    assert run("new", "mine", "--force").exit_code == 0
    assert (folder / "mine" / "README.md").read_text("utf-8") != "mine"


def test_what_is_not_in_the_zoo_is_said(folder: Path) -> None:
    result = run("new", "mine", "--from", "resnet5")
    assert result.exit_code == 2
    assert "Did you mean `resnet`?" in result.stderr or "Did you mean `ResNet50`?" in result.stderr
    assert not (folder / "mine").exists()
    assert run("new", "good.net/mine").exit_code == 2  # a file is in the way


@pytest.mark.parametrize(
    ("name", "module"), [("My-Digits 2", "my_digits_2"), ("3d", "net_3d"), ("née", "n_e")]
)
def test_a_module_has_a_name_of_python(name: str, module: str) -> None:
    assert module_name(name) == module
    assert module.isidentifier()


def test_weights_of_keras_are_named_where_it_has_the_network() -> None:
    entry = find("mobilenet_v2")
    assert entry is not None
    assert "applications.MobileNetV2(" in project("x", *entry)["x.net"]
