"""A template cannot put a value where quoting would not protect."""

from __future__ import annotations

import jinja2
import pytest

from cloud_audit_tui.remediation.quoting import Language, QuotingError
from cloud_audit_tui.remediation.templates import fill
from remediation.findings_to_fix import endpoint


@pytest.mark.parametrize(
    ("language", "template"),
    [
        (Language.SHELL, "echo '{{ name }}'\n"),
        (Language.SHELL, 'echo "{{ name }}"\n'),
        (Language.SHELL, "echo 'a\n{{ name }}\n'\n"),
        (Language.SHELL, "echo \\' '{{ name }}'\n"),
        (Language.SHELL, "cat <<X\n{{ name }}\nX\n"),
        (Language.SHELL, "echo '{% if name %}\n{{ name }}{% endif %}'\n"),
        (Language.SHELL, "echo 'never closed\n"),
        (Language.HCL, 'x = "{{ name }}"\n'),
        (Language.HCL, "x = <<EOT\n{{ name }}\nEOT\n"),
        (Language.HCL, '# it\'s "\nx = "{{ name }}"\n'),
    ],
)
def test_a_value_inside_quotes_or_a_heredoc_is_refused(language: Language, template: str) -> None:
    with pytest.raises(jinja2.TemplateSyntaxError):
        fill(template, language, endpoint())


@pytest.mark.parametrize(
    ("language", "template", "text"),
    [
        (Language.SHELL, "echo 'a'{{ name }}\"$b\"\\'{{ name }}\n", "echo 'a''x y'\"$b\"\\''x y'\n"),
        (
            Language.HCL,
            "# it's {{ name }}\nx = {{ name }} // \"{{ name }}\n",
            '# it\'s "x y"\nx = "x y" // ""x y"\n',
        ),
    ],
)
def test_a_value_outside_of_quotes_is_quoted(language: Language, template: str, text: str) -> None:
    assert fill(template, language, endpoint(name="x y")).text == text


def test_whatever_a_template_computes_is_quoted() -> None:
    template = "{{ name ~ ' b' }} {{ name | upper }} {{ where ~ '' }} {% set x = name %}{{ x }}\n"
    text = fill(template, Language.SHELL, endpoint(name="$a")).text
    assert text == "'$a b' '$A' '--region=eu-central-1 --profile=prod' '$a'\n"


def test_a_missing_fact_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        fill("echo {{ evidence.nothing }}\n", Language.SHELL, endpoint())


@pytest.mark.parametrize("value", ["None", "[]", "{}", "evidence"])
def test_what_is_no_text_is_an_error_in_a_script(value: str) -> None:
    with pytest.raises(QuotingError):
        fill(f"echo {{{{ {value} }}}}\n", Language.SHELL, endpoint())


def test_a_demand_in_words_that_the_shell_would_read_is_refused() -> None:
    with pytest.raises(QuotingError):
        fill('{{ required("KEY", "the $(id)") }}', Language.SHELL, endpoint())
    with pytest.raises(QuotingError):
        fill('{{ required("KEY; id", "the key") }}', Language.SHELL, endpoint())
