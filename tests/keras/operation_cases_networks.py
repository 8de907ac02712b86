"""How calls of functions of `keras.ops` for networks, images, matrices and signals, and of sources are drawn."""

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
    optional_bool,
    shapes,
    sizes,
    tensors,
)
from tests.keras.operation_harness import OpCase

# -- neural networks ----------------------------------------------------------------------------

formats = st.sampled_from((None, "channels_last", "channels_first"))
paddings = st.sampled_from(("valid", "same", "SAME", "full"))


@st.composite
def images(draw: st.DrawFn, spatial: int, data_format: str | None, channels: Any = known) -> Tensor:
    lengths = [draw(st.sampled_from((4, 5, 8, 9, None))) for _ in range(spatial)]
    depth = draw(channels)
    shape = (None, depth, *lengths) if data_format == "channels_first" else (None, *lengths, depth)
    return Tensor(shape, draw(st.sampled_from(FLOATS)))


@case("conv", "depthwise_conv", "separable_conv", "conv_transpose")
def draw_conv(draw: st.DrawFn, name: str) -> OpCase:
    spatial = draw(st.integers(1, 2 if name in ("depthwise_conv", "separable_conv") else 3))
    data_format = draw(formats)
    x = draw(images(spatial, data_format))
    channels = x.shape[1 if data_format == "channels_first" else -1]
    window = draw(shapes(spatial, spatial, st.integers(1, 5)))
    kernels = [Tensor((*window, channels, draw(known)))]
    if name == "conv_transpose":
        kernels = [Tensor((*window, draw(known), channels))]
    if name == "separable_conv":
        kernels.append(Tensor((*(1,) * spatial, channels * kernels[0].shape[-1], 6)))
    strides = draw(st.integers(1, 2))
    dilation = draw(st.integers(1, 2)) if strides == 1 else 1
    named = {"data_format": data_format, "strides": strides, "dilation_rate": dilation}
    return OpCase(name, (x, *kernels), named | given_some(draw, padding=paddings))


@case("max_pool", "average_pool")
def draw_pool(draw: st.DrawFn, name: str) -> OpCase:
    spatial = draw(st.integers(1, 3))
    data_format = draw(formats)
    x = draw(images(spatial, data_format))
    window = draw(shapes(spatial, spatial, st.integers(1, 4)))
    named = given_some(draw, padding=paddings, strides=st.integers(1, 3))
    return OpCase(name, (x, window), {"data_format": data_format} | named)


@case("adaptive_max_pool", "adaptive_average_pool")
def draw_adaptive(draw: st.DrawFn, name: str) -> OpCase:
    spatial = draw(st.integers(1, 3))
    data_format = draw(formats)
    x = draw(images(spatial, data_format))
    return OpCase(
        name, (x, draw(shapes(spatial, spatial, st.integers(1, 3)))), {"data_format": data_format}
    )


@case("depth_to_space", "space_to_depth")
def draw_blocks(draw: st.DrawFn, name: str) -> OpCase:
    data_format = draw(st.sampled_from(("channels_last", "channels_first")))
    x = draw(images(draw(st.sampled_from((2, 2, 2, 1))), data_format, st.sampled_from((4, 8, 3))))
    return OpCase(name, (x, draw(st.sampled_from((2, 2, 1)))), {"data_format": data_format})


@case("unfold")
def draw_unfold(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(4, 4, FLOATS, st.sampled_from((4, 6, 8))))
    return OpCase(
        name,
        (x, 2),
        given_some(
            draw, padding=st.integers(0, 1), stride=st.integers(1, 2), dilation=st.integers(1, 2)
        ),
    )


@case("fold")
def draw_fold(draw: st.DrawFn, name: str) -> OpCase:
    x = Tensor((None, draw(st.sampled_from((4, 8, 6))), 9))
    return OpCase(name, (x, 4, 2))


@case("dot_product_attention")
def draw_attention(draw: st.DrawFn, name: str) -> OpCase:
    heads, features = draw(known), draw(known)
    query = Tensor((None, draw(sizes), heads, features), draw(st.sampled_from(FLOATS)))
    key = Tensor((None, draw(sizes), heads, features), draw(st.sampled_from(FLOATS)))
    return OpCase(name, (query, key, key), given_some(draw, is_causal=optional_bool))


@case("batch_normalization")
def draw_batch_normalization(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(2, 4, FLOATS, known))
    place = draw(axis(x))
    vector = Tensor((x.shape[place],))
    wrong = draw(st.sampled_from((vector, vector, vector, Tensor((7,)))))
    return OpCase(
        name,
        (x, vector, wrong, place),
        draw(st.sampled_from(({}, {"offset": vector, "scale": vector}))),
    )


