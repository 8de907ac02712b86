"""Opens the sources of an experiment, reads them once by pieces, and reports what does not fit the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import get_args

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import data as problems
from netdsl.diagnostics.problems.training import SettingsClash
from netdsl.elaborate.training.experiment import Experiment
from netdsl.extras import MissingExtra
from netdsl.record import mutable
from netdsl.training.checks.samples import fits_model
from netdsl.training.checks.starts import check_start
from netdsl.training.checks.watches import Labels, Watch, watches_for
from netdsl.training.sources.datasets import open_dataset
from netdsl.training.sources.folders import open_image_folder, open_text_folder
from netdsl.training.sources.npz import open_npz
from netdsl.training.sources.parts import Opening, Part, PartName, Report, listed, way_to_read
from netdsl.training.sources.records import open_tfrecord
from netdsl.training.sources.tables import open_csv, open_parquet

#: What opens each kind of source. A function of the user's own is seen when it has run.
OPENERS: Mapping[str, Callable[[Opening], list[Part]]] = {
    "npz": open_npz,
    "csv": open_csv,
    "parquet": open_parquet,
    "image_folder": open_image_folder,
    "text_folder": open_text_folder,
    "tfrecord": open_tfrecord,
    "dataset": open_dataset,
}

_SOME = "save samples in it, or name another file"

#: Files that cannot be decoded are named up to this many.
MOST_NAMED = 5


@mutable
class Checked:
    """What the check saw: samples by part, None where a part was not counted, and the classes by name."""

    counts: dict[PartName, int | None] = field(default_factory=dict)
    classes: list[str] | None = None
    texts: dict[str, set[str]] = field(default_factory=dict)  # labels of training that are text
    good: bool = True


def check_data(experiment: Experiment, report: Report) -> Checked:
    """Hold all the data of an experiment against its model; `report` gets each mistake."""
    checked = Checked()

    seen: set[tuple[object, ...]] = set()

    def told(diagnostic: Diagnostic) -> None:
        checked.good = checked.good and diagnostic.severity != "error"
        said = (diagnostic.code, diagnostic.primary.span, diagnostic.primary.text)
        if said not in seen:  # the parts of one source share mistakes
            seen.add(said)
            report(diagnostic)

    for setting, part in (("data", "train"), ("validation", "validation"), ("test", "test")):
        source = getattr(experiment, setting)
        opener = None if source is None else OPENERS.get(source.kind)
        if opener is None or source.function is not None:
            continue
        for name in get_args(PartName):
            if name == part:
                _check_source(Opening(source, experiment, told, name), opener, checked)
    check_start(experiment, told)
    if checked.good:
        _check_splits(experiment, checked, told)
    return checked


def _check_source(
    opening: Opening, opener: Callable[[Opening], list[Part]], checked: Checked
) -> None:
    for part in opener(opening):
        checked.counts[part.name] = check_part(opening, part, checked)
        if part.classes is not None and part.name == "train":
            checked.classes = list(part.classes)
        elif part.classes is not None and checked.classes is not None:
            _check_classes(opening, list(part.classes), checked.classes, part.name)


def _check_classes(opening: Opening, own: list[str], known: list[str], name: PartName) -> None:
    """Report folders of held-out data whose numbers are other classes than in training."""
    more = [each for each in own if each not in known]
    if not more and (own == known or opening.part == "train"):
        return
    label = f"the {name} data has {listed(own)}, the training data {listed(known)}"
    spelled = ", ".join(f'"{each}"' for each in known)
    help = "the folders of both are the same classes"
    if not more:
        help = f"say which classes there are: `class_names=[{spelled}]`"
    output = opening.labelled[0].name
    opening.report(problems.LabelOutside.at(opening.place("path"), label, name=output, help=help))


def check_part(opening: Opening, part: Part, checked: Checked) -> int | None:
    """Check one part, and give how many samples it has."""
    if part.count == 0:
        opening.report(
            problems.NoSamples.at(part.place, f"{part.name} data has no samples", help=_SOME)
        )
        return 0
    fitting = [found for found in part.fields if fits_model(opening, found)]
    if any(found.dtype == "objects" for found in part.fields):
        return part.count
    watches = [w for found in fitting for w in watches_for(opening, part, found)]
    try:
        count = _read(part, watches)
    except MissingExtra:
        raise
    except Exception as error:  # archives, tables and records break in many ways
        why = " ".join(str(error).split())[:200] or type(error).__name__
        label = f"it breaks off while it is read: {why}"
        help = way_to_read(error)
        opening.report(problems.UnreadableData.at(opening.place("path"), label, help=help))
        return part.count
    if part.count is None and count == 0:
        opening.report(problems.NoSamples.at(part.place, "it has columns, and no rows", help=_SOME))
        return 0
    for watch in watches:
        watch.finish()
        if isinstance(watch, Labels):
            watch.compare(checked.texts)
        if watch.names and checked.classes is None:
            checked.classes = sorted(watch.names)
    _report_broken(opening, part)
    return part.count if part.count is not None else count


def _read(part: Part, watches: list[Watch]) -> int:
    """Read a part once, all its pieces past all watches; nothing is read where nothing is to be seen."""
    if part.count is not None and not watches:
        return part.count
    start = 0
    for piece in part.pieces():
        for watch in watches:
            if watch.field.key in piece:
                watch.see(piece[watch.field.key], start)
        start += max((len(array) for array in piece.values()), default=0)
    return start


def _report_broken(opening: Opening, part: Part) -> None:
    broken = list(part.broken())
    if not broken:
        return
    (first, why), more = broken[0], broken[1:MOST_NAMED]
    others = f"; so are {', '.join(f'`{name}`' for name, _ in more)}" if more else ""
    left = len(broken) - 1 - len(more)
    opening.report(
        problems.BrokenFile.at(
            opening.place("path"),
            f"`{first}`: {why}{others}{f' and {left} more' if left else ''}",
            help="remove it, or save it anew"
            if len(broken) == 1
            else "remove them, or save them anew",
        )
    )


def _check_splits(experiment: Experiment, checked: Checked, report: Report) -> None:
    """Report a share of the data that is nothing, or that leaves nothing to train with."""
    count = checked.counts.get("train")
    for part in ("validation", "test"):
        name = f"{part}_split"
        if part in checked.counts and experiment.value(name):
            label = f"`data` has {part} data of its own, so nothing would be split off"
            place = experiment.settings[name].span
            help = f"leave it out, or the {part} data"
            report(SettingsClash.at(place, label, name=name, other="data", help=help))
            return
    shares = {
        name: value
        for name in ("validation_split", "test_split")
        if isinstance(value := experiment.value(name), (int, float)) and value
    }
    if count is None:
        return
    left = count
    for name, share in shares.items():
        taken = round(count * share)
        left -= taken
        if taken == 0:
            label = f"{share} of {count:,} {'sample' if count == 1 else 'samples'} is none"
            help = f"take a larger share: `{name} = {_share_of_one(count)}`" if count > 1 else ""
            report(
                problems.EmptySplit.at(experiment.settings[name].span, label, name=name, help=help)
            )
            return
    if shares and left < 1:
        name, share = list(shares.items())[-1]
        label = f"of {count:,} {'sample' if count == 1 else 'samples'} none are left to train with"
        help = "take a smaller share"
        report(problems.EmptySplit.at(experiment.settings[name].span, label, name=name, help=help))
        return
    _check_batch(experiment, left, report)


def _check_batch(experiment: Experiment, count: int, report: Report) -> None:
    """Report a batch that is never full where several devices share it: what is over is left out there."""
    strategy, batch = experiment.settings.get("distribute"), experiment.batch_size
    if strategy is None or count >= batch:
        return
    setting = experiment.settings.get("batch_size", strategy)
    label = f"{count:,} are left to train with, and they fill no batch of {batch:,}"
    report(problems.NoSamples.at(setting.span, label, help=f"`batch_size = {count}` is the most"))


def _share_of_one(count: int) -> float:
    """Give the smallest share, in hundredths, that is a sample at least."""
    hundredths = next((n for n in range(1, 100) if round(count * n / 100) >= 1), 50)
    return hundredths / 100
