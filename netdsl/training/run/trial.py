"""One step of training, measured: its time, what memory is taken, and what an epoch will take."""

from __future__ import annotations

import sys
import time

from netdsl.foreign import Foreign
from netdsl.record import record
from netdsl.training.run.running import Request, guarded, load, make, steps_of

#: So many steps are timed, once the first has compiled.
TIMED = 5


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
    """Train for one step, then for a few more by the clock."""
    module = load(request)
    model, data = make(request, module), guarded(module.load_data, "data")
    first = _timed(model, data.train.take(1))
    count = min(TIMED, steps_of(data.train) or TIMED)
    step = _timed(model, data.train.take(count)) / count
    steps = steps_of(data.train)
    return Trial(
        first, step, steps, None if steps is None else steps * step, _resident(), _device_peak()
    )


def _timed(model: Foreign, batches: Foreign) -> float:
    started = time.perf_counter()
    guarded(lambda: model.fit(batches, epochs=1, verbose=0))
    return time.perf_counter() - started


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
