"""Arithmetic as text becomes a graph of Values. Nothing is ever evaluated as Python.

The text is parsed with ``ast``, and only numbers, names, arithmetic and the functions of the
table of operations are taken from it.
"""

import ast
import difflib
import math
import unicodedata
import warnings
from typing import Any

from autograd import TABLE, Value

__all__ = ["ExpressionError", "parse"]

LONGEST = 10_000  # characters
DEEPEST = 100  # parentheses, powers, signs and sums in one another
ALIASES = {"abs": "absolute", "max": "maximum", "min": "minimum", "ln": "log", "pow": "power"}
OPERATORS = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
    ast.Pow: "power", ast.USub: "negative", ast.UAdd: "positive",
}  # fmt: skip


class ExpressionError(ValueError):
    """A text is no expression; the message says where and why.

    Attributes
    ----------
    position : int
        The character at which it is wrong, counted from 0.
    """

    def __init__(self, reason: str, text: str, position: int = 0) -> None:
        self.position = position
        rest = ascii(text[position : position + 20]) if not text.isprintable() else text[position:]
        excerpt = f"{rest[:20]}…" if len(rest) > 20 else rest or "the end"
        super().__init__(f"{reason}: at character {position + 1}, {excerpt}")


def parse(text: str, /, **numbers: float | Value) -> Value:
    """Make the graph of an expression, or of several that build on each other.

    Parameters
    ----------
    text : str
        An expression such as ``"c * (a + 2*b)"``, or assignments, of which the last is the
        result, separated by semicolons or new lines: ``"d = 2*b; e = a + d; L = c*e"`` labels
        its nodes. The operators are ``+ - * / **``; the functions those of the table
        (``tanh(x)``, ``leaky_relu(x, alpha=0.1)``), and abs, max, min, ln and pow.
    **numbers : number or Value
        What each name stands for.

    Returns
    -------
    Value
        The result. Its leaves are labelled with their names.

    Raises
    ------
    ExpressionError
        If it is anything else, a name stands for no number, a number is not used, or it cannot be
        computed. The message says where.

    Examples
    --------
    >>> L = parse("c * (a + 2*b)", a=3, b=1, c=-2)
    >>> L
    Value(data=-10.0, grad=None)
    >>> parse("d = 2*b; e = a + d; L = c*e", a=3, b=1, c=-2)
    Value(data=-10.0, grad=None, label='L')
    >>> parse("c * (a + 2*d)", a=3, c=-2)
    Traceback (most recent call last):
        ...
    mlp.cli.expression.ExpressionError: no number is given for d: at character 12, d)
    """
    if not isinstance(text, str):
        raise TypeError(f"parse: expected text, got {text!r:.40} ({type(text).__name__})")
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST:,} characters", text)
    text = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    builder = _Builder(text, {unicodedata.normalize("NFKC", k): v for k, v in numbers.items()})
    try:
        return builder.program(_syntax_tree(text))
    except (RecursionError, MemoryError):
        raise ExpressionError("nested too deeply", text) from None


