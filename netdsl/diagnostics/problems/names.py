"""N02: names and imports that cannot be resolved."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnknownName(Problem, code="N0201", title="unknown name `{name}`"): ...


class NameBoundTwice(Problem, code="N0202", title="`{name}` is bound twice"): ...


class UnknownImport(Problem, code="N0203", title="`{name}` is not in the imported file"): ...


class UnknownModule(Problem, code="N0204", title="there is no library `{name}`"): ...


class UnreadableImport(Problem, code="N0205", title="`{name}` cannot be imported"): ...


class ImportCycle(Problem, code="N0206", title="`{name}` imports itself"): ...


class UnknownStage(Problem, code="N0207", title="unknown layer or block `{name}`"): ...


class UnsupportedKind(Problem, code="N0208", title="netdsl has no rule for `{name}`"): ...


class UnknownMember(Problem, code="N0209", title="there is no `{name}` here"): ...


class UnknownModel(Problem, code="N0210", title="unknown model `{name}`"): ...


class UnusedName(Problem, code="N0211", title="`{name}` is not used", severity="warning"): ...
