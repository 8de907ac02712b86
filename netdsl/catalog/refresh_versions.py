"""Records since when Keras has what: `python -m netdsl.catalog.refresh_versions [FOLDER]`.

The wheels of each minor release are fetched by pip into FOLDER (or a temporary one, where none is named), the last of
each, up to the release that the catalogue is of; a wheel that lies there already is not fetched again. They are
read, not installed (`keras_sources.py`), and `versions.json` gets what differs.

`python -m netdsl.catalog.refresh_versions --compare keras-nightly` fetches another release by pip's name for it, or
takes the path of a wheel, and lists what it has, lacks and does otherwise than the newest that is recorded.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from netdsl.catalog import layer_kind
from netdsl.catalog.argument_table import argument_type
from netdsl.catalog.argument_types import ArgumentType, Choice, Either, Optional
from netdsl.catalog.keras_sources import Offer, Wheel, read_wheel
from netdsl.catalog.signature import FAMILIES, Family, Signature, keras_version, names, signature
from netdsl.catalog.versions import VERSIONS
from netdsl.value import Document

#: Defaults that are written otherwise than before, and mean the same.
SAME_DEFAULTS = {
    ("layer", "LayerNormalization", "rms_scaling"),  # False, None
    ("op", "arange", "step"),  # 1, and None for 1
    ("op", "rms_normalization", "scale"),  # 1, and None for none
    ("op", "image.affine_transform", "data_format"),  # channels_last, and None for it
    ("op", "image.extract_patches", "data_format"),
    ("op", "image.resize", "data_format"),
    ("op", "image.rgb_to_grayscale", "data_format"),
}

#: Arguments whose strings a layer hands on to the backend, which knew them all along.
HANDED_ON = {"interpolation"}

#: Public in `keras.layers` and such, and nothing that a spec names.
UNNAMED = {
    "Input", "InputSpec", "Layer", "Optimizer", "Initializer", "Regularizer", "Constraint", "Loss", "Metric",
    "LearningRateSchedule", "Callback", "add", "average", "concatenate", "dot", "maximum", "minimum", "multiply",
    "subtract",
}  # fmt: skip

Offers = Mapping[str, Mapping[str, Offer]]


def fetch(wanted: str, folder: Path, *more: str) -> Path:
    """Have pip download the wheel of a requirement; it is found by being new in the folder."""
    before = set(folder.glob("*.whl"))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *more, wanted]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    new = sorted(set(folder.glob("*.whl")) - before)
    if not new:
        raise SystemExit(f"pip fetched nothing new for {wanted}")
    return new[-1]


def every_wheel(folder: Path) -> list[Wheel]:
    """Give the sources of each minor release, oldest first; those that are not in the folder are fetched."""
    major, newest, _ = keras_version().split(".")
    found = []
    for minor in range(int(newest) + 1):
        there = sorted(folder.glob(f"keras-{major}.{minor}.*.whl"))
        last = minor == int(newest)
        wanted = f"keras=={keras_version()}" if last else f"keras=={major}.{minor}.*"
        found.append(read_wheel(there[-1] if there else fetch(wanted, folder)))
        print(f"read keras {found[-1].version}")
    return found


def gather(wheels: Sequence[Wheel]) -> Document:
    """Say what came when, for all names of the catalogue."""
    short = [".".join(wheel.version.split(".")[:2]) for wheel in wheels]
    offers = [wheel.offers() for wheel in wheels]
    facts: Document = {
        "releases": [wheel.version for wheel in wheels],
        "dtypes": _constants(wheels, short, "ALLOWED_DTYPES"),
        "quantized": _constants(wheels, short, "QUANTIZATION_MODES"),
    }
    for family in FAMILIES:
        if family in offers[-1]:
            entries = _family(family, short, [offer.get(family, {}) for offer in offers])
            facts[family] = dict(sorted(entries.items()))
    return facts | {"gone": _gone(short, offers)}


def _constants(wheels: Sequence[Wheel], short: Sequence[str], constant: str) -> dict[str, str]:
    """Say since when each of the strings that Keras keeps under a name is known."""
    known = [wheel.constant(constant) for wheel in wheels]
    return _came(short, known, sorted(known[-1]))


def _came(
    short: Sequence[str], there: Sequence[Iterable[str]], wanted: Iterable[str]
) -> dict[str, str]:
    """Say from which release on each is there without a gap, where that is not the first of them."""
    found = {name: _first(short, [name in names_ for names_ in there]) for name in wanted}
    return {name: release for name, release in found.items() if release not in (short[0], "")}


def _first(short: Sequence[str], there: Sequence[bool]) -> str:
    """Give the release from which it is there and stays; "" where the newest has it not."""
    since = ""
    for release, is_there in zip(reversed(short), reversed(there), strict=True):
        if not is_there:
            break
        since = release
    return since


def _family(
    family: Family, short: Sequence[str], offers: Sequence[Mapping[str, Offer]]
) -> Document:
    entries: Document = {}
    for name in names(family):
        found = signature(family, name)
        assert found is not None
        came = _came(short, offers, (name, *found.aliases))
        entries |= {a: came[a] for a in found.aliases if a in came and came[a] != came.get(name)}
        first = short.index(came.get(name, short[0]))
        own = [offer[name] for offer in offers[first:] if name in offer]
        entry = _entry(found, short[first:], own) if own else {}
        if name in came and entry:
            entries[name] = {"since": came[name], **entry}
        elif name in came or entry:
            entries[name] = came.get(name) or entry
    return entries


def _entry(found: Signature, short: Sequence[str], own: Sequence[Offer]) -> Document:
    """Say what of a name is younger than the name."""
    newest = own[-1]
    taken = [p.name for p in found.parameters if p.name in newest.parameters]
    called = [
        p.name for p in found.call_parameters if p.name in newest.call and p.name != "training"
    ]
    inputs = next(iter(newest.call), "")  # the first has gone by position since ever
    parts = {
        "arguments": _came(short, [offer.parameters for offer in own], taken),
        "call": _came(short, [offer.call for offer in own], [n for n in called if n != inputs]),
        "places": _places(short, own),
        "values": dict(_values(found, short, own)),
        "defaults": dict(_defaults(found, short, own)),
    }
    return {what: part for what, part in parts.items() if part}


def _places(short: Sequence[str], own: Sequence[Offer]) -> dict[str, str]:
    """Say since when an argument that is taken before already stands at its place."""
    found = {}
    for place, name in enumerate(own[-1].positional):
        stands = [offer.positional[place : place + 1] == (name,) for offer in own]
        release = _first(short, stands)
        if release != _first(short, [name in offer.parameters for offer in own]):
            found[name] = release
    return found


def _values(
    found: Signature, short: Sequence[str], own: Sequence[Offer]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Say which strings of an argument do not stand in the sources of a release that has the argument."""
    kind = layer_kind(found.name) if found.family == "layer" else None
    for parameter in found.parameters:
        type_ = argument_type(found, parameter.name, kind.arguments if kind else None)
        handed_on = parameter.name in HANDED_ON
        wanted = [w for w in words_of(type_) if w in own[-1].strings and not handed_on]
        since = _first(short, [parameter.name in offer.parameters for offer in own])
        start = short.index(since) if since in short else 0
        came = _came(short[start:], [offer.strings for offer in own[start:]], wanted)
        if came:
            yield parameter.name, came


