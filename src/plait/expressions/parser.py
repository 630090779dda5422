"""Parses the source of one expression into its tree.

From the loosest to the tightest: `|`, `or`, `and`, `not`, comparisons (EXP-16).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NoReturn, cast

from plait.expressions.filters import TABLE, Filter
from plait.expressions.nodes import Comparison, Constant, Group, Node, Not, Operator, Path, Piped, Several, children
from plait.expressions.tokens import KEYWORDS, Token, fail, tokenize

if TYPE_CHECKING:
    from typing import Literal

MAX_DEPTH = 50
"""How deep parentheses, lists, arguments, negations and filters may be nested."""

_PIPE, _OR, _AND, _NOT, _COMPARE = range(1, 6)
_POWER = {"|": _PIPE, "or": _OR, "and": _AND} | dict.fromkeys(("==", "!=", ">", "<", ">=", "<=", "in", "not"), _COMPARE)


def parse(text: str, start: int, end: int) -> Node:
    """Parse `text[start:end]`.

    Raises:
        ExpressionError: it is not an expression; the error points into `text`.
    """
    return _Parser(text, start, end).parse()


class _Parser:
    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.tokens = tokenize(text, start, end)
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def parse(self) -> Node:
        if self.token.kind == "end":
            fail(self.text, self.start, self.end - self.start, "this block is empty", "write an expression in it")
        node = self.expression(_PIPE)
        if self.token.kind != "end":
            self.unexpected(node)
        return node

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def takes(self, sign: str) -> bool:
        """Step over a sign if it is next."""
        if self.token.kind == "operator" and self.token.text == sign:
            self.position += 1
            return True
        return False

    def expression(self, power: int) -> Node:
        """Parse operators that bind at least as tightly as `power`."""
        self.deeper()
        node = self.prefix(power)
        while (found := self.infix_power()) >= power:
            if found == _PIPE:
                node = self.pipeline(node)
            elif isinstance(node, Piped):
                self.refuse_mix(node)
            elif found == _COMPARE:
                node = self.comparison(node)
            else:
                node = self.row(node, found)
        self.depth -= 1
        return node

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            fail(self.text, self.token.start, len(self.token.text), f"nested more than {MAX_DEPTH} levels deep")

    def infix_power(self) -> int:
        token = self.token
        if token.kind not in ("operator", "keyword"):
            return 0
        if token.text == "not" and not self.is_keyword(self.position + 1, "in"):
            return 0
        return _POWER.get(token.text, 0)

    def is_keyword(self, position: int, word: str) -> bool:
        token = self.tokens[min(position, len(self.tokens) - 1)]
        return token.kind == "keyword" and token.text == word

    def prefix(self, power: int) -> Node:
        token = self.advance()
        if token.kind == "keyword" and token.text == "not" and power <= _NOT:
            operand = self.expression(_NOT)
            return Not(token.start, operand.end, operand)
        if token.kind == "path":
            return Path(token.start, token.end, cast("tuple[str | int, ...]", token.value))
        if token.kind in ("string", "number", "constant"):
            return Constant(token.start, token.end, token.value)
        if token.kind == "operator" and token.text == "(":
            return self.group(token)
        if token.kind == "operator" and token.text == "[":
            items, end = self.listed(token, "]")
            return Several(token.start, end, "list", items)
        self.position -= 1
        return self.missing_value(token)

    def group(self, opening: Token) -> Node:
        if self.token.text == ")":
            fail(self.text, opening.start, self.token.end - opening.start, "these parentheses are empty")
        inner = self.expression(_PIPE)
        if not self.takes(")"):
            self.unclosed(opening, inner)
        return Group(opening.start, self.tokens[self.position - 1].end, inner)

    def listed(self, opening: Token, closing: str) -> tuple[tuple[Node, ...], int]:
        """Parse expressions separated by commas; a trailing comma is fine (EXP-12)."""
        items: list[Node] = []
        while not self.takes(closing):
            items.append(self.expression(_PIPE))
            if not self.takes(",") and self.token.text != closing:
                self.unclosed(opening, items[-1])
        return tuple(items), self.tokens[self.position - 1].end

    def row(self, first: Node, power: int) -> Node:
        """Parse `a or b or c` into one row, so that a long one is not a deep one."""
        role: Literal["and", "or"] = "or" if power == _OR else "and"
        operands = [first]
        while self.token.kind == "keyword" and self.token.text == role:
            self.advance()
            operands.append(self.expression(power + 1))
        return Several(first.start, operands[-1].end, role, tuple(operands))

    def comparison(self, left: Node) -> Node:
        token = self.advance()
        sign = token.text
        if sign == "not":
            self.advance()
            sign = "not in"
        right = self.expression(_COMPARE + 1)
        node = Comparison(left.start, right.end, cast("Operator", sign), left, right)
        if isinstance(left, Comparison):
            self.refuse_chain(left, right, token)
        return node

    def pipeline(self, value: Node) -> Node:
        bar = self.token
        node = value
        depth = self.depth
        while self.takes("|"):
            self.deeper()
            node = self.filtered(node)
        self.depth = depth
        if _is_operation(value):
            self.refuse(bar, _last_operand(value).start, node.end)
        return node

    def filtered(self, value: Node) -> Piped:
        name = self.advance()
        if name.kind not in ("path", "keyword", "constant"):
            bar = self.tokens[self.position - 2]
            fail(self.text, bar.start, 1, "the name of a filter is missing after '|'", _filter_list())
        chosen = TABLE.get(name.text)
        if chosen is None:
            close = difflib.get_close_matches(name.text.lower(), TABLE, n=1)
            hint = f"did you mean {close[0]}?" if close else _filter_list()
            fail(self.text, name.start, len(name.text), f"there is no filter '{name.text}'", hint)
        arguments: tuple[Node, ...] = ()
        end = name.end
        opening = self.token
        if self.takes("("):
            arguments, end = self.listed(opening, ")")
            self.check_arguments(chosen, name, arguments, end)
        elif 0 not in chosen.arguments:
            fail(self.text, name.start, len(name.text), f"{chosen.name} needs an argument", f"write {chosen.how}")
        return Piped(value.start, end, value, chosen, arguments, name.start)

    def check_arguments(self, chosen: Filter, name: Token, arguments: tuple[Node, ...], end: int) -> None:
        if not arguments or len(arguments) not in chosen.arguments:
            fail(self.text, name.start, end - name.start, _wrong_count(chosen, len(arguments)), f"write {chosen.how}")
        if not chosen.text_arguments:
            return
        for argument in arguments:
            if isinstance(argument, Constant) and not isinstance(argument.value, str):
                fail(
                    self.text,
                    argument.start,
                    argument.end - argument.start,
                    f"{chosen.name} takes text as its argument",
                    f"write {chosen.how}",
                )

    def refuse_mix(self, node: Piped) -> NoReturn:
        self.refuse(self.token, node.start, node.end)

    def refuse(self, at: Token, start: int, end: int) -> NoReturn:
        """Refuse a filter next to an operator, and show the parentheses around `text[start:end]` that settle it."""
        before, inner, after = self.text[self.start : start], self.text[start:end], self.text[end : self.end]
        fail(
            self.text,
            at.start,
            len(at.text),
            "a filter next to an operator needs parentheses",
            f"write {(before + '(' + inner + ')' + after).strip()}",
        )

    def refuse_chain(self, left: Comparison, right: Node, at: Token) -> NoReturn:
        first = f"({self.text[left.start : left.end]}){self.text[left.end : right.end]}"
        middle = left.right
        second = f"{self.text[left.start : middle.start]}({self.text[middle.start : right.end]})"
        both = f"{self.text[left.start : left.end]} and {self.text[middle.start : right.end]}"
        fail(
            self.text,
            at.start,
            len(at.text),
            "comparisons cannot be chained",
            f"write {first}, {second} or {both}",
        )

    def unclosed(self, opening: Token, last: Node) -> NoReturn:
        if self.token.kind == "end":
            fail(self.text, opening.start, 1, f"this '{opening.text}' is never closed")
        self.unexpected(last)

    def missing_value(self, token: Token) -> NoReturn:
        if token.kind == "end":
            last = self.tokens[self.position - 1]
            fail(self.text, last.start, len(last.text), f"a value is missing after '{last.text}'")
        if token.text == "not":
            fail(self.text, token.start, 3, "'not' needs parentheses here", "write (not ...)")
        fail(self.text, token.start, len(token.text), f"a value is missing before '{token.text}'")

    def unexpected(self, before: Node) -> NoReturn:
        token = self.token
        shown = token.text if token.kind == "string" else f"'{token.text}'"
        message, hint = f"{shown} is not expected here", ""
        if token.text == "(" and isinstance(before, Path):
            message, hint = "Plait's expressions have no calls", _filter_instead(before)
        elif token.kind == "number" and token.text.startswith("-"):
            message, hint = "Plait's expressions have no arithmetic", "compute it in a shell step"
        elif token.text in ("if", "else"):
            message, hint = "there is no conditional expression", "use an 'if' or a 'switch' step"
        elif token.text in (")", "]"):
            message = f"this '{token.text}' closes nothing"
        elif token.kind not in ("operator", "end"):
            hint = self.operator_instead(before, token)
        fail(self.text, token.start, len(token.text), message, hint)

    def operator_instead(self, before: Node, token: Token) -> str:
        value = self.text[before.start : before.end]
        if isinstance(before, Piped) and token.kind != "path":
            return f"write {before.filter.how}"
        if token.text in TABLE:
            return f"a filter goes after '|': {value} | {TABLE[token.text].how}"
        if token.text == "not":
            return "write 'not in' for membership, 'and not' or 'or not' to join conditions"
        if token.text == "is":
            return "write == to compare"
        if token.text.lower() in KEYWORDS:
            return f"write '{token.text.lower()}' in lower case"
        return "an operator, or '|' and a filter, goes between two values"


def _is_operation(node: Node) -> bool:
    """Whether the node is an operator with its operands, not in parentheses of their own."""
    return isinstance(node, (Comparison, Not)) or (isinstance(node, Several) and node.role != "list")


def _last_operand(node: Node) -> Node:
    while _is_operation(node):
        node = children(node)[-1]
    return node


def _wrong_count(chosen: Filter, given: int) -> str:
    most = max(chosen.arguments)
    if given == 0:
        return f"the parentheses of {chosen.name} are empty"
    if most == 0:
        return f"{chosen.name} takes no argument"
    return f"{chosen.name} takes {('one argument', 'two arguments')[most - 1]}, not {given}"


def _filter_list() -> str:
    return "the filters are " + ", ".join(sorted(TABLE))


def _filter_instead(path: Path) -> str:
    last = path.keys[-1]
    if len(path.keys) > 1 and last in TABLE:
        value = ".".join(str(key) for key in path.keys[:-1])
        return f"use the filter: {value} | {TABLE[str(last)].how}"
    return "use a filter: value | name(argument)"
