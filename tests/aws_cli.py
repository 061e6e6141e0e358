"""The AWS CLI's own code on newer versions of Python."""

from __future__ import annotations

from awscli import argparser  # type: ignore[import-untyped]


def take_help_as_it_is() -> None:
    """Let the CLI's parsers take options whose help has a bare percent sign, which Python 3.14 refuses."""
    argparser.CLIArgParser._check_help = lambda _parser, _action: None
