"""The wheel: built, installed apart from the checkout, and used to compile a spec."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LARGEST = 2_200_000  # bytes: it is downloaded by everybody, and by a page that compiles

SPEC = "model Tiny { input x: [8] output y = x -> Dense(4, activation=relu) -> Dense(2) }\n"


def run(*command: str | Path, cwd: Path) -> str:
    ours = ("PYTHONPATH", "PYTHONPYCACHEPREFIX")
    environment = {k: v for k, v in os.environ.items() if k not in ours}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(sys.executable, *build, "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("netdsl-*.whl")
    return built


@pytest.fixture(scope="session")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel where its dependencies are visible and the checkout is not."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    site = next(folder.glob("lib*/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin" / "python",
        *install,
        wheel,
        cwd=folder,
    )
    return folder / "bin"


def test_the_wheel_holds_what_a_compile_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("grammar", "templates", "specs", "docs/errors"):
        expected = {
            f"netdsl/_data/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert expected <= names
    assert "netdsl/py.typed" in names
    assert {f"netdsl/std/{path.name}" for path in (ROOT / "netdsl" / "std").glob("*.net")} <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"netdsl"}
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if "/refresh" in name]
    assert wheel.stat().st_size < LARGEST


def test_the_installed_command_compiles_a_spec(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.net").write_text(SPEC, "utf-8")
    run(bin_folder / "netdsl", "compile", "tiny.net", cwd=tmp_path)
    text = (tmp_path / "tiny.py").read_text("utf-8")
    assert "Dense(4" in text
    compile(text, "tiny.py", "exec")


def test_the_installed_command_has_the_zoo(bin_folder: Path, tmp_path: Path) -> None:
    assert "EfficientNetB0" in run(bin_folder / "netdsl", "zoo", "--under", "6M", cwd=tmp_path)
    run(bin_folder / "netdsl", "zoo", "efficientnetb0", "-o", "mine.net", cwd=tmp_path)
    run(bin_folder / "netdsl", "check", "mine.net", cwd=tmp_path)


def test_the_installed_package_is_the_wheels_own(bin_folder: Path, tmp_path: Path) -> None:
    script = "import netdsl, netdsl.resources as r; print(netdsl.__file__); print(r.resource_dir('specs'))"
    package, specs = run(bin_folder / "python", "-c", script, cwd=tmp_path).split("\n")[:2]
    assert str(bin_folder.parent) in package
    assert str(bin_folder.parent) in specs
