"""GPUs by name: memory, bandwidth and peak rates, from the makers' data sheets.

Rates are dense (without sparsity), in operations a second, where a multiply-accumulate is two. `float32` and `float64`
are the rates of the ordinary cores; the others are those of the tensor cores with sums in float32 (`tensorfloat64`: in
float64). A precision that is missing has no tensor cores on the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.record import record

GIB = 2**30
_MIB = 2**20
_T = 10**12
_GB = 10**9


@record
class Device:
    """`memory` is what the driver reports, in bytes; `bandwidth` in bytes a second; `source` the data sheet."""

    name: str
    title: str
    memory: int
    bandwidth: float
    rates: Mapping[str, float]
    source: str

    def rate(self, dtype: str, *, tensor_cores: bool = True) -> float:
        """Give the peak rate at a dtype; float32 takes TF32 where there is any, as TensorFlow does by default."""
        ordinary = self.rates["float64" if dtype == "float64" else "float32"]
        return self.rates.get(_ON_CORES.get(dtype, ""), ordinary) if tensor_cores else ordinary


_ON_CORES = {
    "float64": "tensorfloat64", "float32": "tensorfloat32", "float16": "float16", "bfloat16": "bfloat16",
}  # fmt: skip


def _device(
    name: str,
    title: str,
    mebibytes: int,
    gigabytes_a_second: float,
    rates: tuple[float, float, float | None, float | None, float | None],
    source: str,
    tensorfloat64: float | None = None,
) -> Device:
    names = ("float64", "float32", "tensorfloat32", "float16", "bfloat16", "tensorfloat64")
    pairs = zip(names, (*rates, tensorfloat64), strict=True)
    known = {dtype: rate * _T for dtype, rate in pairs if rate is not None}
    return Device(name, title, mebibytes * _MIB, gigabytes_a_second * _GB, known, source)


_A100 = "NVIDIA A100 data sheet"

# name, title, MiB, GB/s, TFLOP/s at float64, float32, TF32, float16, bfloat16, data sheet, float64 on tensor cores
DEVICES = (
    _device("h200", "NVIDIA H200 SXM", 143_771, 4_800, (34, 67, 494.7, 989.4, 989.4), "NVIDIA H200 data sheet", 67),
    _device("h100", "NVIDIA H100 SXM", 81_559, 3_350, (34, 67, 494.7, 989.4, 989.4), "NVIDIA H100 data sheet", 67),
    _device("h100-pcie", "NVIDIA H100 PCIe", 81_559, 2_000, (26, 51, 378, 756, 756), "NVIDIA H100 data sheet", 51),
    _device("a100-80", "NVIDIA A100 80GB SXM", 81_920, 2_039, (9.7, 19.5, 156, 312, 312), _A100, 19.5),
    _device("a100-40", "NVIDIA A100 40GB SXM", 40_960, 1_555, (9.7, 19.5, 156, 312, 312), _A100, 19.5),
    _device("a10", "NVIDIA A10", 23_028, 600, (0.49, 31.2, 62.5, 125, 125), "NVIDIA A10 data sheet"),
    _device("l40s", "NVIDIA L40S", 46_068, 864, (1.4, 91.6, 183, 362, 362), "NVIDIA L40S data sheet"),
    _device("l4", "NVIDIA L4", 23_034, 300, (0.47, 30.3, 60, 121, 121), "NVIDIA L4 data sheet"),
    _device("v100-32", "NVIDIA V100 32GB SXM2", 32_510, 900, (7.8, 15.7, None, 125, None), "NVIDIA V100 data sheet"),
    _device("v100", "NVIDIA V100 16GB SXM2", 16_160, 900, (7.8, 15.7, None, 125, None), "NVIDIA V100 data sheet"),
    _device("t4", "NVIDIA T4", 15_360, 320, (0.25, 8.1, None, 65, None), "NVIDIA T4 data sheet"),
    _device(
        "rtx4090", "NVIDIA GeForce RTX 4090", 24_564, 1_008, (1.3, 82.6, 82.6, 165.2, 165.2),
        "NVIDIA Ada GPU architecture white paper",
    ),
    _device(
        "rtx3090", "NVIDIA GeForce RTX 3090", 24_576, 936, (0.56, 35.6, 35.6, 71, 71),
        "NVIDIA Ampere GA102 GPU architecture white paper",
    ),
)  # fmt: skip

#: Other ways to write a name.
_ALIASES = {"a100": "a100-40", "h100-sxm": "h100", "v100-16": "v100"}


@cache
def device_names() -> tuple[str, ...]:
    """Give every name that `device` takes."""
    return (*(device.name for device in DEVICES), *_ALIASES)


def device(name: str) -> Device | None:
    """Find a device by its name, whatever its case: `H100`, `a100-80gb`."""
    plain = (
        name.strip()
        .lower()
        .replace("_", "-")
        .replace(" ", "-")
        .removeprefix("nvidia-")
        .removesuffix("gb")
    )
    plain = _ALIASES.get(plain, plain)
    return next(
        (found for found in DEVICES if plain in (found.name, found.name.replace("-", ""))), None
    )
