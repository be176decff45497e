"""The ground that the board and live cards stand on: a widget whose state only the kernel writes."""

from typing import Any

import anywidget


class KernelWidget(anywidget.AnyWidget):
    """A widget whose traits go to the browser and never come from it.

    What a reader does arrives as a request (`axnb.widgets.rpc.Rpc`), is checked, and is answered. A page may send new
    values of traits all the same, and traitlets' ``read_only`` does not hold them off; they are not taken, and the page
    is told what holds.

    Example:
        >>> import traitlets
        >>> class Counter(KernelWidget):
        ...     _esm = "export default {}"
        ...     value = traitlets.Int(1).tag(sync=True)
        >>> counter = Counter()
        >>> counter.set_state({"value": 7})
        >>> counter.value
        1
    """

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Refuse what the browser says the state is, and say what it is."""
        known = [name for name in sync_data if name in self.keys]
        if known:
            self.send_state(known)