def words_of(type_: ArgumentType) -> tuple[str, ...]:
    """Give the strings that a type takes, where they are a few."""
    match type_:
        case Choice(words=words):
            return words
        case Optional(inner=inner):
            return words_of(inner)
        case Either(options=options):
            return tuple(word for option in options for word in words_of(option))
    return ()


def _defaults(
    found: Signature, short: Sequence[str], own: Sequence[Offer]
) -> Iterator[tuple[str, tuple[str, str]]]:
    for parameter in found.parameters:
        name = parameter.name
        if name == "name" or (found.family, found.name, name) in SAME_DEFAULTS:
            continue
        written = [offer.parameters.get(name) for offer in own]
        changed = [i for i in range(1, len(own)) if written[i] != written[i - 1] is not None]
        if changed and written[-1] is not None:
            yield name, (short[changed[-1]], cast(str, written[changed[-1] - 1]))


def _gone(short: Sequence[str], offers: Sequence[Offers]) -> dict[str, dict[str, str]]:
    """Say which names the newest lacks, and which release had them last."""
    found: dict[str, dict[str, str]] = {}
    for release, offer in zip(short, offers, strict=True):
        for family, entries in offer.items():
            newest = offers[-1].get(family, {})
            lost = {n: release for n in entries if n not in newest and n not in UNNAMED}
            if lost:
                found.setdefault(family, {}).update(lost)
    return found


def differences(old: Offers, new: Offers) -> Iterator[str]:
    """List what one release has, lacks and does otherwise than another, a line each."""
    for family in sorted({*old, *new}):
        before, after = old.get(family, {}), new.get(family, {})
        for name in sorted({*before, *after} - UNNAMED):
            if name not in before:
                yield f"{family} {name}: new"
            elif name not in after:
                yield f"{family} {name}: gone"
            else:
                yield from (
                    f"{family} {name}{text}" for text in _changes(before[name], after[name])
                )


def _changes(old: Offer, new: Offer) -> Iterator[str]:
    for what, before, after in (
        ("", old.parameters, new.parameters),
        (" called with", old.call, new.call),
    ):
        for name in dict.fromkeys([*before, *after]):
            if name not in before:
                yield f"{what} {name}={after[name]}: new"
            elif name not in after:
                yield f"{what} {name}: gone"
            elif before[name] != after[name]:
                yield f"{what} {name}: {before[name]} is now {after[name]}"
    both = [name for name in old.positional if name in new.positional]
    moved = [n for n in both if old.positional.index(n) != new.positional.index(n)]
    if moved:
        yield f": other places by position for {', '.join(moved)}"


def write_lines(facts: Document) -> str:
    """Lay the facts out with a name to a line."""
    parts = []
    for key, value in facts.items():
        if isinstance(value, Mapping) and key not in ("gone", "dtypes", "quantized"):
            rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(e)}" for n, e in value.items())
            parts.append(
                f"{json.dumps(key)}: {{\n{rows}\n}}" if rows else f"{json.dumps(key)}: {{}}"
            )
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def compare(wanted: str, folder: Path) -> None:
    """Print what another release changes."""
    given = Path(wanted)
    other = given if given.suffix == ".whl" else fetch(wanted, folder, "--pre")
    newest = sorted(folder.glob(f"keras-{keras_version()}-*.whl"))
    recorded = newest[-1] if newest else fetch(f"keras=={keras_version()}", folder)
    lines = list(differences(read_wheel(recorded).offers(), read_wheel(other).offers()))
    print("\n".join(lines) or "nothing changed")


def main(arguments: Sequence[str]) -> None:
    """Record, or compare."""
    with tempfile.TemporaryDirectory() as temporary:
        match arguments:
            case ["--compare", wanted]:
                compare(wanted, Path(temporary))
            case ["--compare", wanted, folder]:
                compare(wanted, Path(folder))
            case _:
                folder = arguments[0] if arguments else temporary
                text = write_lines(gather(every_wheel(Path(folder))))
                VERSIONS.write_text(text, encoding="utf-8")
                print(f"wrote {VERSIONS.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
