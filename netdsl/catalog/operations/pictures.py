"""Functions of `keras.ops.image`: resize, crop, pad, patches, colours, transforms."""

from __future__ import annotations

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import replaced, size, sizes
from netdsl.catalog.operations.call import OpCall, OpRule, gives, no_string, spell_value
from netdsl.catalog.operations.neural import places
from netdsl.catalog.operations.promotion import is_float
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    TooSmall,
    UnequalInputs,
    UnknownDimension,
    WrongDtype,
    WrongRank,
    WrongValue,
)
from netdsl.tensor import Dim, TensorSpec, at_least, equal, spell_shape

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")
FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def pictures(call: OpCall, name: str = "") -> TensorSpec:
    """Give the images: one of rank 3, or a batch of rank 4."""
    x = no_string(call.tensor(name) if name else call.first)
    if x.rank not in (3, 4):
        raise Refusal(
            WrongRank,
            f"takes images of rank 3 or 4, {spell_shape(x.shape)} has rank {x.rank}",
            blames=name or None,
        )
    return x


def sides(call: OpCall, x: TensorSpec) -> tuple[int, int, int]:
    """Give the axes of height, width and channels, from the front."""
    if call.data_format == "channels_first":
        return x.rank - 2, x.rank - 1, x.rank - 3
    return x.rank - 3, x.rank - 2, x.rank - 1


def one_of(call: OpCall, name: str, words: tuple[str, ...]) -> None:
    value = call.arguments.get(name, words[0])
    if value not in words:
        raise Refusal(
            WrongValue, f"`{name}` is {value!r}, and knows {', '.join(words)}", blames=name
        )


def resize(call: OpCall) -> Inference:
    """Bring images to a height and a width."""
    if not isinstance(call.size, tuple):
        raise Refusal(
            WrongValue,
            f"`size` takes a height and a width, this is {spell_value(call.size)}",
            blames="size",
        )
    wanted = sizes(call.size, "size", 2, 1)
    x = pictures(call)
    one_of(call, "interpolation", INTERPOLATIONS)
    if call.crop_to_aspect_ratio and call.pad_to_aspect_ratio:
        raise Refusal(
            ConflictingArguments,
            "`crop_to_aspect_ratio` and `pad_to_aspect_ratio` are both true",
            blames="pad_to_aspect_ratio",
        )
    height, width, _ = sides(call, x)
    return gives(replaced(replaced(x.shape, height, wanted[0]), width, wanted[1]), x.dtype)


def same_picture(call: OpCall) -> Inference:
    """Change the images and keep their shape: transforms."""
    x = pictures(call)
    for name, words in (("interpolation", INTERPOLATIONS), ("fill_mode", FILL_MODES)):
        one_of(call, name, words)
    return gives(x.shape, x.dtype)


def blur(call: OpCall) -> Inference:
    """Blur images; Keras reads the sizes of the kernel, and how wide it is, only when it runs."""
    for name, one in (("kernel_size", "3"), ("sigma", "1.0")):
        given = getattr(call, name)
        if not isinstance(given, tuple) or len(given) != 2:
            raise Refusal(
                WrongValue,
                f"`{name}` takes 2 numbers, of the height and the width, this is {spell_value(given)}",
                blames=name,
                help=f"write both: `({one}, {one})`",
            )
    return same_picture(call)


def affine_transform(call: OpCall) -> Inference:
    """Transform by 8 numbers for each image, or for all."""
    transform = call.numeric("transform")
    if transform.rank not in (1, 2):
        raise Refusal(
            WrongRank,
            f"`transform` has rank 1 or 2, {spell_shape(transform.shape)} has {transform.rank}",
            blames="transform",
        )
    if not call.holds(equal(transform.shape[-1], 8)):
        raise Refusal(
            WrongValue,
            f"`transform` has 8 numbers, this has {transform.shape[-1]}",
            blames="transform",
        )
    return same_picture(call)


