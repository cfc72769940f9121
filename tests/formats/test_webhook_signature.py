"""The signature of an agency's webhook calls (docs/agency_api.md, Events)."""

import hashlib
import hmac

import pytest
from collection_formats.signature import SignatureError, verify
from hypothesis import assume, given
from hypothesis import strategies as st

NOW = 1_796_031_300
SECRET = "whsec-0123456789abcdef"
BODY = b'{"id": "ev_1", "type": "case.updated"}'

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
times = st.integers(0, 10**11)


def sign(secret, time, body):
    """The header that the contract describes."""
    message = str(time).encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"t={time},v1={digest}"


def is_genuine(secret, header, raw, now):
    """The receiver that the contract itself prints."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > 300:
        return False
    signed = stamp.encode() + b"." + raw
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("v1", ""))


def refusal(secret, header, body, now=NOW):
    with pytest.raises(SignatureError) as caught:
        verify(secret, header, body, now)
    return caught.value.code


def test_a_vector_computed_with_openssl():
    # printf '1796031300.{}' | openssl dgst -sha256 -hmac whsec-0123456789abcdef
    digest = "fcb0adbfe5b136d1d2a290702865be5d153d410581e4f3debb2292cdce7875ca"
    verify(SECRET, f"t={NOW},v1={digest}", b"{}", NOW)


@given(secrets, times, st.binary(max_size=200))
def test_what_was_signed_is_verified_by_us_and_by_the_contract(secret, time, body):
    header = sign(secret, time, body)
    verify(secret, header, body, time)
    assert is_genuine(secret, header, body, time)


@given(st.binary(min_size=1, max_size=80), st.data())
def test_no_byte_of_the_body_can_be_changed(body, data):
    header = sign(SECRET, NOW, body)
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(1, 255))
    changed = bytearray(body)
    changed[place] ^= other
    assert refusal(SECRET, header, bytes(changed)) == "mismatch"
    assert refusal(SECRET, header, body + b" ") == "mismatch"
    assert refusal(SECRET, header, body[:-1]) == "mismatch"


@given(st.data())
def test_no_sign_of_the_header_can_be_changed(data):
    header = sign(SECRET, NOW, BODY)
    place = data.draw(st.integers(0, len(header) - 1))
    sign_ = data.draw(st.characters(exclude_characters=header[place]))
    changed = header[:place] + sign_ + header[place + 1 :]
    assert refusal(SECRET, changed, BODY) in ("mismatch", "malformed")


@given(secrets, secrets)
def test_another_secret_does_not_verify(ours, theirs):
    # HMAC pads a key with zero bytes, so trailing ones make no difference.
    assume(ours.rstrip("\0") != theirs.rstrip("\0"))
    assert refusal(ours, sign(theirs, NOW, BODY), BODY) == "mismatch"


@pytest.mark.parametrize(
    ("seconds", "verified"), [(300, True), (-300, True), (301, False), (-301, False)]
)
def test_the_window_is_five_minutes_both_ways(seconds, verified):
    header = sign(SECRET, NOW + seconds, BODY)
    if verified:
        verify(SECRET, header, BODY, NOW)
    else:
        assert refusal(SECRET, header, BODY) == "too_old"


def test_a_forged_call_learns_nothing_about_the_clock():
    assert refusal("another", sign(SECRET, 1, BODY), BODY) == "mismatch"


def test_while_the_secret_is_changed_either_signature_will_do():
    old, new = sign("old-secret", NOW, BODY), sign(SECRET, NOW, BODY)
    digest = old.partition("v1=")[2]
    verify(SECRET, f"{new},v1={digest}", BODY, NOW)
    verify("old-secret", f"{new},v1={digest}", BODY, NOW)
    assert refusal("third-secret", f"{new},v1={digest}", BODY) == "mismatch"


def test_what_later_versions_add_is_ignored():
    header = f"{sign(SECRET, NOW, BODY)}, v2=0000,x"
    verify(SECRET, header, BODY, NOW)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("hello", "malformed"),
        (f"t={NOW}", "malformed"),
        ("v1=00", "malformed"),
        (f"t={NOW},t={NOW},v1=00", "malformed"),
        ("t=-5,v1=00", "malformed"),
        ("t=1e9,v1=00", "malformed"),
        ("t=١٢٣,v1=00", "malformed"),
        (f"t={'9' * 40},v1=00", "malformed"),
        (f"t={NOW},v2=00", "malformed"),
        (f"t={NOW},v1=ä", "malformed"),
        (f"t={NOW},v1=", "mismatch"),
        (f"t={NOW},v1=00", "mismatch"),
    ],
)
def test_headers_that_prove_nothing(header, code):
    assert refusal(SECRET, header, BODY) == code


@given(st.text(max_size=80))
def test_any_header_is_refused_with_a_code(header):
    assert refusal(SECRET, header, BODY) in ("missing", "malformed", "mismatch")


def test_an_empty_secret_verifies_nothing():
    assert refusal("", sign("", NOW, BODY), BODY) == "no_secret"
