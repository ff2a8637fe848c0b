"""Write an array row by row into a .npy file, without ever holding it."""

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt


class RowFile:
    """A .npy file that grows by rows; once closed, byte for byte what np.save writes of them all.

    numpy leaves room in the header for as many rows as there can be, so that it is written again
    in its place when their number is known.
    """

    def __init__(self, file: Path, dtype: npt.DTypeLike, width: tuple[int, ...] = ()) -> None:
        """width: the shape of one row."""
        self._dtype, self._width = np.dtype(dtype), width
        self._count = 0
        self._file = open(file, "wb")  # noqa: SIM115 (closed on leaving)
        self._write_header()

    def __enter__(self) -> "RowFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if error is None:
                self._file.seek(0)
                self._write_header()

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows, (n, *width); they are stored as the file's dtype."""
        if rows.shape[1:] != self._width:
            raise ValueError(f"Rows of {rows.shape[1:]} in a file of {self._width}.")
        self._file.write(rows.astype(self._dtype, copy=False).tobytes())
        self._count += len(rows)

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._count, *self._width),
        }
        np.lib.format.write_array_header_1_0(self._file, header)
