import contextlib
import doctest
import os
import time
from datetime import datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import adf
from ..tools.adf import AdfError

# Public samples are not ours to ship: read where they are kept, else skipped
SAMPLES = Path(os.environ.get("DEALER_SAMPLE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data")) / "adf"

PORTAL = """<?adf version="1.0"?><?xml version="1.0"?>
<adf>
 <prospect status="new">
  <id sequence="1" source="CarPortal">PL-77120</id>
  <requestdate>2026-03-02T8:47:50-08:0</requestdate>
  <vehicle interest="buy" status="new"><year>2026</year><make>Honda</make><model>CR-V</model><trim>EX</trim>
    <stock>H1201</stock><price type="quote" currency="CNY">186,900</price>
    <finance><method>lease</method></finance></vehicle>
  <vehicle interest="trade-in" status="used"><year>2019</year><make>Volkswagen</make><model>Lavida</model>
    <vin>LSVAA4187E2184399</vin><odometer units="km">87 500</odometer></vehicle>
  <customer><contact>
    <name part="surname">Wang</name><name part="first">Fang</name>
    <email>fang.wang@example.com</email>
    <phone type="home">0571-8888 1234</phone><phone type="mobile" preferredcontact="1">+86 138 0013 8000</phone>
    <address><street line="1">1 Lake Road</street><city>Hangzhou</city><postalcode>310000</postalcode>
      <country>CN</country></address>
  </contact><timeframe><description>Within a month</description></timeframe>
  <comments><![CDATA[Is <b>blue</b> there & when?]]></comments></customer>
  <vendor><vendorname>West Lake Motors</vendorname></vendor>
  <provider><name part="full">CarPortal</name><service>New cars</service></provider>
 </prospect>
</adf>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE adf [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<adf><prospect><customer><contact><name part="full">&d;</name></contact></customer></prospect></adf>"""


def lead(inside, root="adf"):
    """Return a lead with this inside its prospect."""
    return f"<{root}><prospect>{inside}</prospect></{root}>"


