"""The main job."""

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


def test_iris_is_learned(capsys):
    assert demo.iris(steps=40) >= 0.9
    assert "accuracy on held-out flowers" in capsys.readouterr().out
