"""A path of Ax for keeping experiments; nothing decides here."""