def perspective_transform(call: OpCall) -> Inference:
    """Move four corners to four others."""
    start, end = call.numeric("start_points"), call.numeric("end_points")
    for name, points in (("start_points", start), ("end_points", end)):
        if points.rank not in (2, 3) or points.shape[-2:] != (4, 2):
            raise Refusal(
                WrongRank,
                f"`{name}` has shape (4, 2) or (batch, 4, 2), this is {spell_shape(points.shape)}",
                blames=name,
            )
    if start.rank != end.rank or not all(
        call.holds(equal(a, b)) for a, b in zip(start.shape, end.shape, strict=True)
    ):
        raise Refusal(
            UnequalInputs,
            f"{spell_shape(start.shape)} and {spell_shape(end.shape)} are as many points",
            blames="end_points",
        )
    return same_picture(call)


def grayscale(call: OpCall) -> Inference:
    """Give one channel of three (or of one)."""
    x = pictures(call)
    channel = sides(call, x)[2]
    _channels(x.shape[channel], (1, 3))
    return gives(replaced(x.shape, channel, 1), x.dtype)


def colours(call: OpCall) -> Inference:
    """Change between RGB and HSV, of floats only."""
    x = pictures(call)
    if not is_float(x.dtype):
        raise Refusal(
            WrongDtype, f"takes floats, {x.dtype} arrives", help='cast with `ops.cast("float32")`'
        )
    _channels(x.shape[sides(call, x)[2]], (3,))
    return gives(x.shape, x.dtype)


def _channels(count: Dim, wanted: tuple[int, ...]) -> None:
    if isinstance(count, int) and count not in wanted:
        raise Refusal(WrongValue, f"takes {' or '.join(map(str, wanted))} channels, {count} arrive")


def patches(call: OpCall) -> Inference:
    """Cut images into patches, flattened to channels: (None, 32, 32, 3), size=8 -> (None, 4, 4, 192)."""
    flat = call.function == "image.extract_patches" and not (
        isinstance(call.size, tuple) and len(call.size) == 3
    )
    count = 2 if flat else 3
    window = sizes(call.size, "size", count, 1)
    x = no_string(call.first)
    if x.rank not in (count + 1, count + 2):
        raise Refusal(
            WrongRank,
            f"needs rank {count + 1} or {count + 2}, {spell_shape(x.shape)} has rank {x.rank}",
        )
    first = call.data_format == "channels_first"
    lead, rest = x.shape[: x.rank - count - 1], x.shape[x.rank - count - 1 :]
    channels = rest[0] if first else rest[-1]
    if not isinstance(channels, int):
        raise Refusal(UnknownDimension, f"the channels of {spell_shape(x.shape)} must be known")
    strides = window if call.strides is None else sizes(call.strides, "strides", count, 1)
    dilation = sizes(call.dilation_rate, "dilation_rate", count, 1)
    found = places(call, rest[1:] if first else rest[:-1], window, strides, dilation, call.padding)
    depth = channels
    for length in window:
        depth *= length
    return gives((*lead, depth, *found) if first else (*lead, *found, depth), x.dtype)


def map_coordinates(call: OpCall) -> Inference:
    """Read a tensor at places between its elements."""
    x, coordinates = call.numeric("inputs"), call.numeric("coordinates")
    call.ranked(coordinates, "coordinates", min_rank=2)
    if coordinates.shape[0] != x.rank:
        raise Refusal(
            WrongValue,
            f"axis 0 of `coordinates` is {coordinates.shape[0]}, and the tensor has {x.rank} axes",
            blames="coordinates",
        )
    if call.order not in (0, 1):
        raise Refusal(
            WrongValue, f"`order` is {spell_value(call.order)}, and is 0 or 1", blames="order"
        )
    one_of(call, "fill_mode", FILL_MODES)
    return gives(coordinates.shape[1:], x.dtype)


