"""Callers and customer numbers of the kiosk endpoint."""

import base64
import secrets
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal_formats import access, customer_number

# --- who is calling ----------------------------------------------------------------

PROXIES = [access.read_range(text) for text in ("10.0.0.0/8", "fd00::/8")]
BANK = "194.187.247.152"


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        # without a proxy nothing that is forwarded counts
        (BANK, [], BANK),
        ("1.2.3.4", [BANK], "1.2.3.4"),
        ("::ffff:1.2.3.4", [BANK], "1.2.3.4"),
        # behind one, what it wrote: the rightmost
        ("10.0.0.1", [BANK], BANK),
        ("10.0.0.1", [f"{BANK}, 1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", [BANK, "1.2.3.4"], "1.2.3.4"),
        # behind two
        ("10.0.0.1", ["1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        ("10.0.0.1", [f"{BANK}, 1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        # the proxy itself calls
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.7"], "10.0.0.7"),
        # IPv6, IPv4 in its clothes, brackets, spaces
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("fd00::1", [" [2001:db8::5] "], "2001:db8::5"),
        ("::ffff:10.0.0.1", [f"::ffff:{BANK}"], BANK),
        ("10.0.0.1", [f"{BANK},10.0.0.2 ,\t10.0.0.3"], BANK),
    ],
)
def test_only_what_a_trusted_proxy_wrote_names_the_caller(peer, forwarded, caller):
    found = access.client_address(peer, forwarded, PROXIES)
    assert found == ip_address(caller)


@pytest.mark.parametrize(
    "hop",
    ["", "unknown", f"{BANK}:", f":{BANK}", "1.2.3", "01.2.3.4", "1.2.3.4/32"],
)
def test_where_no_address_stands_nobody_is_found(hop):
    assert access.client_address("10.0.0.1", [f"{BANK}, {hop}"], PROXIES) is None
    assert access.client_address("10.0.0.1", [BANK, hop], PROXIES) is None


@pytest.mark.parametrize("hop", [f"{BANK}:443", f"[{BANK}]:443", f"[::ffff:{BANK}]"])
def test_a_proxy_may_write_the_port_behind_the_address(hop):
    found = access.client_address("10.0.0.1", ["192.0.2.1", hop], PROXIES)
    assert found == ip_address(BANK)


def test_the_end_of_a_bare_ipv6_address_is_no_port():
    assert access.read_address("2001:db8::1:443") == ip_address("2001:db8::1:443")
    assert access.read_address("[2001:db8::1]:443") == ip_address("2001:db8::1")


def test_a_peer_that_is_no_address_is_nobody():
    assert access.client_address("", [BANK], PROXIES) is None
    assert access.client_address("unix:", [], PROXIES) is None


hops = st.sampled_from(
    [BANK, "1.2.3.4", "10.0.0.9", "2001:db8::5", "::ffff:10.0.0.9", "unknown", ""]
) | st.text(max_size=20)
proxies_of_ours = st.sampled_from(
    ["10.0.0.1", "10.9.9.9", "fd00::1", "::ffff:10.1.1.1"]
)


@given(
    st.ip_addresses().map(str).filter(lambda text: not text.startswith(("10.", "fd"))),
    st.lists(proxies_of_ours, min_size=1, max_size=4),
    st.lists(st.lists(hops, max_size=4).map(",".join), max_size=4),
)
def test_nothing_a_caller_writes_changes_who_he_is(caller, chain, forged):
    """Each of our proxies writes behind what came whom it got the request from."""
    written = ", ".join([caller, *chain[:-1]])
    for forwarded in ([*forged, written], [", ".join([*forged, written])]):
        found = access.client_address(chain[-1], forwarded, PROXIES)
        assert found == access.read_address(caller)


def test_a_thousand_forged_hops_end_nowhere_near_the_caller():
    forged = ",".join([BANK] + ["10.0.0.9"] * 1000)
    assert access.client_address("10.0.0.1", [forged], PROXIES) != ip_address(BANK)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("79.142.16.0/20", "79.142.31.255", "79.142.32.0"),
        ("194.187.247.152", "194.187.247.152", "194.187.247.153"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
    ],
)
def test_ranges(text, inside, outside):
    known = [access.read_range(text)]
    assert access.is_within(access.read_address(inside), known)
    assert not access.is_within(access.read_address(outside), known)
    assert not access.is_within(access.read_address(inside), [])


def test_a_range_says_nothing_of_the_other_version():
    everything = [access.read_range("0.0.0.0/0")]
    assert not access.is_within(access.read_address("2001:db8::1"), everything)
    assert access.is_within(access.read_address("::ffff:8.8.8.8"), everything)


@pytest.mark.parametrize(
    "text", ["", "79.142.16.1/20", "79.142.16.0/33", "79.142.16", "example.com", "*"]
)
def test_a_mistyped_range_is_none(text):
    assert access.read_range(text) is None


def basic(login, password):
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


