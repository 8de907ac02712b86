"""Lists of numbers as a person writes them: `range(50)`, `[0.5] * 4`, `[7 * i + j for i in range(7) for j in range(7)]`

Each form is tried on the whole list, the plainest first, and gives the same numbers again, in the precision in which
they are held. What none of them is stands as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import exp, isclose, log, pi, sqrt

from netdsl.importer.measure import tokens
from netdsl.importer.network import Given
from netdsl.record import record
from netdsl.tensor import short, single


@record
class Raw:
    """Text that stands where a value would: the name of a parameter, an expression of several."""

    text: str


#: How many numbers are written out at most, where they are none that a loop makes.
MOST_WRITTEN = 2_048

#: From how many numbers on a loop may stand for them, and from how many on where they are long fractions.
FEWEST, FEWEST_PARTS = 6, 3

Numbers = tuple[int | float, ...]

#: Names of what loops of a list count with, from the outside in.
COUNTERS = ("i", "j", "k", "m")


def spell_sequence(values: Sequence[Given], spell: Callable[[Given], str]) -> str | None:
    """Spell a list of numbers by what makes it; None where it is best written out."""
    numbers = tuple(values)
    if len(numbers) < FEWEST_PARTS or not all(_is_number(value) for value in numbers):
        return None
    if len(numbers) < FEWEST:
        text = _in_parts(numbers, spell, COUNTERS)
        return text if text and 2 * len(text) < _written_length(numbers, spell) else None
    return _spelled(numbers, spell, COUNTERS)


def _spelled(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    kinds = tuple(map(type, numbers))  # 1, 1.0 and True are equal keys
    return _made(numbers, kinds, spell, free)


@lru_cache(maxsize=4096)
def _made(
    numbers: Numbers, kinds: tuple[type, ...], spell: Callable[[Given], str], free: tuple[str, ...]
) -> str | None:
    for form in FORMS:
        text = form(numbers, spell, free)
        most = 1.5 if form is _powers else 1  # which a reader knows at once
        if text is not None and (
            tokens(text) <= most * len(numbers) or 2 * len(text) < _written_length(numbers, spell)
        ):
            return text
    return None


def _written_length(numbers: Numbers, spell: Callable[[Given], str]) -> int:
    """Count the characters of numbers that are written out: fractions are long."""
    return sum(len(spell(number)) + 2 for number in numbers)


def _is_number(value: Given) -> bool:
    return isinstance(value, (int, float))


def _are_whole(numbers: Numbers) -> bool:
    return all(type(n) is int for n in numbers)


def _counted(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    """`range(2, 50, 3)`."""
    if not _are_whole(numbers) or numbers[1] == numbers[0]:
        return None
    start, step = int(numbers[0]), int(numbers[1] - numbers[0])
    stop = start + step * len(numbers)
    if numbers != tuple(range(start, stop, step)):
        return None
    stop = stop if step > 0 else int(numbers[-1]) - 1
    inside = [start, stop, step] if step != 1 else [start, stop] if start else [stop]
    return f"range({', '.join(map(spell, inside))})"


def _alike(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    """`[0.5] * 4`, `[0] * 49 + [1] * 4`."""
    runs: list[list[int | float]] = []
    for number in numbers:
        if runs and runs[-1][0] == number and type(runs[-1][0]) is type(number):
            runs[-1].append(number)
        else:
            runs.append([number])
    if len(runs) > 6:
        return None
    parts = [
        f"[{spell(run[0])}] * {len(run)}" if len(run) > 3 else f"[{', '.join(map(spell, run))}]"
        for run in runs
    ]
    return " + ".join(parts)


def _in_turn(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    """`[0.0, 1.0] * 8`."""
    for period in range(2, len(numbers) // 2 + 1):
        if len(numbers) % period == 0 and numbers == numbers[:period] * (len(numbers) // period):
            inner = _list_of(numbers[:period], spell, free)
            return f"{inner} * {len(numbers) // period}"
    return None


def _each_several_times(
    numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]
) -> str | None:
    """`[i for i in range(4) for _ in range(2)]`."""
    times = next((n for n, number in enumerate(numbers) if number != numbers[0]), len(numbers))
    if times < 2 or len(numbers) % times:
        return None
    each, name = numbers[::times], free[0]
    if numbers != tuple(number for number in each for _ in range(times)):
        return None
    inner = _list_of(each, spell, free)
    if f" for {name} in " in inner and inner.endswith("]"):
        return f"{inner[:-1]} for _ in range({times})]"
    return f"[{name} for {name} in {inner} for _ in range({times})]"


def _in_digits(
    numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]
) -> str | None:
    """`[7 * i - j + 6 for i in range(7) for j in range(7)]`: a sum of multiples of several counters."""
    if not _are_whole(numbers):
        return None
    sizes, steps = _digits(tuple(int(n) for n in numbers), [len(numbers)])
    if len(sizes) < 2 or len(sizes) > len(free):
        return None
    names = free[: len(sizes)]
    total = _sum(list(zip(steps, names, strict=True)), int(numbers[0]))
    loops = " ".join(f"for {n} in range({s})" for n, s in zip(names, sizes, strict=True))
    return f"[{total} {loops}]"


def _digits(numbers: tuple[int, ...], shape: Sequence[int]) -> tuple[list[int], list[int]]:
    """Give how far each counter goes, and what it counts for, the outermost first; nothing where there are none.

    No counter goes over the end of an axis.
    """
    sizes: list[int] = []
    steps: list[int] = []
    left, axes = numbers, list(shape)
    while len(left) > 1:
        while axes[-1] == 1:
            axes.pop()
        step = left[1] - left[0]
        size = 2
        while size < axes[-1] and left[size] - left[size - 1] == step:
            size += 1
        while size > 1 and (axes[-1] % size or not _repeats(left, size, step)):
            size -= 1
        if size == 1:
            return [], []
        sizes.insert(0, size)
        steps.insert(0, step)
        left = left[::size]
        axes[-1] //= size
    return sizes, steps


def _repeats(numbers: tuple[int, ...], size: int, step: int) -> bool:
    """Tell whether every `size` numbers in a row go up by a step."""
    return len(numbers) % size == 0 and all(
        numbers[n] == numbers[n - n % size] + step * (n % size) for n in range(len(numbers))
    )


def _sum(terms: list[tuple[int, str]], more: int) -> str:
    """Spell a sum, what is added before what is taken away."""
    spelled = [
        (step, name if abs(step) == 1 else f"{abs(step)} * {name}") for step, name in terms if step
    ]
    ordered = [t for t in spelled if t[0] > 0] + [t for t in spelled if t[0] < 0]
    text = ""
    for step, term in ordered:
        sign = " - " if step < 0 else " + "
        text = f"{text}{sign}{term}" if text else f"-{term}" if step < 0 else term
    return f"{text} {'-' if more < 0 else '+'} {abs(more)}" if more else text


def _geometric(
    numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]
) -> str | None:
    """`[10_000 ** (-i / 31) for i in range(32)]`: rates, each a fixed part of the one before."""
    first, last = numbers[0], numbers[-1]
    if not all(type(n) is float and n > 0 for n in numbers) or first in (last, numbers[1]):
        return None
    name, count = free[0], len(numbers)
    factor = "" if first == 1 else f"{spell(first)} * "
    for base in BASES:
        places = log(base) / log(last / first) * (count - 1)
        whole = round(places)
        if not whole or not isclose(places, whole, rel_tol=1e-4):
            continue
        sign, parts = "-" if whole < 0 else "", f" / {spell(abs(whole))}" if abs(whole) > 1 else ""
        power = [first * float(base) ** (n / whole) for n in range(count)]
        if _are_one(power, numbers):
            of = spell(base if parts else float(base))  # powers of whole numbers are whole
            text = f"{of} ** {_power(sign, name, parts)}"
            return f"[{factor}{text} for {name} in range({count})]"
        power = [first * exp(log(base) * n / whole) for n in range(count)]
        if _are_one(power, numbers):
            text = f"exp({sign}log({spell(base)}) * {name}{parts})"
            return f"[{factor}{text} for {name} in range({count})]"
    return None


def _power(sign: str, name: str, parts: str) -> str:
    return f"({sign}{name}{parts})" if sign or parts else name


#: What rates are powers of.
BASES = (10_000, 2, 10, 100, 1_000)


def _are_one(made: Sequence[float], numbers: Numbers) -> bool:
    """Tell whether numbers are the same in the precision in which they are held."""
    return all(single(a) == single(b) for a, b in zip(made, numbers, strict=True))


def _powers(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    """`[64 * 2 ** i for i in range(5)]`: whole numbers, each as many times the one before."""
    if not _are_whole(numbers) or not numbers[0] or numbers[1] % numbers[0]:
        return None
    first, base, name = int(numbers[0]), int(numbers[1] // numbers[0]), free[0]
    if base < 2 or numbers != tuple(first * base**n for n in range(len(numbers))):
        return None
    factor = "" if first == 1 else f"{spell(first)} * "
    return f"[{factor}{base} ** {name} for {name} in range({len(numbers)})]"


def _in_turn_but_cut(
    numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]
) -> str | None:
    """`([2 ** i for i in range(10)] * 3)[:-1]`: what comes in turn, but for its end."""
    for period in range(2, len(numbers) // 2 + 1):
        lacking = -len(numbers) % period
        times = (len(numbers) + lacking) // period
        if 0 < lacking < period / 2 and numbers == (numbers[:period] * times)[:-lacking]:
            inner = _list_of(numbers[:period], spell, free)
            return f"({inner} * {times})[:{-lacking}]"
    return None


def _in_parts(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    """`[0.2 * i / 55 for i in range(5, 11)]`: a few of the steps from nothing to a number, exactly as they are held."""
    step, name = numbers[1] - numbers[0], free[0]
    if not all(type(n) is float for n in numbers) or not step:
        return None
    first = round(numbers[0] / step)
    places = range(first, first + len(numbers))
    for whole in ENDS if abs(step) * MOST_PARTS > 1 else (*ENDS[1:], 1):
        parts = round(whole / step)
        if parts > 1 and tuple(whole * place / parts for place in places) == numbers:
            times = "" if whole == 1 else f"{spell(whole)} * "
            counted = [first, places.stop] if first else [places.stop]
            inside = f"range({', '.join(map(spell, counted))})"
            return f"[{times}{name} / {parts} for {name} in {inside}]"
    return None


#: To what numbers go up, step by step.
ENDS = (1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: Of how many steps to 1 it is to be told at most that they are so.
MOST_PARTS = 64


def _evenly(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str | None:
    """`[i / 4 for i in range(9)]`: fractions that a counter makes."""
    first, name, count = numbers[0], free[0], len(numbers)
    step = numbers[1] - first
    if not all(type(n) is float for n in numbers) or not step:
        return None
    for text, made in _fractions(float(first), float(step), name, count):
        if _are_one(made, numbers):
            return f"[{text} for {name} in range({count})]"
    return None


def _fractions(
    first: float, step: float, name: str, count: int
) -> Iterator[tuple[str, list[float]]]:
    start = "" if not first else f" + {first!r}" if first > 0 else f" - {-first!r}"
    if step.is_integer():
        times = "" if step == 1 else f"{int(step)} * "
        yield f"{times}float({name}){start}", [n * step + first for n in range(count)]
    parts = round(1 / step) if abs(step) < 1 else 0
    if parts and isclose(1 / step, parts, rel_tol=1e-5):
        sign = "-" if parts < 0 else ""
        text = f"{sign}{name} / {abs(parts)}{start}"
        yield text, [n / parts + first for n in range(count)]


def spell_table(
    numbers: Numbers, shape: Sequence[int], spell: Callable[[Given], str]
) -> str | None:
    """Spell an array of several axes by what makes it, a list in a list for each axis; None where nothing does."""
    if len(shape) == 2 and (text := _in_corner(numbers, shape[0], shape[1], spell)):
        return text
    if len(shape) in (2, 3) and (text := _compared(numbers, shape, spell)):
        return text
    drawn = _drawn(numbers, shape, spell)
    if drawn is not None or not _are_whole(numbers):
        return drawn
    sizes, steps = _digits(tuple(int(n) for n in numbers), shape)
    if not 1 < len(sizes) <= len(COUNTERS):
        return None
    names = COUNTERS[: len(sizes)]
    text = _sum(list(zip(steps, names, strict=True)), int(numbers[0]))
    left = list(zip(names, sizes, strict=True))
    for size in reversed(shape):
        loops: list[str] = []
        while size > 1 and left and size % left[-1][1] == 0:
            name, count = left.pop()
            loops.insert(0, f"for {name} in range({count})")
            size //= count
        if size != 1 or not loops:
            return None
        text = f"[{text} {' '.join(loops)}]"
    return text


def _in_corner(
    numbers: Numbers, rows: int, columns: int, spell: Callable[[Given], str]
) -> str | None:
    """`[[1 if j <= i else 0 for j in range(8)] for i in range(8)]`: what may look back, and no further."""
    if rows < 3 or columns < 3:
        return None
    inside, outside = numbers[(rows - 1) * columns], numbers[columns - 1]
    if inside == outside:
        return None
    for sign, shift in (("<=", 0), ("<", 1)):
        made = tuple(
            inside if j + shift <= i else outside for i in range(rows) for j in range(columns)
        )
        if made == numbers:
            if (inside, outside) == (True, False) and type(inside) is bool:
                cell = f"j {sign} i"
            else:
                cell = f"{spell(inside)} if j {sign} i else {spell(outside)}"
            return f"[[{cell} for j in range({columns})] for i in range({rows})]"
    return None


#: From how many numbers on a table of two is a drawing, how wide that may be, and its marks.
FEWEST_DRAWN, WIDEST_DRAWN, MARKS = 64, 90, "#."


def _drawn(numbers: Numbers, shape: Sequence[int], spell: Callable[[Given], str]) -> str | None:
    """`[[1 if mark == "#" else 0 for mark in marks] for marks in zip(*["#.#", "##."])]`: what has two values is drawn,
    a line for each column."""
    found = sorted(set(numbers), reverse=True)
    if len(shape) != 2 or len(found) != 2 or len(numbers) < FEWEST_DRAWN:
        return None
    rows, columns = shape
    if not columns < rows <= WIDEST_DRAWN:
        return None
    lines = [
        "".join(MARKS[number != found[0]] for number in numbers[start::columns])
        for start in range(columns)
    ]
    cell = f'{spell(found[0])} if mark == "{MARKS[0]}" else {spell(found[1])} for mark in marks'
    drawn = ", ".join(f'"{line}"' for line in lines)
    return f"[[{cell}] for marks in zip(*[{drawn}])]"


def _compared(numbers: Numbers, shape: Sequence[int], spell: Callable[[Given], str]) -> str | None:
    """`[[[p == q for q in row] for p in row] for row in parts]`: which places lie together, of one row or of many."""
    *many, size, other = shape
    if size != other or size < 3 or not all(type(n) is bool for n in numbers):
        return None
    rows = []
    for start in range(0, len(numbers), size * size):
        square = [numbers[start + n * size : start + (n + 1) * size] for n in range(size)]
        labels: list[int] = []
        for place, row in enumerate(square):
            first = row.index(True) if True in row else place
            labels.append(labels[first] if first < place else max(labels, default=-1) + 1)
        if any(tuple(a == b for b in labels) != row for a, row in zip(labels, square, strict=True)):
            return None
        rows.append(labels)
    texts = [_list_of(tuple(row), spell, COUNTERS) for row in rows]
    if not many:
        return f"[[p == q for q in row] for row in [{texts[0]}] for p in row]"
    return f"[[[p == q for q in row] for p in row] for row in {_in_runs(texts)}]"


def _in_runs(texts: Sequence[str]) -> str:
    """Write a list of lists: those in a row that are the same once."""
    parts: list[str] = []
    place = 0
    while place < len(texts):
        end = place
        while end < len(texts) and texts[end] == texts[place]:
            end += 1
        count = end - place
        parts += (
            [f"[{texts[place]}] * {count}"] if count > 2 else [f"[{t}]" for t in texts[place:end]]
        )
        place = end
    return " + ".join(parts)


FORMS = (
    _counted,
    _alike,
    _in_turn,
    _each_several_times,
    _in_digits,
    _powers,
    _in_parts,
    _evenly,
    _geometric,
    _in_turn_but_cut,
)


def _list_of(numbers: Numbers, spell: Callable[[Given], str], free: tuple[str, ...]) -> str:
    """Spell a list that is written in a longer one's place, by the shortest of all that it may be."""
    found = [f"[{', '.join(map(spell, numbers))}]"]
    if len(numbers) >= FEWEST:
        found += [text for form in FORMS if (text := form(numbers, spell, free)) is not None]
    return min(found, key=tokens)