def padded(call: OpCall) -> Inference:
    """Add a margin to images: two of margin, margin and target decide."""
    x = pictures(call)
    height, width, _ = sides(call, x)
    high = _margin(call, x.shape[height], ("top_padding", "bottom_padding", "target_height"), 1)
    wide = _margin(call, x.shape[width], ("left_padding", "right_padding", "target_width"), 1)
    return gives(replaced(replaced(x.shape, height, high), width, wide), x.dtype)


def cropped(call: OpCall) -> Inference:
    """Take a margin from images: two of margin, margin and target decide."""
    x = pictures(call)
    height, width, _ = sides(call, x)
    high = _margin(call, x.shape[height], ("top_cropping", "bottom_cropping", "target_height"), -1)
    wide = _margin(call, x.shape[width], ("left_cropping", "right_cropping", "target_width"), -1)
    return gives(replaced(replaced(x.shape, height, high), width, wide), x.dtype)


def _margin(call: OpCall, length: Dim, names: tuple[str, str, str], sign: int) -> Dim:
    """Work the length after padding (+1) or cropping (-1) out."""
    given: tuple[int | None, ...] = tuple(
        None if call.arguments[n] is None else size(call.arguments[n], n) for n in names
    )
    if given.count(None) != 1:
        raise Refusal(
            ConflictingArguments,
            f"exactly two of `{'`, `'.join(names)}` are given",
            blames=names[2],
        )
    before, after, target = given
    if target is None:
        if sign < 0 and not isinstance(length, int):
            raise Refusal(
                UnknownDimension,
                f"`{names[2]}` must be given where the size is not known",
                blames=names[2],
            )
        taken = (before or 0) + (after or 0)
        whole = length + sign * taken
        if sign < 0 and not call.holds(at_least(length, taken)):
            raise Refusal(
                TooSmall, f"{length} is less than the {taken} to take away", blames=names[0]
            )
        return whole
    rest = (target - length) * sign - (after if before is None else before)  # type: ignore[operator]
    if isinstance(rest, int) and rest < 0:
        raise Refusal(
            WrongValue, f"{length} does not come to {target} with what is given", blames=names[2]
        )
    return target


def edges(call: OpCall) -> Inference:
    """Give the derivatives along both axes, as a new last axis of 2."""
    x = call.ranked(call.numeric("images"), "images", rank=4)
    return gives((*x.shape, 2), x.dtype)


def ssim(call: OpCall) -> Inference:
    """Give the structural similarity of images, a number for each."""
    left, right = pictures(call, "image1"), pictures(call, "image2")
    if left.rank != right.rank or not all(
        call.holds(equal(a, b)) for a, b in zip(left.shape, right.shape, strict=True)
    ):
        raise Refusal(
            UnequalInputs,
            f"images of shape {spell_shape(left.shape)} and {spell_shape(right.shape)}",
            blames="image2",
        )
    return gives(left.shape[: left.rank - 3], left.dtype)


def scale_and_translate(call: OpCall) -> Inference:
    """Scale and move images into a shape."""
    x = call.numeric("images")
    call.data("scale")
    call.data("translation")
    return gives(sizes(call.output_shape, "output_shape", x.rank), x.dtype)


RULES: dict[str, OpRule] = {
    "image.resize": resize,
    "image.gaussian_blur": blur,
    "image.elastic_transform": same_picture,
    "image.affine_transform": affine_transform,
    "image.perspective_transform": perspective_transform,
    "image.rgb_to_grayscale": grayscale,
    **dict.fromkeys("image.rgb_to_hsv image.hsv_to_rgb".split(), colours),
    **dict.fromkeys("image.extract_patches image.extract_patches_3d".split(), patches),
    "image.map_coordinates": map_coordinates,
    "image.pad_images": padded,
    "image.crop_images": cropped,
    "image.sobel_edges": edges,
    "image.ssim": ssim,
    "image.scale_and_translate": scale_and_translate,
}
