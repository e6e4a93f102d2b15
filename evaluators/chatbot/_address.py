"""The address of an endpoint, checked before anything is sent to it."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from evaluators.chatbot._endpoint_errors import EndpointSettingError

_HINT = "Give the address as the server's own guide does, such as https://api.example.org/v1."
_ODD = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Address:
    """Where messages go.

    Attributes
    ----------
    url : str
        Without a slash at its end, without user, password, query or fragment.
    host : str
        In small letters.
    encrypted, local : bool
        Whether it is https, and whether it is this machine.
    """

    url: str
    host: str
    encrypted: bool
    local: bool


def check_address(base_url: str) -> Address:
    """Check an endpoint's address.

    Raises
    ------
    EndpointSettingError
        If it is no http or https address, or carries more than one: a key does not belong into it, so what is wrong
        with such an address is said without repeating it.

    Examples
    --------
    >>> check_address("http://localhost:8080/v1/")
    Address(url='http://localhost:8080/v1', host='localhost', encrypted=False, local=True)
    """
    text = base_url.strip() if isinstance(base_url, str) else ""
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _wrong("cannot be read") from None
    if parts.scheme not in ("http", "https") or not host or _ODD.search(text) or port == 0:
        raise _wrong("is not one that begins with https:// or http:// and names a host")
    if not host.isascii():
        raise _wrong('has a host with letters outside ASCII; write it in its "xn--" form')
    if "@" in parts.netloc:
        raise _wrong("carries a user or a password")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _wrong('carries a "?" or "#" part')
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return Address(f"{parts.scheme}://{parts.netloc.lower()}{path}", host, parts.scheme == "https", _is_local(host))


def _wrong(what: str) -> EndpointSettingError:
    return EndpointSettingError(f"The endpoint's address {what} (it is not repeated here).", _HINT, "base_url")


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
