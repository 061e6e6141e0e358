"""Which rules a stylesheet has for a node, remembered for all apps that the tests open.

The rules of a node follow from the rules of the stylesheet, from the types, IDs and classes of the nodes
that lead to it, and from those of their pseudo-classes that one of the rules names. What Textual finds for
the first node of a kind serves all later ones. A node that has its rules already keeps them, as its virtual
nodes do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.css.styles import Styles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.layouts.factory import get_layout
from textual.widget import Widget
from textual.widgets._markdown import MarkdownHeader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    Names = tuple[type[DOMNode], str | None, frozenset[str]]
    Rules = dict[str, Any] | None

_OF_THE_APP = ("dark", "light", "inline", "ansi", "nocolor")
"""Pseudo-classes that each widget has when its app has them."""
_OF_DISABLED = ("disabled", "enabled")
"""Pseudo-classes that a widget has by itself and by those around it."""
_FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
"""What a node notes of the rules that may be for it."""


def remember_rules(patch: pytest.MonkeyPatch) -> None:
    """Let all stylesheets share what they find."""
    cache = _RuleCache(Stylesheet.apply)
    patch.setattr(Stylesheet, "replace_rules", _replacing_once(Stylesheet.replace_rules))
    patch.setattr(Stylesheet, "apply", cache.apply)
    patch.setattr(Stylesheet, "_process_component_classes", cache.apply_to_components)


class _Path:
    """Nodes of the same names under the same rules: their flags, and their rules by their pseudo-classes."""

    def __init__(self, rules: Sequence[Any], nodes: Sequence[DOMNode]) -> None:
        self.flags: tuple[bool, ...] | None = None
        self.rules_by_state: dict[tuple[bool, ...], Rules] = {}
        self._asks_disabled = False
        checks: dict[tuple[int, str], Callable[[Any], bool]] = {}
        for rule in rules:
            for selectors in rule.selector_set:
                for selector in selectors.selectors:
                    for index, node in enumerate(nodes) if selector.pseudo_classes else ():
                        for name in selector.pseudo_classes if selector._check(node) else ():
                            if name in _OF_DISABLED:
                                self._asks_disabled = True
                            elif (check := node._PSEUDO_CLASSES.get(name)) is not None:
                                at = 0 if name in _OF_THE_APP else index
                                checks[at, name] = nodes[0]._PSEUDO_CLASSES[name] if at == 0 else check
        self._checks = [(index, check) for (index, _), check in checks.items()]

    def pseudo_classes(self, nodes: Sequence[DOMNode]) -> tuple[bool, ...]:
        """Return which of the pseudo-classes that matter these nodes have."""
        state = tuple([bool(check(nodes[index])) for index, check in self._checks])
        if self._asks_disabled:
            disabled = [bool(node.__dict__.get("_reactive_disabled")) for node in nodes]
            return (*state, *disabled) if any(disabled) else state
        return state


class _RuleCache:
    """The rules of nodes, by path and by the pseudo-classes that the nodes have."""

    def __init__(self, apply: Callable[..., None]) -> None:
        self._apply = apply
        self._numbers: dict[Any, int] = {}
        self._eligible: dict[tuple[int, Names], tuple[int, list[Any]]] = {}
        self._paths: dict[tuple[int, tuple[Names, ...]], _Path] = {}
        self._components: dict[type[DOMNode], list[str]] = {}

    @property
    def apply(self) -> Any:
        """Textual's `Stylesheet.apply`."""

        def applied(
            stylesheet: Stylesheet, node: DOMNode, *, animate: bool = False, cache: object = None
        ) -> None:
            nodes = node.css_path_nodes
            names = tuple([_names(each) for each in nodes])
            rules = self._rules(stylesheet, nodes, names)
            if rules is not None:
                stylesheet.replace_rules(node, rules, animate=animate)  # type: ignore[arg-type]
            self._style_components(stylesheet, node, nodes, names)

        return applied

    @property
    def apply_to_components(self) -> Any:
        """Textual's `Stylesheet._process_component_classes`."""

        def applied(stylesheet: Stylesheet, node: DOMNode) -> None:
            nodes = node.css_path_nodes
            self._style_components(stylesheet, node, nodes, tuple([_names(each) for each in nodes]))

        return applied

    def _style_components(
        self, stylesheet: Stylesheet, node: DOMNode, nodes: list[DOMNode], names: tuple[Names, ...]
    ) -> None:
        components = self._components.get(type(node))
        if components is None:
            components = self._components[type(node)] = sorted(node._get_component_classes())
        if not components:
            return
        is_changed = False
        for component in components:
            old = node._component_styles.get(component)
            virtual = old.base.node if old is not None else None
            if virtual is None:
                virtual = DOMNode(classes=component)
                virtual._attach(node)
            rules = self._rules(stylesheet, [*nodes, virtual], (*names, _names(virtual)))
            if old is not None and _is_styled_by(old.base, rules):
                continue
            new = virtual
            if old is not None:
                new = DOMNode(classes=component)
                new._attach(node)
            if rules is not None:
                stylesheet.replace_rules(new, rules)  # type: ignore[arg-type]
            is_changed = is_changed or old != new.styles
            node._component_styles[component] = new.styles
        if is_changed:
            node.refresh()

    def _rules(self, stylesheet: Stylesheet, nodes: Sequence[DOMNode], names: tuple[Names, ...]) -> Rules:
        node = nodes[-1]
        key = self._number(stylesheet), names[-1]
        if key not in self._eligible:
            self._eligible[key] = self._eligible_rules(stylesheet, node)
        number, eligible = self._eligible[key]
        path = self._paths.get((number, names))
        if path is None:
            path = self._paths[number, names] = _Path(eligible, nodes)
        state = path.pseudo_classes(nodes)
        if path.flags is None or state not in path.rules_by_state:
            path.rules_by_state[state] = self._rules_by_textual(stylesheet, node)
            path.flags = tuple([getattr(node, flag) for flag in _FLAGS])
        else:
            for flag, value in zip(_FLAGS, path.flags, strict=True):
                setattr(node, flag, value)
        return path.rules_by_state[state]

    def _number(self, stylesheet: Any) -> int:
        """Return a number that the same rules in the same order share."""
        rules = stylesheet.rules
        entry: tuple[Any, int] = stylesheet.__dict__.get("_numbered", (None, 0))
        if entry[0] is not rules:
            key = tuple(map(id, rules))
            entry = stylesheet._numbered = rules, self._numbers.setdefault(key, len(self._numbers))
        return entry[1]

    def _eligible_rules(self, stylesheet: Stylesheet, node: DOMNode) -> tuple[int, list[Any]]:
        by_name = stylesheet.rules_map
        named_rules = {rule for name in by_name.keys() & node._selector_names for rule in by_name[name]}
        rules = [rule for rule in stylesheet.rules if rule in named_rules]
        key = tuple(map(id, rules))
        return self._numbers.setdefault(key, len(self._numbers)), rules

    def _rules_by_textual(self, stylesheet: Any, node: DOMNode) -> Rules:
        replacements: list[dict[str, Any]] = []
        stylesheet.replace_rules = lambda _node, rules, **_options: replacements.append(rules)
        stylesheet._process_component_classes = lambda _node: None
        try:
            self._apply(stylesheet, node)
        finally:
            del stylesheet.replace_rules, stylesheet._process_component_classes
        return replacements[0] if replacements else None


