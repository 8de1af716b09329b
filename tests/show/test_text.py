"""Numbers and names in pictures."""

from html import escape
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from autograd.show.scene.text import number, plain, shorten, split_subscript, text_width


def test_widths_are_those_of_helvetica():
    assert text_width("Hello, world", 1000) == 722 + 556 + 222 * 2 + 556 + 278 * 2 + 722 + 556 + (
        333 + 222 + 556
    )
    assert text_width("w", 1000, bold=True) == 778
    assert text_width("漢", 10) >= 10
    assert text_width("e\u0301") == text_width("e")


def test_numbers():
    assert number(0.82167) == "0.8217"
    assert number(-2.5e-7) == "−2.5e−07"
    assert number(-float("inf")) == "−∞"
    assert [number(x) for x in (0.0001, 0.000099999, 9999.96, 99999.5, 9999999.0, 1e7)] == [
        "0.0001", "0.0001", "9999.96", "99999.5", "9999999", "1e+07",
    ]  # fmt: skip


def test_subscripts():
    assert split_subscript("w_5") == ("w", "5")
    for label in ("w5", "_w", "w_", "a_b_c", "", "_", r"$\theta_1$"):
        assert split_subscript(label) == (label, "")


def test_a_label_does_not_turn_round_what_is_written_beside_it():
    assert plain("\u202ertl \u2067x") == "�rtl �x"


@given(st.text())
def test_any_label_is_a_short_line_that_xml_can_hold(label):
    text = shorten(plain(label))
    assert len(text) <= 20
    assert len(text.splitlines()) <= 1
    ElementTree.fromstring(f"<text>{escape(text)}</text>")
