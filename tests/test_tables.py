"""Tables from files: how they are read, how columns become numbers, and what is wrong with them."""

import json
import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.data import DataError, DataWarning, TableEncoder, read_table, table

pd = pytest.importorskip("pandas", reason="pandas is not installed (extra table)")


@pytest.fixture
def file(tmp_path):
    """Write text or bytes to a file, and give its path."""
    def write(content, encoding="utf-8", name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path
    return write  # fmt: skip


PEOPLE = pd.DataFrame({
    "id": range(1, 11),
    "name": [f"person {i}" for i in range(10)],
    "age": [30, 41, None, 25, 61, 38, 47, 29, 55, 33],
    "town": ["Ulm", "Bonn", "Ulm", None, "Kiel", "Bonn", "Ulm", "Kiel", "Bonn", "Ulm"],
    "since": ["2020-01-01", "2020-01-03", None, *["2020-01-05"] * 7],
    "country": ["de"] * 10,
    "empty": [None] * 10,
    "member": [True, False] * 5,
    "paid": ["yes", "no", "no", "yes", "yes", "no", "yes", "no", "no", "yes"],
})  # fmt: skip


# Reading

ROWS = pd.DataFrame({"length": [1.5, -0.25, None], "kind": ["oak", "elm, wych", "Bäume"]})


@pytest.mark.parametrize(("text", "encoding"), [
    ('length,kind\n1.5,oak\n-0.25,"elm, wych"\n,Bäume\n', "utf-8"),
    ('length,kind\r\n1.5,oak\r\n-0.25,"elm, wych"\r\n,Bäume\r\n', "utf-8-sig"),
    ('length, kind\n1.5, oak\n-0.25, "elm, wych"\nNA, Bäume', "cp1252"),
    ('length;kind\n1,5;oak\n-0,25;elm, wych\n?;Bäume\n', "utf-8"),
    ('length\tkind\n1.5\toak\n-0.25\telm, wych\n\tBäume\n', "utf-16"),
    ('\n"length"|"kind"\n"1.5"|"oak"\n"-0.25"|"elm, wych"\n""|"Bäume"\n', "utf-8"),
])  # fmt: skip
def test_the_same_table_in_many_forms(file, text, encoding):
    read = read_table(file(text, encoding))
    pd.testing.assert_frame_equal(read, ROWS, check_dtype=False)
    assert read["length"].dtype == float


def test_thousands(file):
    assert read_table(file('a,b\n"1,234.5",2\n"12,000",3\n'))["a"].tolist() == [1234.5, 12000]
    assert read_table(file("a;b\n1.234,5;2\n12.000,0;3\n"))["a"].tolist() == [1234.5, 12000]


def test_a_quoted_field_may_have_lines(file):
    assert read_table(file('a,b\n"one\ntwo",2\nthree,3\n'))["a"].tolist() == ["one\ntwo", "three"]


def test_a_single_column(file):
    assert read_table(file("words\none\ntwo three\n")).to_dict("list") == {
        "words": ["one", "two three"]}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), [
    ("", "empty"),
    ("\n \n", "empty"),
    ("a,b\n", "column names, but no rows"),
    ("a,b,a\n1,2,3\n", "several columns are called 'a'"),
    ("a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
    ("a,b\n1,2,3\n4,5,6\n", "rows have more fields than there are column names"),
    ('a,b\n"1,2\n3,4\n', "EOF inside string starting at row"),
    ("1.5,2\n3,4\n", "the first line has numbers, and is to have the names of the columns: 1.5, 2"),
    (b"PK\x03\x04 and so on", "a zip or Excel file: save the sheet as CSV"),
    (b"\x1f\x8b\x08", "packed by gzip: unpack it first"),
    (b"a,b\n1,\0\n", "it has zero bytes"),
    (b"a,b\n1,\x81\n", "not a text file"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(file, content, message):
    path = file(content)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_a_huge_and_an_unknown_file(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_table(tmp_path / "nowhere.csv")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as hole:
        hole.truncate((1 << 30) + 1)
    with pytest.raises(DataError, match=r"1,073,741,825 bytes, .*nrows"):
        read_table(huge)
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'chainrule\[table\]'"):
        read_table(huge)


@given(text=st.text(st.sampled_from('ab1.,;"\n\t| ?-é'), max_size=60))
def test_any_text_is_a_table_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(text, encoding="utf-8")
    try:
        frame = read_table(path)
    except DataError:
        return
    assert len(frame)
    assert frame.columns.is_unique or "" in frame.columns


# Columns

def test_each_kind_of_column():
    encoder = TableEncoder.fit(PEOPLE, "paid")
    assert encoder.feature_names == (
        "age", "age missing", "town=Bonn", "town=Kiel", "town=Ulm", "town missing",
        "since", "since missing", "member=False", "member=True")  # fmt: skip
    assert encoder.ignored == {
        "id": "numbers the rows", "name": "another text in every row",
        "country": "always the same", "empty": "missing in every row"}  # fmt: skip
    x, y = encoder.encode(PEOPLE), encoder.encode_target(PEOPLE)
    filled = PEOPLE["age"].fillna(PEOPLE["age"].median())
    np.testing.assert_allclose(x[:, 0], (filled - filled.mean()) / filled.std(ddof=0))
    assert x[:, 1].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    np.testing.assert_array_equal(x[:, 2:6].sum(axis=1), 1)
    assert x[3, 5] == 1
    assert np.diff(x[[0, 1, 4], 6])[0] == pytest.approx(np.diff(x[[0, 1, 4], 6])[1])  # two days
    assert (encoder.target_names, y.tolist()) == (("no", "yes"), [1, 0, 0, 1, 1, 0, 1, 0, 0, 1])
    assert "town: 4 categories, Bonn, Kiel, Ulm, (missing)" in str(encoder)
    assert "name: left out, another text in every row" in str(encoder)


@pytest.mark.parametrize(("column", "features"), [
    ([1, 2, 2, 5], ["c"]),
    ([1, 2, 3, 4], ["c"]),
    ([[1], [2], [1], [2]], "entries such as [1] are neither numbers nor text"),
    ([1j, 2, 3, 4], "entries such as 1j are neither numbers nor text"),
    (pd.to_timedelta([1, 2, 2, 3], unit="h"), "entries such as 0 days 01:00:00"),
    ([1.5, 1.5, None, 1.5], ["c", "c missing"]),
    (["1", "2", " 4", None], ["c", "c missing"]),
    (["a", "b", "b", "a"], ["c=a", "c=b"]),
    (["a", None, "a", "a"], ["c=a", "c missing"]),
    ([1, "b", "b", 1.0], ["c=1", "c=b"]),
    ([1, True, 0, "b"], "another text in every row"),
    ([1, True, 1, True], ["c=1", "c=True"]),
    ([1.5, "2,5", "1.000,5", 3], ["c"]),
    (["None", "NA", "None", "NA"], ["c=NA", "c=None"]),
    (["", "a", " ", "b"], ["c=a", "c=b", "c missing"]),
    (["1", "NA", "3", "?"], ["c", "c missing"]),
    (["007", "12", "007", "12"], ["c=007", "c=12"]),
    (["1_000", "2_000"] * 2, ["c=1_000", "c=2_000"]),
    (pd.Categorical([1, 2, 1, 2]), ["c=1", "c=2"]),
    (pd.Categorical([1, 2, 3, None]), ["c=1", "c=2", "c=3", "c missing"]),
    (pd.to_datetime(["2020-01-01", None, "2020-02-01", "2020-02-02"], utc=True),
     ["c", "c missing"]),
    (["01.02.2024", "02.03.2024"] * 2, "dates such as 01.02.2024 can be read in two ways: write "),
    (pd.to_datetime(["2020-01-01", "2020-02-01", None, "2021-01-01"]), ["c", "c missing"]),
    (["2020-01-01T12:00", "2020-02-01T12:00"] * 2, ["c"]),
    (["01/02/2020", "03/02/2020"] * 2, "dates such as 01/02/2020 can be read in two ways"),
    (["a", "b", "c", "d"], "another text in every row"),
    (pd.Categorical(["a", "b", "a", "b"]), ["c=a", "c=b"]),
    (pd.array([1, None, 3, 7], "Int64"), ["c", "c missing"]),
    (pd.array([True, None, False, True], "boolean"), ["c=False", "c=True", "c missing"]),
])  # fmt: skip
def test_what_a_column_is_seen_to_be(column, features):
    frame = pd.DataFrame({"c": column, "d": [1, 2, 2, 1]})
    encoder = TableEncoder.fit(frame)
    if isinstance(features, str):
        assert encoder.ignored["c"].startswith(features)
    else:
        assert list(encoder.feature_names) == [*features, "d"]
        x = encoder.encode(frame)
        assert x.shape == (4, len(features) + 1)
        assert np.isfinite(x).all()
    assert TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict()))) == encoder


def test_texts_without_number_are_left_out_and_categories_may_be_asked_for():
    frame = pd.DataFrame({"code": np.arange(300) % 7, "ticket": [f"t{i // 2}" for i in range(300)]})
    encoder = TableEncoder.fit(frame, categorical=["code"])
    assert encoder.feature_names == tuple(f"code={k}" for k in range(7))
    assert encoder.ignored == {"ticket": "150 texts in 300 rows are no categories"}
    assert TableEncoder.fit(frame, ignore=["ticket"]).ignored == {"ticket": "as was asked for"}
    with pytest.raises(ValueError, match="no column 'tickets': did you mean 'ticket'"):
        TableEncoder.fit(frame, ignore=["tickets"])


def test_a_few_entries_that_are_no_numbers_are_missing_and_said():
    frame = pd.DataFrame({"c": ["1", "2", "4", "5", "many"], "d": [1, 2, 2, 1, 1]})
    with pytest.warns(DataWarning, match="column 'c': taken as missing, being no number: 'many'"):
        encoder = TableEncoder.fit(frame)
    assert encoder.feature_names == ("c", "c missing", "d")
    with pytest.raises(DataError, match=r"column 'c': the numbers, up to 1.7e\+308, are too large"):
        TableEncoder.fit(pd.DataFrame({"c": [-1.7e308, 1.7e308, 1.6e308]}))
    far = TableEncoder.fit(pd.DataFrame({"c": [1e308, -1e308, 0]}))
    assert far.columns[0].scale == pytest.approx(1e308 * math.sqrt(2 / 3))
    small = pd.DataFrame({"c": [1e15, 1e15 + 8, 1e15 + 16]})  # beside their mean, yet exact
    assert np.std(TableEncoder.fit(small).encode(small)) == pytest.approx(1)
    same = TableEncoder.fit(pd.DataFrame({"c": [0.1, 0.1, 0.1, None]}))
    assert same.columns[0].scale == 1
    with pytest.raises(DataError, match=r"column 'c': inf in row 2; numbers are finite"):
        TableEncoder.fit(pd.DataFrame({"c": [1, np.inf, 3]}))


@given(hnp.arrays(float, st.tuples(st.integers(3, 20), st.integers(1, 4)),
                  elements=st.floats(-1e6, 1e6) | st.just(np.nan)))  # fmt: skip
def test_numbers_come_out_standardized(x):
    frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(x.shape[1])])
    try:
        encoder = TableEncoder.fit(frame)
    except DataError as error:
        assert "no column to learn from" in str(error)  # noqa: PT017
        return
    encoded = encoder.encode(frame)
    assert np.isfinite(encoded).all()
    for i, name in enumerate(encoder.feature_names):
        if name in frame and np.ptp(encoded[:, i]) > 1e-3:
            assert abs(encoded[:, i].mean()) < 1e-6
            assert abs(encoded[:, i].std() - 1) < 1e-6


