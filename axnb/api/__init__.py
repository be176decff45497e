"""The public face: the Client, its configs and its protocols."""
