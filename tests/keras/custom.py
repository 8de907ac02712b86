"""Functions and layers of a user's own, as `extern` declarations name them."""

from __future__ import annotations

from typing import Any

import keras


def twice(x: Any) -> Any:
    return 2 * x
