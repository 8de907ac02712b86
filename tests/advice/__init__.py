"""Advice: what each rule tells of, and what it leaves alone."""
