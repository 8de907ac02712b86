"""What watches a run from within `fit`: a loss that is no number ends it, and a Ctrl-C that got lost."""

from __future__ import annotations

import math
from collections.abc import Callable

from netdsl.ending import end_if_asked
from netdsl.foreign import Foreign


def stop_in_time(beginning: Callable[[], None]) -> Foreign:
    """Make the callback that ends training after the first epoch whose loss is NaN or infinite, or when asked to end.

    It looks at whole epochs alone: to look at each step would make a GPU wait for the program. Before each it calls
    `beginning`, when all that was kept of a run is read.
    """
    import keras

    class StopInTime(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            end_if_asked()
            beginning()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            loss = (logs or {}).get("loss")
            if loss is not None and not math.isfinite(loss):
                self.model.stop_training = True

    return StopInTime()


def first_nan(history: dict[str, list[float]]) -> int | None:
    """Give the number of the first epoch whose loss is no number, counted from 1."""
    losses = history.get("loss", [])
    return next((i for i, loss in enumerate(losses, 1) if not math.isfinite(loss)), None)
