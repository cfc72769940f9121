"""Words that nobody should say to an endpoint."""

from functools import cache

NUMBERS = ("4543301230", "4253082953", "4851335885", "0010442", "4543301231", "1")
FORM = "application/x-www-form-urlencoded"
XML, JSON = "application/xml", "application/json"
TYPES = (
    *("", FORM, XML, JSON, "text/plain", "text/xml; charset=utf-16", "a/b/c", "/"),
    *("multipart/form-data", "multipart/form-data; boundary=x", "application/json;"),
    *('application/json; charset="utf-7"', "multipart/mixed; boundary=\x01", "é/ü"),
)
PARAMETERS = (
    *("command", "txn_id", "account", "sum", "ccy", "txn_date", "trm_id", "data1"),
    *("ACTION", "ACCOUNT", "AMOUNT", "PAY_ID", "PAY_DATE", "cancel_txn_id", "data2"),
    *("action", "SUM", "x", "", "command[]", "account.1", "%00", "db", "debug"),
)
TEXTS = (
    *("", " ", "0", "-1", "1e9", "NaN", "Infinity", "1,00", "٣", "9" * 40, "1.005"),
    *("check", "pay", "status", "cancel", "getInfo", "PAY", "%", "%4", "%zz", "%00"),
    *("%ff%fe", "%c0%80", "%ed%a0%80", "%F0%9F%92%B8", "a" * 3000, "../../etc/passwd"),
    *("' OR 1=1 --", "${jndi:ldap://x}", "{{7*7}}", "<b>", "&amp;", "\\", "%0d%0aX: y"),
    *("20260230000000", "99991231235959", "00000000000000", "01.13.2026_99:99:99"),
    *(*NUMBERS, "%E2%80%AE12", "+", "%20%20", "=", "%26sum%3d1", "null", "[]"),
)
VALUES = (
    *(None, True, False, 0, -1, 1, 10**17, -(10**30), 10**400, 1.5, -0.0, 1e308),
    *("", " ", "a" * 300, "\x00", "\ud800", "\u202e", "1", "1.5", "x\ny", [], {}),
    *([[]], {"a": {}}, {"": ""}, {"account": None}, ["account"], "4543301230", 2**63),
)
# what no dialect takes for an amount
BAD_AMOUNTS = ("NaN", "-5", "0", "1e2", "1.001", "1..0", "0x1F", "", "Infinity", "--1")
DOCTYPES = (
    '<!DOCTYPE Transfer [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE Transfer SYSTEM "http://127.0.0.1:1/x.dtd">',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;'>]>",
    "<!doctype a>",
    "<! DOCTYPE a>",
    "<!ENTITY a 'x'>",
    "<!DOCTYPE a [<!ATTLIST Transfer interface CDATA 'Debt'>]>",
)
# the name that is declared, and the one it is written in
ENCODINGS = (
    *(("utf-8", "utf-8"), ("utf-16", "utf-16"), ("utf-16", "utf-16-be")),
    *(("utf-7", "utf-7"), ("utf-8", "utf-7"), ("ebcdic-cp-us", "cp037")),
    *(("utf-8", "cp037"), ("utf-32", "utf-32"), ("iso-8859-1", "utf-8")),
    *(("utf-16", "utf-8"), ("utf-8", "utf-16-le"), ("x-none", "ascii")),
)
HEADERS = (
    *(("Cookie", "session_id=../../../../etc/passwd"), ("Cookie", "=;;=\x01")),
    *(("Cookie", "session_id=" + "a" * 84), ("Cookie", "a" * 5000)),
    *(("X-Forwarded-For", "not an address"), ("X-Forwarded-For", "," * 500)),
    *(("X-Forwarded-For", "8.8.8.8, 127.0.0.1"), ("X-Real-IP", "::1")),
    *(("X-Forwarded-Host", "evil.example"), ("Forwarded", "for=127.0.0.1")),
    *(("X-Forwarded-For", "[::ffff:127.0.0.1]:99999"), ("Range", "bytes=0-,-1")),
    *(("Content-Type", "\xff\xfe"), ("Accept-Language", "x" * 900 + ";q=NaN")),
    *(("X-Client-Certificate-Fingerprint", "00" * 32), ("X-Odoo-Database", "other")),
    *(("X-Signature", "é" * 64), ("X-Timestamp", "9" * 400), ("Expect", "200-ok")),
    *(("Content-Encoding", "gzip"), ("X-HTTP-Method-Override", "DELETE")),
    *(("Origin", "null"), ("If-None-Match", "*"), ("Upgrade", "h2c"), ("Te", "x")),
    *(("Authorization", "Basic"), ("Authorization", "Basic ===="), ("", "")),
    *(("Authorization", "Basic " + "A" * 5000), ("Authorization", "Bearer x")),
    *(("Authorization", "Basic w+nu6Q=="), ("Authorization", "\xff\xfe : \x01")),
    *(("Authorization", 'Digest username="a'), ("Authorization", "Negotiate !!")),
)
# behind the address of an endpoint
TAILS = (
    *("", "/", "//", "/x", "%00", "%2f..", "/../../web/login", ";a=b", "\\", "%"),
    *("%zz", "?" * 9, "#", "%0d%0aX:%20y", "%c0%af", "%f0%9f%92%b8"),
)


@cache
def attributes(count: int) -> str:
    """So many attributes of an element of XML."""
    return " ".join(f"a{number}=''" for number in range(count))
