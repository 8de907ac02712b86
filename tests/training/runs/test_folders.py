"""Folders of runs: made, told apart, read from strangers, put side by side; no TensorFlow."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli.commands import netdsl as command_line
from netdsl.training.folder.making import FolderTaken, keep_spec, new_folder, write_json
from netdsl.training.folder.reading import NoRun, Recorded, newest_unfinished, run_at, runs_in
from netdsl.training.ranking import best_of, is_better_up, main_metric, ranked
from netdsl.training.run.best import best_epoch

SPEC = """\
model M(units: int = 8) {{
    input x: [4]
    output y = x -> Dense(units) -> Dense(3, activation=softmax)
}}
train M {{
    optimizer = adam
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    callbacks = [{callbacks}]
}}
"""


def made_run(
    folder: Path, accuracies: list[float], *, finished: bool = True, **environment: object
) -> Recorded:
    """Write the folder of a run as `train` does."""
    write_json(folder / "environment.json", {"model": "M", "spec": "/m.net", **environment})
    rows = "".join(f"{i},{a},{1 - a}\n" for i, a in enumerate(accuracies))
    (folder / "history.csv").write_text(f"epoch,val_accuracy,val_loss\n{rows}")
    (folder / "state").mkdir()
    if finished:
        write_json(
            folder / "metrics.json", {"test": {"accuracy": accuracies[-1]}, "parameters": 67}
        )
    return Recorded(folder)


def test_the_folder_of_a_run_is_named_for_its_time_and_never_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [new_folder("digits", None) for _ in range(5)]
    assert len(set(folders)) == 5
    assert {folder.parent for folder in folders} == {Path("runs/digits")}


def test_a_folder_that_holds_something_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert new_folder("m", str(tmp_path / "a")) == tmp_path / "a"
    (tmp_path / "a/notes.txt").write_text("mine")
    with pytest.raises(FolderTaken, match="not empty"):
        new_folder("m", str(tmp_path / "a"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        new_folder("m", str(tmp_path / "a"))


def test_a_spec_is_kept_with_what_it_imports_and_compiles_there(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "common.net").write_text("block wide(n: int) = Dense(4 * n)\n")
    (tmp_path / "nets/m.net").write_text(
        'from "../common.net" import wide\nfrom std.mlp import mlp\n'
        "model M { input x: [4]  output y = x -> wide(2) -> mlp([8, 2]) }\n"
    )
    compiled = netdsl.compile_file(tmp_path / "nets/m.net")
    assert compiled.ok, compiled.diagnostics
    kept = keep_spec(tmp_path / "run", compiled)
    again = netdsl.compile_file(tmp_path / "run/spec" / kept)
    assert again.ok
    assert again.model().totals == compiled.model().totals
    assert sorted(p.name for p in (tmp_path / "run/spec").rglob("*.net")) == ["common.net", "m.net"]


def test_json_has_null_for_what_is_no_number(tmp_path: Path) -> None:
    write_json(tmp_path / "m.json", {"loss": float("nan"), "all": [1.0, float("inf")]})
    assert json.loads((tmp_path / "m.json").read_text()) == {"loss": None, "all": [1.0, None]}


# -- read from strangers ------------------------------------------------------------------------


def test_a_spec_outside_the_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "secret.net").write_text("")
    run = made_run(tmp_path / "run", [0.5], spec_file="../../secret.net")
    (tmp_path / "run/spec").mkdir()
    with pytest.raises(NoRun, match="holds no spec"):
        _ = run.spec


@pytest.mark.parametrize("text", ["[1, 2]", "{", "[" * 100_000, '{"model": 3}', "\udcff", ""])
def test_a_broken_environment_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "environment.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    run = run_at(str(tmp_path))
    assert (run.model, run.classes, run.history, run.is_finished) == ("", None, [], False)


def test_the_newest_unfinished_run_of_this_spec_is_gone_on_with(tmp_path: Path) -> None:
    made_run(tmp_path / "1", [0.5], finished=False)
    made_run(tmp_path / "2", [0.5], finished=False, spec="/other.net")
    made_run(tmp_path / "3", [0.5])
    found = newest_unfinished(tmp_path, "/m.net")
    assert found is not None
    assert found.folder.name == "1"


# -- side by side -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "up"),
    [
        ("val_accuracy", True), ("loss", False), ("val_y_loss", False), ("val_mae", False), ("acc", True),
        ("digit_accuracy", True), ("auc_1", True), ("val_mean_squared_error", False), ("precision", True),
        ("val_root_mean_squared_error", False), ("sparse_categorical_accuracy", True), ("r2_score", True),
    ],
)  # fmt: skip
def test_which_way_a_metric_gets_better(metric: str, up: bool) -> None:
    assert is_better_up(metric) is up


def test_the_metric_that_runs_go_by() -> None:
    assert main_metric(["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]) == "val_accuracy"
    assert main_metric(["epoch", "loss", "val_loss"]) == "val_loss"
    assert main_metric(["epoch", "loss", "mae"]) == "mae"


def test_runs_are_ordered_by_their_best_epoch(tmp_path: Path) -> None:
    for name, accuracies in (("a", [0.4, 0.9, 0.5]), ("b", [0.6, 0.7]), ("c", [])):
        made_run(tmp_path / name, accuracies or [0.1])
    (tmp_path / "c/history.csv").write_text("")
    (tmp_path / "c/metrics.json").unlink()
    found = ranked(runs_in(tmp_path), "val_accuracy")
    assert [(run.folder.name, best) for run, best in found] == [("a", 0.9), ("b", 0.7), ("c", None)]
    assert best_of(runs_in(tmp_path)[0], "val_loss") == pytest.approx(0.1)


def test_the_table_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made_run(Path("runs/m/1"), [0.5, 0.6], hyperparameters={"lr": 0.1, "units": 8})
    made_run(Path("runs/m/2"), [0.7, 0.8], hyperparameters={"lr": 0.2, "units": 8}, seed=3)
    made_run(Path("runs/m/3"), [0.4], finished=False)
    result = CliRunner().invoke(command_line, ["runs"])
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[0] for row in rows[-3:]] == ["m/2", "m/1", "m/3"]
    assert rows[-3][1:4] == ["0.8", "0.8", "2"]
    assert rows[-1][-1] == "unfinished"
    listed = json.loads(CliRunner().invoke(command_line, ["runs", "--format", "json"]).stdout)
    assert [row["best"] for row in listed] == [0.8, 0.6, 0.4]
    both = CliRunner().invoke(command_line, ["runs", "runs/m/1", "runs/m/2"]).stdout
    assert "lr: 0.1 -> 0.2" in both.splitlines()
    assert "seed: - -> 3" in both.splitlines()
    assert not [line for line in both.splitlines() if line.startswith("units")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "There is no folder `nowhere`"),
        (["."], "There is no run in `.`"),
        (["runs", "other"], "`runs` is no folder of a run"),
        (["a", "b", "c"], "or two runs to compare"),
        (["runs", "--metric", "val_acuracy"], "they have val_accuracy, val_loss"),
    ],
)
def test_what_runs_cannot_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "runs":
        made_run(Path("runs/m/1"), [0.5])
    result = CliRunner().invoke(command_line, ["runs", *arguments])
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


# -- the epoch that counts ----------------------------------------------------------------------

HISTORY = {
    "loss": [4, 3, 2, 1, 0.5],
    "val_loss": [3, 2, 2.5, 1.95, 2.2],
    "val_accuracy": [0.1, 0.5, 0.9, 0.6, 0.2],
}


@pytest.mark.parametrize(
    ("callbacks", "epoch"),
    [
        ("", 4),
        ("EarlyStopping(patience=3)", 4),
        ("EarlyStopping(patience=3, restore_best_weights=True)", 3),
        ("EarlyStopping(patience=3, restore_best_weights=True, min_delta=0.1)", 1),
        ('EarlyStopping(monitor="val_accuracy", patience=3, restore_best_weights=True)', 2),
        (
            'ModelCheckpoint("best.keras", monitor="val_accuracy", mode="max", save_best_only=True)',
            2,
        ),
    ],
)
def test_the_epoch_whose_weights_are_kept(callbacks: str, epoch: int) -> None:
    compiled = netdsl.compile_text(SPEC.format(callbacks=callbacks))
    assert compiled.ok, compiled.diagnostics
    assert best_epoch(compiled.experiment(), HISTORY) == epoch


def test_long_names_leave_a_picture_its_room(tmp_path: Path) -> None:
    numpy, image = pytest.importorskip("numpy"), pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    from netdsl.training.pictures import LONGEST_NAME, draw_confusion, shortened

    name = "a very long name of a class that goes on and on"
    assert shortened(name, LONGEST_NAME) == "a very long …s on and on"
    assert shortened("rose", LONGEST_NAME) == "rose"
    both = numpy.arange(4) % 2
    draw_confusion(both, both, [name, "b"], tmp_path / "c.png", "test")
    with image.open(tmp_path / "c.png") as picture:
        dark = (
            numpy.asarray(picture.convert("RGB"))[..., 0] < 20
        )  # two cells that are right, of four
    assert dark.mean() > 0.1
