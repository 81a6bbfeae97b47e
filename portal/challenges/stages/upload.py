"""Files to hand in: images and PDFs, each kept from the moment at which it was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import FileField

from portal.challenges.stages.kind import Proof, StageKind, stage_kind
from portal.challenges.states import Verification
from portal.challenges.upload_models import MOST_FILES
from portal.database.refusal import Invalid
from portal.files.intake import FAMILIES
from portal.web.forms import Form
from portal.web.sanity import allow_repeated

_NONE: Final = _l("Choose a file.")
_MOST: Final = _l("Ask for 1 to %(most)s files.", most=MOST_FILES)
_FAMILIES: Final = _l("Choose which files are taken.")
_ACCEPTED: Final = {"image": "image/jpeg,image/png,image/webp", "pdf": "application/pdf"}

allow_repeated("families")


class FilesChosen(Form):
    """A file to add; those that were added before are kept already."""

    file = FileField(_l("File"))

    @property
    def sent(self) -> Any:
        """The file that came along, if one did."""
        return self.file.data if getattr(self.file.data, "filename", "") else None


@stage_kind
class Upload(StageKind):
    """Up to five files, verified by a manager."""

    key = "upload"
    label = _l("Files")
    text = _l("Images or PDFs, such as a photo or a slide deck. You look at them before it pays.")
    icon = "upload"
    action = _l("Hand in my files")
    verification = Verification.MANAGER
    Response = FilesChosen

    def set_up(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Which kinds of files, and how many at most; refuses kinds that are not taken, and too many."""
        families, most = given.get("families", list(FAMILIES)), given.get("most", 1)
        if not isinstance(families, list | tuple) or any(each not in FAMILIES for each in families):
            raise Invalid(_FAMILIES, field="families")
        if type(most) is not int or not 1 <= most <= MOST_FILES:
            raise Invalid(_MOST, field="most")
        return {"families": [family for family in FAMILIES if family in families], "most": most}

    def lacks(self, setup: Mapping[str, Any]) -> LazyString | None:
        """A kind of file."""
        return None if setup.get("families") else _l("choose which files are taken")

    def about(self, setup: Mapping[str, Any]) -> str:
        """How many there may be."""
        return ngettext("A file", "Up to %(num)s files", most_of(setup))

    def families(self, setup: Mapping[str, Any]) -> tuple[str, ...]:
        """The kinds of files that are taken."""
        return tuple(setup.get("families", ()))

    def words(self, setup: Mapping[str, Any]) -> str:
        """The kinds of files that are taken, in words."""
        return ", ".join(str(FAMILIES[family]) for family in self.families(setup))

    def accepted(self, setup: Mapping[str, Any]) -> str:
        """What a browser lets one choose."""
        return ",".join(_ACCEPTED[family] for family in self.families(setup))

    def carried(self, kept: Mapping[str, Any] | None) -> dict[str, Any]:
        """The files that were added, whatever else is sent."""
        return {"files": files_of(kept)}

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The files; refuses none."""
        files = given.get("files")
        if not files:
            raise Invalid(_NONE, field="file")
        return {"files": files}

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The files so far."""
        return {"files": given.get("files", [])}

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:
        """Each file, to be opened."""
        return [
            Proof(
                _("Image") if is_image(each) else _("PDF"),
                f"{each['name']} ({size_of(each)})",
                address=url_for("challenges.file", file=each["id"]),
                is_image=is_image(each),
            )
            for each in files_of(response)
        ]


def files_of(response: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The files that a response lists."""
    return list((response or {}).get("files", ()))


def most_of(setup: Mapping[str, Any]) -> int:
    """How many files a stage takes."""
    return int(setup.get("most", 1))


def is_image(file: Mapping[str, Any]) -> bool:
    """Whether a listed file is an image."""
    return str(file["type"]).startswith("image/")


def size_of(file: Mapping[str, Any]) -> str:
    """How large a listed file is, in words."""
    size = int(file["size"])
    if size < 1_000_000:
        return _("%(size)s kB", size=format_decimal(max(round(size / 1000), 1)))
    return _("%(size)s MB", size=format_decimal(round(size / 1_000_000, 1)))
