"""Since when Keras has what: layers, arguments, values, functions, networks, by minor release from 3.0 on.

`versions.json` holds only what differs from the release that the catalogue is of; `refresh_versions.py` writes it.
An entry is the release a name came with, or says more: `arguments`, `call` and `values` that came later than the
name, `places` at which an argument goes by position since then, `defaults` that were others before. What a release
did in another way under the same names is in `version_facts.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from netdsl.catalog.signature import Family
from netdsl.foreign import Foreign
from netdsl.record import record
from netdsl.value import Document

#: What stands for the default of a parameter that has none.
REQUIRED = "<required>"

VERSIONS = Path(__file__).with_name("versions.json")

#: A minor release: (3, 6).
Release: TypeAlias = tuple[int, int]

_CLAUSE = re.compile(
    r"\s*(>=|<=|==|~=|!=|>|<|=)?\s*v?(\d+)(?:\.(\d+|\*))?(?:\.(\d+|\*))*\s*", re.ASCII
)


def spell_release(release: Release) -> str:
    """Write a release as people do: "3.6"."""
    return f"{release[0]}.{release[1]}"


def _read_release(text: str) -> Release:
    major, minor, *_ = text.split(".")
    return int(major), int(minor)


@record
class Releases:
    """The releases that code is to run on, as they were asked for: `>=3.6`, or one of them: `3.6`."""

    written: str
    oldest: Release
    newest: Release

    @property
    def spelled(self) -> str:
        """The oldest of them, which is the one that lacks most."""
        return spell_release(self.oldest)


@cache
def _facts() -> Document:
    return dict(json.loads(VERSIONS.read_text(encoding="utf-8")))


@cache
def known_releases() -> tuple[Release, ...]:
    """Give the releases that were read, oldest first."""
    return tuple(_read_release(text) for text in _facts()["releases"])


def read_releases(text: str) -> Releases:
    """Read which releases are meant: `3.6`, `>=3.6`, `>=3.6,<3.12`, `~=3.8.0`; raises ValueError with a sentence.

    The last number of a version does not count: what the catalogue knows, it knows by minor release.
    """
    found = [release for release in known_releases() if _is_meant(release, text)]
    if not found:
        oldest, newest = (spell_release(known_releases()[place]) for place in (0, -1))
        raise ValueError(f"`{text}` is none of the releases that are known, {oldest} to {newest}")
    if any(map(_begins_before_keras_3, text.split(","))):
        raise ValueError(
            f"`{text}` has releases of Keras 2 too, and netdsl writes for Keras 3: `>=3.0`, or later"
        )
    return Releases(text.strip(), found[0], found[-1])


def _begins_before_keras_3(clause: str) -> bool:
    matched = _CLAUSE.fullmatch(clause)
    return matched is not None and matched.group(1) in (">=", ">") and int(matched.group(2)) < 3


def _is_meant(release: Release, text: str) -> bool:
    return all(_fits(release, clause) for clause in text.split(","))


def _fits(release: Release, clause: str) -> bool:
    matched = _CLAUSE.fullmatch(clause)
    if matched is None:
        what = f"`{clause.strip()}`" if clause.strip() else "an empty text"
        raise ValueError(f"{what} is no release, such as `3.6` or `>=3.6`")
    sign, major, minor, patch = matched.groups()
    if minor in (None, "*"):
        given: tuple[int, ...] = (int(major),)
        own: tuple[int, ...] = release[:1]
    else:
        given, own = (int(major), int(minor)), release
    match sign:
        case ">=":
            return own >= given
        case ">":  # 3.6.1 is after 3.6
            return own > given or (own == given and len(given) == 2)
        case "<=":
            return own <= given
        case "<":  # 3.6.0 is before 3.6.1
            return own < given or (own == given and patch not in (None, "*", "0"))
        case "!=":
            return own != given or patch not in (None, "*")
        case "~=":
            return own == given if patch is not None else release[0] == given[0] and own >= given
    return own == given


def since(family: Family, name: str) -> Release | None:
    """Give the release that a name came with; None where the oldest that is known has it."""
    entry = _facts().get(family, {}).get(name)
    found = entry if isinstance(entry, str) else (entry or {}).get("since")
    return _read_release(found) if found else None


def _came(family: Family, name: str, what: str, argument: str) -> Foreign:
    entry = _facts().get(family, {}).get(name)
    return None if entry is None or isinstance(entry, str) else entry.get(what, {}).get(argument)


def argument_since(family: Family, name: str, argument: str) -> Release | None:
    """Give the release that an argument came with; None where it is as old as its name."""
    found = _came(family, name, "arguments", argument)
    return _read_release(found) if found else None


def call_argument_since(family: Family, name: str, argument: str) -> Release | None:
    """Give the release from which a layer's call takes an argument; None where it always did."""
    found = _came(family, name, "call", argument)
    return _read_release(found) if found else None


def value_since(family: Family, name: str, argument: str, value: str) -> Release | None:
    """Give the release from which an argument takes a string; None where it always did."""
    found = (_came(family, name, "values", argument) or {}).get(value)
    return _read_release(found) if found else None


def young_values(family: Family, name: str, argument: str) -> Mapping[str, Release]:
    """Give the strings that an argument takes since some release only."""
    found = _came(family, name, "values", argument) or {}
    return {value: _read_release(release) for value, release in found.items()}


def place_since(family: Family, name: str, argument: str) -> Release | None:
    """Give the release from which an argument stands at its place by position; None where it always did."""
    found = _came(family, name, "places", argument)
    return _read_release(found) if found else None


def default_since(family: Family, name: str, argument: str) -> tuple[Release, str] | None:
    """Give the release from which a default is what it is, and what it was before; None where it always was."""
    found = _came(family, name, "defaults", argument)
    return (_read_release(found[0]), str(found[1])) if found else None


def changed_defaults(family: Family, name: str) -> tuple[str, ...]:
    """Give the arguments whose default was another one once."""
    entry = _facts().get(family, {}).get(name)
    return () if entry is None or isinstance(entry, str) else tuple(entry.get("defaults", ()))


def policy_since(policy: str) -> Release | None:
    """Give the release from which a dtype or a policy is known; None where it always was."""
    mode, quantizes, source = policy.rpartition("_from_")
    table = _facts()["quantized" if quantizes else "dtypes"]
    found = table.get(mode if quantizes else source.removeprefix("mixed_"))
    return _read_release(found) if found else None


def gone() -> Mapping[str, Mapping[str, str]]:
    """Give the names that Keras no longer has, by family, with the last release that had each."""
    return dict(_facts()["gone"])
