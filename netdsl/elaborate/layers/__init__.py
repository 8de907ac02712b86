"""Layers and functions applied to what arrives."""
