"""Correct pairs of forward and backward: what is mutated, and what no checker may reject."""
