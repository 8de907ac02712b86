"""What watches a run from within `fit`, for a Ctrl-C that got lost; and the loss of a run that is no number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from netdsl.ending import end_if_asked
from netdsl.foreign import Foreign


def stop_in_time(beginning: Callable[[], None]) -> Foreign:
    """Make the callback that ends training when asked to end; it calls `beginning` when all that was kept is read."""
    import keras

    class StopInTime(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            end_if_asked()
            beginning()

    return StopInTime()


def first_nan(history: Mapping[str, Sequence[Foreign]]) -> int | None:
    """Give the number of the first epoch whose loss is no number, counted from 1."""
    losses = history.get("loss", [])
    return next((i for i, loss in enumerate(losses, 1) if not math.isfinite(loss)), None)
