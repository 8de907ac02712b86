"""Advice on sequences: masks, recurrence, causality."""

from __future__ import annotations

from netdsl.analyse.advice import Rule

RULES: tuple[Rule, ...] = ()
