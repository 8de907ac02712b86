"""What Keras raises is told at the place in the spec that it is about."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.training.run.blame import diagnose


def get_file() -> None:
    """Stand for the function of Keras that fetches, by its name in the traceback."""
    raise Exception("URL fetch failure on https://there/weights.h5: None -- no such name")


def MobileNetV2() -> None:
    get_file()


def Net() -> None:
    MobileNetV2()


def load_data() -> None:
    get_file()


OWN = "Conv2D(4, 3)"
KERAS = 'applications.MobileNetV2(include_top=False, weights="imagenet")'


@pytest.mark.parametrize(
    ("stage", "start", "raises", "place"),
    [
        (OWN, f"start_from = {KERAS}", MobileNetV2, KERAS),
        (KERAS, "", Net, KERAS),
        (KERAS, 'start_from = run("runs/a")', Net, KERAS),
        (OWN, "", load_data, 'dataset("cifar10")'),
    ],
)
def test_what_cannot_be_fetched_is_told_where_it_is_asked_for(
    stage: str, start: str, raises: object, place: str
) -> None:
    text = f"""
model Net {{
    input x: [32, 32, 3]
    output y = x
        -> Rescaling(1 / 127.5, offset=-1)
        -> {stage}
        -> GlobalAveragePooling2D()
        -> Dense(10, activation=softmax)
}}
train Net {{
    data = dataset("cifar10")
    {start}
    optimizer = adam
    loss = sparse_categorical_crossentropy
}}
"""
    (experiment,) = netdsl.compile_text(text).experiments
    assert callable(raises)
    with pytest.raises(Exception, match="URL fetch failure") as caught:
        raises()
    found = diagnose(caught.value, experiment)
    assert found.code == "N0869"
    assert found.primary.span.text == place
    assert "https://there" in found.primary.text
    assert "~/.keras" in found.help
