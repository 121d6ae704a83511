import csv
import doctest
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, new_test_user, tagged

from ..tools import vin_store, vpic
from .common import VINS, DealerVehicleCommon

DATA = Path(__file__).parent / "data"
TOOLS = Path(vpic.__file__).parent
NEXT_YEAR = 2027
# Imports the tools alone, as a program without Odoo would.
ALONE = """
import importlib.util, resource, sys
spec = importlib.util.spec_from_file_location("tools", {init!r}, submodule_search_locations=[{tools!r}])
tools = importlib.util.module_from_spec(spec)
sys.modules["tools"] = tools
spec.loader.exec_module(tools)
"""


def rows(name):
    """Return the rows of a file of the test data as dicts."""
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def squeeze(text):
    """Return a name without what spellings of it differ in."""
    return "".join(sign for sign in (text or "").casefold() if sign.isalnum())


def run_alone(code, *, wait=True):
    """Run Python with the add-on's tools and without Odoo."""
    head = ALONE.format(init=str(TOOLS / "__init__.py"), tools=str(TOOLS))
    process = subprocess.Popen([sys.executable, "-c", head + code], stdout=subprocess.PIPE, text=True)
    return process.communicate()[0] if wait else process


@tagged("post_install", "-at_install", "dealer")
class TestVinStore(BaseCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "not" / "there" / "yet"

    def test_unpacked_by_many_processes_at_once(self):
        code = f"print(tools.vin_store.unpacked({str(self.folder)!r}))"
        processes = [run_alone(code, wait=False) for _number in range(4)]
        paths = {process.communicate()[0].strip() for process in processes}
        self.assertEqual([process.returncode for process in processes], [0] * 4)
        self.assertEqual([str(path) for path in self.folder.iterdir()], list(paths))
        with vin_store.opened(self.folder) as connection:
            self.assertEqual(vpic.decode(connection, VINS[0], NEXT_YEAR)["model"], "Accord")

    def test_half_a_file_is_never_taken(self):
        path = vin_store.unpacked(self.folder)
        path.write_bytes(path.read_bytes()[:100_000])
        with self.assertRaisesRegex(Exception, "malformed|disk image"), vin_store.opened(self.folder) as connection:
            vpic.decode(connection, VINS[0], NEXT_YEAR)
        with vin_store.opened(self.folder) as connection:
            self.assertEqual(vpic.decode(connection, VINS[0], NEXT_YEAR)["model"], "Accord")

    def test_under_20_mb_of_memory(self):
        vin_store.unpacked(self.folder)
        vins = [row["vin"] for row in rows("known_cars.csv")]
        grown = run_alone(
            f"""
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for vin in {vins!r}:
    with tools.vin_store.opened({str(self.folder)!r}) as connection:
        tools.vpic.decode(connection, vin, 2027)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
        )
        self.assertLess(int(grown), 20 * 1024, "kB")


@tagged("post_install", "-at_install", "dealer")
class TestVinDecoder(DealerVehicleCommon):
    def setUp(self):
        super().setUp()
        self.decoder = self.env["dealer.vin.decoder"].with_user(self.user_staff)

    def _count_right(self, name):
        right = {"make": 0, "model": 0, "model_year": 0}
        for row in rows(name):
            answer = self.decoder.decode(row["vin"])
            right["make"] += squeeze(answer["make"]) == squeeze(row["make"])
            # The list writes the trim behind the model.
            right["model"] += bool(answer["model"]) and squeeze(row["model"]).startswith(squeeze(answer["model"]))
            right["model_year"] += answer["model_year"] == int(row["model_year"])
        return right

    def test_doctests(self):
        result = doctest.testmod(vpic)
        self.assertGreaterEqual(result.attempted, 4)
        self.assertFalse(result.failed)

    def test_97_known_cars(self):
        self.assertEqual(self._count_right("known_cars.csv"), {"make": 97, "model": 97, "model_year": 97})

    def test_150_cars_with_a_wrong_check_digit(self):
        self.assertEqual(self._count_right("wrong_check_digits.csv"), {"make": 150, "model": 150, "model_year": 150})

    def test_whole_answer(self):
        self.assertEqual(
            self.decoder.decode(" 1hgcm-82633 a004352 "),
            {
                "make": "Honda",
                "model": "Accord",
                "model_year": 2003,
                "body": "Coupe",
                "engine": "6 cyl., J30A4, Gasoline",
                "source": "vPIC 2026-03",
                "confidence": 0.95,
            },
        )

    def test_nothing_known_is_false_everywhere(self):
        for text in ("", None, "short", "1HGCM82633A00435*", "IHGCM82633A004352"):
            self.assertEqual(self.decoder.decode(text), dict(vpic.EMPTY), text)

    def test_chinese_cars(self):
        answers = {row["vin"]: self.decoder.decode(row["vin"]) for row in rows("cn_vins.csv")}
        volkswagen = answers["LSVAA49J132047371"]
        self.assertEqual(volkswagen["make"], "SAIC Volkswagen")
        self.assertEqual(volkswagen["model_year"], 2003)
        self.assertEqual(volkswagen["source"], "WMI")
        self.assertFalse(volkswagen["model"])
        # Two cycles of thirty years; China had no VIN in the first.
        self.assertEqual(answers["LBVCU3106DSH37179"]["model_year"], 2013)
        self.assertEqual(answers["HE9XR1C48PS083871"]["model_year"], 2023)
        self.assertFalse(answers["LVSHCFAE9BF7549451"]["confidence"])

    def test_european_car(self):
        answer = self.decoder.decode("WVWZZZ3CZCE000017")
        self.assertEqual((answer["make"], answer["model"]), ("Volkswagen", False))

    def test_wrong_check_digit_is_less_sure(self):
        wrong = VINS[0].replace("CM82633", "CM82643")
        self.assertLess(self.decoder.decode(wrong)["confidence"], self.decoder.decode(VINS[0])["confidence"])

    def test_under_10_ms(self):
        self.decoder.decode(VINS[0])
        times = []
        for row in rows("known_cars.csv"):
            start = time.process_time()
            self.decoder.decode(row["vin"])
            times.append(time.process_time() - start)
        self.assertLess(statistics.median(times), 0.010)

    def test_data_that_cannot_be_unpacked(self):
        with tempfile.NamedTemporaryFile() as no_folder:
            self.patch(type(self.env["dealer.vin.decoder.offline"]), "_get_folder", lambda _self: no_folder.name)
            with self.assertLogs("odoo.addons.dealer_vehicle.models.dealer_vin_decoder", "WARNING") as logs:
                self.assertEqual(self.decoder.decode(VINS[0]), dict(vpic.EMPTY))
        self.assertIn(VINS[0], logs.output[0])

    def test_strangers_ask_nothing(self):
        stranger = new_test_user(self.env, "dealer_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.decoder.with_user(stranger).decode(VINS[0])

    def test_merge(self):
        def answer(**values):
            return {**vpic.EMPTY, **values}

        merge = self.decoder._merge
        known = answer(make="Honda", model="Accord", model_year=2003, source="A", confidence=0.9)
        self.assertEqual(merge(answer(), known), known)
        self.assertEqual(merge(known, answer()), known)
        gap = merge(answer(make="HONDA", body="Coupe", source="B", confidence=0.5), known)
        self.assertEqual((gap["body"], gap["make"], gap["source"]), ("Coupe", "Honda", "A, B"))
        liar = merge(known, answer(make="Ford", body="Van", source="B", confidence=0.95))
        self.assertEqual((liar["make"], liar["model"], liar["confidence"]), ("Ford", False, 0.5))
