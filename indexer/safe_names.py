"""Names that strangers gave to files, as names that are safe in a folder of ours."""

import re
import unicodedata

LONGEST = 180  # bytes of UTF-8 in a name; systems take 255
DEEPEST = 12  # folders
_LONGEST_ENDING = 12
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = re.compile(r'[<>:"|?*]')  # on Windows, where folders are shared with
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE
)


def safe_path(told: str) -> str | None:
    """A path below a folder, of safe names with a slash between; None where nothing is left.

    Both slashes part names; drives, empty names and ways up are left out, and of more than DEEPEST
    names the first. A path that is safe stays as it is.
    """
    parts = re.split(r"[/\\]", told)
    names = [safe_name(part) for part in parts if not _DRIVE.fullmatch(part)]
    return "/".join(list(filter(None, names))[-DEEPEST:]) or None


def safe_name(told: str) -> str:
    """The name of one file or folder; "" where nothing is left of it.

    In NFC and without what does not show: controls, zero-width characters, those that turn the
    direction. It neither begins with a dot, which would hide it, nor with a dash, nor ends with a
    dot or a blank; it is no name of a Windows device, and has at most LONGEST bytes, its ending
    kept. A safe name stays as it is.
    """
    visible = "".join(
        " " if one.isspace() else one
        for one in told
        if one.isspace() or not unicodedata.category(one).startswith("C")
    )
    plain = unicodedata.normalize("NFC", _FORBIDDEN.sub("-", re.sub(r"[/\\]", "-", visible)))
    name = _trimmed(plain)
    return _cut(f"_{name}" if _DEVICE.fullmatch(name) else name)


def _trimmed(name: str) -> str:
    return " ".join(name.split()).lstrip(". -").rstrip(". ")


def _cut(name: str) -> str:
    """A name of at most LONGEST bytes, a short ending kept."""
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    room = LONGEST - len((dot + ending).encode())
    kept = stem.encode()[:room].decode("utf-8", "ignore")
    return kept.rstrip(". ") + dot + ending