@given(
    st.text(max_size=10).filter(lambda text: ":" not in text),
    st.text(min_size=1, max_size=10),
)
def test_a_login_and_password_are_recognised(login, password):
    encodable = (login + password).encode(
        "utf-8", "ignore"
    ).decode() == login + password
    if encodable:
        header = basic(login, password)
        assert access.basic_matches(header, login, password)
        assert access.basic_matches(header.replace("Basic", "bAsIc"), login, password)
        assert not access.basic_matches(header, login, password + "x")
        assert not access.basic_matches(header, login + "x", password)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic ???",
        "Bearer " + basic("a", "b")[6:],
        "Basic YTpi=x",
    ],
)
def test_headers_that_prove_nothing(header):
    assert not access.basic_matches(header, "a", "b")


def test_an_empty_secret_equals_nothing():
    assert not access.same("", "")
    assert not access.basic_matches(basic("", ""), "", "")
    assert not access.basic_matches(basic("a", ""), "a", "")


@pytest.mark.parametrize(
    "written", ["a/b c%", "a%2Fb%20c%25", "a%2fb+c%25", "%61/%62%20%63%25"]
)
def test_a_secret_is_hidden_however_it_is_escaped(written):
    assert access.hide(f"x=1&data1={written}&y", "a/b c%") == "x=1&data1=***&y"
    assert access.hide(written, "") == written
    assert not access.same("x", "")
    assert not access.same("", "x")
    assert access.same("x", b"x")
    assert access.same("ä", "ä")


def test_a_digest_computed_with_openssl():
    # printf '1796031300.{}' | openssl dgst -sha256 -hmac whsec-0123456789abcdef
    assert access.digest(b"whsec-0123456789abcdef", b"1796031300", b"{}") == (
        "fcb0adbfe5b136d1d2a290702865be5d153d410581e4f3debb2292cdce7875ca"
    )


# --- customer numbers --------------------------------------------------------------

numbers = st.from_regex("[1-9][0-9]{5,15}", fullmatch=True).map(
    lambda body: body + f"{98 - int(body) * 100 % 97:02}"
)


def test_a_vector_of_mod_97_10():
    # ISO 7064: 794 has the check digits 44; with three zeros more, 30
    assert customer_number.mod_97_10.calc_check_digits("794") == "44"
    assert customer_number.is_issued("79400030")
    assert not customer_number.is_issued("79400044")


@pytest.mark.parametrize(
    "length", range(customer_number.SHORTEST, customer_number.LONGEST + 1)
)
def test_a_number_has_the_length_that_was_asked_for(length):
    number = customer_number.issue(length)
    assert len(number) == length
    assert number[0] != "0"
    assert customer_number.is_issued(number)


@given(numbers)
def test_a_number_with_its_check_digits_is_recognised(number):
    assert customer_number.is_issued(number)
    assert customer_number.is_possible(number)
    assert customer_number.normalize(customer_number.spaced(number)) == number
    assert int(number) % 97 == 1


@given(numbers)
def test_every_wrong_digit_is_caught(number):
    for place, right in enumerate(number):
        for digit in "0123456789".replace(right, ""):
            wrong = number[:place] + digit + number[place + 1 :]
            assert not customer_number.is_issued(wrong)


@given(numbers)
def test_every_swap_of_neighbours_is_caught(number):
    for place in range(len(number) - 1):
        first, second = number[place : place + 2]
        swapped = number[:place] + second + first + number[place + 2 :]
        assert swapped == number or not customer_number.is_issued(swapped)


def test_numbers_say_nothing_of_each_other():
    issued = {customer_number.issue() for _ in range(500)}
    assert len(issued) == 500
    assert len({number[:3] for number in issued}) > 200


def test_both_ends_of_the_chance_are_numbers(monkeypatch):
    for chance in (lambda n: 0, lambda n: n - 1):
        monkeypatch.setattr(secrets, "randbelow", chance)
        assert customer_number.is_issued(customer_number.issue())


@pytest.mark.parametrize(
    "text",
    ["", "0123456789", "12345678", "1234567", "1" * 19, "١٢٣٤٥٦٧٨٩٠", "12345678 9"],
)
def test_what_is_no_issued_number(text):
    assert not customer_number.is_issued(text)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" 4821 0936 57 ", "4821093657"),
        ("4821-0936/57", "4821093657"),
        ("4821\u00a00936\u202f57", "4821093657"),
        ("48.21.09.36.57", "4821093657"),
        ("0012", "0012"),
        ("ab-12", "AB12"),
    ],
)
def test_what_people_type_is_normalised(typed, number):
    assert customer_number.normalize(typed) == number


@given(st.text(max_size=50))
def test_normalising_twice_changes_nothing(text):
    once = customer_number.normalize(text)
    assert customer_number.normalize(once) == once
    if customer_number.is_possible(once):
        assert 3 <= len(once) <= 40
        assert once.isascii() and once.isalnum()
