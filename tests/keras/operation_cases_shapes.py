"""How calls of functions of `keras.ops` that lay out, join, pick and multiply are drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.keras.layer_harness import Tensor
from tests.keras.operation_draws import (
    FLOATS,
    NUMBERS,
    WHOLE,
    axis,
    case,
    given_some,
    known,
    numbers,
    optional_bool,
    related,
    shapes,
    sizes,
    tensors,
)
from tests.keras.operation_harness import OpCase


@case("reshape")
def draw_reshape(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    shape = draw(st.permutations([d or 2 for d in x.shape]))
    if shape and draw(st.booleans()):
        shape[draw(st.integers(0, len(shape) - 1))] = -1
    if draw(st.integers(0, 4)) == 0:
        shape = list(draw(shapes(0, 3, st.sampled_from((-1, 1, 2, 3, 4, 8)))))
    return OpCase(name, (x, draw(st.sampled_from((tuple(shape), list(shape))))))


@case("transpose")
def draw_transpose(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    order = draw(st.permutations(range(len(x.shape))))
    return OpCase(
        name, (x,), given_some(draw, axes=st.sampled_from((tuple(order), tuple(order[:-1]), None)))
    )


@case("swapaxes")
def draw_swapaxes(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x, draw(axis(x)), draw(st.integers(-4, 4))))


@case("moveaxis")
def draw_moveaxis(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(2))
    one = (x, draw(axis(x)), draw(axis(x)))
    first, second = (
        draw(st.permutations(range(len(x.shape))))[:2],
        draw(st.permutations(range(len(x.shape))))[:2],
    )
    return OpCase(
        name,
        draw(st.sampled_from((one, (x, tuple(first), tuple(second)), (x, tuple(first), (0,))))),
    )


@case("rot90")
def draw_rot90(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(
        name,
        (x,),
        given_some(draw, k=st.integers(0, 3), axes=st.sampled_from(((0, 1), (1, 0), (1, 1)))),
    )


@case("expand_dims", "squeeze")
def draw_expand(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    rank = len(x.shape)
    several = st.lists(st.integers(0, rank), unique=True, min_size=1, max_size=2).map(tuple)
    place = draw(st.one_of(st.integers(-rank - 1, rank), several))
    return OpCase(name, (x, place) if name == "expand_dims" or draw(st.booleans()) else (x,))


@case("flip", "roll")
def draw_turned(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x, 1) if name == "roll" else (x,), given_some(draw, axis=axis(x)))


@case("tile")
def draw_tile(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name, (draw(tensors()), draw(st.one_of(st.integers(1, 3), shapes(1, 4, st.integers(1, 3)))))
    )


@case("repeat")
def draw_repeat(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    times = st.one_of(st.integers(1, 3), st.lists(st.integers(0, 3), min_size=1, max_size=4))
    return OpCase(name, (x, draw(times)), given_some(draw, axis=axis(x)))


@case("pad")
def draw_pad(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    rank = len(x.shape)
    pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
    width = draw(
        st.one_of(
            st.integers(0, 2),
            pair,
            st.lists(pair, min_size=rank, max_size=rank).map(tuple),
            st.just(((1, 1), (1, 1), (0, 0))),
        )
    )
    return OpCase(
        name,
        (x, width),
        given_some(draw, mode=st.sampled_from(("constant", "reflect", "symmetric"))),
    )


@case("broadcast_to")
def draw_broadcast_to(draw: st.DrawFn, name: str) -> OpCase:
    shape = draw(shapes(0, 4, known))
    x = draw(related(Tensor(shape)))
    return OpCase(name, (x, shape))


@case("rearrange")
def draw_rearrange(draw: st.DrawFn, name: str) -> OpCase:
    x = Tensor(
        (draw(known), draw(known), draw(st.sampled_from((4, 8)))), draw(st.sampled_from(NUMBERS))
    )
    pattern, lengths = draw(
        st.sampled_from(
            (
                ("b c d -> d c b", {}),
                ("b c d -> (b c) d", {}),
                ("b c (h s) -> b h c s", {"s": 2}),
                ("b c (h s) -> b (c s) h", {"h": 4}),
            )
        )
    )
    return OpCase(name, (x, pattern), lengths)


@case("concatenate", "stack", "hstack", "vstack", "dstack")
def draw_joined(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    place = draw(axis(x))
    others = []
    for _ in range(draw(st.integers(0, 2))):
        shape = [draw(st.sampled_from((d, d, d, d, None))) for d in x.shape]
        if name != "stack":
            shape[place] = draw(sizes)
        others.append(Tensor(tuple(shape), draw(st.sampled_from(NUMBERS))))
    return OpCase(
        name, ([x, *others],), {"axis": place} if name in ("concatenate", "stack") else {}
    )


@case("append")
def draw_append(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, dims=known))
    return OpCase(name, (x, draw(related(x))), given_some(draw, axis=axis(x)))


@case("split", "hsplit", "vsplit", "dsplit")
def draw_split(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    parts = draw(st.one_of(st.sampled_from((1, 2, 3)), st.just([1]), st.just((0, 1))))
    return OpCase(name, (x, parts), given_some(draw, axis=axis(x)) if name == "split" else {})


@case("array_split")
def draw_array_split(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x, draw(st.integers(0, 4))), given_some(draw, axis=axis(x)))


@case("unstack")
def draw_unstack(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axis(x)))


@case("meshgrid")
def draw_meshgrid(draw: st.DrawFn, name: str) -> OpCase:
    xs = draw(st.lists(tensors(0, 2), min_size=1, max_size=3))
    return OpCase(name, tuple(xs), given_some(draw, indexing=st.sampled_from(("xy", "ij", "yx"))))


@case("unique")
def draw_unique(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 2, WHOLE))
    asked = given_some(
        draw,
        return_index=optional_bool,
        return_inverse=optional_bool,
        return_counts=optional_bool,
        axis=axis(x),
        size=st.just(4),
    )
    return OpCase(name, (x,), asked)


@case("getitem", "get_item")
def draw_getitem(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    bound = st.one_of(st.none(), st.integers(-9, 9))
    step = st.sampled_from((None, 1, 2, -1, -2))
    entry = st.one_of(
        st.integers(-3, 3),
        st.builds(slice, bound, bound, step),
        st.none(),
        st.just(Ellipsis),
        st.just(slice(None)),
    )
    key = draw(st.lists(entry, min_size=1, max_size=len(x.shape) + 1).map(tuple))
    return OpCase(name, (x, key[0] if len(key) == 1 and isinstance(key[0], int) else key))


@case("take")
def draw_take(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    indices = draw(st.one_of(tensors(0, 2, ["int32"]), st.sampled_from((0, [0, 1], [[0], [1]]))))
    return OpCase(name, (x, indices), given_some(draw, axis=axis(x)))


@case("take_along_axis")
def draw_take_along_axis(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x, draw(related(x, ["int32"]))), given_some(draw, axis=axis(x)))


@case("top_k", "in_top_k")
def draw_top_k(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, dims=st.sampled_from((3, 4, None))))
    return OpCase(name, (x, 2) if name == "top_k" else (Tensor(x.shape[:-1], "int32"), x, 2))


@case("searchsorted")
def draw_searchsorted(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(1, 2, FLOATS)), draw(tensors(dtypes=FLOATS))))


@case("unravel_index")
def draw_unravel_index(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(dtypes=["int32"])), draw(shapes(1, 3, known))))


@case("scatter")
def draw_scatter(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (Tensor((3, 1), "int32"), draw(tensors(1)), draw(shapes(1, 3, known))))


@case("scatter_update", "slice_update")
def draw_updated(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x, Tensor((3, len(x.shape)), "int32"), Tensor((3,), x.dtype)))


@case("slice")
def draw_slice(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, dims=st.sampled_from((4, 5, None))))
    rank = len(x.shape)
    return OpCase(
        name,
        (
            x,
            draw(st.sampled_from(((0,) * rank, (1,) * rank, Tensor((rank,), "int32")))),
            draw(shapes(rank, rank, st.sampled_from((-1, 1, 2)))),
        ),
    )


@case("select")
def draw_select(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    condition = Tensor(x.shape, "bool")
    return OpCase(name, ([condition, condition], [x, x]), given_some(draw, default=numbers))


@case("segment_max", "segment_min", "segment_prod", "segment_sum")
def draw_segments(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(
        name,
        (x, Tensor((draw(st.sampled_from((x.shape[0], None, 3))),), "int32")),
        given_some(draw, num_segments=known),
    )


# -- products -----------------------------------------------------------------------------------


@case("matmul", "dot", "inner", "vdot", "outer", "tensordot")
def draw_product(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 4))
    shape = {
        "inner": (*draw(shapes(0, 2)), x.shape[-1]),
        "vdot": x.shape,
        "tensordot": x.shape[::-1],
    }.get(name)
    if shape is None:
        middle = (x.shape[-1],)
        lead = x.shape[:-2] if name == "matmul" else draw(shapes(0, 2))
        shape = draw(st.sampled_from(((*lead, *middle, 5), middle)))
    other = Tensor(shape, draw(st.sampled_from(NUMBERS)))
    if draw(st.integers(0, 5)) == 0:
        other = draw(tensors(1, 4))
    named = {"axes": draw(st.sampled_from((0, 1)))} if name == "tensordot" else {}
    return OpCase(name, (x, other), named)


@case("kron")
def draw_kron(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 2))
    return OpCase(name, (x, x))


@case("cross")
def draw_cross(draw: st.DrawFn, name: str) -> OpCase:
    lead = draw(shapes(0, 2))
    left, right = (Tensor((*lead, draw(st.sampled_from((2, 3, 4, None))))) for _ in range(2))
    return OpCase(name, (left, right))


@case("correlate")
def draw_correlate(draw: st.DrawFn, name: str) -> OpCase:
    vector = tensors(1, 1, dims=known)
    modes = st.sampled_from(("valid", "same", "full", "half"))
    return OpCase(name, (draw(vector), draw(vector)), given_some(draw, mode=modes))


@case("cdist")
def draw_cdist(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(2, 3))
    return OpCase(name, (x, draw(related(x))))


EQUATIONS = (
    "ij,jk->ik", "bqd,bkd->bqk", "bij,bjk->bik", "ij->ji", "ij->i", "i,j->ij", "bhqd,bhkd->bhqk", "...ij,jk->...ik",
    "ij,jk", "abc,cd->abd", "a,a->", "bd,bd->b", "i j, j k -> i k",
)  # fmt: skip


@case("einsum")
def draw_einsum(draw: st.DrawFn, name: str) -> OpCase:
    equation = draw(st.sampled_from(EQUATIONS))
    letters: dict[str, Any] = {}
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    operands = []
    for term in terms:
        shape = [letters.setdefault(c, draw(sizes)) for c in term.replace("...", "")]
        if "..." in term:
            shape = [*draw(shapes(0, 2)), *shape]
        if draw(st.integers(0, 9)) == 0 and shape:
            shape[-1] = draw(sizes)
        operands.append(Tensor(tuple(shape), draw(st.sampled_from(NUMBERS))))
    return OpCase(name, (equation, *operands))
