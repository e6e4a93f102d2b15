"""What the scripts that make our data sets share: write the files, or check that they are what the script makes."""

import argparse
import gzip
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd


def to_csv(table: pd.DataFrame) -> bytes:
    """Write a table as the CSV text that is committed."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def yes_no(table: pd.DataFrame) -> pd.DataFrame:
    """Write yes-no columns as ``true`` and ``false``, as pandas reads them back."""
    flags = table.select_dtypes("bool").columns
    return table.assign(**{name: table[name].map({True: "true", False: "false"}) for name in flags})


def build_or_check(file: Path, make: Callable[[], pd.DataFrame], description: str | None) -> int:
    """Run a build script: write its file and say the sha256 for registry.toml, or with ``--check`` compare only.

    Parameters
    ----------
    file : Path
        The data set's file; packed if its name ends in ``.gz``. Of a packed file the text is compared, since the same
        text can be packed in several ways.
    make : callable
        Returns the table.
    description : str or None
        What ``--help`` says.

    Returns
    -------
    int
        Exit code: 1 if the committed file differs.
    """
    return build_all_or_check(file.parent, lambda: {file.name: make()}, description)


def build_all_or_check(folder: Path, make: Callable[[], Mapping[str, pd.DataFrame]], description: str | None) -> int:
    """Run a build script that makes several files, as `build_or_check` runs one that makes one.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    make : callable
        Returns the tables by the name of their file; a file is packed if its name ends in ``.gz``.
    description : str or None
        What ``--help`` says.

    Returns
    -------
    int
        Exit code: 1 if any committed file differs.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="compare with what is committed, write nothing")
    check, differ = parser.parse_args().check, False
    for name, table in make().items():
        file, packed, built = folder / name, name.endswith(".gz"), to_csv(table)
        if check:
            same = file.exists() and (gzip.decompress(file.read_bytes()) if packed else file.read_bytes()) == built
            print(f"{name} {'is' if same else 'is NOT'} what this script makes.")
            differ |= not same
            continue
        file.write_bytes(gzip.compress(built, compresslevel=9, mtime=0) if packed else built)
        print(f"{name}: {len(table)} rows, sha256 {hashlib.sha256(file.read_bytes()).hexdigest()} (for registry.toml)")
    return int(differ)
