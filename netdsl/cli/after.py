"""What the commands on a run share: finding it, making its model again, and saying what hinders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netdsl.cli.output import Findings, tell
from netdsl.diagnostics.diagnostic import Diagnostic

if TYPE_CHECKING:
    from netdsl.training.after.reviving import Revived

Work = Callable[["Revived"], int]


def with_run(folder: str, work: Work) -> int:
    """Do a piece of work with a run; what hinders it is said in a sentence, and gives the exit status."""
    from netdsl.cli.settings import read_settings
    from netdsl.extras import CannotCompute
    from netdsl.training.after.reviving import NotRevived, compile_run
    from netdsl.training.folder.reading import NoRun, run_at
    from netdsl.training.run.running import Failed

    findings = Findings()
    try:
        run = run_at(folder)
        written = run.environment.get("set")
        texts = [s for s in written if isinstance(s, str)] if isinstance(written, list) else []
        settings = {name: value for name, (value, _) in read_settings(texts, findings.fail).items()}
        return findings.finish() or work(compile_run(run, settings))
    except (NoRun, CannotCompute) as error:
        tell(f"netdsl: {error}\n")
        return 2
    except NotRevived as error:
        tell(f"netdsl: {error}\n")
        return 1
    except Failed as error:
        said = " ".join(str(error).split())[:600]
        tell(f"netdsl: Keras stops: {said}\n")
        return 1
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        tell(f"netdsl: {where}{error.strerror or error}\n")
        return 2


def told(found: list[Diagnostic]) -> int:
    """Print diagnostics, and give the exit status."""
    findings = Findings()
    findings.report(found)
    return findings.finish()
