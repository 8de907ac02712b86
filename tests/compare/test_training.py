"""What changed in how a network is trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli.commands import netdsl as command
from netdsl.compare.training import compare_training

BASE = """
model M(width: int in [4, 8] = 4) {
    input x: [28, 28, 1]
    output y = x -> Flatten() -> Dense(width, activation=relu) -> Dense(10, activation=softmax)
}
train M(lr: float in (1e-4, 1e-2) = 1e-3) {
    data = npz("f.npz")
    augment = RandomFlip() -> RandomRotation(0.1)
    optimizer = Adam(lr)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 5
}
"""


def told(after: str, before: str = BASE) -> list[tuple[str, str, str, str]]:
    old, new = (netdsl.compile_text(text) for text in (before, after))
    assert old.ok
    assert new.ok, [d.message for d in new.diagnostics]
    trained = [next(iter(c.experiments), None) for c in (old, new)]
    return [(c.what, c.kind, c.subject, *c.details) for c in compare_training(*trained)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Adam(lr)", "Adam(learning_rate=lr, beta_1=0.9)"),
        ("Adam(lr)", "adam"),
        ("epochs = 5", "epochs = 5 batch_size = 32 jit_compile = 'auto' memory_growth = True"),
        ("metrics = [accuracy]", "metrics = ['accuracy']"),
        ('npz("f.npz")', 'npz(path="f.npz")'),
        ("1e-3", "0.001"),
    ],
)
def test_what_comes_to_the_same_is_no_change(old: str, new: str) -> None:
    assert told(BASE.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("epochs = 5", "epochs = 9", ("changed", "setting", "epochs", "5 -> 9")),
        ("epochs = 5", "", ("changed", "setting", "epochs", "5 -> 1")),
        ("epochs = 5", "epochs = 5 seed = 3", ("added", "setting", "seed", "3")),
        ("Adam(lr)", "SGD(lr, momentum=0.9)", (
            "changed", "setting", "optimizer", "Adam() -> SGD(learning_rate=0.001, momentum=0.9)")),
        ('npz("f.npz")', 'npz("g.npz", x="a")', (
            "changed", "setting", "data", 'npz(path="f.npz") -> npz(path="g.npz", x="a")')),
        ("RandomFlip() -> ", "", (
            "changed", "setting", "augment", "RandomFlip() -> RandomRotation(factor=0.1) "
            "-> RandomRotation(factor=0.1)")),
        ("metrics = [accuracy]", "", ("changed", "setting", "metrics", "[Accuracy()] -> []")),
        ("in [4, 8]", "in [4, 16]", (
            "changed", "hyperparameter", "width", "4 in [4, 8] -> 4 in [4, 16]")),
    ],
)  # fmt: skip
def test_a_change_is_told_with_both_values(
    old: str, new: str, change: tuple[str, str, str, str]
) -> None:
    assert told(BASE.replace(old, new)) == [change]


def test_another_default_changes_what_uses_it_too() -> None:
    assert told(BASE.replace("= 1e-3)", "= 5e-3)")) == [
        ("changed", "setting", "optimizer", "Adam() -> Adam(learning_rate=0.005)"),
        ("changed", "hyperparameter", "lr", "0.001 in (0.0001, 0.01) -> 0.005 in (0.0001, 0.01)"),
    ]


def test_a_block_that_comes_or_goes_is_told() -> None:
    without = BASE[: BASE.index("train M")]
    assert told(BASE, without) == [("added", "training", "M")]
    assert told(without) == [("removed", "training", "M")]


def test_diff_tells_it_after_the_network(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(BASE)
    (tmp_path / "b.net").write_text(BASE.replace("epochs = 5", "epochs = 9"))
    files = [str(tmp_path / "a.net"), str(tmp_path / "b.net")]
    result = CliRunner().invoke(command, ["diff", *files])
    assert result.stdout == "~ setting epochs: 5 -> 9\n"
    rows = json.loads(CliRunner().invoke(command, ["diff", *files, "--format", "json"]).stdout)
    assert rows == [
        {"what": "changed", "kind": "setting", "subject": "epochs", "details": ["5 -> 9"]}
    ]


def test_a_summary_says_what_may_be_tried() -> None:
    summary = netdsl.compile_text(BASE).model().summary()
    assert summary["tried"] == {"width": {"choices": [4, 8]}}
    assert summary["hyperparameters"] == {"width": 4}
