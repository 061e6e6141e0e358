"""The path to the current view: its profiles, the filters from other screens, and the grouping."""

from __future__ import annotations

from textual import on
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.text import plain

BETWEEN = " › "


class Breadcrumbs(SessionListener, Static):
    """One line, visible only while the view has a filter or a grouping.

    On a short terminal it is visible only while there is a view to go back to.
    """

    DEFAULT_CSS = """
    Breadcrumbs {
        height: 1;
        padding: 0 2;
        color: $foreground 75%;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        display: none;
    }
    #main.-tall Breadcrumbs.-filtered, Breadcrumbs.-walked { display: block; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__("", markup=False)
        self.session = session

    @on(Session.ViewChanged)
    @notify_on_error
    def show_path(self) -> None:
        """Show the path to the current view."""
        view, trail = self.session.view, self.session.trail
        self.set_class(bool(view.filter or view.grouping), "-filtered")
        self.set_class(bool(trail), "-walked")
        path = Content(BETWEEN).join(Content.styled(part, "bold") for part in path_parts(self.session))
        back = f"  {self.session.key_name('back')} goes back"
        if trail and path.cell_length + len(back) <= self.container_size.width - self.gutter.width:
            path = Content.assemble(path, (back, "$foreground 45%"))
        self.update(path)

    def on_resize(self) -> None:
        """Leave out the key that goes back where there is no room for it."""
        self.show_path()

    def on_mount(self) -> None:
        """Start following the session."""
        self.show_path()


def path_parts(session: Session) -> list[str]:
    """Return the parts of the path: profiles, each filter with the screen it came from, the grouping."""
    view, steps = session.view, session.trail.steps
    filters = [*(step.filter for step in steps), view.filter]
    sources = ["", *(step.screen for step in steps)]
    parts = [formatting.some(view.profiles)] if view.profiles else []
    parts += [
        f"{source.capitalize()}: {plain(text)}" if source else plain(text)
        for source, text in zip(sources, filters, strict=True)
        if text
    ]
    return [*parts, f"by {view.grouping}"] if view.grouping else parts
