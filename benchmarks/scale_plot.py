"""Draw what `benchmarks.scale` measured: docs/scale.svg, four panels by the number of passages.

python -m benchmarks.scale_plot [RESULTS [PICTURE]]
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.scale import ALL, HALF, HUNDREDTH, MIB, MS, RESULTS, ROOT, at, told

PICTURE = ROOT / "docs" / "scale.svg"
COLOURS = ("#1b6ca8", "#d1495b", "#2e8b57", "#8a5a9e")


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its title with the unit, how many of the figures' units make one of it, and the
    path to the figures of each line through the results of one size."""

    title: str
    unit: float
    lines: Mapping[str, Sequence[str]]


PANELS = (
    Panel(
        "indexing without encoding, s",
        1,
        {
            "all anew": ("index", "seconds"),
            "one article changed": ("changed", "seconds"),
            "nothing changed": ("again", "seconds"),
        },
    ),
    Panel(
        "median of a question, ms",
        1 / MS,
        {
            "ask": ("ask", "ask", "median"),
            "search": ("ask", "search", ALL, "median"),
            "search, half filtered out": ("ask", "search", HALF, "median"),
            "search, 1% let through": ("ask", "search", HUNDREDTH, "median"),
        },
    ),
    Panel(
        "peak memory, MiB",
        MIB,
        {
            "indexing": ("index", "resident"),
            "indexing, without files": ("index", "anonymous"),
            "asking": ("ask", "resident"),
            "asking, without files": ("ask", "anonymous"),
        },
    ),
    Panel(
        "disk, MiB",
        MIB,
        {
            "most while indexing": ("index", "peak_disk"),
            "index": ("index", "disk"),
            "articles": ("write", "bytes"),
        },
    ),
)


def draw(results: Path, picture: Path) -> None:
    """Draw the results in a file as a picture; its ending says which kind."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    # The same results give the same file.
    mpl.rcParams.update({"svg.hashsalt": "scale", "font.size": 9, "axes.titlesize": 10})
    measured = [one for one in told(results).values() if "index" in one]
    figure, axes = plt.subplots(2, 2, figsize=(8.5, 6.5), layout="constrained", facecolor="white")
    for panel, axis in zip(PANELS, axes.flat, strict=True):
        for (name, path), colour in zip(panel.lines.items(), COLOURS, strict=False):
            points = [
                (one["index"]["passages"], figure_at(one, path) / panel.unit)
                for one in measured
                if at(one, path) is not None
            ]
            axis.plot(*zip(*points, strict=True), "o-", color=colour, ms=3.5, lw=1.4, label=name)
        axis.set(title=panel.title, xlabel="passages", xscale="log", yscale="log")
        axis.grid(True, which="major", color="#dddddd", lw=0.6)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8)
    metadata = {"Date": None} if picture.suffix == ".svg" else {}
    figure.savefig(picture, metadata=metadata)


def figure_at(one: Mapping[str, Any], path: Sequence[str]) -> float:
    """The figure at the end of a path, the sum of them where there are several."""
    found = at(one, path)
    return float(sum(found.values()) if isinstance(found, dict) else found)


def main() -> None:
    given = [Path(one) for one in sys.argv[1:]]
    results, picture = given + [RESULTS, PICTURE][len(given) :]
    draw(results, picture)


if __name__ == "__main__":
    main()
