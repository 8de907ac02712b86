"""Advice on activations through the depth of a network."""

from __future__ import annotations

from netdsl.analyse.advice import Rule

RULES: tuple[Rule, ...] = ()
