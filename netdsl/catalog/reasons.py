"""Why a layer changed a size, in a few words, read off its arguments: `a kernel of 3 with "valid" padding`."""

from __future__ import annotations

from netdsl.value import Arguments, Value

#: Arguments that are the new size of the channel axis, by name.
_CHANNELS = ("filters", "units", "output_dim", "depth_multiplier")


def size_reason(arguments: Arguments, axis: int, rank: int) -> str:
    """Say what in a layer's arguments makes the size of an axis what it is; empty where nothing tells.

    {"kernel_size": (3, 3), "padding": "valid", …}, axis 1 of rank 4 -> 'a kernel of 3 with "valid" padding'
    """
    first = arguments.get("data_format") == "channels_first"
    channel = 1 if first else rank - 1
    if axis == channel:
        for name in _CHANNELS:
            if isinstance(arguments.get(name), int):
                return f"`{name}={arguments[name]}`"
    return _spatial_reason(arguments, axis - (2 if first else 1))


def _spatial_reason(arguments: Arguments, index: int) -> str:
    parts: list[str] = []
    padding = arguments.get("padding")
    window = _per_axis(arguments, "kernel_size", index) or _per_axis(arguments, "pool_size", index)
    if isinstance(window, int) and window > 1 and padding == "valid":
        name = "kernel" if "kernel_size" in arguments else "pool"
        parts.append(f'a {name} of {window} with "valid" padding')
    strides = _per_axis(arguments, "strides", index)
    if "pool_size" in arguments and strides is None:
        strides = window
    if isinstance(strides, int) and strides > 1:
        parts.append(f"strides of {strides}")
    for name, text in (
        ("cropping", "a cropping of {}"),
        ("padding", "a padding of {}"),
        ("size", "a size of {}"),
    ):
        value = _per_axis(arguments, name, index)
        if value is not None and not isinstance(value, str):
            parts.append(text.format(value))
    if not parts and arguments.get("target_shape") is not None:
        parts.append(f"`target_shape={arguments['target_shape']}`")
    return " and ".join(parts)


def _per_axis(arguments: Arguments, name: str, index: int) -> Value:
    value = arguments.get(name)
    if isinstance(value, (tuple, list)):
        return value[index] if 0 <= index < len(value) else None
    return value
