"""Colours, by what they are for: on white, on black, for paper."""

from __future__ import annotations

from collections.abc import Mapping

#: The families of layers (the groups of the catalogue, and what is none of its layers): fill and edge.
LIGHT: Mapping[str, tuple[str, str]] = {
    "convolution": ("#dce9f9", "#4d7fbe"),
    "pooling": ("#dff1e0", "#559c5c"),
    "core": ("#e8e1f6", "#7f64b5"),
    "attention": ("#fae1ec", "#c0577f"),
    "recurrent": ("#d9f0ef", "#3d9995"),
    "merging": ("#fce3df", "#cc5f52"),
    "normalization": ("#f1f3f5", "#8b95a1"),
    "activation": ("#fdf0d5", "#c9952f"),
    "regularization": ("#f5f1e6", "#a99a74"),
    "reshaping": ("#f1eee8", "#9c917c"),
    "preprocessing": ("#e4f2fb", "#4e9bc4"),
    "images": ("#e4f2fb", "#4e9bc4"),
    "audio": ("#e4f2fb", "#4e9bc4"),
    "wrappers": ("#eceff3", "#7d8796"),
    "function": ("#eef0e6", "#8a935f"),
    "own": ("#f3e9df", "#a8774a"),
    "application": ("#eceff3", "#7d8796"),
    "weight": ("#ffffff", "#8b95a1"),
    "input": ("#ffffff", "#57606a"),
    "output": ("#ffffff", "#57606a"),
    "": ("#f1f3f5", "#8b95a1"),
}

DARK: Mapping[str, tuple[str, str]] = {
    "convolution": ("#16304f", "#5b93d6"),
    "pooling": ("#15361f", "#5aa869"),
    "core": ("#2c2349", "#9a80d3"),
    "attention": ("#43192d", "#d3739a"),
    "recurrent": ("#103836", "#4fb0ab"),
    "merging": ("#461f1a", "#dd7a6e"),
    "normalization": ("#23282e", "#7d8793"),
    "activation": ("#3d2f10", "#d3a548"),
    "regularization": ("#322d1e", "#a99a74"),
    "reshaping": ("#2d2a24", "#9c917c"),
    "preprocessing": ("#12324a", "#5aa6d0"),
    "images": ("#12324a", "#5aa6d0"),
    "audio": ("#12324a", "#5aa6d0"),
    "wrappers": ("#262b33", "#7d8796"),
    "function": ("#2a2d1c", "#98a16c"),
    "own": ("#38281a", "#b9875a"),
    "application": ("#262b33", "#7d8796"),
    "weight": ("#0d1117", "#7d8793"),
    "input": ("#0d1117", "#9aa4af"),
    "output": ("#0d1117", "#9aa4af"),
    "": ("#23282e", "#7d8793"),
}

#: What is not a layer: fill of the page, heads and insides of blocks, lines and texts.
LIGHT_INK: Mapping[str, str] = {
    "page": "#ffffff",
    "block": "#f8f9fb",
    "block deep": "#f0f2f6",
    "head": "#e9edf3",
    "edge": "#b4bdc9",
    "closed": "#f3f5f9",
    "line": "#57606a",
    "text": "#1f2328",
    "quiet": "#5f6873",
    "mark": "#cf4c3c",
    "on mark": "#ffffff",
}

DARK_INK: Mapping[str, str] = {
    "page": "#0d1117",
    "block": "#12171e",
    "block deep": "#171d26",
    "head": "#1e2631",
    "edge": "#3d4754",
    "closed": "#1a212b",
    "line": "#8b949e",
    "text": "#e6edf3",
    "quiet": "#9aa4af",
    "mark": "#e0705f",
    "on mark": "#0d1117",
}

PRINT_INK: Mapping[str, str] = {
    **LIGHT_INK,
    "page": "none",
    "block": "#ffffff",
    "block deep": "#ffffff",
    "head": "#f0f0f0",
    "edge": "#7a7a7a",
    "closed": "#f7f7f7",
    "line": "#000000",
    "text": "#000000",
    "quiet": "#333333",
    "mark": "#000000",
}

#: How far, from 0 to 1, families keep their colour on paper: enough to be told apart, and in grey too.
THEMES = ("light", "dark", "print")


def colours(theme: str) -> dict[str, str]:
    """Give each colour of a theme by what it is for; of a family `convolution` fills and `convolution edge` draws."""
    families = DARK if theme == "dark" else LIGHT
    ink = {"light": LIGHT_INK, "dark": DARK_INK, "print": PRINT_INK}[theme]
    found = dict(ink)
    for family, (fill, edge) in families.items():
        found[f"family {family}"] = fill
        found[f"edge {family}"] = "#000000" if theme == "print" else edge
    return found
