"""One step of training, measured: its time, what memory is taken, and what an epoch will take."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from netdsl.record import record
from netdsl.training.run.overrides import without
from netdsl.training.run.running import Request, guarded, load, make, steps_of

#: Once the first has compiled, so many steps are timed: about so many seconds of them, and at most so many.
SECONDS, MOST_TIMED = 2.0, 50


@record
class Trial:
    """Seconds and bytes; `epoch` is None where nobody knows how many steps one has."""

    first: float
    step: float
    steps: int | None
    epoch: float | None
    resident: int
    device_peak: int


def try_step(request: Request) -> Trial:
    """Train for one step, then for some more by the clock: what `fit` takes to begin is no part of a step."""
    name = request.experiment.model  # whose callbacks write files
    module = load(replace(request, compiled=without(request.compiled, name, ("callbacks",))))
    model, data = make(request, module), guarded(module.load_data, "data")
    steps = steps_of(data.train)

    def timed(count: int) -> float:
        batches = data._replace(train=data.train.take(count), validation=None)
        started = time.perf_counter()
        guarded(lambda: module.fit(model, batches, epochs=1, verbose=0))
        return time.perf_counter() - started

    first, beginning = timed(1), timed(1)
    more = max(1, min((steps or MOST_TIMED) - 1, MOST_TIMED, round(SECONDS / beginning)))
    step = (timed(1 + more) - beginning) / more
    step = step if step > 0 else beginning
    epoch = None if steps is None else steps * step
    return Trial(first, step, steps, epoch, _resident(), _device_peak())


def _resident() -> int:
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _device_peak() -> int:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not tensorflow.config.list_physical_devices("GPU"):
        return 0
    return int(tensorflow.config.experimental.get_memory_info("GPU:0")["peak"])
