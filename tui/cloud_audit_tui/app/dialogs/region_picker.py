"""The list of regions, with groups that choose several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content

from cloud_audit_tui.app.dialogs.picker import Picker
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.presentation.region_names import part_of_the_world, place
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, PickList, Row
from cloud_audit_tui.scan.jobs import ALL_REGIONS
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OWN = ""
"""The key of the row that means each profile's own region."""
_GROUP = "group:"


class RegionPicker(Picker):
    """Chooses regions to scan; answers their codes, or None when the user leaves it.

    An empty list means each profile's own region, ``["all"]`` every enabled one.
    """

    DEFAULT_CSS: ClassVar[str] = """
    RegionPicker {
        .frame { max-width: 84; }
    }
    """

    title_text = "Regions"
    noun = ("region", "regions")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("Region", 18, 34),
        Column("Place", 14, 30),
        Column("Part of the world", 17, 26, gives_way=1),
    )

    def __init__(
        self, regions: Sequence[str], marked: Sequence[str], note: str, *, are_all_enabled: bool = True
    ) -> None:
        """List these regions; ``note`` says where the list comes from.

        With ``are_all_enabled`` they are every region that the chosen profiles have enabled.
        """
        super().__init__(marked or [OWN])
        self._enabled = count(len(regions), "region") if are_all_enabled else "read by the scan"
        self._regions = list(dict.fromkeys([*regions, *(key for key in marked if key != ALL_REGIONS)]))
        self._note = note
        self._groups: dict[str, list[str]] = {}
        for region in self._regions:
            self._groups.setdefault(part_of_the_world(region), []).append(region)
        self._rows = self._make_rows()

    def all_rows(self) -> Sequence[Row]:
        """Return the presets, the parts of the world, and every region."""
        return self._rows

    def matching(self, words: Sequence[str]) -> Sequence[Row]:
        """Return the rows with every word in their code, place or part of the world."""
        return [
            row
            for row in self._rows
            if all(word in " ".join(cell.text for cell in row.cells).lower() for word in words)
        ]

    def about(self, row: Row) -> Content:
        """Return where the list of regions comes from."""
        return Content(plain(self._note))

    def result(self, keys: Sequence[str]) -> list[str]:
        """Return the regions of some rows, in the order of the list."""
        if OWN in keys:
            return []
        if ALL_REGIONS in keys:
            return [ALL_REGIONS]
        selection = {region for key in keys for region in self._groups.get(key.removeprefix(_GROUP), [key])}
        return [region for region in self._regions if region in selection]

    def keys_of(self, row: Row) -> list[str]:
        """Return the regions of a group; the key of any other row."""
        if row.key.startswith(_GROUP):
            return list(self._groups[row.key.removeprefix(_GROUP)])
        return [row.key]

    def set_marks(self, keys: Iterable[str]) -> None:
        """Mark these keys; the presets "own region" and "every enabled" each exclude all others."""
        keys = list(dict.fromkeys(keys))
        new_keys = [key for key in keys if key not in self._marks]
        alone = next((key for key in reversed(new_keys) if key in (OWN, ALL_REGIONS)), None)
        if alone is not None and len(new_keys) == 1:
            keys = [alone]
        else:
            keys = [key for key in keys if key not in (OWN, ALL_REGIONS)]
        super().set_marks(keys or [OWN])

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor; with every region marked, unmark this one."""
        row = self.query_one(PickList).highlighted
        if row is not None and ALL_REGIONS in self._marks and row.key not in (OWN, ALL_REGIONS):
            without = self.keys_of(row)
            self.set_marks([region for region in self._regions if region not in without])
        else:
            super().action_mark()

    def action_mark_all(self) -> None:
        """Mark every listed region; without a filter, mark the preset for every enabled region."""
        regions = [row.key for row in self.query_one(PickList).rows if row.key in self._regions]
        if len(regions) == len(self._regions):
            super().set_marks([ALL_REGIONS])
        else:
            self.set_marks([*self._marks, *regions])

    def marked_rows(self) -> frozenset[str]:
        """Return the marked rows; a group is marked when all of its regions are."""
        if ALL_REGIONS in self._marks:
            return frozenset(row.key for row in self._rows if row.key != OWN)
        groups = {
            _GROUP + name
            for name, regions in self._groups.items()
            if all(region in self._marks for region in regions)
        }
        return frozenset({*self._marks, *groups})

    def summary(self, rows: int, total: int) -> str:
        """Return how many regions are marked, and how many there are; empty before any is known."""
        if not self._regions:
            return ""
        regions = self.result(self._marks)
        marks = f"{len(regions)} marked · " if regions and regions != [ALL_REGIONS] else ""
        return marks + count(len(self._regions), "region")

    def describe_choice(self, keys: Sequence[str]) -> str:
        """Return the name of a preset or of one region, or the number of several."""
        regions = self.result(keys)
        if not regions:
            return "each profile's own region"
        if regions == [ALL_REGIONS]:
            return "every enabled region"
        return plain(regions[0]) if len(regions) == 1 else count(len(regions), "region")

    def _make_rows(self) -> list[Row]:
        rows = [
            Row(
                OWN,
                (Cell("Own region", "strong"), Cell("set in each profile", "muted"), Cell("")),
            ),
            Row(
                ALL_REGIONS,
                (
                    Cell("Every enabled", "strong"),
                    Cell(self._enabled, "muted"),
                    Cell(""),
                ),
            ),
        ]
        rows += [
            Row(_GROUP + name, (Cell(name, "strong"), Cell(count(len(regions), "region"), "muted"), Cell("")))
            for name, regions in self._groups.items()
            if len(regions) > 1
        ]
        rows += [
            Row(
                region,
                (
                    Cell(plain(region)),
                    Cell(place(region) or "–", "muted"),
                    Cell(part_of_the_world(region), "muted"),
                ),
            )
            for regions in self._groups.values()
            for region in regions
        ]
        return rows
