"""Joins pictures of the app to one animated SVG: a line that frames share is in it once.

The frames are SVGs as Rich exports them, all of one size. CSS shows each for its seconds, over and over; a
viewer that wants no motion sees the first one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_RULE = re.compile(r"\.(terminal-\d+-r\d+) \{ (.*?) \}")
_CLASS = re.compile(r'class="(terminal-\d+-r\d+)"')
_CLIP = re.compile(r' clip-path="url\(#terminal-\d+-line-\d+\)"')
_ELEMENT = re.compile(r"<rect [^>]*/>|<text [^>]*>.*?</text>", re.DOTALL)
_TOP = re.compile(r' y="([\d.]+)"')
_BODY = re.compile(r'<g transform="translate\(9, 41\)"[^>]*>(.*)</svg>', re.DOTALL)
_TITLE = re.compile(r'(<text class=")terminal-\d+-title(".*?</text>)', re.DOTALL)
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_CHROME = re.compile(r'<rect fill="#292929".*?/>')
_LINE = 24.4
"""The height of a line of text in Rich's SVG."""


@dataclass(frozen=True)
class Frame:
    """A picture and the seconds for which it stands."""

    svg: str
    seconds: float


def animated(frames: Sequence[Frame]) -> str:
    """Return one SVG that shows the frames in turn."""
    box, chrome = _VIEW_BOX.search(frames[0].svg), _CHROME.search(frames[0].svg)
    assert box is not None
    assert chrome is not None
    styles: dict[str, str] = {}
    frames_of: dict[str, list[int]] = {}
    for number, frame in enumerate(frames):
        for part in _parts(frame.svg, styles):
            frames_of.setdefault(part, []).append(number)
    animations: dict[tuple[int, ...], str] = {}
    drawing = []
    for part, numbers in frames_of.items():
        name = animations.setdefault(tuple(numbers), f"a{len(animations)}")
        drawing.append(f'<g class="{name}">{part}</g>')
    rules = [f".{name}{{{style}}}" for style, name in styles.items()]
    total = sum(frame.seconds for frame in frames)
    ends = [sum(frame.seconds for frame in frames[: number + 1]) for number in range(len(frames))]
    for shown_in, name in animations.items():
        rules += _animation(name, set(shown_in), ends, total)
    return "\n".join(
        (
            f'<svg viewBox="0 0 {box[1]} {box[2]}" xmlns="http://www.w3.org/2000/svg">',
            "<style>",
            "text{font-family:Fira Code,monospace;font-size:20px;white-space:pre}",
            ".title{font-family:arial;font-size:18px;font-weight:bold}",
            *rules,
            "</style>",
            chrome[0],
            *drawing,
            "</svg>\n",
        )
    )


def _parts(svg: str, styles: dict[str, str]) -> Iterable[str]:
    """Return the title and the lines of a picture with classes that all frames share."""
    rules = dict(_RULE.findall(svg))
    title, body = _TITLE.search(svg), _BODY.search(svg)
    assert title is not None
    assert body is not None
    yield f"{title[1]}title{title[2]}"
    lines: dict[int, list[str]] = {}
    for element in _ELEMENT.findall(_CLIP.sub("", body[1])):
        top = _TOP.search(element)
        assert top is not None
        shared = _CLASS.sub(lambda match: f'class="{_class(rules[match[1]], styles)}"', element)
        lines.setdefault(int(float(top[1]) / _LINE), []).append(
            shared.replace(' shape-rendering="crispEdges"', "")
        )
    for elements in lines.values():
        yield f'<g transform="translate(9,41)" shape-rendering="crispEdges">{"".join(elements)}</g>'


def _class(style: str, styles: dict[str, str]) -> str:
    return styles.setdefault(style, f"s{len(styles)}")


def _animation(name: str, numbers: set[int], ends: Sequence[float], total: float) -> Iterable[str]:
    """Return the rules of what is visible in some frames; what is in every frame needs none."""
    if len(numbers) == len(ends):
        return
    states = ["visible" if number in numbers else "hidden" for number in range(len(ends))]
    changes = [number for number in range(1, len(ends)) if states[number] != states[number - 1]]
    steps = [(0.0, states[0]), *((100 * ends[number - 1] / total, states[number]) for number in changes)]
    keyframes = "".join(f"{at:.3f}%{{visibility:{state}}}" for at, state in steps)
    moving = f".{name}{{animation:{name} {total:g}s step-end infinite}}"
    yield f".{name}{{visibility:{states[0]}}}"
    yield f"@media (prefers-reduced-motion:no-preference){{{moving}}}"
    yield f"@keyframes {name}{{{keyframes}}}"
