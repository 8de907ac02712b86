"""Chains, bodies and models: what runs stage after stage."""