@pytest.mark.parametrize(("name", "column", "why"), [
    ("year", range(5, 45), ""), ("paid", range(1, 80, 2), ""),
    *[(name, range(1, 80, 2), "numbers the rows")
      for name in ("id", "ID", "userId", "user_id", "PassengerId", "Unnamed: 0", "index", "No.")],
    ("id", [i // 2 for i in range(40)], ""), ("id", [i + 0.5 for i in range(40)], ""),
])  # fmt: skip
def test_what_only_numbers_the_rows_is_left_out_also_of_a_part(name, column, why):
    frame = pd.DataFrame({name: column, "x": [1, 5, 7, 2] * 10, "t": ["a", "b"] * 20})
    train, _ = table(frame, "t").split()
    assert train.encoder.ignored == ({name: why} if why else {})
    assert train.feature_names == (("x",) if why else (name, "x"))


# New rows

@pytest.fixture
def fitted():
    return TableEncoder.fit(PEOPLE, "paid")


def test_columns_go_by_name(fitted):
    shuffled = PEOPLE[sorted(PEOPLE.columns, reverse=True)].drop(columns=["name", "paid"])
    np.testing.assert_array_equal(fitted.encode(shuffled), fitted.encode(PEOPLE))
    with pytest.warns(DataWarning, match="not occur in training are left out: 'colour', 'shoe'"):
        fitted.encode(PEOPLE.assign(colour="red", shoe=42))
    with pytest.raises(DataError, match="columns are missing: 'age', 'town'; there are 'id'"):
        fitted.encode(PEOPLE.drop(columns=["town", "age"]))


def test_unseen_categories_and_numbers_that_are_none(fitted):
    with pytest.warns(DataWarning, match=r"'town': 'Rom' \(2 times\), 'Bern' did not occur in tra"):
        x = fitted.encode(PEOPLE.assign(town=["Rom", "Rom", "Bern", *["Ulm"] * 7]))
    assert not x[:3, 2:6].any()
    with pytest.raises(DataError, match="'age' has numbers in it, but here 'old'"):
        fitted.encode(PEOPLE.assign(age="old"))
    whole = fitted.encode(PEOPLE.assign(age=np.nan))
    np.testing.assert_allclose(whole[:, 0], (35.5 + 2.5 - fitted.columns[0].mean)
                               / fitted.columns[0].scale)  # fmt: skip  # the median, 38


def test_outputs_are_decoded(fitted):
    assert fitted.decode([1, 0]).tolist() == ["yes", "no"]
    assert fitted.decode([[0.9, 0.1], [0.2, 0.8]]).tolist() == ["no", "yes"]
    assert fitted.decode([[0.9], [0.2]]).tolist() == ["yes", "no"]
    with pytest.raises(ValueError, match=r"outputs of 2 classes, got .*\(1, 3\)"):
        fitted.decode([[0.1, 0.2, 0.7]])
    with pytest.raises(ValueError, match="fitted without a target"):
        TableEncoder.fit(PEOPLE).decode([1])


FLAGS = "k,flag,code,mark,price,day,y\n" + "".join(
    f"{k * k % 7},{('true', 'false', 'unknown')[k % 3]},{('007', '12', 'x')[k % 3]},"
    f"{('1.50', '2', 'low')[k % 3]},{('1.50', 'NA', '3')[k % 3]},2024-01-0{k % 9 + 1},"
    f"{('None', 'NA', 'yes')[k % 3]}\n" for k in range(30))  # fmt: skip


@pytest.mark.parametrize("learned", [True, False])
def test_a_row_is_read_the_same_in_every_file(file, learned):
    whole = read_table(file(FLAGS))
    encoder = TableEncoder.fit(whole, "y")
    encoder = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert encoder.feature_names == (
        "k", "flag=false", "flag=true", "flag=unknown", "code=007", "code=12", "code=x",
        "mark=1.50", "mark=2", "mark=low", "price", "price missing", "day")  # fmt: skip
    assert encoder.target_names == ("NA", "None", "yes")
    x, y = encoder.encode(whole), encoder.encode_target(whole)
    head, *rows = FLAGS.splitlines()
    how = {"encoder": encoder} if learned else {}
    for i, row in enumerate(rows):
        alone = read_table(file(f"{head}\n{row}\n", name="one.csv"), **how)
        np.testing.assert_array_equal(encoder.encode(alone), x[i : i + 1])
        assert encoder.encode_target(alone).tolist() == [y[i]]


@pytest.mark.parametrize(("trained", "later"), [
    (["true", "false"], [True, False]), ([True, False], ["true", "False"]),
    (["a", "1.50"], ["a", 1.5]), (["a", "3"], ["a", np.float32(3)]), ([1, 2.5], ["1.0", "2.50"]),
    (pd.Categorical([10, 2]), [10.0, 2.0]), (["a", "b"], pd.Categorical(["a", "b"])),
    (pd.array([1, 2], "Int64"), ["1", "2"]),
])  # fmt: skip
def test_a_category_is_what_it_means(trained, later):
    encoder = TableEncoder.fit(pd.DataFrame({"c": pd.Series(trained)}), categorical=["c"])
    column = pd.Series(later, dtype=getattr(later, "dtype", object))
    x = encoder.encode(pd.DataFrame({"c": pd.Series(trained)}))
    assert sorted(x.sum(axis=1)) == [1, 1]
    np.testing.assert_array_equal(encoder.encode(pd.DataFrame({"c": column})), x)


def test_a_category_that_a_number_does_not_tell_is_an_error(file):
    with pytest.warns(DataWarning, match=r"1\.9, 1\.10, 1\.1 can be versions, and are"):
        encoder = TableEncoder.fit(pd.DataFrame({"v": ["1.9", "1.10", "1.1"] * 4}))
    path = file("v\n1.10\n")
    with pytest.raises(DataError, match=r"1\.1 can be '1\.1' or '1\.10': read .* encoder=encoder"):
        encoder.encode(read_table(path))
    assert encoder.encode(read_table(path, encoder=encoder)).tolist() == [[0, 1, 0]]
    encoder = TableEncoder.fit(pd.DataFrame({"v": ["1", "2", "None"] * 4}), dtype={"v": "text"})
    path = file("v\n1\nNone\n")
    with pytest.raises(DataError, match=r"line 3 can be 'None' or missing"):
        encoder.encode(read_table(path))
    assert encoder.encode(read_table(path, encoder=encoder)).tolist() == [[1, 0, 0], [0, 0, 1]]
    with pytest.warns(DataWarning, match="missing in row 1, as never in training: counts as no"):
        TableEncoder.fit(pd.DataFrame({"c": ["a", "b"]})).encode(pd.DataFrame({"c": [None]}))
    with pytest.warns(DataWarning, match="'7' did not occur"):  # which is not 007
        TableEncoder.fit(pd.DataFrame({"c": ["007", "x"] * 2})).encode(pd.DataFrame({"c": [7]}))


def test_numbers_of_new_rows_are_read_as_they_were_learned(file):
    encoder = table(file("x;y\n1,5;a\n1.000,5;b\n2,5;a\n"), "y").dataset().encoder
    assert str(encoder.notation) == "1.234,5"
    alone = read_table(file("x\n1.500\n"), encoder=encoder)
    assert alone["x"].tolist() == [1500]
    with pytest.warns(DataWarning, match=r"in 2 rows, the first of them row 2, as never .* 2\.5"):
        text = encoder.encode(pd.DataFrame({"x": ["1.500", "", "None"]}))
    np.testing.assert_array_equal(text[0], encoder.encode(pd.DataFrame({"x": [1500]}))[0])
    assert text[1, 0] == text[2, 0] == (2.5 - encoder.columns[0].mean) / encoder.columns[0].scale
    with pytest.raises(DataError, match=r"line 2: '1\.500' is 1\.5 or 1500: .* encoder=encoder"):
        encoder.encode(read_table(file("x\n1.500\n")))
    for odd in "1.5", "1_000", "１２", "2024-01-01", pd.Timestamp("2024-01-01"), 1j, [1]:
        with pytest.raises(DataError, match=r"'x' has numbers in it, but here .*, in row 1: no"):
            encoder.encode(pd.DataFrame({"x": pd.Series([odd], dtype=object)}))
    with pytest.raises(DataError, match="'x' has numbers in it, but here"):
        encoder.encode(pd.DataFrame({"x": pd.to_datetime(["2024-01-01"])}))
    np.testing.assert_array_equal(
        TableEncoder.fit(pd.DataFrame({"x": [0, 1, 1]})).encode(pd.DataFrame({"x": [False, True]})),
        TableEncoder.fit(pd.DataFrame({"x": [0, 1, 1]})).encode(pd.DataFrame({"x": [0, 1]})))


def test_where_an_entry_stands_is_said(file):
    path = file("\nx;y\n1;a\n\n2;\"b\nc\"\ninf;d\n3;e\n4;f\n5;g\n")
    shuffled = read_table(path).iloc[::-1]
    with pytest.raises(DataError, match=r"column 'x': inf in line 7; numbers are finite"):
        TableEncoder.fit(shuffled)
    path.unlink()
    with pytest.raises(DataError, match=r"column 'x': inf in row 3; numbers are finite"):
        TableEncoder.fit(shuffled)
    encoder = TableEncoder.fit(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), "y")
    with pytest.raises(DataError, match=r"has 'c', which did not occur in training, in line 3"):
        encoder.encode_target(read_table(file("y\na\nc\n")))
    with pytest.raises(DataError, match=r"the target 'y' is missing in line 3"):
        encoder.encode_target(read_table(file('y,z\na,1\n,2\n')))


def test_dates_of_new_rows_are_read_as_they_were_learned(file):
    rows = "".join(f"{day:02}.0{day % 2 + 1}.2024;{day % 2}\n" for day in range(1, 11))
    frame = read_table(file(f"day;y\n{rows}"), dtype={"day": "%d.%m.%Y"})
    encoder = TableEncoder.fit(frame, "y")
    encoder = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    column, = encoder.columns
    x = encoder.encode(read_table(file("day\n02.01.2024\n"), encoder=encoder))
    assert round(x[0, 0] * column.scale + column.mean) == 19724
    same = encoder.encode(pd.DataFrame({"day": pd.to_datetime(["2024-01-02"])}))
    digits = TableEncoder.fit(pd.DataFrame({"d": [20240131, 20240201]}), dtype={"d": "%Y%m%d"})
    assert digits.encode(pd.DataFrame({"d": ["20240201"]})).tolist() == [[1]]
    np.testing.assert_array_equal(x, same)
    for odd in ["2024-01-02"], [20240102]:
        with pytest.raises(DataError, match=r"has dates in it, but here .*, written as %d\.%m\.%Y"):
            encoder.encode(pd.DataFrame({"day": odd}))


def test_time_zones():
    berlin = pd.date_range("2024-03-30", periods=4, freq="6h", tz="Europe/Berlin")
    encoder = TableEncoder.fit(pd.DataFrame({"t": berlin}))
    x = encoder.encode(pd.DataFrame({"t": berlin}))
    for same in (berlin.tz_convert("UTC"), [time.isoformat() for time in berlin],
                 berlin.astype(object)):  # fmt: skip
        np.testing.assert_allclose(encoder.encode(pd.DataFrame({"t": same})), x)
    plain = ["2024-03-30T10:00", "2024-03-30T12:00"]
    with pytest.raises(DataError, match="times had a time zone in training, and have none here"):
        encoder.encode(pd.DataFrame({"t": plain}))
    with pytest.raises(DataError, match="times had none in training, and have a time zone here"):
        TableEncoder.fit(pd.DataFrame({"t": pd.to_datetime(plain)})).encode(
            pd.DataFrame({"t": berlin}))
    with pytest.raises(DataError, match="T10:00 has none: give all of them one, or none"):
        TableEncoder.fit(pd.DataFrame({"t": [*plain, "2024-03-30T10:00Z"]}))
    late = TableEncoder.fit(pd.DataFrame({"t": ["0001-01-01", "9999-12-31"]}))
    assert late.encode(pd.DataFrame({"t": ["9999-12-31"]})).tolist() == [[1]]


OLD = {"columns": [
    {"kind": "number", "name": "x", "dates": False, "fill": 1.5, "mean": 1.5, "scale": 0.5,
     "missing": False},
    {"kind": "category", "name": "flag", "categories": ["False", "True"], "missing": False},
    {"kind": "number", "name": "when", "dates": True, "fill": 19725.5, "mean": 19726.25,
     "scale": 2.5, "missing": False},
    {"kind": "category", "name": "town", "categories": ["Ulm"], "missing": True}],
    "ignored": {},
    "target": {"name": "y", "classes": [7, 8], "mean": 0.0, "scale": 1.0}}  # fmt: skip


@pytest.mark.parametrize("learned", [True, False])
def test_an_encoder_of_before_reads_as_it_did(file, learned):
    encoder = TableEncoder.from_dict(OLD)
    path = file("x,flag,when,town,y\n0.5,true,2024-01-03T12:00Z,Ulm,007\n"
                "1.5,false,2024-01-03,NA,8\n")  # fmt: skip
    frame = read_table(path, encoder=encoder) if learned else read_table(path)
    assert encoder.encode(frame).tolist() == [[-2, 0, 1, -0.3, 1, 0], [0, 1, 0, -0.5, 0, 1]]
    assert encoder.encode_target(frame).tolist() == [0, 1]
    assert encoder.decode([0, 1]).tolist() == [7, 8]


# Targets

@pytest.mark.parametrize(("target", "names", "first"), [
    (["b", "a", "b", "a"], ("a", "b"), 1),
    ([3, 7, 3, 7], ("3", "7"), 0),
    ([3.0, 7.0, None, 7.0], ("3", "7"), 0),
    ([True, False, True, False], ("False", "True"), 1),
    ([0.5, 1.5, 2.5, 3.5], (), 0.5),
    (pd.Categorical([10, 2, 10, 2]), ("2", "10"), 1),
    (["007", "12", "007", "12"], ("007", "12"), 0),
    (["None", "Mild", "", "NA"], ("Mild", "NA", "None"), 2),
    ([2**60 + 1, 2**60, 2**60, 2**60], (str(2**60), str(2**60 + 1)), 1),
])  # fmt: skip
def test_targets_are_classes_or_numbers(target, names, first):
    rows = table(pd.DataFrame({"x": [5, 7, 1, 2], "t": target}), "t")
    whole = rows.dataset()
    assert rows.task == ("classification" if names else "regression")
    assert whole.target_names == names
    assert whole.y[0] == first
    assert whole.y.dtype == (np.int64 if names else np.float64)
    assert len(rows) == 4 - rows.missing_targets == whole.encoder.decode(whole.y).size
    assert whole.encoder.decode(whole.y)[0] in (target[0], str(target[0]))


def test_numbers_to_predict_may_be_standardized():
    frame = pd.DataFrame({"x": np.arange(50.0) ** 2, "price": np.arange(50) * 1000.0})
    train, test = table(frame, "price", standardize_target=True).split()
    assert abs(train.y.mean()) < 1e-12
    np.testing.assert_allclose(train.encoder.decode(test.y) % 1000, 0, atol=1e-6)
    train, _ = table(frame, "price", task="regression").split()
    assert train.y.max() > 40_000


@pytest.mark.parametrize(("columns", "task", "error", "message"), [
    ({"x": [1, 2], "t": [None, None]}, None, DataError, "'t' is missing in every row"),
    ({"x": [1, 2], "t": ["a", "a"]}, None, DataError, "'t' is a in every row: there is nothing"),
    ({"x": [1, 2], "t": [2.5, 2.5]}, "regression", DataError, "is 2.5 in every row"),
    ({"x": [1, 2], "T": ["a", "b"]}, None, ValueError, "no column 't': did you mean 'T'"),
    ({"x": [1, 2], "t": [2, np.inf]}, None, DataError, "'t': inf in row 2"),
    ({"t": ["a", "b"]}, None, DataError, "no column to learn from: there is none but the target"),
    ({"x": [1, 1], "t": ["a", "b"]}, None, DataError, "learn from: x: always the same"),
    ({"x": [1, 2], "t": ["a", "b"]}, "regression", DataError, "'t' is no number, as in a"),
    ({"x": [1, 2], "t": ["1.5", "n.b."]}, "regression", DataError, "is no number, as in n.b.: "),
    ({"x": [1, 2], "t": pd.Categorical([1, 2])}, "regression", DataError, "'t' has categories"),
    ({"x": [1, 2], "t": ["a", "b"]}, "clasification", ValueError, "did you mean 'classification'"),
    ({"x": range(300), "t": [f"{i}!" for i in range(300)]}, None, DataError, "300 classes in 300"),
])  # fmt: skip
def test_targets_that_cannot_be_learned(columns, task, error, message):
    with pytest.raises(error, match=message):
        table(pd.DataFrame(columns), "t", task=task).dataset()


def test_what_is_said_of_a_target():
    frame = pd.DataFrame({"x": [1, 2, 3, 5], "t": ["1,5", "2,5", "1.000,5", "NA"]})
    numbers = table(frame, "t", dtype={"t": "number"})
    assert (numbers.task, numbers.missing_targets) == ("regression", 1)
    assert numbers.dataset().y.tolist() == [1.5, 2.5, 1000.5]
    with pytest.raises(DataError, match=r"'t': no number, written as 1\.234,5: '2\.5'"):
        numbers.dataset().encoder.encode_target(frame.assign(t="2.5"))
    classes = table(pd.DataFrame({"x": [1, 2, 3, 5], "t": [1, 2, 1, 2]}), "t", dtype={"t": str})
    assert classes.dataset().encoder.decode([0, 1]).tolist() == ["1", "2"]
    assert str(classes.dataset().encoder.target) == "t: to be predicted, 2 classes, 1, 2"


def test_targets_of_new_rows(fitted):
    with pytest.raises(DataError, match=r"'paid' has 'maybe' \(10 times\), which did not"):
        fitted.encode_target(PEOPLE.assign(paid="maybe"))
    with pytest.raises(DataError, match="'paid' is missing in row 1"):
        fitted.encode_target(PEOPLE.assign(paid=None))


# Splits

def test_what_is_fitted_is_fitted_on_the_training_part_alone():
    """Course, row 23: numeric and missing entries become standardised numbers and labels."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "size": np.where(rng.random(200) < 0.1, np.nan, rng.normal(50, 10, 200)),
        "colour": rng.choice(["red", "green"], 200), "kind": rng.choice(["a", "b", "c"], 200)})
    train, test = table(frame, "kind").split(0.25, seed=3)
    assert (len(train), len(test)) == (150, 50)
    assert abs(train.x[:, 0].mean()) < 1e-12
    assert abs(test.x[:, 0].mean()) > 1e-3
    assert train.encoder is test.encoder
    assert train.feature_names == ("size", "size missing", "colour=green", "colour=red")
    assert abs(np.bincount(test.y) / 50 - np.bincount(train.y) / 150).max() < 0.02
    again, _ = table(frame, "kind").split(0.25, seed=3)
    np.testing.assert_array_equal(again.x, train.x)


def test_a_file_from_end_to_end(file):
    rows = "\n".join(f"{i % 9},{'red' if i % 3 else 'blue'},{'yes' if i % 2 else ''}"
                     for i in range(60))  # fmt: skip
    learned = table(file(f"size,colour,ok\n{rows}\n"), "colour")
    train, test = learned.split()
    assert repr(learned) == "<Table: 60 rows of 2 columns and 'colour', classification>"
    assert train.feature_names == ("size", "ok=yes", "ok missing")
    assert set(train.encoder.decode(test.y)) == {"blue", "red"}


# The state

@pytest.mark.parametrize("change", [
    lambda s: s.pop("columns"), lambda s: s.update(columns=3), lambda s: s.update(target="t"),
    lambda s: s["columns"][0].update(kind="os.system"), lambda s: s["columns"][0].pop("mean"),
    lambda s: s["columns"][0].update(scale=0.0), lambda s: s["columns"][0].update(scale=True),
    lambda s: s["columns"][0].update(mean=float("nan")), lambda s: s["columns"][0].update(name=1),
    lambda s: s["columns"][0].update(extra=1), lambda s: s["columns"][1].update(categories="abc"),
    lambda s: s["columns"][1].update(categories=[1]), lambda s: s["target"].update(classes=[[]]),
    lambda s: s["ignored"].update(a=1), lambda s: s["notation"].update(decimal=";"),
    lambda s: s["columns"][0].update(zoned=1), lambda s: s["columns"][0].update(form=None),
])  # fmt: skip
def test_a_state_that_is_none_is_refused(fitted, change):
    state = json.loads(json.dumps(fitted.to_dict()))
    assert TableEncoder.from_dict(state) == fitted
    change(state)
    with pytest.raises(DataError, match="no state of a table's encoder"):
        TableEncoder.from_dict(state)
