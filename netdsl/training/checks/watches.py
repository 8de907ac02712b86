"""What is seen only by reading: NaN, labels outside their classes, indices outside a table, text among numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from netdsl.catalog.measures import NOT_BELOW_0
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.remedies.categories import Categories, Followed, bound_of
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.graph import Node
from netdsl.tensor import UNKNOWN
from netdsl.training.checks.samples import numbers_for_rows
from netdsl.training.labels import WORDS, Form, classes_of, form_of, ignored, kind_of, loss_place
from netdsl.training.sources.parts import Field, Opening, Part, listed

#: So many names of classes are kept; where there are more it is no column of classes.
MOST_CLASSES = 100_000

Place = tuple[int, ...]


class Wrong:
    """How many values are wrong in one way, where the first of them stands, and what that is."""

    def __init__(self) -> None:
        self.count, self.first = 0, ()  # type: int, Place
        self.value: Foreign = None

    def see(self, mask: Array, values: Array, start: int) -> None:
        """Take a piece whose first sample is number `start`; the mask says which of its values are wrong."""
        count = int(mask.sum())
        if count and not self.count:
            self.first = first_place(mask, start)
            self.value = values[(self.first[0] - start, *self.first[1:])]
        self.count += count

    def all(self, noun: str) -> str:
        """Say how many there are, where it is not one."""
        return f"; {self.count:,} such {noun}" if self.count > 1 else ""


class Watch:
    """Sees one field's pieces in order, and reports at the end."""

    def __init__(self, opening: Opening, part: Part, field: Field) -> None:
        self.opening, self.part, self.field = opening, part, field
        self.names: set[str] = set()  # of classes, where they are text

    def see(self, array: Array, start: int) -> None:
        """Take a piece whose first sample is number `start`."""
        raise NotImplementedError

    def finish(self) -> None:
        """Report what was seen."""
        raise NotImplementedError

    def report(self, found: Diagnostic) -> None:
        self.opening.report(found)

    def where(self, place: Place) -> str:
        """Name a place in the data: `column `age`, row 17`, or `sample 3, at (0, 5)`."""
        field, sample = self.field, place[0]
        if not field.counted:
            return f"one of {field.shown}"
        part = "" if self.part.name == "train" else f" of the {self.part.name} data"
        if field.members:
            column = field.members[place[1]] if len(place) > 1 else field.members[0]
            return f"{field.noun} `{column}`, {field.counted} {sample:,}{part}"
        inside = (
            f", at {place[1:]}" if len(place) > 2 else f", at {place[1]}" if len(place) == 2 else ""
        )
        return f"{field.shown}, sample {sample:,}{inside}{part}"


def watches_for(opening: Opening, part: Part, field: Field) -> Iterable[Watch]:
    """Give what is to be seen of a field."""
    is_text = field.dtype in ("string", "bytes")
    if field.role == "weight":
        yield Weights(opening, part, field)
        return
    if field.role == "input":
        if field.dtype == "object" or field.dtype.startswith(("float", "bfloat")):
            yield Numbers(opening, part, field)
        bound = bound_at(opening, field)
        if bound is not None and not is_text:
            yield Indices(opening, part, field, *bound)
        elif field.port.dtype.startswith(("int", "uint")) and not is_text:
            yield Range(opening, part, field)
        return
    if field.dtype == "object" or field.dtype.startswith(("float", "bfloat")):
        yield Numbers(opening, part, field)
    if kind_of(field.port) in NOT_BELOW_0 and not is_text:
        yield NotBelow(opening, part, field)
    if form_of(field.port) not in ("values", "any") and field.dtype != "bytes":
        yield Labels(opening, part, field)


def numeric(array: Array) -> Array:
    """Give an array as numbers: NaN where there are none; anything that has a dtype of numbers stays as it is."""
    if array.dtype.kind in "biufc":
        return array
    pandas = needed("pandas", "to read tables")
    flat = pandas.to_numeric(pandas.Series(array.reshape(-1)), errors="coerce").to_numpy("float64")
    return flat.reshape(array.shape)


def first_place(mask: Array, start: int) -> Place:
    """Give the place of the first that is true, samples counted from the whole's first."""
    numpy = needed("numpy")
    place = tuple(int(i) for i in numpy.unravel_index(int(mask.argmax()), mask.shape))
    return (place[0] + start, *place[1:])


