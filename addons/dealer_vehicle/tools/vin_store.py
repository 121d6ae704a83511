"""The offline VIN data on this machine: unpacked once, opened by whoever decodes.

Plain Python without ``env``. The shipped files stay compressed; the first use unpacks them into a folder of the
machine, under a name made from their contents. Several processes may do so at once: each writes a file of its own
and gives it the final name in one step, so that nobody ever opens half a file.
"""

import csv
import gzip
import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "vin"
PATTERNS = "vpic_slim_2026_03.sqlite.gz"
MAKERS = "vpic_wmi.csv.gz"
MAKERS_CN = "cn_wmi_vininfo_1.11.0.csv"
LAYOUT = "1"  # to be raised when _add_makers changes


@contextmanager
def opened(folder):
    """Yield a read-only connection to the data, unpacked in ``folder`` at need.

    :param folder: path of a folder that lasts; made when missing
    :raises OSError: no room or no right to write there
    :raises sqlite3.Error: the unpacked file was damaged; it is deleted, so that the next use unpacks it again
    """
    path = unpacked(folder)
    try:
        # "immutable": no lock, no journal. The file is never written again once it has its name.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            yield connection
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        raise


def unpacked(folder):
    """Return the path of the unpacked data in ``folder``, unpacking it at need.

    :param folder: path of a folder that lasts
    :return: ``pathlib.Path``
    :raises OSError: no room or no right to write there
    """
    folder = Path(folder)
    path = folder / f"vin-{fingerprint()}.sqlite"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _unpack(path)
    return path


@lru_cache(maxsize=1)
def fingerprint():
    """Return a short text that changes with the shipped files."""
    digest = hashlib.sha256(LAYOUT.encode())
    for name in (PATTERNS, MAKERS, MAKERS_CN):
        digest.update((DATA / name).read_bytes())
    return digest.hexdigest()[:16]


def _unpack(path):
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".vin-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as target, gzip.open(DATA / PATTERNS) as source:
            shutil.copyfileobj(source, target, 1 << 20)
        with closing(sqlite3.connect(name)) as connection, connection:
            _add_makers(connection)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _add_makers(connection):
    """Add the lists of maker identifiers; the Chinese one knows better who makes cars for China."""
    connection.execute("CREATE TABLE wmi_list (wmi text PRIMARY KEY, makes text, maker_cn text) WITHOUT ROWID")
    with gzip.open(DATA / MAKERS, "rt", encoding="utf-8", newline="") as stream:
        rows = ((row["wmi"], row["makes"]) for row in csv.DictReader(stream))
        connection.executemany("INSERT OR IGNORE INTO wmi_list (wmi, makes) VALUES (?, ?)", rows)
    with (DATA / MAKERS_CN).open(encoding="utf-8", newline="") as stream:
        rows = ((row["wmi"], row["maker"]) for row in csv.DictReader(stream))
        connection.executemany(
            "INSERT INTO wmi_list (wmi, makes, maker_cn) VALUES (?, '', ?) "
            "ON CONFLICT (wmi) DO UPDATE SET maker_cn = excluded.maker_cn",
            rows,
        )
