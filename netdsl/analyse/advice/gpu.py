"""Advice on running on a GPU: tensor cores, cuDNN, memory."""

from __future__ import annotations

from netdsl.analyse.advice import Rule

RULES: tuple[Rule, ...] = ()
