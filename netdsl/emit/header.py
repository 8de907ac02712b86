"""The docstring of an emitted file: what made it, from which spec, and whether anyone has changed it since.

`Made by netdsl 0.1.0 from tiny.net (sha256 4be1c0d2, this file 1f0c77aa). Change the spec, not this file.` The second
number is of the text itself with that number left out, so it can be worked out again from the file alone.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping

from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.python.layout_statements import dedented, docstring_lines, wrap
from netdsl.source import SourceFile
from netdsl.value import Value

_UNSIGNED = "0" * 8
_SIGNATURE = re.compile(
    r"Made\s+by\s+netdsl\s[^()]*?\(sha256\s+([0-9a-f]{8}),\s+this\s+file\s+([0-9a-f]{8})\)"
)


def header(
    file: SourceFile, docstring: str | None, settings: Mapping[str, Value], version: str
) -> str:
    """Give the module docstring, not yet signed."""
    name = posixpath.basename(file.name.replace("\\", "/")) or "standard input"
    if name == "-":
        name = "standard input"
    name = re.sub(r"[()\s]+", " ", name)
    given = ", ".join(f"{k}={_spelled(v)}" for k, v in sorted(settings.items()))
    given = f" with {given}" if given and "(" not in given and ")" not in given else ""
    made = (
        f"Made by netdsl {version} from {name}{given} (sha256 {file.digest}, this file {_UNSIGNED}). "
        "Change the spec, not this file."
    )
    own = "\n".join(dedented(docstring or ""))
    first = 0 if own else 6
    lines = "\n".join(wrap(made, 0, first)).strip()
    text = f"{own}\n\n{lines}" if own else lines
    return "\n".join(docstring_lines(text, 0))


def _spelled(value: Value) -> str:
    """Spell a setting with brackets for parentheses, which end the part of the header that tells the settings."""
    return flat(code.literal(_listed(value)))


def _listed(value: Value) -> Value:
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def stem_of(file: SourceFile) -> str:
    """Give the name of a spec without its ending, as the name of a folder: `digits` for `specs/digits.net`."""
    name = posixpath.basename(file.name.replace("\\", "/")).removesuffix(".net")
    return re.sub(r"[^\w.-]+", "_", name) if name not in ("", "-") else "model"


def sign(text: str) -> str:
    """Put the number of the text into its header."""
    match = _find(text)
    assert match is not None
    return text[: match.start(2)] + _digest(text) + text[match.end(2) :]


def is_untouched(text: str) -> bool:
    """Tell whether a file is as netdsl wrote it; line endings do not count."""
    text = text.replace("\r\n", "\n")
    match = _find(text)
    if match is None:
        return False
    unsigned = text[: match.start(2)] + _UNSIGNED + text[match.end(2) :]
    return match.group(2) == _digest(unsigned)


def spec_digest(text: str) -> str | None:
    """Give the digest of the spec that a file was made from; None where its header does not say."""
    match = _find(text)
    return match.group(1) if match is not None else None


def _find(text: str) -> re.Match[str] | None:
    """Find the last signature in the file's docstring."""
    end = text.find('"""', 3)
    matches = list(_SIGNATURE.finditer(text, 0, end if end > 0 else len(text)))
    return matches[-1] if matches else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
