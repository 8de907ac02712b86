"""Advice on biases, initializers and what follows what."""

from __future__ import annotations

from netdsl.analyse.advice import Rule

RULES: tuple[Rule, ...] = ()
