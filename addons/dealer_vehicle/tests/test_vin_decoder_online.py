import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from odoo.tests import tagged

from ..models.dealer_provider_mixin import ProviderError
from .common import DealerVehicleCommon

RECORDED = json.loads((Path(__file__).parent / "data" / "vpic_decode_partial_vin.json").read_text())
PARTIAL = "5UXWX7C5*BA"
# A car the shipped data know the make of only.
VIN = "LFV3B28RXC3003666"
ANSWER = {
    "VIN": VIN,
    "ErrorCode": "0",
    "Make": "VOLKSWAGEN",
    "Model": "Passat",
    "ModelYear": "2012",
    "BodyClass": "Sedan/Saloon",
    "DisplacementL": "1.8",
    "FuelTypePrimary": "Gasoline",
    "EngineCylinders": "",
    "TrailerType": "Not Applicable",
}


class Service:
    """A service on this machine that answers as it is told and counts who asked."""

    def __init__(self):
        self.answer = lambda handler: None
        self.paths = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.paths.append(self.path)
                service.answer(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/vehicles"

    def end(self):
        """Close the port."""
        self.server.shutdown()
        self.server.server_close()

    def say(self, body, status=200):
        """Let the service answer with a body: text, or what becomes JSON."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()

        def answer(handler):
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)

        self.answer = answer

    def drip(self):
        """Let the service send a byte now and then, for ever."""

        def answer(handler):
            handler.send_response(200)
            handler.end_headers()
            with suppress(OSError):
                while True:
                    handler.wfile.write(b" ")
                    time.sleep(0.05)

        self.answer = answer


def results(**values):
    """Return an answer in NHTSA's form."""
    return {"Count": 138, "Message": "ok", "SearchCriteria": "", "Results": [{**ANSWER, **values}]}


@tagged("post_install", "-at_install", "dealer")
class TestVinDecoderOnline(DealerVehicleCommon):
    def setUp(self):
        super().setUp()
        self.service = Service()
        self.addCleanup(self.service.end)
        self.env["ir.config_parameter"].set_param("dealer_vehicle.vpic_url", self.service.url)
        self.company_a.dealer_vin_online = True
        self.nhtsa = self.env["dealer.vin.decoder.nhtsa"]
        self.decoder = self.env["dealer.vin.decoder"].with_user(self.user_staff)
        # A test is one long transaction with locks; the real test of that is below.
        self.is_idle = True
        self.patch(type(self.nhtsa), "_is_transaction_idle", lambda _self: self.is_idle)

    @contextmanager
    def _troubled(self, text):
        with self.assertLogs("odoo.addons.dealer_vehicle.models.dealer_vin_decoder", "WARNING") as logs:
            yield
        self.assertIn(text, logs.output[0])

    def test_recorded_answer(self):
        self.service.say(RECORDED["content"])
        facts = self.nhtsa._decode_vin(PARTIAL)
        self.assertEqual(
            facts,
            {
                "make": "BMW",
                "model": "X3",
                "model_year": 2011,
                "body": "Sport Utility Vehicle (SUV)/Multi-Purpose Vehicle (MPV)",
                "engine": "3.0 L, 6 cyl., Gasoline",
                "confidence": 0.9,
            },
        )
        self.assertEqual(self.service.paths, ["/api/vehicles/DecodeVinValuesExtended/5UXWX7C5%2ABA?format=json"])

    def test_fills_what_the_shipped_data_do_not_know(self):
        self.service.say(results())
        answer = self.decoder.decode(VIN)
        self.assertEqual((answer["model"], answer["model_year"]), ("Passat", 2012))
        self.assertEqual(answer["engine"], "1.8 L, Gasoline")
        self.assertIn("NHTSA", answer["source"])

    def test_kept_for_ever(self):
        self.service.say(results())
        first = self.decoder.decode(VIN)
        self.service.say({}, 500)
        self.assertEqual(self.decoder.decode(VIN), first)
        self.assertEqual(len(self.service.paths), 1)
        self.env["dealer.vin.answer"]._keep_answer(self.nhtsa._name, VIN, {"make": "x"})
        self.assertEqual(self.env["dealer.vin.answer"]._get_answer(self.nhtsa._name, VIN)["make"], "VOLKSWAGEN")

    def test_never_asked_without_the_setting(self):
        self.company_a.dealer_vin_online = False
        self.assertFalse(self.decoder.decode(VIN)["model"])
        self.company_b.dealer_vin_online = True
        self.assertFalse(self.decoder.decode(VIN)["model"])
        self.assertFalse(self.service.paths)

    def test_off_in_a_new_company(self):
        self.assertFalse(self.company_b.dealer_vin_online)

    def test_never_asked_when_the_shipped_data_know(self):
        self.assertEqual(self.decoder.decode("1HGCM82633A004352")["model"], "Accord")
        self.assertFalse(self.service.paths)

    def test_never_asked_while_typing(self):
        self.assertFalse(self.decoder._decode(VIN, offline=True)["model"])
        self.assertFalse(self.service.paths)

    def test_never_asked_under_locks(self):
        self.is_idle = False
        with self._troubled("locked"):
            self.assertFalse(self.decoder.decode(VIN)["model"])
        self.assertFalse(self.service.paths)

    def test_locks_are_seen(self):
        mixin = self.env["dealer.provider.mixin"]
        self.assertFalse(mixin._is_transaction_idle(), "this test wrote")
        with self.registry.cursor() as cr:
            other = mixin.with_env(self.env(cr=cr))
            self.assertTrue(other._is_transaction_idle())
            cr.execute("SELECT id FROM res_users WHERE id = 1")
            self.assertTrue(other._is_transaction_idle())
            cr.execute("SELECT id FROM res_currency LIMIT 1 FOR UPDATE SKIP LOCKED")
            self.assertFalse(other._is_transaction_idle())

    def test_bad_answers(self):
        lies = {
            "HTTP 500": ({"Results": []}, 500),
            "HTTP 302": ({}, 302),
            "not JSON": (b"<html>busy</html>", 200),
            "without results": ({"Results": "none"}, 200),
            "without results ": ([1, 2], 200),
            "without results  ": ({"Results": [None]}, 200),
            "another VIN": (results(VIN="1HGCM82633A004352"), 200),
            "year 2013 cannot be": (results(ModelYear="2013"), 200),
            "bytes": (b" " * (2 << 20), 200),
        }
        for text, said in lies.items():
            self.service.say(*said)
            with self._troubled(text.strip()):
                self.assertFalse(self.decoder.decode(VIN)["model"], text)
        self.assertFalse(self.env["dealer.vin.answer"].search([("vin", "=", VIN)]))

    def test_a_make_that_does_not_use_the_vin(self):
        vin = "1G8ZF52801Z322733"
        self.service.say(results(VIN=vin, Make="TESLA", Model="Model 3", ModelYear="2001"))
        with self.assertRaisesRegex(ProviderError, "make TESLA"):
            self.nhtsa._decode_vin(vin)
        self.service.say(results(VIN=vin, Make="SATURN", Model="SL", ModelYear="2001"))
        self.assertEqual(self.nhtsa._decode_vin(vin)["model"], "SL")

    def test_unknown_car_is_asked_again(self):
        self.service.say(results(Make="", Model="", ErrorCode="7"))
        self.assertFalse(self.decoder.decode(VIN)["model"])
        self.service.say(results())
        self.assertEqual(self.decoder.decode(VIN)["model"], "Passat")

    def test_warnings_are_less_sure(self):
        confidences = []
        for code in ("0", "6", "14,6", "1", "5,6,14"):
            row = self.nhtsa._get_row(VIN, results(ErrorCode=code))
            confidences.append(self.nhtsa._get_facts(VIN, row)["confidence"])
        self.assertEqual(confidences, [0.95, 0.9, 0.9, 0.5, 0.5])

    def test_dripping_service(self):
        self.service.drip()
        self.patch(type(self.nhtsa), "_provider_seconds", 0.5)
        start = time.monotonic()
        with self._troubled("no whole answer"):
            self.assertFalse(self.decoder.decode(VIN)["model"])
        self.assertLess(time.monotonic() - start, 9)

    def test_closed_port(self):
        self.service.end()
        with self._troubled("Connection"):
            self.assertEqual(self.decoder.decode(VIN)["make"], "FAW-Volkswagen")
