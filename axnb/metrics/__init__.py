"""Ax's paths for metrics of test functions."""
