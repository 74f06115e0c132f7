"""The signed prefix: nothing in it can be changed, and it dies on time."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.errors import Forbidden
from mediaserver.http import signing

KEY = b"k" * 32
NOW = 1_800_000_000.0
GRANT, ITEM = "abcdefghijklmnopqrstuvwxyz", "item"


def passes(token: str, key: bytes = KEY, item: str = ITEM, now: float = NOW) -> bool:
    try:
        signing.verify(signing.read(token), key, item, now)
    except Forbidden:
        return False
    return True


def test_what_was_signed_passes_until_its_hour() -> None:
    token = signing.sign(KEY, GRANT, ITEM, NOW + 100)
    end = signing.read(token).expires_at
    assert end % 3600 == 0
    assert NOW + 100 <= end < NOW + 100 + 3600
    assert passes(token)
    assert passes(token, now=end - 1)
    assert not passes(token, now=end)


def test_addresses_repeat_within_their_hour() -> None:
    start = signing.rounded_up(NOW) - 3600 + 1
    assert signing.sign(KEY, GRANT, ITEM, start) == signing.sign(KEY, GRANT, ITEM, start + 3500)


def test_every_field_is_covered() -> None:
    kid, grant, exp, mac = signing.sign(KEY, GRANT, ITEM, NOW + 100).split(".")
    later = str(int(exp) + 3600)
    for forged in (
        (kid, "z" + grant[1:], exp, mac),
        (kid, grant, later, mac),
        (kid, grant, exp, mac[:-1] + ("A" if mac[-1] != "A" else "B")),
        (kid, grant, exp, mac[:-2]),
        (kid, grant, exp, ""),
        ("0" * 8, grant, exp, mac),
        (kid, grant, "0" + exp, mac),
        (kid, grant, "+" + exp, mac),
        (kid, grant, exp + ".0", mac),
        (kid, grant, "٣", mac),
        (kid, grant, "9" * 400, mac),
    ):
        assert not passes(".".join(forged))
    assert not passes(f"{kid}.{grant}.{exp}.{mac}", item="other")
    assert not passes(f"{kid}.{grant}.{exp}.{mac}", key=b"j" * 32)


def test_two_grants_never_share_a_signature() -> None:
    macs = {
        signing.sign(KEY, secrets.token_hex(8), ITEM, NOW).rpartition(".")[2] for _ in range(500)
    }
    assert len(macs) == 500


def test_a_boundary_cannot_be_moved_between_fields() -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        signing.sign(KEY, "b|c", "a", NOW + 100)
    kid, grant, exp, mac = signing.sign(KEY, "c", "a|b", NOW + 100).split(".")
    assert passes(f"{kid}.{grant}.{exp}.{mac}", item="a|b")
    assert not passes(f"{kid}.b|{grant}.{exp}.{mac}", item="a")


@given(st.text(max_size=120))
def test_nonsense_is_refused_and_never_an_error(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize("at", range(70))
def test_one_changed_character_is_enough(at: int) -> None:
    token = signing.sign(KEY, GRANT, ITEM, NOW + 100)
    at %= len(token)
    # the last base64 character of 16 bytes carries four unused bits: only the text counts
    changed = token[:at] + chr(ord(token[at]) ^ 1) + token[at + 1 :]
    assert not passes(changed)
