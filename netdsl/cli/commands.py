"""The command line: finds the command, and ends well whatever happens.

A command is a module of this package with a click command called `command`; it is imported when it is asked for,
so that `netdsl --help` and every other command start fast. A command returns its exit status.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, TypeVar

import click

from netdsl.cli import streams
from netdsl.cli.output import tell
from netdsl.cli.streams import CannotWrite
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.loading import reason_of
from netdsl.ending import INTERRUPTED
from netdsl.version import __version__

BROKEN_PIPE = 141  # as shells report a process whose reader went away
FAILED = 2


class Entry(NamedTuple):
    """Where a command lives and what the overview says of it."""

    module: str
    help: str


COMMANDS: Mapping[str, Entry] = {
    "compile": Entry("netdsl.cli.compile", "Write a spec as readable Keras code."),
    "check": Entry(
        "netdsl.cli.check", "Say everything that is wrong with a spec, and what could be better."
    ),
    "summary": Entry("netdsl.cli.summary", "Show the layers, with shapes, parameters and cost."),
    "run": Entry("netdsl.cli.run", "Run a network on a picture or array, and show what comes out."),
    "graph": Entry("netdsl.cli.graph", "Draw a model: SVG, PNG, PDF, HTML and others."),
    "train": Entry("netdsl.cli.train", "Train a model as its `train` block says."),
    "evaluate": Entry("netdsl.cli.evaluate", "Evaluate the model of a run."),
    "predict": Entry("netdsl.cli.predict", "Ask the model of a run about pictures, arrays, texts."),
    "export": Entry("netdsl.cli.export", "Write the model of a run for other programs."),
    "runs": Entry(
        "netdsl.cli.runs", "List runs, the best first, or say what differed between two."
    ),
    "sweep": Entry("netdsl.cli.sweep", "List what a spec says may be tried, or search through it."),
    "diff": Entry("netdsl.cli.diff", "Say what changed in a network between two versions."),
    "breaking": Entry("netdsl.cli.breaking", "Tell whether trained weights still load."),
    "compare": Entry("netdsl.cli.compare", "Set networks side by side."),
    "import": Entry("netdsl.cli.import_model", "Write a Keras model as a spec."),
    "zoo": Entry("netdsl.cli.zoo", "List the networks that ship with netdsl, or copy one."),
    "new": Entry("netdsl.cli.new", "Start a project with a spec of the zoo."),
    "fmt": Entry("netdsl.cli.fmt", "Lay specs out in the one layout."),
    "explain": Entry("netdsl.cli.explain", "Explain a diagnostic code."),
    "layers": Entry("netdsl.cli.layers", "Look up layers, activations and initializers."),
}


class Commands(click.Group):
    """A group whose commands are imported on demand, and which never shows a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = import_module(entry.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = closest(name, COMMANDS)
            hint = f" Did you mean `{near}`?" if near else " `netdsl --help` lists the commands."
            ctx.fail(f"There is no command `{name}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    # What click passes on, it gives no types.
    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line, and end the process with its status."""
        streams.prepare()
        status = self._status(args, prog_name, extra)
        streams.finish()
        sys.exit(status)

    def _status(
        self, args: Sequence[str] | None, prog_name: str | None, extra: dict[str, Any]
    ) -> int:
        try:
            return int(super().main(args, prog_name, **extra | {"standalone_mode": False}) or 0)
        except click.Abort:
            return INTERRUPTED
        except click.ClickException as error:
            text = io.StringIO()
            error.show(text)
            return _ending(lambda: tell(text.getvalue())) or error.exit_code

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        def make() -> click.Context:
            return super(Commands, self).make_context(*arguments, **named)

        return _ended_well(make)

    def invoke(self, ctx: click.Context) -> object:
        return _ended_well(lambda: super(Commands, self).invoke(ctx))


T = TypeVar("T")


def _ended_well(work: Callable[[], T]) -> T:
    """Do a piece of work; what stops it is told, and becomes the status that the command line exits with."""
    result: list[T] = []
    status = _ending(lambda: result.append(work()))
    if status:
        raise click.exceptions.Exit(status)
    return result[0]


def _ending(work: Callable[[], None]) -> int:
    """Do a piece of work and give 0, or tell what stopped it and give the exit status for that."""
    try:
        work()
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        with suppress(OSError, CannotWrite):
            _tell(error)
        return FAILED
    return 0


def _tell(error: Exception) -> None:
    """Say what stopped the run: standard output, or a mistake of ours."""
    is_echo = isinstance(error, OSError) and error.filename is None  # of click, for `--help`
    if is_echo or (isinstance(error, CannotWrite) and error.is_output):
        tell(f"netdsl: cannot write standard output: {reason_of(error)}\n")
    elif not isinstance(error, CannotWrite):
        _tell_internal_error(error)


def _tell_internal_error(error: Exception) -> None:
    if os.environ.get("NETDSL_TRACEBACK"):
        import traceback

        tell("".join(traceback.format_exception(error)))
    version = ".".join(map(str, sys.version_info[:3]))
    tell(
        f"netdsl: internal error: {type(error).__name__}: {error} (netdsl {__version__}, Python {version})\n"
        "This is a mistake in netdsl, not in the spec: report it with the spec, and with what the same command "
        "prints when NETDSL_TRACEBACK=1 is set.\n"
    )


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`-` is standard input. Exit status: 0 all is well, 1 the spec has errors, "
    "2 the command line is wrong or a file can't be read or written.",
)
@click.version_option(__version__, prog_name="netdsl", message="%(prog)s %(version)s")
def netdsl() -> None:
    """A declarative language for neural networks that compiles to readable Keras code."""
