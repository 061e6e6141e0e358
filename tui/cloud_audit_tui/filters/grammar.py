r"""The grammar of the filter language, the only definition of its syntax.

A filter is a list of items with white space between them; a finding has to satisfy every item::

    public bucket            both words occur, in any letter case
    "public access"          the phrase occurs; in quotes, \" is a quote and \\ a backslash
    ~pubacc                  the letters occur in this order in the title, resource name or check id
    severity:high+           the key `severity` has this value; `keys` declares the keys
    region:eu-*|us-east-1    one of several values, split by | or by a comma
    -service:s3   !staging   not

An ARN, a type such as ``AWS::S3::Bucket`` and an address such as ``https://...`` are words.
"""

from __future__ import annotations

QUOTED = r'"(?:[^"\\]|\\.)*"'
KEY = r"(?!arn:)[A-Za-z][A-Za-z0-9_-]*:(?![:\/])"
NEGATION = r"[-!](?=\S)"
FUZZY = r"~(?=\S)"
BARE_VALUE = r'[^\s|,"][^\s|,]*'
SEPARATOR = r"[|,]"
WORD = r'[^\s"]\S*'

GRAMMAR = rf"""
start: _SPACE? (item (_SPACE item)* _SPACE?)?
item: NEGATION? (term | text | fuzzy)
term: KEY (value (_SEPARATOR value)*)?
value: BARE_VALUE | QUOTED
text: WORD | QUOTED
fuzzy: _FUZZY (WORD | QUOTED)

QUOTED.4: /{QUOTED}/s
NEGATION.3: /{NEGATION}/
_FUZZY.3: /{FUZZY}/
KEY.2: /{KEY}/
WORD.1: /{WORD}/
BARE_VALUE: /{BARE_VALUE}/
_SEPARATOR: /{SEPARATOR}/
_SPACE: /\s+/
"""
