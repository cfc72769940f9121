import logging

from odoo.tests import BaseCase

from ..tools import HiddenAddress


class TestHiddenAddress(BaseCase):
    def log(self, *args):
        record = logging.LogRecord("werkzeug", 20, "", 1, '"%s"', args, None)
        self.assertTrue(HiddenAddress("/one/webhook").filter(record))
        return record.args[0]

    def test_no_spelling_of_the_address_is_told(self):
        for path in (
            "/one/webhook/s3cret?a=1",
            "/one/webhook%2fs3cret",
            "/one%2Fwebhook/s3cret",
            "//on%65/%77ebhook/s3cret%00",
            "/on%2565/webhook/s3cret",
            "/ONE/webhook/s3cret with\u00a0spaces",
        ):
            with self.subTest(path):
                line = self.log(f"POST {path} HTTP/1.1", "200", "-")
                self.assertEqual(line, "POST /one/webhook/*** HTTP/1.1")

    def test_what_is_no_request_is_hidden_whole(self):
        self.assertEqual(self.log("bad /one/webhook/s3cret"), "***")
        red = self.log("\x1b[31m\x1b[1mGET /one/webhook/s3cret HTTP/1.1\x1b[0m")
        self.assertEqual(red, "\x1b[31m\x1b[1mGET /one/webhook/*** HTTP/1.1\x1b[0m")

    def test_others_are_told_as_they_are(self):
        for arg in ("GET /odoo/one/7 HTTP/1.1", 404):
            self.assertEqual(self.log(arg), arg)