def spell_number(value: Given) -> str:
    """Spell a number, True, False, None or `...`: as short as it is exact."""
    if isinstance(value, float):
        text = repr(value)
        if "e" in text:
            digits, _, exponent = text.partition("e")
            return f"{digits}e{int(exponent)}"
        if value and not 1e-3 <= abs(value) < 1e5:
            digits, _, exponent = f"{value:e}".partition("e")
            short = f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
            return short if float(short) == value and len(short) < len(text) else text
        return text
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000:
        return f"{value:_}"
    return "..." if value is Ellipsis else repr(value)


#: From how many characters on a number is one that somebody computed.
COMPUTED = 12


def spell_computed(value: float) -> str | None:
    """Spell a number as it is computed: `1 / 255`, `sqrt(0.5)`; None where it is as short as it stands."""
    if len(repr(value)) < COMPUTED or not 1e-6 < abs(value) < 1e6:
        return None
    sign = "-" if value < 0 else ""
    halves = [(1, 1)] if abs(value) < 0.1 else []  # `1 / 127.5`, but `2 / 3`
    for over, digits in [(1, 0), *halves, (2, 0), (3, 0), (1, 4)]:
        below = round(over / abs(value), digits)
        if below and over / below == abs(value):
            whole = int(below) if below.is_integer() else below
            return f"{sign}{over} / {spell_number(whole)}"
    square = round(value * value, 6)
    if value > 0 and sqrt(square) == value:
        return f"sqrt({spell_number(int(square) if square.is_integer() else square)})"
    return None


def named(value: float) -> str | None:
    """Name a part of the circle: `pi / 2`."""
    for part, text in ((1.0, "pi"), (2.0, "pi / 2"), (0.5, "2 * pi"), (4.0, "pi / 4")):
        if single(abs(value)) == single(pi / part):
            return text if value > 0 else f"-{text}"
    return None


__all__ = [
    "MOST_WRITTEN",
    "Raw",
    "named",
    "short",
    "single",
    "spell_computed",
    "spell_number",
    "spell_sequence",
    "spell_table",
]
