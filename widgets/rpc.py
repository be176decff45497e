"""Requests from the browser, each answered by a value or by an error.

The browser sends ``{id, method, params}`` as a custom message; the answer is ``{re, ok: true, value}`` or
``{re, ok: false, kind, error, fields}``, where ``fields`` maps the names of form fields to what is wrong with each.
``{nudge: id}`` asks for nothing: it only wakes a kernel that left the request unread.
No message to the browser has a key ``id``: some kernels keep every such message for good.

Nothing here knows what the methods do; a board or a card hands them in.
"""

import contextvars
import logging
import threading
from collections.abc import Callable, Collection, Mapping

from axnb.errors import AxnbError, UnknownNameError, UserInputError, listing, near_miss

Params = Mapping[str, object]
Method = Callable[[Params], object]
Send = Callable[[dict[str, object]], object]

_logger = logging.getLogger(__name__)


class FormError(UserInputError):
    """Fields of a form cannot be used as they were filled in.

    Example:
        >>> str(FormError({"accuracy": "Enter a number.", "loss": "Enter a number."}))
        'accuracy: Enter a number. loss: Enter a number.'
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Take what is wrong, by the name of the field."""
        self.fields = dict(fields)
        super().__init__(" ".join(f"{name}: {reason}" for name, reason in self.fields.items()))


class Rpc:
    """Answers requests; hand it to a widget's ``on_msg``.

    Messages may come on any thread and several at a time. A method named in ``background`` runs in a thread of its own,
    one such method at a time, so that the kernel stays free; the others run where the message arrived. Whatever a
    method raises is answered.

    Example:
        >>> answers = []
        >>> rpc = Rpc(answers.append, {"double": lambda params: 2 * integer(params, "x")})
        >>> rpc(None, {"id": "a1", "method": "double", "params": {"x": 21}}, [])
        >>> rpc(None, {"id": "a2", "method": "dubble", "params": {}}, [])
        >>> answers[0]
        {'re': 'a1', 'ok': True, 'value': 42}
        >>> answers[1]["error"]
        "There is no method 'dubble'; there are 'double'. Did you mean 'double'?"
    """

    def __init__(self, send: Send, methods: Mapping[str, Method], background: Collection[str] = ()) -> None:
        """Take what can be asked for.

        Args:
            send: Takes an answer to the browser; called on any thread, by one at a time.
            methods: What can be asked for, by name. A method takes the request's parameters.
            background: Names of the methods that take long.
        """
        self._send = send
        self._methods = dict(methods)
        self._background = frozenset(background)
        self._working = threading.Lock()
        self._sending = threading.Lock()

    def __call__(self, widget: object, content: object, buffers: object) -> None:
        """Answer one message; a message that is no request at all is answered to nobody in particular."""
        if isinstance(content, dict) and "nudge" in content:
            return
        try:
            request_id, name, params = _request(content)
        except UserInputError as error:
            self._reply(None, failure(error))
            return
        method = self._methods.get(name)
        if method is None:
            known = listing(self._methods)
            unknown = UnknownNameError(
                f"There is no method {name!r}; there are {known}.{near_miss(name, self._methods)}"
            )
            self._reply(request_id, failure(unknown))
        elif name in self._background:
            context = contextvars.copy_context()
            arguments = (self._work, request_id, method, params)
            threading.Thread(target=context.run, args=arguments, name=f"axnb-{name}", daemon=True).start()
        else:
            self._answer(request_id, method, params)

    def _work(self, request_id: str | int, method: Method, params: Params) -> None:
        with self._working:
            self._answer(request_id, method, params)

    def _answer(self, request_id: str | int, method: Method, params: Params) -> None:
        try:
            reply: dict[str, object] = {"ok": True, "value": method(params)}
        except Exception as error:  # an exception that is not answered is lost: no cell would show it
            _logger.debug("A request of the browser failed.", exc_info=True)
            reply = failure(error)
        self._reply(request_id, reply)

    def _reply(self, request_id: str | int | None, reply: Mapping[str, object]) -> None:
        with self._sending:
            self._send({"re": request_id, **reply})


def failure(error: Exception) -> dict[str, object]:
    """Return the answer that tells of ``error``; errors that are not ours are named, since their text may say little.

    Example:
        >>> failure(KeyError("x"))
        {'ok': False, 'kind': 'KeyError', 'error': "KeyError: 'x'", 'fields': {}}
    """
    kind = type(error).__name__
    message = (str(error) or kind) if isinstance(error, AxnbError) else f"{kind}: {error}"
    fields = error.fields if isinstance(error, FormError) else {}
    return {"ok": False, "kind": kind, "error": message, "fields": fields}


def text(params: Params, name: str, default: str | None = None) -> str:
    """Return a parameter that is a string.

    Raises:
        UserInputError: It is missing and has no default, or it is something else.
    """
    value = params.get(name, default)
    if not isinstance(value, str):
        raise UserInputError(_expected(params, name, "a string"))
    return value


def integer(params: Params, name: str, default: int | None = None) -> int:
    """Return a parameter that is a whole number.

    Raises:
        UserInputError: It is missing and has no default, or it is something else.
    """
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserInputError(_expected(params, name, "a whole number"))
    return value


def indices(params: Params, name: str) -> list[int]:
    """Return a parameter that is a list of whole numbers.

    Raises:
        UserInputError: It is missing or something else.
    """
    value = params.get(name)
    if not isinstance(value, list) or any(type(index) is not int for index in value):
        raise UserInputError(_expected(params, name, "a list of whole numbers"))
    return value


def mapping(params: Params, name: str) -> Mapping[str, object]:
    """Return a parameter that is a table with string keys.

    Raises:
        UserInputError: It is missing or something else.
    """
    value = params.get(name)
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UserInputError(_expected(params, name, "a table of named values"))
    return value


def _expected(params: Params, name: str, what: str) -> str:
    got = f"it is {params[name]!r}" if name in params else "it is missing"
    return f"The request's {name!r} must be {what}, but {got}."


def _request(content: object) -> tuple[str | int, str, Params]:
    if not isinstance(content, dict):
        raise UserInputError(f"A request is a table with id, method and params, not {content!r}.")
    request_id, name, params = content.get("id"), content.get("method"), content.get("params", {})
    if isinstance(request_id, bool) or not isinstance(request_id, str | int):
        raise UserInputError(f"A request's id is a string or a whole number, not {request_id!r}.")
    if not isinstance(name, str):
        name = repr(name)
    if not isinstance(params, dict):
        params = {}
    return request_id, name, params
