"""All of `specs/` on the oldest release of Keras that the extra asks for, one in the middle, and the newest.

    python -m pytest -m slow tests/keras/test_releases.py

Makes an environment for each with pip: Keras alone, above the packages of this one. Each spec is compiled for that
release, structured and flat, and its models with a body of their own are built there with the parameters and output
shapes that netdsl prints; what it says a release lacks must fail there. Weights get shapes and no values, so a large
network takes no memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netdsl.catalog.versions import known_releases, read_releases, spell_release
from netdsl.cli.files import read_spec
from netdsl.compiler import Compiled, compile_source, compile_text
from netdsl.elaborate.files.loading import loader_beside
from netdsl.emit.declarations import model_functions
from netdsl.source import SourceFile
from tests.zoo.specs import own_models

SPECS = Path(__file__).parents[2] / "specs"
OLDEST = "3.3"
RELEASES = (OLDEST, "3.8", spell_release(known_releases()[-1]))

BUILD = """
import json, sys
import keras

def build(source, function, spec):
    keras.backend.clear_session()
    namespace = {"__name__": "generated", "__file__": spec}
    exec(compile(source, spec, "exec"), namespace)
    model = namespace[function]()
    return model.count_params(), [list(tensor.shape) for tensor in model.outputs]

told = {"version": keras.__version__, "built": []}
for given in json.load(open(sys.argv[1])):
    try:
        try:
            with keras.StatelessScope():
                told["built"].append(build(*given))
        except Exception:  # some layers read what a weight holds
            told["built"].append(build(*given))
    except Exception as error:
        told["built"].append(f"{type(error).__name__}: {error}")
json.dump(told, open(sys.argv[2], "w"))
"""

#: What some release lacks or does otherwise, and the first that does not.
FAILS = {
    "3.4": "input x: [5, 8, 8, 3] output y = x -> TimeDistributed(Conv2D(4, 3) -> Flatten())",
    "3.6": "input x: [8, 8, 3] output y = x -> Pipeline([Rescaling(0.5)])",
    "3.7": (
        "input x: [5, 8] input z: [6, 10] "
        "output y = x -> MultiHeadAttention(2, 4)(value=z) -> Dense(4, activation=relu6)"
    ),
    "3.9": "input x: [5, 8] output y = x -> RMSNormalization()",
    "3.13": "input x: [8, 8, 3] output y = x -> AdaptiveAveragePooling2D(1)",
}


@pytest.fixture(scope="module", params=RELEASES)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install one release of Keras into a folder of its own."""
    folder: Path = tmp_path_factory.mktemp(f"keras-{request.param}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*command, str(folder / request.param), f"keras=={request.param}.*"], check=True)
    return folder / request.param


def sources_of(compiled: Compiled) -> list[tuple[str, str, str]]:
    functions = model_functions(compiled.unit)
    return [
        (compiled.emit("keras", flat=flat, training=False), functions[name], compiled.file.name)
        for name in own_models(compiled)
        for flat in (False, True)
    ]


def run_there(environment: Path, sources: list[tuple[str, str, str]]) -> list[object]:
    given, told = environment / "given.json", environment / "told.json"
    given.write_text(json.dumps(sources), "utf-8")
    path = {"PYTHONPATH": str(environment), "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", BUILD, str(given), str(told)]
    subprocess.run(command, env={**_environment(), **path}, check=True, timeout=7200)
    found = json.loads(told.read_text("utf-8"))
    assert found["version"].startswith(f"{environment.name}.")
    return list(found["built"])


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


def _by_size(shapes: list[list[int | None]]) -> list[str]:
    return sorted(map(str, shapes))


@pytest.mark.slow
@pytest.mark.keras
def test_every_spec_builds_as_printed(environment: Path) -> None:
    asked = read_releases(environment.name)
    sources, expected = [], []
    for path in sorted(SPECS.glob("*.net")):
        file = read_spec(str(path))
        assert isinstance(file, SourceFile)
        compiled = compile_source(file, loader_beside(file.name), releases=asked)
        if not compiled.ok:  # what is told to be lacking is looked at in the other test
            codes = {d.code for d in compiled.diagnostics if d.severity == "error"}
            assert codes <= {"N0313", "N0314"}, compiled.diagnostics
            assert environment.name != RELEASES[-1]
            continue
        sources += sources_of(compiled)
        for name in own_models(compiled):
            model = compiled.model(name)
            outputs = [output["shape"] for output in model.outputs]
            expected += [(path.name, model.totals["parameters"], outputs)] * 2
    for built, (name, parameters, outputs) in zip(
        run_there(environment, sources), expected, strict=True
    ):
        assert isinstance(built, list), f"{name}: {built}"
        assert built[0] == parameters, name
        assert _by_size(built[1]) == _by_size(outputs), (
            name
        )  # several are sorted by name in some releases


@pytest.mark.slow
@pytest.mark.keras
def test_what_is_told_fails_there(environment: Path) -> None:
    sources, came = [], []
    for release, body in FAILS.items():
        compiled = compile_text(f"model M {{ {body} }}")
        assert compiled.ok, compiled.diagnostics
        told = compile_source(
            compiled.file, loader_beside("m.net"), releases=read_releases(environment.name)
        )
        asked = read_releases(environment.name)
        assert told.ok == (asked.oldest >= read_releases(release).oldest)
        sources += sources_of(compiled)
        came += [told.ok] * 2
    built = run_there(environment, sources)
    assert [isinstance(one, list) for one in built] == came