@tagged("post_install", "-at_install", "dealer")
class TestAdf(BaseCase):
    """Leads as they really come, and as somebody malicious would send them."""

    def test_doctests(self):
        result = doctest.testmod(adf)
        self.assertGreater(result.attempted, 6)
        self.assertFalse(result.failed)

    # === Real ones ===
    def test_published_samples(self):
        if not SAMPLES.is_dir():
            self.skipTest(f"no sample leads in {SAMPLES}")
        for path in sorted((SAMPLES / "samples").glob("*.xml")):
            with self.subTest(path.name):
                found = adf.read(path.read_text())
                self.assertEqual(len(found), 1)
                self.assertTrue(found[0].name)
                self.assertTrue(found[0].wanted[0].model)
        minimal = adf.read((SAMPLES / "samples" / "sendadf_minimal.xml").read_text())[0]
        self.assertEqual(
            (minimal.name, minimal.phone, minimal.vendor, minimal.requested, minimal.wanted[0].name),
            ("John Doe", "393-999-3922", "Acura of Bellevue", datetime(2020, 2, 9, 23, 26), "1999 Chevrolet Blazer"),
        )

    def test_a_portals_lead_in_full(self):
        found = adf.read(PORTAL)[0]
        self.assertEqual(found.key, "carportal|carportal|PL-77120")
        self.assertEqual((found.name, found.email), ("Fang Wang", "fang.wang@example.com"))
        self.assertEqual((found.mobile, found.phone), ("+86 138 0013 8000", "0571-8888 1234"))
        self.assertEqual(
            (found.street, found.city, found.zip, found.country), ("1 Lake Road", "Hangzhou", "310000", "CN")
        )
        self.assertEqual((found.provider, found.service, found.vendor), ("CarPortal", "New cars", "West Lake Motors"))
        self.assertEqual(found.requested, datetime(2026, 3, 2, 16, 47, 50))
        self.assertEqual(found.comments, "Is blue there & when?")
        self.assertEqual(found.timeframe, "Within a month")
        wanted, offered = found.wanted[0], found.offered[0]
        self.assertEqual((wanted.name, wanted.stock), ("2026 Honda CR-V EX", "H1201"))
        self.assertEqual((wanted.price, wanted.currency, wanted.finance), (186900.0, "CNY", "lease"))
        self.assertEqual(
            (offered.name, offered.vin, offered.odometer), ("2019 Volkswagen Lavida", "LSVAA4187E2184399", 87500)
        )

    def test_mail_around_it(self):
        plain = f"Hello,\n\na new lead for you:\n\n{PORTAL}\n\n-- \nCarPortal"
        raw = f"<!DOCTYPE html><html><body><p>New lead</p>{PORTAL}</body></html>"
        broken_lines = f"<html><body>{PORTAL.replace(chr(10), '<br>' + chr(10))}</body></html>"
        shown = "<html><body><pre>" + PORTAL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        lines = shown.replace("\n", "<br/>\n") + "</pre></body></html>"
        expected = adf.read(PORTAL)[0]
        for name, text in {"plain": plain, "raw": raw, "br": broken_lines, "shown": shown, "lines": lines}.items():
            with self.subTest(name):
                self.assertTrue(adf.has_adf(text))
                found = adf.read(text)[0]
                self.assertEqual(found.key, expected.key)
                self.assertEqual((found.name, found.mobile), (expected.name, expected.mobile))
                self.assertEqual(found.wanted[0].name, expected.wanted[0].name)

    def test_what_senders_get_wrong(self):
        found = adf.read(
            lead(
                "<id sequence source=Big-Site></id><ID SOURCE='Big-Site'>9/17</ID>"
                "<RequestDate>03/02/2026</RequestDate>"
                "<vehicle interest='Trade_In' status=''><Year>MY 2018 facelift</Year>"
                "<make>Land Rover & Co</make></vehicle><vehicle status=new><model>Golf &nbsp; GTI</model>"
                "<leadtype>x</leadtype>"
                "<price>call</price></vehicle><customer><contact><name>Al &amp;amp; Jo</name><phone>none</phone>"
                "<phone type=cellphone>138</phone></contact></customer>",
                root="ADF",
            )
        )[0]
        self.assertEqual((found.external_id, found.key), ("9/17", "|big-site|9/17"))
        self.assertIsNone(found.requested)
        self.assertEqual((found.offered[0].year, found.offered[0].make), (2018, "Land Rover & Co"))
        self.assertEqual((found.wanted[0].model, found.wanted[0].price), ("Golf GTI", 0.0))
        self.assertEqual((found.name, found.phone, found.mobile), ("Al & Jo", "", "138"))

    def test_cut_off_in_the_middle(self):
        text = PORTAL[: PORTAL.index('<phone type="mobile"')]
        found = adf.read(text)[0]
        self.assertEqual((found.email, found.phone), ("fang.wang@example.com", "0571-8888 1234"))

    def test_a_default_namespace(self):
        found = adf.read(PORTAL.replace("<adf>", '<adf xmlns="http://www.adfxml.info">'))[0]
        self.assertEqual(found.key, adf.read(PORTAL)[0].key)

    def test_several_prospects_and_blocks(self):
        one, two = lead("<id>1</id><customer/>"), lead("<id>2</id><customer/>")
        self.assertEqual([found.external_id for found in adf.read(one + " and " + two)], ["1", "2"])
        both = "<adf><prospect><id>1</id></prospect><prospect><id>2</id></prospect></adf>"
        self.assertEqual([found.external_id for found in adf.read(both)], ["1", "2"])
        many = "<adf>" + "<prospect><id>1</id></prospect>" * 200 + "</adf>"
        self.assertEqual(len(adf.read(many)), adf.MAX_PROSPECTS)

    def test_the_same_lead_is_the_same(self):
        bare = lead("<customer><contact><name>A B</name></contact></customer>")
        wrapped = bare.replace("><", ">\n   <")
        self.assertEqual(adf.read(bare)[0].key, adf.read(wrapped)[0].key)
        self.assertNotEqual(adf.read(bare)[0].key, adf.read(bare.replace("A B", "A C"))[0].key)
        other = PORTAL.replace("PL-77120", "PL-77121")
        self.assertNotEqual(adf.read(PORTAL)[0].key, adf.read(other)[0].key)

    # === Hostile ones ===
    def test_declarations_are_refused(self):
        inside = lead("<customer><contact><name>&x;</name></contact></customer>")
        shown = BOMB.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for text in (
            BOMB,
            shown,
            f'<!DOCTYPE adf [<!ENTITY x SYSTEM "file:///etc/passwd">]>{inside}',
            f'<!DOCTYPE adf SYSTEM "http://192.0.2.1/adf.dtd">{inside}',
            f'<! doctype adf [<!ENTITY % x SYSTEM "http://192.0.2.1/x"> %x;]>{inside}',
            inside.replace("<customer>", '<!ENTITY x "y"><customer>'),
            "<!DOCTYPE html [<!ENTITY x 'y'>]>" + inside,
        ):
            with self.subTest(text[:60]), self.assertRaisesRegex(AdfError, "declaration"):
                adf.read(text)

    def test_entities_stay_text(self):
        found = adf.read(lead("<customer><contact><name>&x; &passwd;</name></contact></customer>"))[0]
        self.assertEqual(found.name, "&x; &passwd;")

    def test_inclusion_reads_nothing(self):
        text = lead(
            '<customer><contact><name><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
            'href="file:///etc/passwd" parse="text"/>A</name></contact></customer>'
        )
        self.assertEqual(adf.read(text)[0].name, "A")

    def test_nothing_to_read(self):
        for text in ("", None, "no lead", "<adf>", "<adf></adf>", "<adf><prospect/></adf>", "<adf" * 1000, "\0<adf>\0"):
            with self.subTest(text), self.assertRaisesRegex(AdfError, "nothing"):
                adf.read(text)
        with self.assertRaisesRegex(AdfError, "size"):
            adf.read(lead("<comments>" + "a" * adf.MAX_CHARS + "</comments>"))

    def test_heavy_texts_take_no_time(self):
        texts = [
            "<adf>" * 150_000,
            "<adf" * 200_000,
            "<adf " + "a= " * 300_000,
            "<adf " + 'a="' * 300_000,
            lead("<comments>" * 90_000),
            lead("<comments>" + "&" * 900_000 + "</comments>"),
            lead("<![CDATA[" * 100_000),
            "&lt;adf&gt;" + "<" * 900_000,
            lead("<requestdate>" + "2026-03-02T" * 80_000 + "</requestdate>"),
            lead("<vehicle><price>" + "1," * 400_000 + "</price></vehicle>"),
        ]
        for text in texts:
            start = time.process_time()
            with self.subTest(text[:30]):
                with contextlib.suppress(AdfError):
                    adf.read(text)
                self.assertLess(time.process_time() - start, 3.0)

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=300), st.integers(min_value=0, max_value=len(PORTAL)))
    def test_any_damage_is_read_or_refused(self, junk, place):
        """Nothing but ``AdfError`` ever comes out, whatever was put into a lead."""
        for text in (PORTAL[:place] + junk + PORTAL[place:], PORTAL[:place] + junk, lead(junk)):
            try:
                found = adf.read(text)
            except AdfError:
                continue
            for prospect in found:
                self.assertTrue(prospect.key)
                self.assertLessEqual(len(prospect.name), adf.MAX_TEXT)
