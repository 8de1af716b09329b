"""The main job."""

from pathlib import Path

from mlp.cli import demo


def test_backpropagation_by_hand_is_the_lectures_to_every_digit(capsys):
    demo.backpropagation_by_hand()
    out = capsys.readouterr().out
    assert out.count("✓") == 19
    assert "✗" not in out


def test_iris_is_learned(capsys):
    assert demo.iris() >= 0.9
    assert "accuracy on held-out flowers" in capsys.readouterr().out


def test_the_whole_story(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "iris", lambda: None)
    assert demo.main() == 0
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    for row in ("a 3 −2", "b 1 −4", "c −2 5", "L multiply c, e −10 1"):
        assert row.split() in rows
    for name, box in ("expression", "L = multiply(c, e)"), ("backprop-by-hand", "w8\ndata 0.55"):
        path = Path("out") / f"{name}.svg"
        assert f"Drawn in {path}" in out
        assert f"<title>{box}" in path.read_text(encoding="utf-8")
    right = next(row for row in rows if row[1:2] == ["of"] and "right:" in row)
    assert int(right[0]) / int(right[2]) > 0.95
    assert Path("out/digits/confusion-matrix.png").stat().st_size > 10_000
