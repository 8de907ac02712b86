"""The page of common mistakes tells what Keras says of them, word by word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras

from tests.test_docs import script

pytestmark = pytest.mark.keras

MAKER = script("make_side_by_side")


@pytest.mark.parametrize("spec", MAKER.MISTAKES, ids=lambda spec: spec.stem)
def test_keras_says_what_the_page_tells(spec: Path) -> None:
    assert MAKER.ask_keras(spec.with_suffix(".py")) == MAKER.keras_says(spec).read_text("utf-8")


def test_the_page_names_the_version_that_was_asked() -> None:
    assert MAKER.kept_version() == keras.__version__