class Numbers(Watch):
    """NaN, infinity and cells with nothing in them; text where numbers are wanted, fractions where whole ones are."""

    def __init__(self, opening: Opening, part: Part, field: Field) -> None:
        super().__init__(opening, part, field)
        self.endless, self.texts, self.fractions = Wrong(), Wrong(), Wrong()

    def see(self, array: Array, start: int) -> None:
        numpy = needed("numpy")
        if self.field.port.dtype == "string" and self.field.role == "input":
            return
        if array.dtype.kind in "biu":
            return
        if array.dtype.kind not in "fc":
            array = self._numbers(array, start)
        wrong = ~numpy.isfinite(array)
        most = _most(self.field.port.dtype)
        if array.dtype.itemsize > 4 and most is not None:
            wrong |= numpy.abs(array) > most
        self.endless.see(wrong, array.real, start)
        self._see_fractions(array, wrong, start)

    def _numbers(self, array: Array, start: int) -> Array:
        pandas, numpy = needed("pandas", "to read tables"), needed("numpy")
        if _are_labels(self.field) and not _is_numeric(array):
            return numpy.where(pandas.isna(array), numpy.nan, 0.0)  # names of classes
        numbers = numeric(array)
        texts = numpy.isnan(numbers) & ~numpy.asarray(pandas.isna(array))
        self.texts.see(texts, array, start)
        return numpy.where(texts, 0.0, numbers)

    def _see_fractions(self, array: Array, wrong: Array, start: int) -> None:
        numpy = needed("numpy")
        if self.field.role == "input" and self.field.port.dtype.startswith(("int", "uint")):
            parts = ~wrong & (numpy.where(wrong, 0, array) % 1 != 0)
            self.fractions.see(parts, array, start)

    def finish(self) -> None:
        field, port = self.field, self.field.port
        if self.texts.count:
            text = self.texts.value
            label = f"{self.where(self.texts.first)} is {text!r}, and {port.dtype} is wanted"
            label += self.texts.all("cells")
            help = "leave the column out by `features=[…]`, or give it an input: `input name: string[1]`"
            if re.fullmatch(r"\s*-?\d+,\d+\s*", str(text)):
                help = "numbers are written with a point, and without marks of thousands: `1.5`, `1200`"
            elif field.role == "output":
                help = "text is a class, and this loss compares values: save numbers"
            self.report(
                problems.ValuesDiffer.at(
                    field.place, label, role=field.role, name=port.name,
                    help=help,
                )
            )  # fmt: skip
        elif self.endless.count:
            count, value = self.endless.count, float(self.endless.value)
            of_them = "value, in" if count == 1 else "values, the first in"
            label = f"{count:,} {of_them} {self.where(self.endless.first)}"
            if math.isfinite(value):
                label += f": {value:g} is infinite in {port.dtype}"
            help = "leave those samples out, or put numbers for them, before they are saved"
            self.report(problems.NotFinite.at(field.place, label, help=help))
        elif self.fractions.count:
            place, value = self.where(self.fractions.first), float(self.fractions.value)
            label = f"{place} is {value:g}, the input is {port.dtype}"
            self.report(problems.ValuesDiffer.at(field.place, label, role="input", name=port.name))


def _most(dtype: str) -> float | None:
    """Give the largest number of a type of floats that is less than those of data."""
    return {"float32": 3.4028235e38, "bfloat16": 3.3895314e38, "float16": 65504.0}.get(dtype)


class Weights(Watch):
    """Weights of samples: numbers that are there, and not negative."""

    def __init__(self, opening: Opening, part: Part, field: Field) -> None:
        super().__init__(opening, part, field)
        self.bad = Wrong()
        self.is_nothing = True

    def see(self, array: Array, start: int) -> None:
        numpy = needed("numpy")
        numbers = numeric(array)
        wrong = ~(numbers >= 0) | ~numpy.isfinite(numbers)
        self.bad.see(wrong, array, start)
        self.is_nothing = self.is_nothing and not bool((numbers > 0).any())

    def finish(self) -> None:
        field = self.field
        name = field.members[0] if field.members else field.key
        bad = self.bad
        label = f"{self.where(bad.first)} is {bad.value}{bad.all('weights')}" if bad.count else ""
        if not label and self.is_nothing:
            label = f"all of {field.shown} are 0: no sample counts"
        if label:
            self.report(
                problems.WeightsDiffer.at(
                    field.place, label, name=name, help="a weight is 0, or more"
                )
            )


