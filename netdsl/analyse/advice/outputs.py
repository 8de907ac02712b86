"""Advice on outputs and losses."""

from __future__ import annotations

from netdsl.analyse.advice import Rule

RULES: tuple[Rule, ...] = ()
