"""How a rule of the catalogue refuses a call."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class Refusal(Exception):
    """Raised by a rule for what Keras would refuse: the problem's code, the label, and whom to blame.

    `blames` is an argument's name, a call-time argument's name, or ("input", index); without it the call is
    blamed. `facts` fill the braces of the problem's title (`layer` is always given). `differs` are (input, axis) pairs
    whose sizes do not fit, so that it can be said where each came from.
    """

    def __init__(
        self,
        problem: type[Problem],
        label: str,
        *,
        blames: str | tuple[str, int] | None = None,
        help: str = "",
        differs: tuple[tuple[int, int], ...] = (),
        **facts: object,
    ) -> None:
        super().__init__(label)
        self.differs = differs
        self.problem, self.label, self.blames, self.help, self.facts = (
            problem,
            label,
            blames,
            help,
            facts,
        )