@case("one_hot", "multi_hot")
def draw_one_hot(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 3, WHOLE))
    named = given_some(draw, axis=st.integers(-2, 3), dtype=st.sampled_from(FLOATS))
    return OpCase(name, (x, draw(known)), named)


@case("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
def draw_loss(draw: st.DrawFn, name: str) -> OpCase:
    output = draw(tensors(1, 3, FLOATS))
    target = output.shape if "sparse" not in name else output.shape[:-1]
    return OpCase(
        name,
        (draw(st.sampled_from((Tensor(target), Tensor(target), Tensor((9, 9, 9, 9))))), output),
    )


@case("ctc_loss", "ctc_decode")
def draw_ctc(draw: st.DrawFn, name: str) -> OpCase:
    batch = draw(sizes)
    output, lengths = (
        Tensor((batch, 10, 5), draw(st.sampled_from(FLOATS))),
        Tensor((batch,), "int32"),
    )
    if name == "ctc_decode":
        return OpCase(
            name,
            (output, lengths),
            given_some(draw, strategy=st.just("beam_search"), top_paths=st.integers(1, 3)),
        )
    return OpCase(name, (Tensor((batch, 4), "int32"), output, lengths, lengths))


# -- images -------------------------------------------------------------------------------------


@st.composite
def pictures(
    draw: st.DrawFn, data_format: str | None, channels: Any = known, dtypes: list[str] = FLOATS
) -> Tensor:
    x = draw(images(2, data_format, channels))
    return Tensor(x.shape[draw(st.sampled_from((0, 0, 0, 1, 2))) :], draw(st.sampled_from(dtypes)))


@case("image.resize")
def draw_resize(draw: st.DrawFn, name: str) -> OpCase:
    data_format = draw(formats)
    size = draw(st.sampled_from(((4, 6), (7, 7), (0, 3), (3,))))
    return OpCase(name, (draw(pictures(data_format)), size), {"data_format": data_format})


@case(
    "image.gaussian_blur",
    "image.elastic_transform",
    "image.rgb_to_hsv",
    "image.hsv_to_rgb",
    "image.rgb_to_grayscale",
    "image.sobel_edges",
)
def draw_picture(draw: st.DrawFn, name: str) -> OpCase:
    data_format = draw(formats)
    return OpCase(
        name,
        (draw(pictures(data_format, st.sampled_from((1, 3, 3, 4, None)), NUMBERS)),),
        {"data_format": data_format},
    )


@case("image.affine_transform")
def draw_affine(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name,
        (
            draw(pictures(None)),
            draw(st.sampled_from((Tensor((8,)), Tensor((None, 8)), Tensor((1, 1, 8))))),
        ),
    )


@case("image.perspective_transform")
def draw_perspective(draw: st.DrawFn, name: str) -> OpCase:
    points = draw(st.sampled_from((Tensor((4, 2)), Tensor((None, 4, 2)), Tensor((4, 3)))))
    return OpCase(name, (draw(pictures(None)), points, points))


@case("image.extract_patches", "image.extract_patches_3d")
def draw_patches(draw: st.DrawFn, name: str) -> OpCase:
    spatial = 3 if name.endswith("3d") else 2
    data_format = draw(formats)
    x = draw(images(spatial, data_format))
    x = Tensor(x.shape[draw(st.integers(0, 1)) :])
    named = given_some(draw, strides=st.integers(1, 3), padding=st.sampled_from(("valid", "same")))
    return OpCase(name, (x, draw(st.integers(1, 5))), {"data_format": data_format} | named)


@case("image.map_coordinates")
def draw_coordinates(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 3, FLOATS))
    return OpCase(
        name, (x, Tensor((draw(st.sampled_from((len(x.shape), 2))), *draw(shapes(0, 2)))), 1)
    )


@case("image.pad_images", "image.crop_images")
def draw_margins(draw: st.DrawFn, name: str) -> OpCase:
    data_format = draw(formats)
    word = "padding" if "pad" in name else "cropping"
    named = {}
    for first, second, target in (
        ("top", "bottom", "target_height"),
        ("left", "right", "target_width"),
    ):
        both = {
            f"{first}_{word}": draw(st.integers(0, 2)),
            f"{second}_{word}": draw(st.integers(0, 2)),
            target: draw(st.sampled_from((3, 6, 10))),
        }
        del both[draw(st.sampled_from(sorted(both)))]
        named |= both
    return OpCase(name, (draw(pictures(data_format)),), {"data_format": data_format} | named)


