"""Write the gallery of the shipped specs, a page for each with its picture: `python docs/make_zoo.py [--pictures]`.

All that the pages say comes from the specs: what their docstrings say, their figures and their text. A test holds the
pages against them; pictures are drawn anew with `--pictures`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import netdsl
from netdsl.catalog.application_inputs import expected_pixels
from netdsl.catalog.signature import names
from netdsl.zoo.entries import Entry, Figures, entries
from netdsl.zoo.listing import spelled
from netdsl.zoo.project import AGAINST, TASKS, learned_from

FOLDER = Path(__file__).resolve().parent / "zoo"
PICTURES = FOLDER / "pictures"
GOLDEN = "../../tests/golden/specs"  # which a test holds against the specs

HEAD = """# The zoo

The networks that ship with netdsl, by task and year. `netdsl zoo` lists them on a terminal, `netdsl zoo NAME -o
mine.net` copies one, `netdsl new PROJECT --from NAME` starts a project with it. `docs/make_zoo.py` writes these pages
from the specs."""

#: What stands for a number that an open size decides.
UNKNOWN = "depends on the size"

COPY = """
```sh
netdsl zoo {name} -o {name}.net
```
"""

PROJECT = """
A project with a `train` block, and a script that makes something to try it on, is

```sh
netdsl new mine --from {name}
```
"""

PICTURES_OF_ONES_OWN = """
Pictures of your own go into `pictures/CLASS/`, and the number of their classes into `classes` of the `train` block,
which is passed on to the model; [training](../training.md) goes on from there, and
[transfer learning](../transfer_learning.md) says how the head learns first on features that are frozen, and then all of
it at a smaller rate.
"""

DATA_OF_ONES_OWN = """
`make_data.py` says what the data looks like: yours takes its place, under the same names, and the `train` block says
how it is learned. [Training](../training.md) goes on from there: other sources of data, runs, and
`start_from = run("runs/mine/…")`, with which a run goes on from an earlier one.
"""

AGAINST_ONE_ANOTHER = f"""
The way of the paper, generator and critic against one another, is the loop in `{AGAINST}` of that project.
"""

TRAINED_ALREADY = """
Its `train` block, the last lines of the spec, is what `netdsl train {name}.net` runs. [Training](../training.md) tells
of data of your own.
"""

NOTHING_TO_LEARN = """
Nothing in it is learned. `netdsl run {name}.net photo.png` shows what it makes of a picture.
"""

KERAS = """
The weights are those of `keras.applications.{model}` in their order, so what Keras learned on ImageNet is a start:
`start_from = applications.{model}(weights="imagenet")` in the `train` block takes what fits, all but the last layer,
and in Python `{model}({arguments}).set_weights(keras.applications.{model}().get_weights())` takes all of it.
"""

SCALED = """
For those weights Keras scales pictures once more, which `pretrained=True` does here: a parameter of the model, and of
the `train` block as `pretrained: bool = True`. After `set_weights`,
`model.get_layer("normalization").finalize_state()` has the layer compute with
the means that it was given; `start_from` does that itself.
"""

EXPECTED = """
They were learned on {words}: a project of `netdsl new` has
`{stages}` behind the input.
"""


def pages() -> dict[Path, str]:
    """Give the text of the gallery and of each page."""
    found = {FOLDER / "README.md": gallery()}
    for entry in entries():
        found[FOLDER / f"{entry.stem}.md"] = page(entry)
    return found


def pictures() -> Iterator[tuple[Path, str]]:
    """Draw the first model of each spec."""
    for entry in entries():
        model = netdsl.compile_file(entry.path).model(shown(entry).name)
        yield PICTURES / f"{entry.stem}.svg", model.picture()


def shown(entry: Entry) -> Figures:
    """Give the model of a spec that a page shows: the first."""
    return entry.listed[0]


def gallery() -> str:
    parts = [HEAD]
    for task in sorted({entry.task for entry in entries()}):
        parts.append(
            f"\n## {task.capitalize()}\n\n| network | parameters | multiply-accumulates | year | paper |"
        )
        parts.append("| --- | --- | --- | --- | --- |")
        parts += [_row(entry) for entry in entries() if entry.task == task]
    return "\n".join(parts) + "\n"


def _row(entry: Entry) -> str:
    sizes = [m.parameters for m in entry.listed]
    works = [m.macs for m in entry.listed if m.macs]
    cells = [
        f"[{entry.title}]({entry.stem}.md)",
        _range(sizes),
        _range(works),
        str(entry.year),
        entry.cited,
    ]
    return f"| {' | '.join(cells)} |"


def _range(numbers: list[int]) -> str:
    if not numbers:
        return UNKNOWN
    low, high = spelled(min(numbers)), spelled(max(numbers))
    return low if low == high else f"{low} to {high}"


def page(entry: Entry) -> str:
    parts = [f"# {entry.title}", f"{entry.paper} Task: {entry.task}."]
    parts += [entry.prose] if entry.prose else []
    parts += [f"![{shown(entry).name}](pictures/{entry.stem}.svg)", models(entry)]
    parts += ["## Spec", f"```net\n{entry.path.read_text('utf-8')}```"]
    python = f"{GOLDEN}/{entry.stem}.py"
    parts.append(f"`netdsl compile {entry.stem}.net` writes [this Python]({python}).")
    parts += ["## Use it", tuning(entry).strip()]
    return "\n\n".join(parts) + "\n"


def models(entry: Entry) -> str:
    rows = ["| model | input | parameters | multiply-accumulates |", "| --- | --- | --- | --- |"]
    for model in entry.listed:
        inputs = ", ".join(
            f"{count} × `{spec}`" if count > 1 else f"`{spec}`"
            for spec, count in Counter(model.inputs).items()
        )
        macs = UNKNOWN if model.macs is None else f"{model.macs:,}"
        rows.append(f"| `{model.name}` | {inputs} | {model.parameters:,} | {macs} |")
    return "\n".join(rows)


def tuning(entry: Entry) -> str:
    applied = [m.name for m in entry.listed if m.name in names("application")]
    model = applied[0] if applied else shown(entry).name
    parts = [COPY.format(name=entry.stem)]
    match learned_from(entry, model):
        case "its own data":
            parts.append(TRAINED_ALREADY.format(name=entry.stem))
        case "nothing":
            parts.append(NOTHING_TO_LEARN.format(name=entry.stem))
        case what:
            with_both = what == "data" and (TASKS / model / f"{AGAINST}.jinja").is_file()
            parts.append(PROJECT.format(name=entry.stem if with_both else model.lower()))
            parts.append(PICTURES_OF_ONES_OWN if what == "pictures" else DATA_OF_ONES_OWN)
            parts.append(AGAINST_ONE_ANOTHER if with_both else "")
    if applied:
        is_told = "pretrained: bool" in entry.path.read_text("utf-8")
        parts.append(KERAS.format(model=model, arguments="pretrained=True" * is_told))
        parts.append(SCALED * is_told)
        found = expected_pixels(model, {"weights": "imagenet"})
        told = "" if found is None or not found.stages else EXPECTED
        parts.append(told and told.format(words=found.words, stages=found.stages))
    return "".join(parts)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    PICTURES.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for path, text in pages().items():
        path.write_text(text, "utf-8")
    for path, svg in pictures() if "--pictures" in sys.argv[1:] else ():
        path.write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
