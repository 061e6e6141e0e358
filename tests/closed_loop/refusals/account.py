"""What Account Management refuses of an alternate contact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closed_loop.refusals.rule import Refused, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_CONTACT = "https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html"
_MEMBERS = {
    "Name": (64, r"(?s).*"),
    "Title": (50, r"(?s).*"),
    "EmailAddress": (254, r"\s*[\w+=.#|!&-]+@[\w.-]+\.\w+\s*"),
    "PhoneNumber": (25, r"[\s0-9()+-]+"),
}
"""The longest value of each member and its pattern, as the API model gives them."""


@refuses("account:PutAlternateContact", document=_CONTACT)
def alternate_contact(call: Call) -> Refused | None:
    """Name, title, address and number have at most so many characters, and no others than these."""
    for member, (longest, pattern) in _MEMBERS.items():
        value = call[member] or ""
        if not 1 <= len(value) <= longest or not re.fullmatch(pattern, value):
            return Refused("ValidationException", f"Value at '{member}' failed to satisfy constraint")
    return None
