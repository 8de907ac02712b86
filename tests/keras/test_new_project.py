"""A project of `netdsl new` is trained on the data that it makes, and its whole test passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.zoo.project import TASKS
from tests import warm

pytestmark = pytest.mark.keras


def done(*command: str, cwd: Path) -> str:
    result = warm.run(command, cwd, CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_a_project_trains_and_its_test_passes(tmp_path: Path) -> None:
    done("-m", "netdsl", "new", "signs", "--from", "lenet5", cwd=tmp_path)
    folder = tmp_path / "signs"
    done("make_pictures.py", cwd=folder)
    told = done("-m", "netdsl", "train", "signs.net", "--epochs", "1", cwd=folder)
    assert "validation" in told
    assert list((folder / "runs" / "signs").glob("*/model.keras"))
    assert "3 passed" in done("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("base", sorted(path.name for path in TASKS.iterdir()))
def test_each_task_is_learned_for_an_epoch(base: str, tmp_path: Path) -> None:
    done("-m", "netdsl", "new", "mine", "--from", base, cwd=tmp_path)
    folder = tmp_path / "mine"
    done("make_data.py", cwd=folder)
    assert "loss" in done("-m", "netdsl", "train", "mine.net", "--epochs", "1", cwd=folder)
    assert list((folder / "runs" / "mine").glob("*/model.keras"))
    assert "3 passed" in done("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["cyclegan", "dcgan", "wgan_gp"])
def test_networks_learn_against_one_another(source: str, tmp_path: Path) -> None:
    done("-m", "netdsl", "new", "mine", "--from", source, cwd=tmp_path)
    folder = tmp_path / "mine"
    done("make_data.py", cwd=folder)
    (folder / "once.py").write_text("import adversarial\n\nadversarial.main(2)\n", "utf-8")
    told = done("once.py", cwd=folder)
    assert "0: critic" in told
    assert "nan" not in told
    assert (folder / "made.png").stat().st_size > 0
    assert list(folder.glob("*.keras"))
