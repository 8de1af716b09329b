"""Numbers as they are written in tables: what is read, what stays text, and what is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.data import DataError, TableEncoder, read_table

pd = pytest.importorskip("pandas", reason="pandas is not installed (extra table)")


@pytest.fixture
def file(tmp_path):
    """Write text to a file, and give its path."""
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path
    return write  # fmt: skip


@pytest.mark.parametrize(("text", "how", "wanted"), [
    ("a;b\n1,5;x\n1.500;y\n", {}, [1.5, 1500]),  # a point beside decimal commas
    ("a;b\n1,5;1.500\n", {}, [1.5]),
    ('a,b\n"1,5",x\n"1,234",y\n"2,",z\n', {}, [1.5, 1.234, 2]),  # quoted decimal commas
    ('a,b\n"1,500",0.5\n"12,000",1\n', {}, [1500, 12000]),
    ('a,b\n"1,234,567",x\n"1,000",y\n', {}, [1234567, 1000]),
    ("a,b\n1.500,x\n2.250,y\n", {}, [1.5, 2.25]),  # a decimal point needs no proof
    ("a;b\n1.500;0.5\n", {}, [1.5]),
    ("a;b\n1.500;x\n", {"decimal": "."}, [1.5]),
    ("a;b\n1.500;x\n", {"decimal": ","}, [1500]),
    ("a;b\n1.500;x\n", {"thousands": "."}, [1500]),
    ("a;b\n1.500;x\n", {"thousands": ""}, [1.5]),
    ('a,b\n"1,500",x\n', {"decimal": ","}, [1.5]),
    ('a,b\n"1,500",x\n', {"decimal": "."}, [1500]),
    ("a,b\n1'234.5,x\n1.5e-3,y\n", {"thousands": "'"}, [1234.5, 0.0015]),
    ("a;b\n1\u00a0234,5;x\n-2;y\n", {"thousands": " "}, [1234.5, -2]),
    ("a;b\n1 234,5;x\n-2;y\n", {"decimal": ",", "thousands": " "}, [1234.5, -2]),
    ("a,b\n+3,x\n-.5,y\n1.,z\n", {}, [3, -0.5, 1]),
    ("a,b\n007,x\n,y\n12,z\n", {"dtype": {"a": "number"}}, [7, np.nan, 12]),
    ("a,b\nNone,x\n2,y\nnull,z\nNA,z\n?,z\n", {}, [np.nan, 2, np.nan, np.nan, np.nan]),
    ("a,b\n,x\n ,y\n", {}, [np.nan, np.nan]),
])  # fmt: skip
def test_numbers_as_they_are_written(file, text, how, wanted):
    column = read_table(file(text), **how)["a"]
    assert column.dtype.kind in "if"
    np.testing.assert_array_equal(column, wanted)


@pytest.mark.parametrize("entries", [
    ["01.02.2024", "02.03.2024"], ["1_000", "2_000"], ["１２", "１３"], ["inf", "1"],
    ["0x10", "0x11"], ["007", "12"], ["+491701234567", "+491701234568"], ["1.2.3", "1.10"],
    ["1.9", "1.10"], ["12345678901234567", "12345678901234568"], ["true", "false"],
    ["None", "Mild"], ["NA", "null"], ["1,5,2", "3,4,5"], ["12:30", "13:00"], ["5%", "6%"],
    ["1,5 m", "2"], ["11.2024", "12.2024"], ["31.12.24", "1.1.25"], ["9" * 400, "1"],
    ["2024-01-01", "2024-01-02"],
])  # fmt: skip
def test_what_is_no_number_stays_as_it_is_written(file, entries):
    read = read_table(file("a;b\n" + "".join(f"{entry};0.5\n" for entry in entries)))
    assert read["a"].tolist() == entries
    assert read["b"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(("text", "how", "message"), [
    ("a;b\n1;x\n1.500;y\n", {}, r"column 'a', line 3: '1\.500' is 1\.5 or 1500: say decimal"),
    ("a\tb\n1.500\tx\n", {}, r"column 'a', line 2: '1\.500' is 1\.5 or 1500"),
    ('a,b\n"1,500",x\n', {}, r"line 2: '1,500' is 1\.5 or 1500: .*--dtype COLUMN=text"),
    ("a;b\n1,5;x\n2.5;y\n", {}, "line 2: '1,5' and .*line 3: '2.5' are not written in one way"),
    ('a;b\n"x\ny";1,5\n\nz;2.5\n', {}, "line 2: '1,5' and .*line 5: '2.5' are not written in"),
    ("a\n1\nx\n", {"dtype": {"a": "number"}}, r"'a': no number, .*: 'x', in line 3; correct it"),
    ("a;b\n1.2;\n1,2;\n", {"dtype": {"a": float}, "decimal": "."}, r"as 1234\.5: '1,2', in line 3"),
    ("a\n1.2.2024\n30.2.2024\n", {"dtype": {"a": "%d.%m.%Y"}}, r"no date, .*'30\.2\.2024', in li"),
    ("a\n1.2.2024\n", {"dtype": {"a": "date"}}, r"no date, written as 2024-12-31: '1\.2"),
])  # fmt: skip
def test_what_can_be_read_in_two_ways_is_asked_for(file, text, how, message):
    path = file(text)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path, **how)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("how", "message"), [
    ({"decimal": ";"}, "decimal: '.' or ',', got ';'"), ({"thousands": "_"}, "thousands: .*'_'"),
    ({"decimal": ",", "thousands": ","}, "both ','"), ({"dtype": {"b": str}}, "no column 'b'"),
    ({"dtype": {"a": "nubmer"}}, "no kind of column 'nubmer': did you mean 'number'?"),
])  # fmt: skip
def test_what_is_said_of_a_table_must_make_sense(file, how, message):
    path = file("a\n1\n")
    with pytest.raises(ValueError, match=message):
        read_table(path, **how)
    assert read_table(path, dtype=str)["a"].tolist() == ["1"]


@given(x=st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)), min_size=1),
       decimal=st.sampled_from(".,"), grouped=st.booleans())
def test_a_notation_reads_what_was_written_in_it(x, decimal, grouped):
    thousands = {".": ",", ",": "."}[decimal] if grouped else ""
    marks = str.maketrans({",": thousands, ".": decimal})
    written = [f"{value:,}".translate(marks) for value in x]
    frame = pd.DataFrame({"x": [*written, "0", "1"]})
    encoder = TableEncoder.fit(frame, decimal=decimal, thousands=thousands, dtype={"x": "number"})
    column, = encoder.columns
    np.testing.assert_allclose(encoder.encode(frame)[:-2, 0] * column.scale + column.mean, x,
                               rtol=1e-12, atol=1e-6)  # fmt: skip
