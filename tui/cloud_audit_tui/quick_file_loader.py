"""botocore's loader of model files, quicker: for the scanner, and for the AWS of the demo."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.loaders import JSONFileLoader

if TYPE_CHECKING:
    from collections.abc import Callable


class QuickFileLoader(JSONFileLoader):  # type: ignore[misc]
    """Decodes JSON with msgspec, in a third of the time."""

    def _load_file(self, full_path: str, open_method: Callable[..., Any]) -> Any:
        if not os.path.isfile(full_path):  # noqa: PTH113 - called for hundreds of files
            return None
        with open_method(full_path, "rb") as file:
            return msgspec.json.decode(file.read())
