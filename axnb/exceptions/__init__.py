"""A path of Ax for our errors; nothing decides here."""
