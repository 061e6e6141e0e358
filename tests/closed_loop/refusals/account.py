"""What Account Management refuses of an alternate contact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closed_loop.refusals.rule import Refusal, refuses

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
def alternate_contact(call: Call) -> Refusal | None:
    """Name, title, address and number are not too long, and match the patterns of the API model."""
    for member, (longest, pattern) in _MEMBERS.items():
        value = call[member] or ""
        if not 1 <= len(value) <= longest or not re.fullmatch(pattern, value):
            return Refusal("ValidationException", f"Value at '{member}' failed to satisfy constraint")
    return None