class Range(Watch):
    """Whole numbers that an input's type has no room for, which would become others."""

    def __init__(self, opening: Opening, part: Part, field: Field) -> None:
        super().__init__(opening, part, field)
        bits = int(field.port.dtype.lstrip("uint"))
        is_signed = field.port.dtype.startswith("int")
        self.low = -(2 ** (bits - 1)) if is_signed else 0
        self.high: int = 2 ** (bits - is_signed) - 1
        self.outside = Wrong()

    def see(self, array: Array, start: int) -> None:
        numbers = numeric(array)
        wrong = (numbers < self.low) | (numbers > self.high)
        self.outside.see(wrong, numbers, start)

    def finish(self) -> None:
        if self.outside.count:
            port, value = self.field.port, int(self.outside.value)
            label = f"{self.where(self.outside.first)} is {value}, {port.dtype} holds {self.low} to {self.high}"
            label += self.outside.all("numbers")
            help = "declare the input as a type that holds them"
            self.report(
                problems.ValuesDiffer.at(
                    self.field.place, label, role="input", name=port.name, help=help
                )
            )


class NotBelow(Watch):
    """Values for a loss that takes none below 0, and clips them."""

    def __init__(self, opening: Opening, part: Part, field: Field) -> None:
        super().__init__(opening, part, field)
        self.outside = Wrong()

    def see(self, array: Array, start: int) -> None:
        numbers = numeric(array)
        self.outside.see(numbers < 0, numbers, start)

    def finish(self) -> None:
        if self.outside.count:
            port, value = self.field.port, float(self.outside.value)
            label = (
                f"{self.where(self.outside.first)} is {value:g}, `{kind_of(port)}` takes 0 or more"
            )
            label += self.outside.all("labels")
            help = "values of either sign: `loss = mse`"
            self.report(
                problems.LabelOutside.at(self.field.place, label, name=port.name, help=help)
            )


def _are_labels(field: Field) -> bool:
    """Tell whether a column's text may be names of classes."""
    return field.role == "output" and form_of(field.port) in (
        "numbers",
        "one_hot",
        "binary",
        "either",
        "margin",
    )


def _is_numeric(array: Array) -> bool:
    numpy, pandas = needed("numpy"), needed("pandas", "to read tables")
    return bool((~numpy.isnan(numeric(array)) | numpy.asarray(pandas.isna(array))).all())


class Indices(Watch):
    """Numbers that look rows of a table up, and have to be below how many it has."""

    def __init__(self, opening: Opening, part: Part, field: Field, rows: int, node: Node) -> None:
        super().__init__(opening, part, field)
        self.rows, self.node = rows, node
        self.outside = Wrong()
        self.most = 0

    def see(self, array: Array, start: int) -> None:
        numbers = numeric(array)
        self.most = max(self.most, int(numbers.max(initial=0)))
        wrong = (numbers < 0) | (numbers >= self.rows)
        self.outside.see(wrong, numbers, start)

    def finish(self) -> None:
        if not self.outside.count:
            return
        value = int(self.outside.value)
        span = self.node.operation.span or self.node.origin.span
        definition = self.node.operation.definition
        argument = definition.bounded_by if definition is not None else ""
        label = f"{self.where(self.outside.first)} is {value}, `{self.node.kind}` has rows 0 to {self.rows - 1}"
        label += self.outside.all("numbers")
        help = "numbers below 0 look nothing up" if value < 0 else ""
        if not help and argument:
            help = f"give it room for all: `{argument}={self.most + 1}`"
        self.report(
            problems.IndexOutside.at(
                self.field.place, label, name=self.field.port.name, help=help,
                related=(Label(span, f"{self.rows} rows are here"),),
            )
        )  # fmt: skip


def bound_at(opening: Opening, field: Field) -> tuple[int, Node] | None:
    """Give the smallest table that an input's numbers look up, and its layer."""
    graph = opening.experiment.graph
    ports = [port.name for port in opening.inputs]
    place = ports.index(field.port.name)
    arriving = {place: Categories(UNKNOWN, graph.nodes[graph.inputs[place]])}
    bounds = [
        (rows, node)
        for node, met in Followed().meetings(graph, arriving)
        if met is arriving[place] and (rows := bound_of(node)) is not None
    ]
    return min(bounds, key=lambda found: found[0], default=None)


