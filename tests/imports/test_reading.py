"""Any file that a spreadsheet or a CRM writes is taken apart; what cannot be is refused with a line."""

from __future__ import annotations

import pytest

from portal.database.refusal import Invalid
from portal.imports import reading


def cells(content: str | bytes, **options: str) -> list[list[str]]:
    raw = content.encode() if isinstance(content, str) else content
    return [line.cells for line in reading.read(raw, **options).rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter):
    sheet = reading.read(f"name{delimiter}city\nAcme{delimiter}Köln\n".encode())
    assert (sheet.delimiter, sheet.headers) == (delimiter, ["name", "city"])
    assert sheet.rows[0].cells == ["Acme", "Köln"]


def test_decimal_commas_do_not_make_a_semicolon_file_a_comma_file():
    assert cells("name;amount\nAcme;1,5\nBeta;2,5\n") == [["Acme", "1,5"], ["Beta", "2,5"]]


def test_values_joined_by_semicolons_do_not_make_a_comma_file_a_semicolon_file():
    assert cells("name,tags\nAcme,a;b;c\nBeta,d;e\n") == [["Acme", "a;b;c"], ["Beta", "d;e"]]


def test_a_spreadsheet_may_name_the_delimiter_itself():
    sheet = reading.read(b"sep=;\r\nname;city\r\nAcme;Bonn\r\n")
    assert sheet.headers == ["name", "city"]
    assert sheet.rows[0].number == 3


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("name\nKöln\n".encode(), "UTF-8"),
        ("name\nKöln\n".encode("utf-8-sig"), "UTF-8"),
        ("name\nKöln\n".encode("latin-1"), "Latin-1"),
        ("name\nKöln – €\n".encode("cp1252"), "Latin-1"),
        (b"name\nK\xf6ln\x81\n", "Latin-1"),
    ],
)
def test_the_encoding_is_found_and_a_bom_is_no_part_of_the_first_header(raw, encoding):
    sheet = reading.read(raw)
    assert sheet.encoding == encoding
    assert sheet.headers == ["name"]
    assert sheet.rows[0].cells[0].startswith("Köln")


def test_a_file_of_two_encodings_is_refused_with_the_line():
    raw = "name\nKöln\n".encode() + "Bönn\n".encode("latin-1")
    with pytest.raises(Invalid, match="Line 3 is not UTF-8"):
        reading.read(raw)
    assert cells(raw, encoding="latin-1")[1] == ["Bönn"]


def test_told_utf_8_is_held_to_it():
    with pytest.raises(Invalid, match="Line 2 is not UTF-8"):
        reading.read("name\nBönn\n".encode("latin-1"), encoding="utf-8")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
def test_utf_16_is_refused_with_a_remedy(codec):
    raw = "name\nAcme\n".encode(codec)
    raw = raw if codec == "utf-16" else b"\xff\xfe" + raw
    with pytest.raises(Invalid, match="UTF-16"):
        reading.read(raw)


def test_a_quoted_line_break_stays_in_its_cell_and_lines_are_counted_on():
    sheet = reading.read(b'name,city\r\n"Acme\r\nInc",Bonn\r\nBeta,Ulm\r\n')
    assert [line.cells for line in sheet.rows] == [["Acme\r\nInc", "Bonn"], ["Beta", "Ulm"]]
    assert [line.number for line in sheet.rows] == [2, 4]


@pytest.mark.parametrize("content", ['name,city\nAcme,"Bonn\nBeta,Ulm\n', 'name,city\n"Acme"s,Bonn\n'])
def test_a_quote_that_never_closes_is_refused_with_its_line(content):
    with pytest.raises(Invalid, match="line 2 opens a quote"):
        reading.read(content.encode())


@pytest.mark.parametrize("raw", [b"", b"\n\n", b" , ,\n", "".encode("utf-8-sig")])
def test_a_file_without_headers_is_empty(raw):
    with pytest.raises(Invalid, match="empty"):
        reading.read(raw)


def test_headers_alone_are_a_file_of_no_rows():
    assert cells("name,city\n") == []


def test_empty_lines_are_counted_and_no_rows():
    sheet = reading.read(b"\nname,city\nAcme,Bonn\n\n,\nBeta,Ulm\n\n\n")
    assert [line.number for line in sheet.rows] == [3, 6]
    assert sheet.blank == 3


def test_the_footer_of_a_report_is_told_from_rows():
    sheet = reading.read(
        b'Account Name,Industry\nAcme,Retail\nBeta,\n\n\nAccounts of this year\n"Copyright (c) 2000-2026 example.com"\n'
        b"Confidential Information - Do Not Distribute\n"
    )
    assert [line.cells[0] for line in sheet.rows] == ["Acme", "Beta"]
    assert sheet.footer == [6, 7, 8]


def test_single_cells_at_the_end_without_a_blank_line_are_rows():
    sheet = reading.read(b"name,industry\nAcme,Retail\nCopyright Clearance,\n")
    assert [line.cells[0] for line in sheet.rows] == ["Acme", "Copyright Clearance"]


def test_a_cell_of_a_megabyte_is_read():
    assert len(cells("name\n" + "x" * 1_000_000 + "\n")[0][0]) == 1_000_000


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_FILE", 10)
    with pytest.raises(Invalid, match="larger"):
        reading.read(b"name\nAcme Corporation\n")


def test_only_the_prefix_of_our_exports_is_taken_off():
    sheet = reading.read(b"name,note\n'=1+1,'Tis\n''-x,''quoted\n-5,=1\n")
    assert [line.cells for line in sheet.rows] == [["=1+1", "'Tis"], ["'-x", "''quoted"], ["-5", "=1"]]
    assert sheet.unguarded == 2