def _names(node: DOMNode) -> Names:
    # The ID of a heading has its address in memory: each would be the first of its kind.
    own_id = None if isinstance(node, MarkdownHeader) else node._id
    return type(node), own_id, frozenset(node._classes)


def _is_styled_by(base: Any, rules: Rules) -> bool:
    """Return whether these are the rules that were set last, and nothing has changed one since."""
    if rules is None:
        return not base._rules
    last: tuple[Rules, int] = base.__dict__.get("_styled_by", (None, 0))
    return last[1] == base._updates and (last[0] is rules or last[0] == rules)


def _replacing_once(replace: Callable[..., None]) -> Any:
    """Return a `Stylesheet.replace_rules` that sets what differs, and refreshes a node once for all of it."""
    settled: dict[int, tuple[Rules, dict[str, Any]]] = {}

    def replaced(cls: type[Stylesheet], node: Any, rules: Any, animate: bool = False) -> None:
        base = node.styles.base
        if _is_styled_by(base, rules):
            node.notify_style_update()
            return
        if id(rules) not in settled:
            settled[id(rules)] = rules, _as_set(rules)
        old = base._rules
        new = _with_a_layout_of_its_own(old, settled[id(rules)][1])
        changed = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
        refresh = base.refresh
        refreshes: dict[tuple[tuple[str, bool], ...], None] = {}
        base.refresh = lambda **options: refreshes.setdefault(tuple(options.items()))
        try:
            if animate:
                replace(node, rules, animate)
            elif old or node._is_mounted:
                for name in changed:
                    setattr(base, name, new.get(name))
                node.notify_style_update()
            else:
                _style_new(node, base, new)
        finally:
            del base.refresh
        for options in refreshes:
            refresh(**dict(options))
        base._styled_by = rules, base._updates

    return classmethod(replaced)


def _as_set(rules: dict[str, Any]) -> dict[str, Any]:
    """Return what the setters of styles make of rules."""
    styles = Styles()
    for name, value in rules.items():
        setattr(styles, name, value)
    return dict(styles._rules)


def _with_a_layout_of_its_own(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the new rules with a layout that no other node has, as a widget may set what it arranges by."""
    if (shared := new.get("layout")) is None:
        return new
    layout = old.get("layout")
    is_same = layout is not None and layout.name == shared.name
    return {**new, "layout": layout if is_same else get_layout(shared.name)}


def _style_new(node: Any, base: Any, rules: dict[str, Any]) -> None:
    """Do for a node that has neither rules nor a place on the screen what the setters of its rules do."""
    base._rules.update(rules)
    base._updates += len(rules)
    if "display" in rules and node.parent:
        node._nodes.updated()
    if isinstance(node, Widget) and ("overflow_x" in rules or "overflow_y" in rules):
        node._refresh_scrollbars()
    node.notify_style_update()
