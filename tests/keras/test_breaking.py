"""`breaking` against Keras itself: the order of layers, and whether a checkpoint really loads."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import netdsl
from netdsl.compare.breaking import compare_weights
from netdsl.compare.holders import keras_order

pytestmark = pytest.mark.keras

SPECS = Path(__file__).resolve().parents[2] / "specs"

FORKED = """
model M {
    input image: [16, 16, 3]
    input side: [4]
    a = image -> Conv2D(4, 3, padding="same")
    b = a -> Conv2D(4, 3, padding="same") -> BatchNormalization()
    c = [a, b] -> Add() -> GlobalAveragePooling2D()
    output first = [c, side -> Dense(4)] -> Concatenate() -> Dense(3)
    output second = c -> Dense(4)
}
"""

TURNED = FORKED.replace("second", "zeroth").replace("first", "second").replace("zeroth", "first")

CHANGES = [
    (
        "padding",
        FORKED.replace('a -> Conv2D(4, 3, padding="same")', 'a -> Conv2D(4, 5, padding="same")'),
    ),
    ("a dropout", FORKED.replace("output second = c ->", "output second = c -> Dropout(0.1) ->")),
    ("a normalization less", FORKED.replace(" -> BatchNormalization()", "")),
    ("another dense", FORKED.replace("output second = c ->", "output second = c -> Dense(4) ->")),
    ("other widths", FORKED.replace("Dense(3)", "Dense(5)")),
    (
        "the outputs turned round",
        FORKED.replace("second", "zeroth").replace("first", "second").replace("zeroth", "first"),
    ),
]


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "densenet121", "unet", "siamese"])
def test_layers_come_in_the_order_of_keras(name: str) -> None:
    compiled = netdsl.compile_file(SPECS / f"{name}.net")
    ours = [o.name for o in keras_order(compiled.model().net) if o.family != "op"]
    assert ours == [layer.name for layer in compiled.build().layers]


@pytest.mark.parametrize(("label", "after"), CHANGES, ids=[label for label, _ in CHANGES])
def test_a_checkpoint_loads_exactly_where_breaking_says_so(
    label: str, after: str, tmp_path: Path
) -> None:
    _check(FORKED, after, tmp_path / "weights.weights.h5")


@pytest.mark.parametrize("seed", range(20))
def test_drawn_versions_load_exactly_where_breaking_says_so(seed: int, tmp_path: Path) -> None:
    """Layers cut off, inserted, in another order, renamed; outputs that come and go."""
    draw = random.Random(seed)
    version = _drawn(draw)
    _check(_spec(version), _spec(_changed(version, draw)), tmp_path / "weights.weights.h5")


def _check(before: str, after: str, path: Path) -> None:
    """Hold what `breaking` says of two specs against Keras."""
    old, new = netdsl.compile_text(before), netdsl.compile_text(after)
    comparison = compare_weights(old.model("M").net, new.model("M").net)
    trained, model = old.build("M"), new.build("M")
    trained.save_weights(path)
    try:
        model.load_weights(path)
        loaded = True
    except ValueError:
        loaded = False
    refused = any(item.problem in ("missing", "shapes differ") for item in comparison.loading)
    assert loaded is not refused
    if loaded:
        _check_where_weights_went(trained, model, comparison)


def _check_where_weights_went(before: object, model: object, comparison: object) -> None:
    """Where `breaking` sees no trouble each layer has the weights of its counterpart."""
    import numpy

    if not comparison.loads:  # type: ignore[attr-defined]
        return
    for match in comparison.matches:  # type: ignore[attr-defined]
        if match.before is None or match.after is None:
            continue
        old = _layer(before, match.before.name).get_weights()
        new = _layer(model, match.after.name).get_weights()
        assert all(numpy.array_equal(a, b) for a, b in zip(old, new, strict=True))


def _layer(model: Any, path: str) -> Any:
    for name in path.split("/"):
        model = model.get_layer(name)
    return model


# -- drawn versions -----------------------------------------------------------------------------

USED = """
block unit(n: int) { input x
    output u = x -> Dense(n) -> BatchNormalization() }
model Inner { input z: [4]
    output z -> Dense(4) -> Dense(4) }
"""

STAGES = ("Dense(4)", "Dense(4)", "Dense(6)", "BatchNormalization()", "Dropout(0.1)", "unit(4)")


@dataclass(frozen=True)
class Version:
    """A trunk of stages and the outputs behind it, each with the stages of its head."""

    trunk: tuple[str, ...]
    heads: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _drawn(draw: random.Random) -> Version:
    names = draw.sample(["a", "b", "c"], draw.randint(1, 2))
    return Version(_stages(draw), {name: _stages(draw) for name in names})


def _stages(draw: random.Random) -> tuple[str, ...]:
    return tuple(draw.choice(STAGES) for _ in range(draw.randint(1, 4)))


def _spec(version: Version) -> str:
    lines = [f"h = x -> {' -> '.join(('Dense(4)', *version.trunk, 'Dense(4)', 'Inner()'))}"]
    lines += [f"output {name} = h -> {' -> '.join(head)}" for name, head in version.heads.items()]
    return USED + "model M { input x: [4]\n" + "\n".join(lines) + "\n}\n"


def _changed(version: Version, draw: random.Random) -> Version:
    name, head = draw.choice(list(version.heads.items()))
    others = {n: h for n, h in version.heads.items() if n != name}
    match draw.randrange(6):
        case 0:
            return replace(version, heads={**version.heads, name: head[:-1] or ("ReLU()",)})
        case 1:
            return replace(version, heads={**version.heads, name: (*head, draw.choice(STAGES))})
        case 2:
            return replace(version, trunk=version.trunk[1:])
        case 3:
            return replace(version, trunk=(draw.choice(STAGES), *version.trunk))
        case 4:
            return replace(version, heads={"q" + name: head, **others})
        case _:
            return replace(version, heads=others or {name: head[1:] or ("ReLU()",)})
