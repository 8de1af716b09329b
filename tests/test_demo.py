"""The main job."""

from pathlib import Path

from mlp import demo


def test_expression(capsys):
    assert demo.expression().data == -10
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    for row in (["a", "3", "-2"], ["b", "1", "-4"], ["c", "-2", "5"], ["L", "-10", "1"]):
        assert row in rows


def test_backpropagation_by_hand_is_the_lectures_to_every_digit(capsys):
    demo.backpropagation_by_hand()
    out = capsys.readouterr().out
    assert out.count("✓") == 19
    assert "✗" not in out


def test_digits_are_learned(capsys):
    assert demo.digits(epochs=8) >= 0.93
    assert "accuracy on held-out digits" in capsys.readouterr().out


def test_iris_is_learned(capsys):
    assert demo.iris(steps=40) >= 0.9
    assert "accuracy on held-out flowers" in capsys.readouterr().out


def test_pictures(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "iris", lambda: None)
    demo.main()
    out = capsys.readouterr().out
    for name, box in ("expression", "L = multiply(c, e)"), ("backprop-by-hand", "w8\ndata 0.55"):
        path = Path("out") / f"{name}.svg"
        assert f"drawn in {path}" in out
        assert f"<title>{box}" in path.read_text(encoding="utf-8")
