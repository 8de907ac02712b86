"""N10: models that cannot be imported."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class NoModel(Problem, code="N1001", title="cannot read a model from `{name}`"): ...


class NotSayable(Problem, code="N1002", title="`{name}` cannot be written in a spec"): ...


class NoModelMade(Problem, code="N1003", title="`{name}` gives no model"): ...


class ImportDiffers(Problem, code="N1004", title="the spec that was made is not `{name}`"): ...
