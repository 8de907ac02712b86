"""Several processes that train one model together, by JAX: how one of them joins the others."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from netdsl.analyse.advice.gpu import replicas
from netdsl.elaborate.training.experiment import Strategy
from netdsl.extras import needed
from netdsl.record import record
from netdsl.value import Value

#: Seconds that the others are waited for at the start, and after which one that gives no sign of life counts as dead.
ARRIVAL, DEAD = 120, 30

#: What stands for the variables of Slurm, Kubernetes or Open MPI, as JAX reads them.
BY_ENVIRONMENT = "auto"


class NotJoined(Exception):
    """The workers did not all come together."""


@record
class Crew:
    """The processes of a run: how many, and which this one is. Number 0 writes and evaluates for all."""

    count: int = 1
    index: int = 0

    @property
    def writes(self) -> bool:
        return self.index == 0


def join(workers: str, index: int | None) -> Crew:
    """Join the other processes; raises NotJoined where they do not all come."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ.setdefault("JAX_CPU_COLLECTIVES_IMPLEMENTATION", "gloo")
    jax = needed("jax", "for several workers")
    waiting: dict[str, int | str] = {
        "initialization_timeout": ARRIVAL,
        "heartbeat_timeout_seconds": DEAD,
    }
    if workers != BY_ENVIRONMENT:
        addresses = workers.split(",")
        waiting |= {"num_processes": len(addresses), "process_id": index or 0}
        waiting["coordinator_address"] = addresses[0]
    try:
        jax.distributed.initialize(**waiting)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise NotJoined(f"the workers {workers} did not all come together: {reason}") from error
    return Crew(jax.process_count(), jax.process_index())


def agree(crew: Crew, facts: Mapping[str, str]) -> None:
    """Hold what each worker has against what the first has; raises NotJoined in all of them where one differs."""
    if crew.count == 1:
        return
    numpy = needed("numpy")
    from jax.experimental import multihost_utils

    marks = [hashlib.sha256(fact.encode()).digest() for fact in facts.values()]
    own = numpy.frombuffer(b"".join(marks), "uint8").reshape(len(marks), -1)
    everybodys = numpy.asarray(multihost_utils.process_allgather(own))
    for index, theirs in enumerate(everybodys):
        for what, ours, first in zip(facts, theirs, everybodys[0], strict=True):
            if (ours != first).any():
                raise NotJoined(f"worker {index} has not {what} that worker 0 has")


def parts_of_a_batch(strategy: Value, backend: str) -> int:
    """Count the devices that a batch is shared out to."""
    if not isinstance(strategy, Strategy):
        return 1
    named = replicas(strategy)
    if named is not None:
        return named
    if backend == "jax":
        return int(needed("jax").device_count())
    if strategy.kind != "MirroredStrategy":
        return 1
    return len(needed("tensorflow").config.list_physical_devices("GPU")) or 1


def is_lost_worker(error: BaseException | None) -> bool:
    """Tell whether what JAX raises comes of another worker that is gone: its errors carry no more than a text."""
    found = str(error)
    return any(word in found for word in ("Gloo", "NCCL", "oordination service", "UNAVAILABLE"))


def wait_for_all(crew: Crew) -> None:
    """Wait until every process has come here, so that none goes while another still needs it."""
    if crew.count > 1:
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("netdsl")
