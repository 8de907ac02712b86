"""All of `specs/` on the oldest release of Keras that the extra asks for, one in the middle, and the newest.

    python -m pytest -m slow tests/keras/test_releases.py [-k "alexnet and 3.8"]

Makes an environment for each with pip: Keras alone, above the packages of this one, in a process that builds what it is
given. Each spec is compiled for that release, structured and flat, and its models with a body of their own are built
there with the parameters and output shapes that netdsl prints; what it says a release lacks must fail there. Weights
get shapes and no values, so a large network takes no memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netdsl.catalog.versions import known_releases, read_releases, spell_release
from netdsl.cli.files import read_spec
from netdsl.compiler import Compiled, compile_source, compile_text
from netdsl.elaborate.files.loading import loader_beside
from netdsl.emit.declarations import model_functions
from netdsl.source import SourceFile
from tests.zoo.specs import SPECS, name_of, own_models

OLDEST = "3.3"
RELEASES = (OLDEST, "3.8", spell_release(known_releases()[-1]))

#: Reads a module a line and answers with what came of it. What Keras prints goes where its warnings go.
BUILD = """
import gc, json, os, sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import keras

def answer(found):
    print(json.dumps(found), file=answers, flush=True)

def build(source, function, spec):
    keras.backend.clear_session()
    gc.collect()
    namespace = {"__name__": "generated", "__file__": spec}
    exec(compile(source, spec, "exec"), namespace)
    model = namespace[function]()
    return model.count_params(), [list(tensor.shape) for tensor in model.outputs]

answer(keras.__version__)
for line in sys.stdin:
    given = json.loads(line)
    try:
        try:
            with keras.StatelessScope():
                found = build(*given)
        except Exception:  # some layers read what a weight holds
            found = build(*given)
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    answer(found)
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


class Release:
    """A process that has imported one release of Keras, and builds there."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.asked = read_releases(name)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        subprocess.run([*command, str(folder), f"keras=={name}.*"], check=True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "KERAS_BACKEND": "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", BUILD],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert str(self._answer()).startswith(f"{name}.")

    def _answer(self) -> object:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the process with Keras {self.name} has ended"
        return json.loads(line)

    def build(self, source: tuple[str, str, str]) -> object:
        """Give the parameters and output shapes of a module's model, or what Keras says instead."""
        assert self.process.stdin is not None
        print(json.dumps(source), file=self.process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="module", params=RELEASES)
def release(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """Install one release of Keras into a folder of its own, and start it."""
    one = Release(request.param, tmp_path_factory.mktemp(f"keras-{request.param}"))
    yield one
    one.close()


def sources_of(compiled: Compiled, name: str) -> list[tuple[str, str, str]]:
    """Give both modules of a model, each with its function."""
    function = model_functions(compiled.unit)[name]
    return [
        (compiled.emit("keras", flat=flat, training=False), function, compiled.file.name)
        for flat in (False, True)
    ]


def _by_size(shapes: list[list[int | None]]) -> list[str]:
    """Sort output shapes: several outputs are sorted by name in some releases."""
    return sorted(map(str, shapes))


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_a_spec_builds_as_printed(release: Release, path: Path) -> None:
    file = read_spec(str(path))
    assert isinstance(file, SourceFile)
    compiled = compile_source(file, loader_beside(file.name), releases=release.asked)
    if not compiled.ok:  # what is told to be lacking is looked at in the other test
        codes = {d.code for d in compiled.diagnostics if d.severity == "error"}
        assert codes <= {"N0313", "N0314"}, compiled.diagnostics
        assert release.name != RELEASES[-1]
        return
    for name in own_models(compiled):
        model = compiled.model(name)
        for source in sources_of(compiled, name):
            built = release.build(source)
            assert isinstance(built, list), f"{name}: {built}"
            assert built[0] == model.totals["parameters"], name
            assert _by_size(built[1]) == _by_size([o["shape"] for o in model.outputs]), name


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("since", FAILS)
def test_what_is_told_fails_there(release: Release, since: str) -> None:
    compiled = compile_text(f"model M {{ {FAILS[since]} }}")
    assert compiled.ok, compiled.diagnostics
    told = compile_source(compiled.file, loader_beside("m.net"), releases=release.asked)
    assert told.ok == (release.asked.oldest >= read_releases(since).oldest)
    for source in sources_of(compiled, "M"):
        assert isinstance(release.build(source), list) == told.ok
