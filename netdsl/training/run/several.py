"""Several processes that train one model together, by JAX: how one of them joins the others."""

from __future__ import annotations

import os

from netdsl.extras import needed
from netdsl.record import record

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


def wait_for_all(crew: Crew) -> None:
    """Wait until every process has come here, so that none goes while another still needs it."""
    if crew.count > 1:
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("netdsl")
