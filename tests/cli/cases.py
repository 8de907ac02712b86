"""Specs and a runner for the tests of the command line."""

from __future__ import annotations

from click.testing import CliRunner, Result

from netdsl.cli.commands import netdsl

GOOD = """model Tiny(classes: int = 10, act: activation = relu) {
    input image: [28, 28, 1]
    output probs = image -> Conv2D(8, 3, activation=act) -> Flatten() -> Dense(classes)
}
"""

WRONG = """model Tiny {
    input x: [8]
    output y = x -> Dense(4, activatoin=relu)
}
"""

SYMBOLIC = """model U {
    input x: [H, W, 3]
    low = x -> MaxPooling2D(2) -> MaxPooling2D(2) -> UpSampling2D(4)
    output y = [x, low] -> Concatenate() -> Conv2D(1, 1)
}
"""


def run(*arguments: str, stdin: str | None = None) -> Result:
    """Run `netdsl` in this process."""
    return CliRunner().invoke(netdsl, list(arguments), input=stdin, prog_name="netdsl")
