"""N085 and N086: the data of a `train` block, held against its model before the first step, and runs that fail."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class MissingData(Problem, code="N0851", title="there is no data at `{name}`"): ...


class UnknownColumn(Problem, code="N0852", title="the data has no {what} `{name}`"): ...


class SampleDiffers(Problem, code="N0853", title="the samples do not fit {role} `{name}`"): ...


class ValuesDiffer(Problem, code="N0854", title="{role} `{name}` takes values of another kind"): ...


class LabelOutside(Problem, code="N0855", title="labels lie outside the classes of `{name}`"): ...


class IndexOutside(Problem, code="N0856", title="numbers for `{name}` lie outside a table"): ...


class LabelsForLoss(
    Problem, code="N0857", title="the labels of `{name}` are not what its loss takes"
): ...


class NoSamples(Problem, code="N0858", title="there is nothing in the data"): ...


class NotFinite(Problem, code="N0859", title="the data holds NaN or infinity"): ...


class EmptyClass(Problem, code="N0860", title="the folder of class `{name}` is empty"): ...


class OneClass(Problem, code="N0861", title="all labels of `{name}` are of one class"): ...


class EmptySplit(Problem, code="N0862", title="`{name}` leaves nothing"): ...


class BrokenFile(Problem, code="N0863", title="a file of the data cannot be decoded"): ...


class UnreadableData(Problem, code="N0864", title="the data cannot be read"): ...


class CountsDiffer(Problem, code="N0865", title="the arrays differ in their number of samples"): ...


class StepFailed(Problem, code="N0866", title="Keras stops while it trains `{name}`"): ...


class DeclaredOtherwise(Problem, code="N0867", title="`{name}` is not as declared"): ...


class WeightsDiffer(Problem, code="N0868", title="`{name}` does not weigh samples"): ...


class NotFetched(Problem, code="N0869", title="`{name}` cannot be fetched"): ...
