"""The command ``mlp``; most tests call `main`, those of signals and streams start processes."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import mlp
from mlp import cli, data
from mlp.cli.report import Assessment
from mlp.cli.sources import RECIPES, Source

MLP = [sys.executable, "-m", "mlp"]
TABLE = "size,colour,kind\n" + "".join(
    f"{i % 7 + 10 * (i % 2)},{'red' if i % 3 else ''},{'elm' if i % 2 else 'oak'}\n"
    for i in range(60))  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits") / "out"
    assert cli.main(["train", "digits", "--epochs", "8", "--quiet", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def no_pictures(monkeypatch):
    """Save the time that they take where they are not looked at."""
    monkeypatch.setattr(Assessment, "save_pictures", lambda *_: [])


def run(capsys, *arguments):
    """Give what is printed and the exit code; what is said of an error is one line."""
    code = cli.main([str(x) for x in arguments])
    out, err = capsys.readouterr()
    if code:
        assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    return out, err, code


def test_digits_are_learned_and_all_of_it_is_kept(trained, capsys):
    names = {path.name for path in trained.iterdir()}
    pictures = {f"{x}.png" for x in ("learning-curves", "confusion-matrix", "errors", "weights")}
    assert names == pictures | {"model.safetensors", "checkpoint.safetensors", "history.csv"}
    assert all((trained / name).read_bytes()[:4] == b"\x89PNG" for name in pictures)
    rows = (trained / "history.csv").read_text().splitlines()
    assert rows[0] == "epoch,accuracy,loss,val_accuracy,val_loss"
    assert len(rows) == 9

    model = mlp.load_model(trained / "model.safetensors")
    _, test = data.digits().split(0.2, seed=0)
    right = (model.predict(test.x, verbose=0).argmax(axis=1) == test.y).sum()
    out, _, code = run(capsys, "evaluate", trained, "digits")
    assert code == 0
    assert f"{right} of 359 right: {right / 359:.1%}" in out
    assert right / 359 > 0.95
    assert "precision    recall  f1-score   support" in out


def test_info(trained, capsys):
    out, _, code = run(capsys, "info", trained)
    assert code == 0
    assert "dense2 (Dense)" in out
    assert "1,438 examples of digits, 359 held out" in out
    assert "images of 8 × 8 pixels" in out
    assert max(map(len, out.splitlines())) <= 80
    assert run(capsys, "info", trained / "checkpoint.safetensors")[2] == 0


def test_predictions_of_arrays_and_of_tables_are_the_models(trained, capsys):
    import pandas as pd

    digits = data.digits()
    x = digits.x[:20]
    p = mlp.load_model(trained / "model.safetensors").predict(x, verbose=0)
    np.save("images.npy", x.reshape(20, 8, 8))
    pd.DataFrame(x).assign(target=digits.y[:20]).to_csv("pixels.csv", index=False, header=[
        *(f"pixel{i}" for i in range(64)), "target"])  # fmt: skip
    out, _, code = run(capsys, "predict", trained, "images.npy", "--probabilities")
    rows = [line.split(",") for line in out.splitlines()]
    assert code == 0
    assert rows[0] == ["prediction", *"0123456789"]
    assert [int(row[0]) for row in rows[1:]] == p.argmax(axis=1).tolist()
    np.testing.assert_allclose(np.array(rows[1:], float)[:, 1:], p, atol=6e-5)
    assert run(capsys, "predict", trained, "pixels.csv", "-o", "answers.csv") == ("", "", 0)
    answers = pd.read_csv("answers.csv")
    assert answers.prediction.tolist() == p.argmax(axis=1).tolist()
    np.testing.assert_allclose(answers.probability, p.max(axis=1), atol=6e-5)
    assert "20 examples of pixels.csv" in run(capsys, "evaluate", trained, "pixels.csv")[0]


@pytest.mark.usefixtures("no_pictures")
def test_what_is_left_out_of_a_table_is_said(capsys):
    rows = "".join(f"{i},{i % 7},{'ab'[i % 2] if i else ''}\n" for i in range(40))
    Path("rows.csv").write_text(f"id,x,kind\n{rows}")
    out, err, _ = run(capsys, "train", "rows.csv", "--target", "kind", "--epochs", "1")
    assert "\n  x: numbers, mean " in out
    assert "\n  id: left out, numbers the rows\n  kind: to be predicted, 2 classes, a, b\n" in out
    assert err == "mlp: warning: rows without 'kind' are left out: 1\n"


@pytest.mark.usefixtures("no_pictures")
def test_a_table_with_categories_and_missing_entries(capsys):
    Path("trees.csv").write_text(TABLE)
    out, _, code = run(capsys, "train", "trees.csv", "--target", "kind")
    assert code == 0
    assert "48 examples to learn from, 12 held out, 3 features" in out
    assert "12 of 12 right" in out
    assert "12 examples" in run(capsys, "evaluate", "out/trees", "trees.csv")[0]  # those held out
    Path("other.csv").write_text(TABLE.replace("kind", "species") + "3,red,oak\n")
    out, _, _ = run(capsys, "evaluate", "out/trees", "other.csv", "--target", "species")
    assert "61 examples" in out
    Path("new.csv").write_text("colour,size\nred,2\nblue,13\n")
    out, err, code = run(capsys, "predict", "out/trees", "new.csv")
    assert [line.split(",")[0] for line in out.splitlines()] == ["prediction", "oak", "elm"]
    assert "mlp: warning: new.csv: column 'colour': 'blue' did not occur in training" in err
    assert len(err.splitlines()) == 1


GERMAN = "Datum;Preis;Plz;Art\n" + "".join(
    f"{i % 28 + 1:02}.0{i % 9 + 1}.2024;{'1.' * (i % 2)}{500 + i},5;0{i % 5}1;"
    f"{'None' if i % 2 else 'a'}\n" for i in range(60))  # fmt: skip


@pytest.mark.usefixtures("no_pictures")
def test_what_was_read_how_is_said_and_kept(capsys):
    Path("german.csv").write_text(GERMAN)
    out, err, code = run(capsys, "train", "german.csv", "--target", "Art", "--epochs", "30",
                         "--dtype", "Datum=%d.%m.%Y")  # fmt: skip
    assert (err, code) == ("", 0)
    for line in ("numbers are written as 1.234,5", "Datum: dates (%d.%m.%Y), in days, mean 1.9",
                 "Preis: numbers, mean 10", "Plz: 5 categories, 001, 011, 021, 031, 041",
                 "Art: to be predicted, 2 classes, None, a\n"):  # fmt: skip
        assert f"\n  {line}" in out
    assert "12 of 12 right" in out
    assert "12 of 12 right" in run(capsys, "evaluate", "out/german", "german.csv")[0]
    head, *rows = GERMAN.splitlines()
    wanted = run(capsys, "predict", "out/german", "german.csv")[0].splitlines()
    for i in (0, 1, 10):  # a row alone is read as it is among others
        Path("one.csv").write_text(f"{head}\n{rows[i]}\n")
        assert run(capsys, "predict", "out/german", "one.csv")[0].splitlines()[1] == wanted[i + 1]
    Path("english.csv").write_text(GERMAN.replace(".500", "500").replace(",5;", ".5;"))
    assert "english.csv: column 'Preis' has numbers in it, but here " in run(
        capsys, "predict", "out/german", "english.csv")[1]  # fmt: skip
    Path("english.csv").write_text(f"{head}\n{rows[1].replace('1.501,5', '1,501.5')}\n")
    answer = run(capsys, "predict", "out/german", "english.csv", "--decimal", ".")[0]
    assert answer.splitlines()[1] == wanted[2]


@pytest.mark.usefixtures("no_pictures")
def test_what_is_open_in_a_table_may_be_said(capsys):
    rows = "".join(f"{i % 7 + 1}.{i % 4}00;{i % 2}\n" for i in range(40))
    Path("open.csv").write_text(f"x;y\n{rows}")
    for mark, mean in (".", 4), (",", 4000):
        out, _, _ = run(capsys, "train", "open.csv", "--target", "y", "--decimal", mark,
                        "--epochs", "1", "--overwrite")  # fmt: skip
        assert float(re.search("x: numbers, mean ([0-9.]+)", out)[1]) == pytest.approx(mean, 0.1)
    out, _, _ = run(capsys, "train", "open.csv", "--target", "y", "--dtype", "x=text", "--dtype",
                    "y=number", "--task", "regression", "--epochs", "1", "--overwrite")  # fmt: skip
    assert "x: 27 categories, 1.000, 1.100" in out
    assert "y: to be predicted, a number" in out


def test_numbers_are_predicted_in_their_unit(capsys):
    Path("line.csv").write_text("x,y\n" + "".join(f"{i},{1000 + 30 * i}\n" for i in range(100)))
    out, _, code = run(capsys, "train", "line.csv", "--target", "y", "--hidden", "16")
    assert code == 0
    assert float(re.search(r"R² +([\d.]+)", out)[1]) > 0.98
    assert Path("out/line/predictions.png").exists()
    np.save("x.npy", np.array([[10.0], [50.0]]))
    answers = run(capsys, "predict", "out/line", "x.npy")[0].split()[1:]
    np.testing.assert_allclose(np.array(answers, float), [1300, 2500], rtol=0.05)


def test_points_in_the_plane(capsys):
    out, _, code = run(capsys, "train", "moons", "--epochs", "20")
    assert code == 0
    assert Path("out/moons/decision-boundary.png").exists()
    assert "\nIn out/moons: model.safetensors" in out
    assert "Inputs    x1, x2\n" in run(capsys, "info", "out/moons")[0]


@pytest.mark.parametrize("name", sorted(RECIPES.keys() - {"mnist"}))
def test_every_data_set_is_split_and_has_an_encoder(name):
    train, test = Source(name).load()
    assert 3 < len(train) / len(test) < 5
    wanted = train.encoder.decode(train.y)
    if train.target_names:
        assert {*wanted} == {*train.target_names}
    else:
        np.testing.assert_allclose([train.y.mean(), train.y.std()], [0, 1], atol=1e-9)
        assert wanted.min() > 20
    assert not train.image_shape or train.x.max() == RECIPES[name].brightest


@pytest.mark.usefixtures("no_pictures")
def test_a_named_set_is_evaluated_on_a_table_by_its_columns(capsys):
    import pandas as pd

    assert run(capsys, "train", "iris", "--quiet") == ("", "", 0)
    flowers = data.iris()
    frame = pd.DataFrame(flowers.x, columns=flowers.feature_names)
    frame["target"] = np.array(flowers.target_names)[flowers.y]
    frame.iloc[:, ::-1].to_csv("flowers.csv", index=False)
    out, _, _ = run(capsys, "evaluate", "out/iris", "flowers.csv")
    right = (mlp.load_model("out/iris/model.safetensors").predict(flowers.x, verbose=0)
             .argmax(axis=1) == flowers.y).sum()  # fmt: skip
    assert f"{right} of 150 right" in out
    frame.drop(columns="petal width (cm)").to_csv("less.csv", index=False)
    assert "columns are missing: 'petal width (cm)'" in run(
        capsys, "predict", "out/iris", "less.csv")[1]  # fmt: skip


@pytest.mark.usefixtures("no_pictures")
def test_mnist_from_a_folder(capsys):
    folder = Path("mnist")
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part, n in ("train", 300), ("t10k", 50):
        x, y = rng.integers(0, 256, (n, 28, 28), np.uint8), (np.arange(n) % 10).astype(np.uint8)
        for kind, array in ("images", x), ("labels", y):
            head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            (folder / f"{part}-{kind}-idx{array.ndim}-ubyte").write_bytes(head + array.tobytes())
    out, _, code = run(capsys, "train", "mnist", "--data", folder, "--epochs", "1")
    assert code == 0
    assert "300 examples to learn from, 50 held out, 784 features" in out
    assert "50 examples of mnist" in run(capsys, "evaluate", "out/mnist", "mnist")[0]


def test_draw(capsys):
    out, _, code = run(capsys, "draw", "d = 2*b; e = a + d; L = c*e", "a=3", "-o", "graph.svg",
                       "b=1", "c=-2")  # fmt: skip
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    for row in ("node operation operands data grad", "b 1 −4", "e add a, d 5 −2"):
        assert row.split() in rows
    assert "<title>L = multiply(c, e)" in Path("graph.svg").read_text(encoding="utf-8")
    assert run(capsys, "draw", "-o", "graph.dot", "--", "-a", "a=1")[2] == 0
    assert "digraph" in Path("graph.dot").read_text(encoding="utf-8")


WRONG = {
    "trian": "there is no command 'trian': did you mean 'train'?",
    "train": "missing: DATA",
    "train digit": "there is no data set 'digit': did you mean 'digits'?",
    "train digits --epoch 3": "there is no option --epoch: did you mean --epochs?",
    "train digits --epochs 0": "argument --epochs: a whole number from 1, got '0'",
    "train digits --hidden 64,x": "sizes such as 64,32, or none, got '64,x'",
    "train digits --activation rleu": "there is no activation 'rleu': did you mean 'relu'?",
    "train digits --optimizer adm": "there is no optimizer 'adm': did you mean 'adam'?",
    "train digits --dropout 1": "a number from 0 to below 1, got '1'",
    "train digits --learning-rate inf": "a number above 0, got 'inf'",
    "train digits --target y": "--target is of no use with digits",
    "train digits --dtype x=text": "--dtype is of no use with digits",
    "train trees.csv --target kind --dtype size": "COLUMN=number, COLUMN=text, ",
    "train trees.csv --target kind --dtype size=nubmer": "did you mean 'number'?",
    "train trees.csv --target kind --decimal ;": "there is no decimal mark ';': choose one of ., ,",
    "train digits --resume --overwrite": "give one of them",
    "train trees.csv": "--target COLUMN, of size, colour, kind",
    "draw a*b a=1 a=2": "each name is given one number, as in a=3, got 'a=2'",
    "info out more": "there is one argument too many: more",
    "draw -a a=1": "there is no option -a: what begins with - goes after --",
}
BAD = {
    "train nofile.csv --target y": "nofile.csv: No such file or directory",
    "train trees.csv --target knid": "there is no column 'knid': did you mean 'kind'?",
    "train empty.csv --target y": "empty.csv: empty",
    "train same.csv --target y": "the target 'y' is 1 in every row: there is nothing to learn",
    "train odd.csv --target y": "odd.csv: column 'x': inf in line 3; numbers are finite",
    "train open.csv --target y": "open.csv: column 'x', line 2: '1.500' is 1.5 or 1500: say decima",
    "train two.csv --target y": "column 'z', line 3: '1,5' are not written in one way",
    "train trees.csv --target kind --dtype szie=text": "no column 'szie': did you mean 'size'?",
    "train trees.csv --target kind --dtype colour=number": "no number, written as 1234.5: 'red' (",
    "train iris --out trees.csv": "trees.csv: File exists",
    "train iris --out trees.csv/out": "trees.csv/out: Not a directory",
    "train iris --resume": "there is no training in out/iris to go on with",
    "train iris --test-split 0.99": "at least 1 must be there, and 3 must remain",
    "train iris --learning-rate 1e30 --optimizer sgd": "try a lower learning rate",
    "train mnist --data nowhere": "MNIST was looked for in nowhere, but it is not a folder",
    "info nowhere": "nowhere: No such file or directory",
    "info trees.csv": "trees.csv: it is damaged, or no safetensors file",
    "info foreign.safetensors": "it says nothing of its data, as models of mlp train do",
    "draw a+": "invalid syntax: at character 3, the end",
    "draw log(a) a=-1": "log: got x = -1.0; it needs x > 0",
    "draw a*b a=1": "no number is given for b",
    "draw a a=1 -o a.gif": "save: a name in .svg, .dot, .gv, .png or .pdf, not '.gif'",
    "draw a a=1 -o nowhere/a.svg": "nowhere/a.svg: No such file or directory",
}


@pytest.mark.parametrize(("line", "said"), [*WRONG.items(), *BAD.items()])
def test_what_is_wrong_is_said_in_a_line(line, said, capsys):
    Path("trees.csv").write_text(TABLE)
    Path("empty.csv").write_text("")
    Path("same.csv").write_text("x,y\n1,1\n2,1\n")
    Path("odd.csv").write_text("x,y\n1,1\ninf,2\n" + "3,1\n4,2\n" * 10)
    Path("open.csv").write_text("x;y\n1.500;a\n2.300;b\n")
    Path("two.csv").write_text("x;z;y\n1.5;0;a\n2.3;1,5;b\n")
    mlp.Sequential([mlp.Dense(1)], seed=0).build(2).save("foreign.safetensors")
    _, err, code = run(capsys, *line.split(" "))
    assert said in err
    assert code == (2 if line in WRONG else 1)


def test_what_does_not_fit_a_model_is_said(trained, capsys):
    np.save("nan.npy", np.full((2, 64), np.nan))
    np.save("narrow.npy", np.zeros((2, 63)))
    np.save("objects.npy", np.array([{}], object), allow_pickle=True)
    Path("cut.safetensors").write_bytes((trained / "model.safetensors").read_bytes()[:3000])
    for line, said in {
        f"predict {trained} nan.npy": "mlp predict: x has nan at (0, 0)",
        f"predict {trained} narrow.npy": "rows of 64 numbers, got an array of float64 of shape (2,",
        f"predict {trained} objects.npy": "objects.npy: Object arrays cannot be loaded",
        f"predict {trained} nothing.npy": "nothing.npy: No such file or directory",
        f"evaluate {trained} iris": "the model learned digits, not iris",
        f"evaluate {trained} digit": "did you mean 'digits'?",
        "evaluate cut.safetensors digits": "cut.safetensors: it is damaged",
    }.items():
        _, err, code = run(capsys, *line.split(" "))
        assert said in err
        assert code == (2 if "digit?" in said or said.startswith("did") else 1)


@pytest.mark.usefixtures("no_pictures")
def test_nothing_is_overwritten_unasked(trained, capsys):
    shutil.copytree(trained, "out/digits")
    before = {path: path.read_bytes() for path in Path("out/digits").iterdir()}
    _, err, code = run(capsys, "train", "digits", "--epochs", "1")
    assert "out/digits has a model already: add --resume" in err
    assert code == 1
    assert {path: path.read_bytes() for path in Path("out/digits").iterdir()} == before
    _, err, code = run(capsys, "train", "digits", "--resume", "--seed", "1")
    assert "it is the checkpoint of another training" in err
    assert code == 1
    out, _, _ = run(capsys, "train", "digits", "--epochs", "9", "--resume")
    assert "Epoch 9/9" in out
    assert "Epoch 8/9" not in out
    out, _, code = run(capsys, "train", "digits", "--epochs", "1", "--overwrite")
    assert "Epoch 1\n" not in out
    assert code == 0
    assert len(Path("out/digits/history.csv").read_text().splitlines()) == 2


@pytest.mark.usefixtures("no_pictures")
def test_after_ctrl_c_it_goes_on_to_the_same_bits(capsys):
    line = ["train", "xor", "--epochs", "400", "--out", "stopped"]
    with subprocess.Popen([*MLP, *line], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        history = Path("stopped/history.csv")
        while process.poll() is None and not (
                history.exists() and history.read_text().count("\n") > 5):  # fmt: skip
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(r"\nmlp train: stopped in epoch \d+ of 400; to go on: mlp train xor "
                        r"--epochs 400 --out stopped --resume\n", err)  # fmt: skip
    assert not Path("stopped/model.safetensors").exists()
    assert "was interrupted already: add --resume" in run(capsys, *line)[1]
    out, _, code = run(capsys, *line, "--resume")
    assert code == 0
    assert "Resuming from stopped/checkpoint.safetensors" in out
    assert run(capsys, *line[:-1], "whole", "--quiet")[2] == 0
    for name in "model.safetensors", "history.csv":
        assert Path("stopped", name).read_bytes() == Path("whole", name).read_bytes()


def test_streams(trained):
    """A pipe that is closed early, a terminal that knows ASCII alone, no colour in a pipe."""
    def start(command, **environment):
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **environment})  # fmt: skip

    program = shlex.join(MLP)
    shown = start(f"{program} train xor --epochs 50 | head -1; echo ${{PIPESTATUS[0]}}")
    assert shown.stdout.splitlines()[1] == "141"
    assert shown.stderr == ""
    plain = start(f"{program} info {trained}", PYTHONIOENCODING="ascii")
    assert plain.returncode == 0
    assert "? dense2 (Dense)" in plain.stdout
    assert "\x1b" not in plain.stdout + plain.stderr


@pytest.mark.parametrize("command", [[], *([name] for name in cli.COMMANDS)])
def test_help_has_examples_that_can_be_read(command, capsys):
    assert cli.main([*command, "--help"]) == 0
    out = capsys.readouterr().out
    examples = out.partition("examples:\n")[2].splitlines()
    assert examples
    assert all(x.startswith(("  mlp ", "  mpiexec -n 4 mlp ")) for x in examples)
    assert max(map(len, out.splitlines())) <= 80
    assert cli.main([]) == 2
    assert cli.main(["--version"]) == 0
