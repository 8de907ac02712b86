"""The pictures of a run: curves of the history, a confusion matrix or residuals, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from netdsl.elaborate.training.experiment import Experiment, Port
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.training.labels import form_of
from netdsl.training.numbers import Number

#: Ink, muted ink, lines of the grid; training, validation.
INK, MUTED, LINES = "#1f2933", "#6b7785", "#e4e8ec"
TRAINING, VALIDATION = "#2f6fdf", "#e2711d"

#: Above so many classes their numbers in the cells, and their names, are left out.
MOST_NUMBERED, MOST_NAMED = 15, 40

#: Of names of classes, and of titles over a panel, so many letters are shown.
LONGEST_NAME, LONGEST_TITLE = 24, 44

#: So many samples are predicted for a picture.
MOST_SAMPLES = 20_000


def draw_curves(history: Mapping[str, Sequence[Number]], path: Path) -> None:
    """Draw each number of the history over the epochs, that of validation with it."""
    names = [n for n in history if not n.startswith("val_") and history[n] and n != "learning_rate"]
    if "learning_rate" in history and len(set(history["learning_rate"])) > 1:
        names.append("learning_rate")
    figure, axes = _panels(len(names))
    for axis, name in zip(axes, names, strict=False):
        _curve(axis, name, history)
    handles, labels = axes[0].get_legend_handles_labels()
    if len(labels) > 1:
        axes[0].legend(handles, labels, frameon=False, fontsize=9, labelcolor=INK)
    _save(figure, path)


def _curve(axis: Foreign, name: str, history: Mapping[str, Sequence[Number]]) -> None:
    for key, label, colour in (
        (name, "training", TRAINING),
        (f"val_{name}", "validation", VALIDATION),
    ):
        values = history.get(key, ())
        marker = "o" if len(values) < 25 else None
        for number, line in enumerate(_lines(values)):
            axis.plot(
                range(1, len(line) + 1), line, color=colour, label=label if number == 0 else None,
                linewidth=1.8, marker=marker, markersize=3.5,
            )  # fmt: skip
    axis.set_title(
        shortened(name.replace("_", " "), LONGEST_TITLE), fontsize=10, color=INK, loc="left"
    )
    axis.set_xlabel("epoch", fontsize=9, color=MUTED)
    axis.xaxis.get_major_locator().set_params(integer=True)
    if len(history.get(name, ())) == 1:  # there is no epoch and a half
        axis.set_xticks([1])
    known = [
        v for key in (name, f"val_{name}") for line in _lines(history.get(key, ())) for v in line
    ]
    every = [v for v in known if v == v and v > 0]
    if name.endswith("loss") and every and max(every) / min(every) > 50:
        axis.set_yscale("log")


def _lines(values: Sequence[Number]) -> list[list[float]]:
    """Give the numbers over the epochs: one line, or one for each class."""
    rows = [value if isinstance(value, list) else [value] for value in values]
    return [list(line) for line in zip(*rows, strict=True)]


def shortened(text: str, most: int) -> str:
    """Give a text in so many letters; what is left out of its middle is marked."""
    return text if len(text) <= most else f"{text[: most // 2]}…{text[1 - most // 2 :]}"


def _panels(count: int) -> tuple[Foreign, list[Foreign]]:
    columns = min(max(count, 1), 3)
    rows = -(-max(count, 1) // columns)
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(4.1 * columns, 3.0 * rows), squeeze=False
    )
    flat = [axis for row in axes for axis in row]
    for axis in flat[count:]:
        axis.set_visible(False)
    for axis in flat[:count]:
        _plain(axis)
        axis.grid(color=LINES, linewidth=0.8)
    return figure, flat


def _pyplot() -> Foreign:
    needed("matplotlib", "to draw").use("Agg")
    return needed("matplotlib.pyplot")


def _plain(axis: Foreign) -> None:
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color("#b6bec7")
    axis.tick_params(colors=MUTED, labelsize=8, length=3)


def _save(figure: Foreign, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, facecolor="white")
    _pyplot().close(figure)


def draw_results(
    experiment: Experiment,
    model: Foreign,
    data: Foreign,
    folder: Path,
    classes: list[str] | None,
) -> list[str] | None:
    """Draw a confusion matrix for each output that tells classes apart, residuals for each that gives one value.

    Gives the names of the classes, where there are any.
    """
    part, held_out = next(
        (name, getattr(data, name))
        for name in ("test", "validation", "train")
        if getattr(data, name) is not None
    )
    ports = [port for port in experiment.outputs if _kind(port)]
    if not ports:
        return classes
    found = _predicted(model, held_out, experiment)
    for port in ports:
        suffix = f"_{port.name}" if len(ports) > 1 else ""
        expected, given = found[port.name]
        if _kind(port) == "classes":
            names = classes or [str(n) for n in range(_count(port))]
            classes = names if len(ports) == 1 else classes
            draw_confusion(
                *_as_classes(expected, given), names, folder / f"confusion{suffix}.png", part
            )
        else:
            draw_residuals(
                expected.reshape(-1), given.reshape(-1), folder / f"residuals{suffix}.png", part
            )
    return classes


def _kind(port: Port) -> str:
    """Say what an output is for, as a picture: "classes", "values", or nothing."""
    if len(port.shape) != 2 or port.shape[1] is None or port.loss is None:
        return ""
    form = form_of(port)
    if form in ("numbers", "one_hot", "either") and port.shape[1] > 1:
        return "classes"
    if form == "binary" and port.shape[1] == 1 and port.activation == "sigmoid":
        return "classes"
    return "values" if form in ("values", "any") and port.shape[1] == 1 else ""


def _count(port: Port) -> int:
    return max(port.shape[1] or 2, 2)


def _predicted(
    model: Foreign, dataset: Foreign, experiment: Experiment
) -> dict[str, tuple[Array, Array]]:
    """Give what was expected and what the model gives, by output."""
    numpy = needed("numpy")
    names = [port.name for port in experiment.outputs]
    expected: dict[str, list[Array]] = {name: [] for name in names}
    given: dict[str, list[Array]] = {name: [] for name in names}
    seen = 0
    for features, labels, *_ in dataset:
        outputs = model.predict_on_batch(as_arrays(features))
        for name, answer, label in zip(
            names, _each(outputs, names), _each(labels, names), strict=True
        ):
            given[name].append(numpy.asarray(answer))
            expected[name].append(numpy.asarray(label))
        seen += len(given[names[0]][-1])
        if seen >= MOST_SAMPLES:
            break
    return {
        name: (numpy.concatenate(expected[name]), numpy.concatenate(given[name])) for name in names
    }


def as_arrays(features: Foreign) -> Foreign:
    """Give tensors of TensorFlow as arrays, which every backend takes; text stays as it is."""
    tensorflow = needed("tensorflow")
    return tensorflow.nest.map_structure(
        lambda t: t if t.dtype == tensorflow.string else t.numpy(), features
    )


def _each(found: Foreign, names: list[str]) -> Iterator[Array]:
    if isinstance(found, Mapping):
        return (found[name] for name in names if name in found)
    return iter(found) if isinstance(found, (list, tuple)) else iter([found])


def _as_classes(expected: Array, given: Array) -> tuple[Array, Array]:
    """Give the numbers of the classes that were expected, and that the model finds likeliest."""
    if given.shape[-1] == 1:
        return expected.reshape(-1).round().astype(int), (given.reshape(-1) > 0.5).astype(int)
    rows = expected.ndim == 2 and expected.shape[-1] == given.shape[-1]
    numbers = expected.argmax(-1) if rows else expected.reshape(-1).astype(int)
    return numbers, given.argmax(-1)


def draw_confusion(
    expected: Array, given: Array, names: Sequence[str], path: Path, part: str
) -> None:
    """Draw how often each class was taken for which; the shade is the share of its row."""
    numpy = needed("numpy")
    count = max(len(names), int(expected.max(initial=0)) + 1, int(given.max(initial=0)) + 1)
    labels = [shortened(name, LONGEST_NAME) for name in names]
    labels += [str(n) for n in range(len(names), count)]
    table = numpy.zeros((count, count), int)
    numpy.add.at(table, (expected, given), 1)
    share = table / numpy.maximum(table.sum(axis=1, keepdims=True), 1)
    side = min(max(3.2, 1.4 + 0.42 * count), 9.0)
    room = (
        0.065 * max(map(len, labels)) if count <= MOST_NAMED else 0.0
    )  # for names beside it and below
    figure, axis = _pyplot().subplots(figsize=(side + 0.6 + room, side + room / 2))
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    _name_cells(axis, table, share, labels)
    right = int(table.trace())
    axis.set_title(
        f"{right:,} of {int(table.sum()):,} right, {part} data", fontsize=10, color=INK, loc="left"
    )
    axis.set_xlabel("predicted", fontsize=9, color=MUTED)
    axis.set_ylabel("is", fontsize=9, color=MUTED)
    _save(figure, path)


def _name_cells(axis: Foreign, table: Array, share: Array, names: Sequence[str]) -> None:
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.tick_params(colors=MUTED, labelsize=8, length=0)
    if len(names) <= MOST_NAMED:
        long = max(map(len, names)) > 3
        axis.set_xticks(
            range(len(names)), names, rotation=45 if long else 0, ha="right" if long else "center"
        )
        axis.set_yticks(range(len(names)), names)
    if len(names) <= MOST_NUMBERED:
        for row, column in zip(*table.nonzero(), strict=True):
            colour = "white" if share[row, column] > 0.5 else INK
            axis.text(
                column,
                row,
                f"{table[row, column]}",
                ha="center",
                va="center",
                fontsize=8,
                color=colour,
            )


def draw_residuals(expected: Array, given: Array, path: Path, part: str) -> None:
    """Draw what was predicted over what is, and how the differences are spread."""
    numpy = needed("numpy")
    figure, (left, right) = _panels(2)
    error = given - expected
    alpha = min(0.7, max(0.08, 60 / max(len(error), 1) ** 0.5 / 3))
    left.scatter(expected, given, s=9, color=TRAINING, alpha=alpha, linewidths=0, rasterized=True)
    ends = [float(min(expected.min(), given.min())), float(max(expected.max(), given.max()))]
    left.plot(ends, ends, color=MUTED, linewidth=1)
    left.set_title(f"{len(error):,} samples, {part} data", fontsize=10, color=INK, loc="left")
    left.set_xlabel("is", fontsize=9, color=MUTED)
    left.set_ylabel("predicted", fontsize=9, color=MUTED)
    right.hist(error, bins=min(60, max(10, int(len(error) ** 0.5))), color=TRAINING)
    right.axvline(0, color=MUTED, linewidth=1)
    title = f"mean absolute error {float(numpy.abs(error).mean()):.3g}"
    right.set_title(title, fontsize=10, color=INK, loc="left")
    right.set_xlabel("predicted minus what is", fontsize=9, color=MUTED)
    _save(figure, path)


def draw_sweep(
    rows: Sequence[tuple[int, float, Mapping[str, object]]], metric: str, up: bool, path: Path
) -> None:
    """Draw what each trial came to with the best so far, and over each value that was tried."""
    names = list(dict.fromkeys(name for _, _, values in rows for name in values))
    figure, axes = _panels(1 + len(names))
    numbers, found = [row[0] for row in rows], [row[1] for row in rows]
    best = max if up else min
    so_far = [best(found[: i + 1]) for i in range(len(found))]
    axes[0].scatter(numbers, found, s=22, color=TRAINING, alpha=0.7, linewidths=0)
    axes[0].step(
        numbers, so_far, where="post", color=VALIDATION, linewidth=1.6, label="best so far"
    )
    axes[0].set_title(metric.replace("_", " "), fontsize=10, color=INK, loc="left")
    axes[0].set_xlabel("trial", fontsize=9, color=MUTED)
    axes[0].legend(frameon=False, fontsize=9, labelcolor=INK)
    for axis, name in zip(axes[1:], names, strict=False):
        _tried(axis, name, [(values[name], value) for _, value, values in rows if name in values])
    _save(figure, path)


def _tried(axis: Foreign, name: str, pairs: Sequence[tuple[object, float]]) -> None:
    """Draw trials over the values of one hyperparameter: along an axis of numbers, or choice by choice."""
    numbers = [
        float(v) for v, _ in pairs if isinstance(v, (int, float)) and not isinstance(v, bool)
    ]
    few = len({str(v) for v, _ in pairs}) <= 6
    fractions = any(number % 1 for number in numbers)
    if len(numbers) == len(pairs) and (fractions or not few):
        places = numbers
        if min(numbers) > 0 and max(numbers) / min(numbers) > 10:
            axis.set_xscale("log")
    else:
        shown = sorted({str(v) for v, _ in pairs}, key=lambda text: (len(text), text))
        places = [float(shown.index(str(v))) for v, _ in pairs]
        axis.set_xticks(range(len(shown)), shown)
        axis.set_xlim(-0.6, len(shown) - 0.4)
    found = [number for _, number in pairs]
    axis.scatter(places, found, s=22, color=TRAINING, alpha=0.7, linewidths=0)
    axis.set_title(shortened(name, LONGEST_TITLE), fontsize=10, color=INK, loc="left")
