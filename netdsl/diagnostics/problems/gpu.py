"""N07: running on a GPU."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class RaggedWidth(
    Problem, code="N0701", title="`{layer}` does not fill the tensor cores", severity="advice"
): ...


class LeavesCudnn(
    Problem, code="N0702", title="`{layer}` leaves cuDNN's path", severity="advice"
): ...


class ThinConvolutions(
    Problem,
    code="N0703",
    title="{count} of {all} convolutions gain little from half precision",
    severity="advice",
): ...


class OverriddenTraining(
    Problem,
    code="N0704",
    title="`training={value}` at `{layer}` holds only until the model is run",
    severity="warning",
): ...


class HalfOutput(
    Problem, code="N0705", title="output `{name}` is in {dtype} as it is written", severity="advice"
): ...


class StringsUnderXla(
    Problem, code="N0706", title="`{layer}` does not run under XLA", severity="warning"
): ...


class UnevenReplicas(
    Problem,
    code="N0707",
    title="a batch of {batch} does not divide among {replicas} replicas",
): ...


class OutOfMemory(
    Problem,
    code="N0708",
    title="training `{model}` takes more memory than {device} has",
    severity="warning",
): ...
