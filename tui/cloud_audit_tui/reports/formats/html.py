"""HTML: one file that loads nothing and runs no script, for people without the program."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import jinja2

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.reports.document import place
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.text import plain, storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.reports.document import Entry, Report

_TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>AWS security report</title>
<style>
:root { color-scheme: light dark; --line: #8885; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0 0 .25rem; } h2 { margin: 2rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 1rem 0; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-radius: .5rem; padding: .25rem .75rem; }
.counts b { font-size: 1.4em; margin-right: .35rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .5rem .75rem; }
details details { border: 0; padding: 0; margin: .25rem 0 0; }
summary { cursor: pointer; }
.badge { border-radius: .3rem; padding: .05rem .45rem; margin-right: .4rem; font-weight: 600; color: #fff; }
.critical { background: #a4133c; } .high { background: #b93c00; } .medium { background: #7a5c00; }
.low { background: #2b5f8a; } .unread { background: #6b3fa0; }
table { border-collapse: collapse; width: 100%; margin-top: .5rem; }
th, td { border-top: 1px solid var(--line); text-align: left; vertical-align: top; padding: .35rem .5rem; }
td { overflow-wrap: anywhere; }
pre { background: var(--soft); border-radius: .4rem; padding: .75rem; overflow-x: auto; font-size: 13px; }
@media print { details { break-inside: avoid; } }
</style>
</head>
<body>
<h1>AWS security report</h1>
<ul class="counts">
{%- for severity, number in summary.failed_by_severity.items() %}
<li><b>{{ number }}</b><span class="badge {{ severity.value }}">{{ severity.value }}</span></li>
{%- endfor %}
<li><b>{{ summary.not_assessed }}</b>not assessed</li>
<li><b>{{ summary.passed }}</b>passed</li>
<li><b>{{ summary.fixed }}</b>fixed</li>
<li><b>{{ summary.muted }}</b>muted</li>
</ul>
<dl>
{%- for label, value in facts if value %}
<dt>{{ label }}</dt><dd>{{ value }}</dd>
{%- endfor %}
</dl>
<h2>Failures: {{ summary.failed }}</h2>
{%- if not checks %}
<p>{% if narrowing %}No failure is among these findings{% else %}No failure was found
{%- endif %}{% if summary.not_assessed %} in what could be assessed{% endif %}.
{{- " " ~ incomplete if incomplete }}</p>
{%- endif %}
{%- for check in checks %}
<details>
<summary><span class="badge {{ check.severity }}">{{ check.severity }}</span> {{ check.title }}
 ({{ check.id }}, {{ check.rows | length }})</summary>
{%- if check.changes %}
<p>Fix: {{ check.changes }}</p>
{%- endif %}
<table>
<tr><th>Resource</th><th>Where</th><th>Reason</th></tr>
{%- for row in check.rows %}
<tr><td>{{ row.name }}</td><td>{{ row.where }}</td><td>{{ row.reason }}
{%- for label, code in row.fixes %}
<details><summary>{{ label }}</summary><pre>{{ code }}</pre></details>
{%- endfor %}</td></tr>
{%- endfor %}
</table>
</details>
{%- endfor %}
{%- for heading, rows in others if rows %}
<h2>{{ heading }}: {{ rows | length }}</h2>
<table>
<tr><th>Check</th><th>Resource</th><th>Where</th><th>Reason</th></tr>
{%- for row in rows %}
<tr><td>{{ row.title }} ({{ row.check }})</td><td>{{ row.name }}</td><td>{{ row.where }}</td>
<td>{{ row.reason }}</td></tr>
{%- endfor %}
</table>
{%- endfor %}
</body>
</html>
"""


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(_TEMPLATE)


def to_text(report: Report, options: Options) -> str:
    """Return the page: counts, failures by check with collapsed fixes, and the subjects not assessed."""
    page = {
        "summary": report.summary,
        "incomplete": plain(report.incomplete),
        "narrowing": report.narrowing is not None,
        "facts": _facts(report),
        "checks": [
            _check(list(group), report, options)
            for _, group in groupby(report.failed, key=_severity_and_check)
        ],
        "others": [
            ("Not assessed", [_row(entry, report) for entry in report.not_assessed]),
            ("Muted", [_row(entry, report) for entry in report.muted]),
        ],
    }
    return _template().render(page) + "\n"


def _facts(report: Report) -> list[tuple[str, str]]:
    scan = report.scan
    accounts = [
        f"{account.alias or account.account_id} ({', '.join(account.regions) or 'no region'})"
        for account in report.accounts
    ]
    return [
        ("Scan", plain(scan.id)),
        ("Started", plain(scan.started_at)),
        ("Finished", plain(scan.finished_at)),
        ("Outcome", plain(" - ".join(part for part in (scan.outcome, scan.message) if part))),
        ("Accounts", plain(", ".join(accounts))),
        ("Version", plain(scan.version)),
        ("Findings", plain(report.narrowing_words)),
    ]


def _check(entries: Sequence[Entry], report: Report, options: Options) -> dict[str, Any]:
    finding = entries[0].finding
    about = about_of(finding.check_id)
    return {
        "id": plain(finding.check_id),
        "title": plain(finding.title),
        "severity": finding.severity.value,
        "changes": about.effect.changes if about else "",
        "rows": [_row(entry, report) | {"fixes": _fixes(entry, options)} for entry in entries],
    }


def _row(entry: Entry, report: Report) -> dict[str, Any]:
    finding = entry.finding
    return {
        "check": plain(finding.check_id),
        "title": plain(finding.title),
        "name": plain(finding.resource_name or finding.resource_id),
        "where": plain(place(finding, report.alias(finding.account_id))),
        "reason": plain(entry.reason),
    }


def _fixes(entry: Entry, options: Options) -> list[tuple[str, str]]:
    fix = options.fix(entry.finding)
    codes = (("AWS CLI", fix.cli), ("Terraform", fix.terraform))
    return [(label, storable(code)) for label, code in codes if code]


def _severity_and_check(entry: Entry) -> tuple[int, str]:
    return entry.finding.severity.order, entry.finding.check_id


FORMAT = Format(
    "html", ".html", "One page for a browser, without scripts", to_text, has_fixes=True, says_narrowing=True
)
