"""Timings. They say what a choice costs on the machine they run on."""
