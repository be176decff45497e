"""A path of Ax for arms that are proposed together; nothing decides here."""

from axnb.record.generator_run import GeneratorRun

__all__ = ["GeneratorRun"]
