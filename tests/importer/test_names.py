"""Names that strangers give to inputs, outputs and layers: kept where a spec can have them, told where it cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest

import netdsl
from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.test_hostile import layer, model

#: Words of the language, of its library, of Keras and of Python; what no name may be in a spec is beside.
WORDS = (
    "ops x input inputs output let layer weight weights defaults fn block model train extern assert std from import "
    "applications len range max min sum params macs memory int bool str any list shape activation keras relu Dense "
    "class def lambda return residual feed_forward units filters conv_bn dense skip image mask"
).split()
NEVER = "for if else in not and or as is None True False repeat _ a-b 1x x.y".split()


def activated(name: str, source: str) -> dict[str, Any]:
    made = layer(name, source)
    return {**made, "config": {**made["config"], "activation": "relu"}}


def applied(name: str, source: str) -> dict[str, Any]:
    """Give a function of `ops` on a tensor."""
    made = layer(name, source, kind="Tanh", module="keras.src.ops.numpy")
    return {**made, "config": {"name": name}}


def network(*, input: str = "zz", inner: str = "qq", outputs: tuple[str, str] = ("u", "v")) -> Any:
    found = model(
        layer(input),
        activated(inner, input),
        applied("f", inner),
        layer("g", "f"),
        layer("h", inner),
    )
    found["config"]["input_layers"] = [input, 0, 0]
    ends = dict(zip(outputs, (["g", 0, 0], ["h", 0, 0]), strict=True))
    found["config"]["output_layers"] = ends
    return json.loads(json.dumps(found))


@pytest.mark.parametrize("word", [*WORDS, *NEVER])
def test_any_name_of_an_input_or_a_layer_is_kept(word: str) -> None:
    for is_flat in (True, False):
        text = imported(read_value(network(input=word), "m"), "m", flat=is_flat).text
        net = netdsl.compile_text(text).model().net
        assert [net.nodes[number].name for number in net.inputs] == [word]
    again = imported(read_value(network(inner=word), "m"), "m", flat=True)
    assert again.comparison.unnamed == []


#: Outputs that no spec can have, since it says something else by that word in this model.
MEANT = ("ops", "relu", "Dense")


@pytest.mark.parametrize("word", WORDS)
def test_an_output_keeps_the_name_that_losses_go_by(word: str) -> None:
    value = network(outputs=(word, "other"))
    if word in MEANT:
        with pytest.raises(CannotImport, match="means something else") as caught:
            imported(read_value(value, "m"), "m")
        assert caught.value.diagnostic.code == "N1002"
        return
    for is_flat in (True, False):
        text = imported(read_value(value, "m"), "m", flat=is_flat).text
        assert f"output {word}" in text


@pytest.mark.parametrize("word", NEVER)
def test_an_output_that_no_spec_can_have_is_told(word: str) -> None:
    with pytest.raises(CannotImport, match="that is no name in a spec"):
        imported(read_value(network(outputs=("other", word)), "m"), "m")
