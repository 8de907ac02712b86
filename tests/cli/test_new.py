"""`netdsl new`: a project whose own test passes, and which trains wherever something is learned."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netdsl
from netdsl.zoo.entries import entries, find
from netdsl.zoo.project import TASKS, learned_from, module_name, project
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
        ("texts", "text_transformer", ("make_data.py",), True),
        ("boxes", "yolov8", ("make_data.py", "losses.py"), True),
        ("forgery", "dcgan", ("make_data.py", "adversarial.py"), True),
        ("colours", "cyclegan", ("make_data.py", "adversarial.py"), True),
        ("lines", "edges", (), False),
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
    kinds = {node.kind for graph in compiled.graphs.values() for node in graph.nodes}
    assert "make_pictures.py" not in found or kinds & {"Rescaling", "Normalization"}
    ignored = (folder / name / ".gitignore").read_text()
    assert ("make_pictures.py" in found) == ("pictures/" in ignored)
    assert ("make_data.py" in found) == ("data.npz" in ignored)
    readme = (folder / name / "README.md").read_text("utf-8")
    assert ("losses.py" in found) == ("`--trust`, which" in readme)
    assert not compiled.experiments or f"trains `{compiled.experiments[-1].model}`" in readme
    assert ("adversarial.py" in found) == ("made.png" in ignored)
    if "adversarial.py" in found:
        taken = re.findall(
            rf"^from {module} import (.+)$", (folder / name / "adversarial.py").read_text(), re.M
        )
        assert {*taken[0].split(", ")} == {*compiled.models}
    assert run("compile", "--check", f"{name}/{module}.net").exit_code == 0
    assert run("fmt", "--check", f"{name}/{module}.net").exit_code == 0
    assert ruff("format", "--diff", folder=folder / name) == ""
    assert "All checks passed!" in ruff("check", folder=folder / name)


@pytest.mark.parametrize("source", ["resnet50", "efficientnetb0"])
def test_weights_of_keras_are_a_line_to_uncomment(source: str, folder: Path) -> None:
    """The line as it stands gets the pixels that they expect, where what is said beside it is done."""
    assert run("new", "flowers", "--from", source).exit_code == 0
    spec = folder / "flowers" / "flowers.net"
    text = spec.read_text("utf-8").replace("# start_from", "start_from")
    if "`pretrained: bool = True`" in (folder / "flowers" / "README.md").read_text("utf-8"):
        text = text.replace("lr: float", "pretrained: bool = True, lr: float")
    compiled = netdsl.compile_text(text)
    assert "start_from" in compiled.experiments[-1].settings
    assert not compiled.diagnostics, [d.message for d in compiled.diagnostics]


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


@cache
def tasks() -> dict[str, dict[str, str]]:
    """Make a project of every network that has something of its own to learn."""
    stems = sorted(path.name for path in TASKS.iterdir())
    return {stem: project(stem.lower(), *(find(stem) or pytest.fail(stem))) for stem in stems}


def test_every_network_that_learns_has_a_task(folder: Path) -> None:
    """Each is the first of its kind; what has none tells pictures apart, trains already, or learns nothing."""
    bases = {figures.base or figures.name for entry in entries() for figures in entry.listed}
    assert {*tasks()} <= bases
    found = {e.stem: learned_from(e, e.listed[0].name) for e in entries()}
    assert {s for s, what in found.items() if what == "nothing"} == {"edges"}
    assert {s for s, what in found.items() if what == "its own data"} == {"digits"}
    assert found["squeezenet"] == "pictures"
    assert found["googlenet"] == "data"
    for entry in entries():
        for figures in entry.listed:
            assert learned_from(entry, figures.name) in (found[entry.stem], "data")


def test_each_task_is_in_order_and_its_data_fits(folder: Path) -> None:
    """Each input has an array of its name, of the shape of its samples; what is read row by row is a table."""
    for stem, files in tasks().items():
        (folder / stem).mkdir()
        for name, text in files.items():
            (folder / stem / name).write_text(text, "utf-8")
        compiled = netdsl.compile_text(files[f"{stem.lower()}.net"])
        assert not compiled.diagnostics, (stem, [d.message for d in compiled.diagnostics])
        (experiment,) = compiled.experiments
        namespace: dict[str, Any] = {"__name__": "made"}
        exec(files["make_data.py"], namespace)
        namespace["main"]()
        if experiment.data is not None and experiment.data.kind == "csv":
            heads = (folder / "people.csv").read_text("utf-8").partition("\n")[0].split(",")
            names = [port.name for port in (*experiment.inputs, *experiment.outputs)]
            assert sorted(heads) == sorted(names), stem
            continue
        with np.load(folder / "data.npz") as arrays:
            assert len({len(arrays[name]) for name in arrays.files}) == 1, stem
            for port in experiment.inputs:
                found = arrays[port.name].shape[1:]
                wanted = [n if isinstance(n, int) else None for n in port.spec.shape[1:]]
                told = [n if w is not None else None for n, w in zip(found, wanted, strict=True)]
                assert told == wanted, (stem, port.name)
    assert ruff("format", "--diff", folder=folder) == ""
    assert "All checks passed!" in ruff("check", folder=folder)


def test_weights_of_keras_are_named_where_it_has_the_network() -> None:
    entry = find("mobilenet_v2")
    assert entry is not None
    assert "applications.MobileNetV2(" in project("x", *entry)["x.net"]
