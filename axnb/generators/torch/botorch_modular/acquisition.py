"""A path of Ax for acquisitions with their options; nothing decides here."""

from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec as Acquisition

__all__ = ["Acquisition"]