def _syntax_tree(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds odd, we refuse anyhow
            return ast.parse(text)
    except SyntaxError as error:
        position = _start(text, error.lineno or 1) + max((error.offset or 1) - 1, 0)
        reason = (error.msg or "").removesuffix(". Perhaps you forgot a comma?")
        if "decimal literal" in reason:
            reason = "a product is written with *, as in 2*b"
        if "integer string conversion" in reason:
            reason = "the number is too large"
        raise ExpressionError(reason, text, min(position, len(text))) from None
    except ValueError as error:  # a zero byte, or a lone surrogate
        raise ExpressionError(str(error), text) from None


def _start(text: str, line: int) -> int:
    """Count the characters before a line."""
    return sum(len(before) + 1 for before in text.split("\n")[: line - 1])


class _Builder:
    """Walks a syntax tree and computes."""

    def __init__(self, text: str, numbers: dict[str, Any]) -> None:
        self.text = text
        self.given = numbers
        self.known: dict[str, Any] = {}  # the names that were used or assigned

    def fail(self, reason: str, node: Any) -> ExpressionError:
        start = _start(self.text, node.lineno)
        line = self.text[start:].encode()  # Python counts a column in bytes
        return ExpressionError(reason, self.text, start + len(line[: node.col_offset].decode()))

    def program(self, tree: ast.Module) -> Value:
        if not tree.body:
            raise ExpressionError("nothing to compute", self.text)
        for statement in tree.body[:-1]:
            if not isinstance(statement, ast.Assign):
                raise self.fail("only the last may go without a name, as in d = 2*b", statement)
        result = [self.statement(statement) for statement in tree.body][-1]
        for name in self.given.keys() - self.known.keys():
            near = difflib.get_close_matches(name, self.known, 1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise ExpressionError(f"{name} is given a number, but does not occur{hint}", self.text)
        return result

    def statement(self, node: ast.stmt) -> Value:
        if isinstance(node, ast.Expr):
            return _value(self.compute(node.value))
        if not isinstance(node, ast.Assign):
            raise self.fail("only expressions and assignments such as d = 2*b are known", node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name):
            raise self.fail("one name is assigned at a time", node)
        if target.id in self.known or target.id in self.given:
            raise self.fail(f"{target.id} has a value already: choose another name", target)
        result = self.known[target.id] = _value(self.compute(node.value))
        result.label = result.label or target.id
        return result

    def compute(self, node: ast.expr, depth: int = 1) -> Any:
        """Give a Value, or a float where no name is involved."""
        if depth > DEEPEST:
            raise self.fail(f"nested more than {DEEPEST} deep", node)
        match node:
            case ast.Constant():
                return self.number(node)
            case ast.Name():
                return self.name(node)
            case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
                name, operands = OPERATORS[type(operator)], (left, right)
            case ast.UnaryOp(operator, operand) if type(operator) in OPERATORS:
                name, operands = OPERATORS[type(operator)], (operand,)
            case ast.BinOp(_, ast.BitXor()):
                raise self.fail("a power is written with **, not ^", node)
            case ast.Call(ast.Name()):
                return self.call(node, depth)
            case _:
                what = type(node.op if isinstance(node, (ast.BinOp, ast.UnaryOp)) else node)
                raise self.fail(f"{what.__name__} is not allowed: only numbers, names, + - * / ** "
                                "and functions of the table are", node)  # fmt: skip
        return self.apply(node, name, [self.compute(x, depth + 1) for x in operands], {})

    def number(self, node: ast.Constant) -> float:
        if type(node.value) not in (int, float):
            raise self.fail(f"{node.value!r:.20} is no real number", node)
        try:
            number = float(node.value)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            raise self.fail("the number is too large", node)
        return number

    def name(self, node: ast.Name) -> Value:
        if node.id not in self.known:
            if node.id not in self.given:
                names = [*self.known, *self.given]
                near = difflib.get_close_matches(node.id, names, 1)
                hint = f", did you mean {near[0]}?" if near else ""
                raise self.fail(f"no number is given for {node.id}{hint}", node)
            given = self.given[node.id]
            try:
                self.known[node.id] = given if isinstance(given, Value) else Value(given, node.id)
            except TypeError:
                raise self.fail(f"{node.id} is to be a number, got {given!r:.40}", node) from None
        return self.known[node.id]

    def call(self, node: ast.Call, depth: int) -> Any:
        name = ALIASES.get(node.func.id, node.func.id)
        if name not in TABLE:
            near = difflib.get_close_matches(name, [*TABLE, *ALIASES], 1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise self.fail(f"there is no function {name}{hint}", node)
        for argument in [*node.args, *node.keywords]:
            if isinstance(argument, ast.Starred) or getattr(argument, "arg", "") is None:
                raise self.fail("* and ** in a call are not allowed", argument)
        operands = [self.compute(x, depth + 1) for x in node.args]
        named = {k.arg: self.compute(k.value, depth + 1) for k in node.keywords}
        return self.apply(node, name, operands, named)

    def apply(self, node: ast.expr, name: str, operands: list[Any], named: dict[str, Any]) -> Any:
        try:
            return TABLE[name](*operands, **named)
        except (ArithmeticError, ValueError, TypeError) as error:
            raise self.fail(str(error), node) from error


def _value(result: Any) -> Value:
    return result if isinstance(result, Value) else Value(result)
