"""Write `std.md` from the library that ships with netdsl, with a picture of each block: `python docs/make_std.py`.

A test holds page and pictures against the library.
"""

from __future__ import annotations

import re
from pathlib import Path

import netdsl
from netdsl.report.library import (
    blocks_of,
    inputs_of,
    introduction_to,
    library_modules,
    library_names,
    told,
)

PAGE = Path(__file__).resolve().parent / "std.md"
PICTURES = PAGE.parent / "pictures" / "std"

#: What a block is drawn with: its arguments, and what arrives by the inputs' names, else what the module has here.
ARRIVING = {
    "attention": "[T, 256]",
    "detection": "[32, 32, 256]",
    "edges": "[H, W, 3]",
    "mlp": "[64]",
    "sequence": "[T, 32]",
    "tabular": "string[8]",
    "vision": "[56, 56, 64]",
}
MEMORY = {"memory": "[S, 256]"}
GRADIENTS = {"magnitude": "[H, W, 3]", "gx": "[H, W, 3]", "gy": "[H, W, 3]"}
EXAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    "patch_embedding": ("256", {"image": "[224, 224, 3]"}),
    "project_with_positions": ("256", {"x": "[200, 64]"}),
    "learned_positions": ("", {"x": "[200, 256]"}),
    "learned_queries": ("8, 256", {}),
    "sinusoidal_embedding": ("128", {"x": "[1]"}),
    "rotary_positions": ("", {"x": "[T, 8, 32]"}),
    "self_attention": ("8", {}),
    "rotary_attention": ("8, 2", {}),
    "cross_attention": ("8", MEMORY),
    "feed_forward": ("1024, 0.1", {}),
    "gated_feed_forward": ("1024, 0.1", {}),
    "transformer_encoder": ("8, 1024", {}),
    "pre_norm_encoder": ("8, 1024", {}),
    "transformer_decoder": ("8, 1024", MEMORY),
    "pre_norm_decoder": ("8, 1024", MEMORY),
    "dense_head": ("80", {}),
    "correlate": ("[[0, 1, 0], [1, -4, 1], [0, 1, 0]]", {}),
    "derivative": ('[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "x"', {}),
    "separable": ("[0.25, 0.5, 0.25], [0.25, 0.5, 0.25]", {}),
    "neighbour": ("0, 1", {}),
    "between": ("", {"near": "[H, W, 3]", "far": "[H, W, 3]", "part": "[H, W, 3]"}),
    "thin_edges": ("", GRADIENTS),
    "mlp": ("[128, 32]", {}),
    "residual_mlp": ("256", {}),
    "mixer_layer": ("384, 3072", {"x": "[196, 768]"}),
    "cross_layer": ("", {"features": "[64]", "x": "[64]"}),
    "gated_causal_conv": ("32, 4", {}),
    "temporal_block": ("64, 4", {}),
    "global_attention": ("32", {"memory": "[S, 32]"}),
    "hashed_embeddings": ("1000, 16", {"names": "string[8]"}),
    "pairwise_products": ("", {"x": "[8, 16]"}),
    "conv_bn": ("128", {}),
    "atrous_conv_bn": ("128", {}),
    "separable_conv_bn": ("128", {}),
    "mobile_conv": ("128, 2", {}),
    "stochastic_depth": ("0.2", {}),
    "shortcut": ("128, 2", {}),
    "basic_residual": ("128, 2", {}),
    "bottleneck": ("64", {}),
    "se_bottleneck": ("64", {}),
    "atrous_bottleneck": ("64, rate=2", {}),
    "bn_conv": ("64", {}),
    "preactivation_residual": ("64", {}),
    "preactivation_bottleneck": ("64", {}),
    "mbconv": ("64", {}),
    "inverted_residual": ("64", {}),
    "fused_mbconv": ("64", {}),
    "fire": ("16, 64", {}),
    "inception": ("64, 96, 128, 16, 32, 32", {"x": "[28, 28, 192]"}),
    "dense_block": ("6", {}),
    "pyramid_pooling": ("", {"x": "[60, 60, 2048]"}),
    "aspp": ("", {"x": "[32, 32, 2048]"}),
    "spatial_pyramid": ("", {"x": "[20, 20, 256]"}),
    "feature_pyramid": (
        "",
        {"c3": "[64, 64, 512]", "c4": "[32, 32, 1024]", "c5": "[16, 16, 2048]"},
    ),
}

HEAD = """# The library

The blocks that ship with netdsl, to be imported by name. A block is used as a layer is: `x -> conv_bn(64)`. `netdsl
layers NAME` shows one with its text. What is here stays: a block gets new parameters behind those it has, with defaults
that leave it as it was. `docs/make_std.py` writes this page from the library.
"""
OUTPUTS = {"feature_pyramid": ("p3", "p4", "p5"), "top_down": ("p2", "p3", "p4", "p5")}

#: What arrives as a list, where a block takes one.
LISTS = {
    "top_down": {
        "c2": "[128, 128, 256]",
        "c3": "[64, 64, 512]",
        "c4": "[32, 32, 1024]",
        "c5": "[16, 16, 2048]",
    }
}


def page() -> str:
    parts = [HEAD.strip()]
    for module in library_modules():
        parts += [f"## std.{module}", _introduction(module)]
        for name, home in library_names().items():
            if home == module:
                parts += [f"### {name}", told(name)]
                if name in blocks_of(module):
                    parts.append(f"![{name}](pictures/std/{name}.svg)")
    return "\n\n".join(parts) + "\n"


def _introduction(module: str) -> str:
    """Give what a module says of itself; the line that imports from it is code."""
    text = introduction_to(module)
    return re.sub(r"^    (from std\..*)$", r"```text\n\1\n```", text, flags=re.MULTILINE)


def pictures() -> dict[Path, str]:
    """Draw each block of the library, opened."""
    return {
        PICTURES / f"{name}.svg": drawn(name, module)
        for module in library_modules()
        for name in blocks_of(module)
    }


def drawn(name: str, module: str) -> str:
    """Draw a block as a model of it alone."""
    arguments, given = EXAMPLES.get(name, ("", {}))
    given = LISTS.get(name, given)
    inputs = [*LISTS.get(name, inputs_of(name))]
    first, *others = [f"[{', '.join(inputs)}]"] if name in LISTS else inputs
    types = {each: given.get(each, ARRIVING[module]) for each in inputs}
    lines = [f"    input {each}: {types[each]}" for each in inputs]
    named = f"({', '.join(f'{each}={each}' for each in others)})" if others else ""
    use = f"{first} -> {name}({arguments}){named}"
    outputs = OUTPUTS.get(name, ())
    lines.append(f"    {', '.join(f'{each}_' for each in outputs) or 'output y'} = {use}")
    lines += [f"    output {each} = {each}_" for each in outputs]
    text = "\n".join([f"from std.{module} import {name}", "model M {", *lines, "}"])
    return netdsl.compile_text(text).model().picture(depth=2)


def main() -> None:
    PAGE.write_text(page(), "utf-8")
    PICTURES.mkdir(exist_ok=True)
    for path, svg in pictures().items():
        path.write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
