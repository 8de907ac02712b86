"""Which advice is wanted, and about which device: by options, and by `[tool.netdsl]` of the nearest `pyproject.toml`.

    [tool.netdsl]
    select = ["N0634"]
    ignore = ["N0646"]
    device = "h100"
    batch = 256
    keras = ">=3.6"

The command line goes before it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import click

from netdsl.catalog.devices import DEVICES, device, device_names
from netdsl.catalog.versions import Releases, read_releases
from netdsl.cli.files import is_stream, whole
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import files as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.loading import reason_of
from netdsl.record import record
from netdsl.value import Document

FILE = "pyproject.toml"
MAX_BYTES = 1024 * 1024
CODE = re.compile(r"N\d{0,4}", re.ASCII)

Report = Callable[[Diagnostic], None]

Command = TypeVar("Command", bound=Callable[..., object])


@record
class Configuration:
    """What the command line or a file of settings wants. A `usual_batch` gives way to a spec's own."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    device: str = ""
    batch: int | None = None
    usual_batch: int | None = None
    keras: Releases | None = None

    def under(self, other: Configuration) -> Configuration:
        """Give these settings where `other` says nothing; what `other` names by code or beginning, it decides."""
        return Configuration(
            (*other.select, *(code for code in self.select if not code.startswith(other.ignore))),
            (*other.ignore, *(code for code in self.ignore if not code.startswith(other.select))),
            other.device or self.device,
            other.batch,
            self.batch,
            other.keras or self.keras,
        )


def configuration_for(spec: str, report: Report) -> Configuration:
    """Read the settings that hold for a spec; `-` is looked up from the current folder."""
    try:
        folder = Path(os.path.realpath("." if is_stream(spec) else spec))
        folder = folder if is_stream(spec) else folder.parent
    except OSError:  # of a folder that is no longer there
        return Configuration()
    above = (folder / FILE, *(parent / FILE for parent in folder.parents))
    found = next((file for file in above if os.path.isfile(file)), None)
    if found is None:
        return Configuration()
    configuration, wrong = _read(found)
    for label in wrong:
        report(problems.WrongConfiguration.at(whole(_shown(found)), label, name=FILE))
    return configuration


def _shown(path: Path) -> str:
    return (
        path.relative_to(Path.cwd()).as_posix()
        if path.is_relative_to(Path.cwd())
        else path.as_posix()
    )


def _read(path: Path) -> tuple[Configuration, tuple[str, ...]]:
    """Read a file; gives what is wrong with it as sentences."""
    try:
        with path.open("rb") as stream:
            return _understood(stream.read(MAX_BYTES))
    except OSError as error:
        return Configuration(), (reason_of(error),)


@lru_cache(maxsize=8)
def _understood(text: bytes) -> tuple[Configuration, tuple[str, ...]]:
    """Find the settings in the text of a file, once for all specs that it holds for."""
    import tomllib

    try:
        table = tomllib.loads(text.decode("utf-8")).get("tool", {}).get("netdsl", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        return Configuration(), (f"it is not read as TOML: {error}",)
    except RecursionError:
        return Configuration(), ("its values nest too deep",)
    if not isinstance(table, Mapping):
        return Configuration(), ("`tool.netdsl` is a table",)
    wrong: list[str] = []
    values = {name: value for name, value in table.items() if _is_right(name, value, wrong.append)}
    return _configuration(values), tuple(wrong)


def _configuration(values: Document) -> Configuration:
    return Configuration(
        tuple(values.get("select", ())),
        tuple(values.get("ignore", ())),
        values.get("device", ""),
        values.get("batch"),
        keras=read_releases(values["keras"]) if "keras" in values else None,
    )


def _is_right(name: str, value: object, report: Callable[[str], None]) -> bool:
    """Check one setting, and say what is wrong with it."""
    match name:
        case "select" | "ignore":
            right = isinstance(value, list) and all(
                isinstance(c, str) and CODE.fullmatch(c) for c in value
            )
            problem = f"`{name}` is a list of codes such as `N0612`, or of beginnings of them"
        case "device":
            right = isinstance(value, str) and device(value) is not None
            near = closest(str(value).lower(), device_names())
            problem = f"nothing is known of the device `{value}`" + (
                f"; did you mean `{near}`?" if near else ""
            )
        case "batch":
            right = isinstance(value, int) and not isinstance(value, bool) and value > 0
            problem = "`batch` is a whole number from 1"
        case "keras":
            right, problem = _are_releases(value)
        case _:
            right, near = False, closest(name, ("select", "ignore", "device", "batch", "keras"))
            problem = f"there is no setting `{name}`" + (
                f"; did you mean `{near}`?" if near else ""
            )
    if not right:
        report(problem)
    return right


def _are_releases(value: object) -> tuple[bool, str]:
    if not isinstance(value, str):
        return False, '`keras` is a release, or a range of them, in quotes: `">=3.6"`'
    try:
        read_releases(value)
    except ValueError as problem:
        return False, f"`keras`: {problem}"
    return True, ""


def read_keras(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> Releases | None:
    """Read which releases of Keras the code is to run on; refuse what names none."""
    try:
        return None if value is None else read_releases(value)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}.") from problem


def keras_option(command: Command) -> Command:
    """Add `--keras` to a command."""
    return click.option(
        "--keras",
        callback=read_keras,
        metavar="RELEASES",
        help="Write for these releases of Keras, such as 3.6 or '>=3.6'; what one of them lacks is an error.",
    )(command)


def read_codes(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Read codes apart: `N0612,N07` and repeated options alike; refuse what begins no code."""
    codes = tuple(part.strip().upper() for value in values for part in value.split(","))
    for code in codes:
        if not CODE.fullmatch(code):
            raise click.BadParameter(
                f"`{code}` is not a code such as N0612, or the beginning of one."
            )
    return codes


def read_device(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse a device that nothing is known of."""
    if not value:
        return value
    if device(value) is None:
        names = [known.name for known in DEVICES]
        near = closest(value.lower(), names)
        hint = f"did you mean `{near}`?" if near else f"known are {', '.join(names)}."
        raise click.BadParameter(f"nothing is known of `{value}`; {hint}")
    return value