@case("image.ssim")
def draw_ssim(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(pictures(None))
    return OpCase(name, (x, x))


@case("image.scale_and_translate")
def draw_scale(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(3, 4, FLOATS))
    shape = (*(d or 2 for d in x.shape),)
    return OpCase(name, (x, shape, Tensor((2,)), Tensor((2,)), (0, 1), "linear"))


# -- matrices and signals -----------------------------------------------------------------------


@case("cholesky", "cholesky_inverse", "inv", "det", "eig", "eigh", "lu_factor")
def draw_square(draw: st.DrawFn, name: str) -> OpCase:
    side = draw(st.sampled_from((2, 3)))
    return OpCase(name, (Tensor((*draw(shapes(0, 2)), side, side), draw(st.sampled_from(FLOATS))),))


@case("logdet", "slogdet")
def draw_logdet(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (Tensor((*draw(shapes(0, 2)), 3, 3), draw(st.sampled_from(FLOATS))),))


@case("qr", "svd", "matrix_rank", "pinv")
def draw_matrix(draw: st.DrawFn, name: str) -> OpCase:
    named = {
        "qr": {"mode": st.sampled_from(("reduced", "complete", "r"))},
        "svd": {"full_matrices": optional_bool, "compute_uv": optional_bool},
    }
    rows = st.sampled_from((2, 3, 5))
    x = Tensor((*draw(shapes(0, 2)), draw(rows), draw(rows)), draw(st.sampled_from(FLOATS)))
    return OpCase(name, (x,), given_some(draw, **named.get(name, {})))


@case("solve", "solve_triangular", "lstsq")
def draw_solve(draw: st.DrawFn, name: str) -> OpCase:
    a = Tensor((3, 3) if name == "lstsq" else (*draw(shapes(0, 1, known)), 3, 3))
    right = draw(st.sampled_from(((3,), (3, 2), (4,), (4, 2))))
    return OpCase(name, (a, Tensor((*a.shape[:-2], *right))))


@case("corrcoef")
def draw_corrcoef(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(2, 2)),))


@case("vander")
def draw_vander(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(1, 2)),), given_some(draw, N=st.integers(-1, 4)))


@case("fft", "fft2", "ifft2", "irfft")
def draw_fft(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 3, ["float32"]))
    return OpCase(name, ((x, x),))


@case("rfft")
def draw_rfft(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(1, 3, ["float32"])),), given_some(draw, fft_length=known))


@case("extract_sequences")
def draw_sequences(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name, (Tensor((None, draw(st.sampled_from((16, 20, None))))), 4, draw(st.integers(1, 4)))
    )


@case("stft")
def draw_stft(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name,
        (Tensor((None, draw(st.sampled_from((64, 100, None))))), 16, draw(st.integers(1, 8)), 16),
        given_some(draw, center=optional_bool),
    )


@case("istft")
def draw_istft(draw: st.DrawFn, name: str) -> OpCase:
    x = Tensor((None, draw(st.sampled_from((9, None))), 9))
    return OpCase(
        name, ((x, x), 16, 8, 16), given_some(draw, center=optional_bool, length=st.just(50))
    )


@case("view_as_real")
def draw_view_as_real(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (Tensor(draw(shapes()), "complex64"),))


@case("view_as_complex")
def draw_view_as_complex(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (Tensor((*draw(shapes(0, 3)), 2)),))


# -- sources ------------------------------------------------------------------------------------


@case("arange")
def draw_arange(draw: st.DrawFn, name: str) -> OpCase:
    written = draw(
        st.sampled_from(((5,), (2, 9), (0, 10, 3), (0.0, 1.0, 0.25), (5, 0, -1), (3.0,)))
    )
    return OpCase(
        name, written, given_some(draw, dtype=st.sampled_from(("float32", "int64", "float16")))
    )


@case("zeros", "ones", "empty")
def draw_zeros(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name, (draw(shapes(0, 3, known)),), given_some(draw, dtype=st.sampled_from(NUMBERS))
    )


@case("full")
def draw_full(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(shapes(0, 3, known)), draw(st.sampled_from((0.5, 1.0)))))


@case("eye", "tri", "identity")
def draw_eye(draw: st.DrawFn, name: str) -> OpCase:
    named = {} if name == "identity" else given_some(draw, M=known)
    return OpCase(name, (draw(known),), named | given_some(draw, dtype=st.sampled_from(FLOATS)))


@case("linspace", "logspace", "geomspace")
def draw_linspace(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(0, 2, FLOATS))
    ends = draw(st.sampled_from(((1.0, 2.0), (x, x), (1.0, x))))
    return OpCase(name, ends, given_some(draw, num=known, endpoint=optional_bool))


@case("bartlett", "blackman", "hamming", "hanning", "kaiser")
def draw_window(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(known), 2.0) if name == "kaiser" else (draw(known),))
