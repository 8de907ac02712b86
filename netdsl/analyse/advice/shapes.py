"""Advice on sizes: kernels, strides, receptive fields."""

from __future__ import annotations

from netdsl.analyse.advice import Rule

RULES: tuple[Rule, ...] = ()
