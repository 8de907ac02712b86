"""What watches a run from within `fit`: a loss that is no number ends it."""

from __future__ import annotations

import math

from netdsl.foreign import Foreign


def stop_at_nan() -> Foreign:
    """Make the callback that ends training after the first epoch whose loss is NaN or infinite.

    It looks at whole epochs alone: to look at each step would make a GPU wait for the program.
    """
    import keras

    class StopAtNaN(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            loss = (logs or {}).get("loss")
            if loss is not None and not math.isfinite(loss):
                self.model.stop_training = True

    return StopAtNaN()


def first_nan(history: dict[str, list[float]]) -> int | None:
    """Give the number of the first epoch whose loss is no number, counted from 1."""
    losses = history.get("loss", [])
    return next((i for i, loss in enumerate(losses, 1) if not math.isfinite(loss)), None)