class Labels(Watch):
    """Labels by what the loss takes: numbers below the classes, rows with a 1, 0 or 1."""

    def __init__(self, opening: Opening, part: Part, field: Field) -> None:
        super().__init__(opening, part, field)
        self.form: Form = form_of(field.port)
        self.low, self.high = float("inf"), float("-inf")
        self.outside = Wrong()
        self.whole = True
        self.seen: set[float] = set()
        self.few: set[float] = set()  # the values, while they are few
        self.sums = Wrong()  # of rows
        self.has_numbers = False

    def see(self, array: Array, start: int) -> None:
        if array.dtype.kind not in "biuf" and not _is_numeric(array):
            self._see_names(array)
            return
        numpy = needed("numpy")
        numbers = numeric(array)
        finite = numpy.isfinite(numbers)
        if not finite.any():
            return
        self.has_numbers = True
        if self.form == "binary" and len(self.few) < 3:
            self.few.update(numpy.unique(numbers[finite])[:3].tolist())
        if self.form == "one_hot" and numbers.ndim > 1:
            self._see_sums(numbers, start)
        self.low = min(self.low, float(numbers[finite].min()))
        self.high = max(self.high, float(numbers[finite].max()))
        self.whole = self.whole and bool((numbers[finite] % 1 == 0).all())
        wrong = finite & self._outside(numbers)
        self.outside.see(wrong, numbers, start)
        self._see_classes(numbers, finite)

    def _see_sums(self, numbers: Array, start: int) -> None:
        """See what rows add up to: a 1 at the class, or parts of it."""
        sums = numbers.sum(-1, dtype="float64")
        self.sums.see(abs(sums - 1) > 1e-2, sums, start)

    def compare(self, texts: dict[str, set[str]]) -> None:
        """Keep the classes of training that are text; report labels of held-out data that are none of them."""
        name, field = self.field.port.name, self.field
        if self.part.name == "train":
            if self.names:
                texts[name] = self.names
            return
        known = texts.get(name, set())
        unseen = sorted(self.names - known)
        if bool(known) != bool(self.names) and (known or self.names):
            one, other = ("text", "numbers") if self.names else ("numbers", "text")
            label = f"{field.shown} holds {one}, in the training data {other}"
            help = "write the classes alike in both"
        elif unseen:
            label = f"{field.shown} holds {listed(unseen)}, which the training data has not"
            help = f"it has {listed(sorted(known))}"
        else:
            return
        self.report(problems.LabelOutside.at(field.place, label, name=name, help=help))

    def _see_names(self, array: Array) -> None:
        if len(self.names) < MOST_CLASSES:
            self.names.update(
                str(value) for value in array.reshape(-1) if value == value and value is not None
            )

    def _outside(self, numbers: Array) -> Array:
        """Say which labels the loss has no place for."""
        if self._are_numbers(numbers):
            left_out = ignored(self.field.port)
            most = classes_of(self.field.port)
            wrong = (numbers < 0) | (numbers % 1 != 0)
            wrong |= numbers >= most if most is not None else False
            return wrong & (numbers != left_out) if left_out is not None else wrong
        if self.form == "margin":
            return (numbers != -1) & (numbers != 0) & (numbers != 1)
        return (numbers < 0) | (numbers > 1)

    def _are_numbers(self, numbers: Array) -> bool:
        if self.form != "either":
            return self.form == "numbers"
        classes = classes_of(self.field.port)
        return classes != 1 and not (numbers.ndim > 1 and numbers.shape[-1] == classes)

    def _see_classes(self, numbers: Array, finite: Array) -> None:
        if len(self.seen) > 1:
            return
        if self.form == "one_hot" or (
            numbers.ndim > 1 and numbers.shape[-1] > 1 and not self._are_numbers(numbers)
        ):
            if self.form == "one_hot" and numbers.ndim == 2:
                self.seen.update(float(v) for v in set(numbers.argmax(-1).tolist()))
            else:
                self.seen.update((0.0, 1.0))  # each unit is a question of its own
            return
        values = numbers[finite]
        self.seen.update((float(values.min()), float(values.max())))

    def finish(self) -> None:
        if self.names and self.has_numbers:
            label = f"{self.field.shown} holds text in some places, and numbers in others"
            help = "write all classes as text, or all as numbers"
            name = self.field.port.name
            self.report(problems.LabelOutside.at(self.field.place, label, name=name, help=help))
        elif self.form == "one_hot" and self.field.shape == () and (self.names or self.has_numbers):
            self.report(numbers_for_rows(self.opening, self.field))
        elif self.names:
            self._finish_names()
        elif self.sums.count and not self.outside.count:
            self.report(self._rows_that_are_none())
        elif self.outside.count:
            self.report(self._for_loss() or self._numbers_outside())
        elif len(self.seen) == 1 and self.part.name == "train":
            only = f"{next(iter(self.seen)):g}"
            self._one_class(f"every label of {self.field.shown} is {only}")

    def _finish_names(self) -> None:
        field, classes = self.field, classes_of(self.field.port)
        room = 2 if classes == 1 else classes
        if len(self.names) == 1:
            self._one_class(f"every label of {field.shown} is `{next(iter(self.names))}`")
        elif room is not None and len(self.names) > room:
            label = f"{field.shown} holds {len(self.names):,} different texts, the output tells {room} classes apart"
            self.report(
                problems.LabelOutside.at(
                    field.place, label, name=field.port.name,
                    help=f"give the output {len(self.names)} units, one for each class" if classes != 1 else "",
                    related=(Label(field.port.place, f"{classes} units"),),
                )
            )  # fmt: skip

    def _one_class(self, label: str) -> None:
        help = "there is nothing to tell apart: is the data sorted, and cut off?"
        self.report(
            problems.OneClass.at(self.field.place, label, name=self.field.port.name, help=help)
        )

    def _rows_that_are_none(self) -> Diagnostic:
        field, port = self.field, self.field.port
        total = float(self.sums.value)
        label = f"{self.where(self.sums.first)} adds up to {total:g}, it takes {WORDS['one_hot']}"
        label += self.sums.all("rows")
        help = (
            f"for several classes at once, or none: `Dense({port.shape[-1]}, activation=sigmoid)` and "
            "`loss = binary_crossentropy`"
        )
        return problems.LabelOutside.at(field.place, label, name=port.name, help=help)

    def _for_loss(self) -> Diagnostic | None:
        """Say so where the labels are right, for another loss."""
        field, port = self.field, self.field.port
        if self.form != "binary" or not self.whole or self.low < 0 or len(self.few) < 3:
            return None
        classes = int(self.high) + 1
        return problems.LabelsForLoss.at(
            loss_place(self.opening.experiment),
            f"`{kind_of(port)}` takes {WORDS['binary']}, {field.shown} holds {self.low:g} to {self.high:g}",
            name=port.name,
            help=f"for {classes} classes: `Dense({classes}, activation=softmax)` and "
            "`loss = sparse_categorical_crossentropy`",
            related=(Label(field.place, "the labels are from here"),),
        )

    def _numbers_outside(self) -> Diagnostic:
        field, port = self.field, self.field.port
        classes = classes_of(port)
        takes = (
            f"classes are 0 to {(classes or 1) - 1}"
            if self.form in ("numbers", "either")
            else f"it takes {WORDS[self.form]}"
        )
        label = f"{self.where(self.outside.first)} is {float(self.outside.value):g}, {takes}"
        label += self.outside.all("labels")
        return problems.LabelOutside.at(
            field.place,
            label,
            name=port.name,
            help=self._help(classes),
            related=(Label(port.place, f"the output is {list(port.shape[1:])}"),),
        )

    def _help(self, classes: int | None) -> str:
        if self.form not in ("numbers", "either"):
            if self.form == "binary" and len(self.few) == 2:
                return f"there are two values: save `(y == {self.high:g})`, which is 0 or 1"
            if self.form == "binary" and not self.whole:
                return "values beyond 0 and 1: `loss = mse`, and no sigmoid at the end"
            if self.form == "one_hot":
                return "save rows with a 1 at the class: `keras.utils.to_categorical(y)`"
            return "save -1 or 1 for each" if self.form == "margin" else "save 0 or 1 for each"
        if not self.whole:
            return "numbers with fractions are values: `loss = mse`"
        if self.low >= 1 and classes is not None and self.high == classes:
            return "count classes from 0: subtract 1 from each label"
        if self.low >= 0:
            return f"give the output {int(self.high) + 1} units, one for each class"
        return (
            "count classes from 0; what is to be left out is named by the loss: `ignore_class=-1`"
        )
