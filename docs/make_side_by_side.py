"""Write `side_by_side.md` from the mistakes in `side_by_side/`: `python docs/make_side_by_side.py [--ask-keras]`.

Each mistake is a `.py` and a `.net`. What Keras says of it is kept beside them in a `.txt`, written with `--ask-keras`;
what netdsl says is asked each time. Tests hold both to what the tools say now.
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import netdsl
from netdsl.diagnostics.render import render_all

HERE = Path(__file__).resolve().parent
PAGE = HERE / "side_by_side.md"
MISTAKES = sorted((HERE / "side_by_side").glob("*.net"))

HEAD = """# Common mistakes, side by side

What Keras {version} says of a mistake, and what netdsl says of the same one. Of Keras's traceback this page shows the
line of the code above that it leads to and the whole message; the frames between them, inside Keras, are left out.
netdsl's text is all that `netdsl check` prints. The tests hold both to what the tools say;
`docs/make_side_by_side.py` writes this page from [its sources](side_by_side).
"""

SECTION = """
## {title}

```python
{keras}
```

```text
{keras_says}
```

```net wrong
{spec}
```

```text
{netdsl_says}
```
"""

TITLES = {
    "02_an_lstm_after_an_lstm": "an LSTM after an LSTM",
    "07_a_unet_of_an_odd_size": "a U-Net of an odd size",
}
SILENCE = "(nothing is said)"
_ANSI = re.compile(r"\x1b\[\d+m")


def ask_keras(source: Path) -> str:
    """Run a snippet and give its line and the message it ends with, or else the warnings it gave."""
    import keras

    keras.utils.clear_session()
    code = compile(source.read_text("utf-8"), source.name, "exec")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            exec(code, {})
        except Exception as error:
            said = f"{_line_of(error, source)}\n\n{type(error).__name__}: {error}"
        else:
            texts = dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in warned)
            said = "\n".join(texts) or SILENCE
    return _ANSI.sub("", said) + "\n"


def _line_of(error: Exception, source: Path) -> str:
    """Show the last place in the snippet as a traceback does."""
    found, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == source.name:
            found = frame.tb_lineno
        frame = frame.tb_next
    return f"line {found}: {source.read_text('utf-8').splitlines()[found - 1].strip()}"


def keras_says(spec: Path) -> Path:
    """Give the file that keeps what Keras says."""
    return spec.with_suffix(".txt")


def ask_netdsl(spec: Path) -> str:
    """Give what `netdsl check` prints."""
    name = spec.name.partition("_")[2]
    return render_all(netdsl.compile_text(spec.read_text("utf-8"), name=name).diagnostics)


def page(version: str) -> str:
    """Write the page from the kept answers of Keras and those netdsl gives now."""
    sections = []
    for number, spec in enumerate(MISTAKES, 1):
        words = TITLES.get(spec.stem, spec.stem.partition("_")[2].replace("_", " "))
        said = ask_netdsl(spec).rstrip("\n") or SILENCE
        section = SECTION.format(
            title=f"{number}. {words[0].upper()}{words[1:]}",
            keras=spec.with_suffix(".py").read_text("utf-8").rstrip("\n"),
            keras_says=keras_says(spec).read_text("utf-8").rstrip("\n"),
            spec=spec.read_text("utf-8").rstrip("\n"),
            netdsl_says=said,
        )
        sections.append(section)
    return HEAD.format(version=version) + "".join(sections)


def kept_version() -> str:
    """The version of Keras that was asked, as the page tells it."""
    found = re.search(r"What Keras ([\d.]+) says", PAGE.read_text("utf-8"))
    return found[1] if found else ""


def main() -> None:
    version = kept_version() if PAGE.exists() else ""
    if "--ask-keras" in sys.argv:
        import keras

        version = keras.__version__
        for spec in MISTAKES:
            keras_says(spec).write_text(ask_keras(spec.with_suffix(".py")), encoding="utf-8")
    PAGE.write_text(page(version), encoding="utf-8")


if __name__ == "__main__":
    main()
