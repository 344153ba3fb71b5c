"""Break Python source in small ways, one wrong detail at a time.

Why not a library: mutmut 3 leaves alone what has a decorator and what stands outside of functions,
where our lessons keep their tables; cosmic-ray 8 makes 282 mutants of a file of 89 lines, eleven
for each ``+``, and starts Python anew for each of them. The operators here are the usual ones, few
for each place, and each makes a mistake that a person might make.
"""

import ast
from ast import (
    Add,
    And,
    Assign,
    Attribute,
    AugAssign,
    BinOp,
    BitAnd,
    BitOr,
    BitXor,
    BoolOp,
    Break,
    Compare,
    Constant,
    Continue,
    Delete,
    Div,
    Eq,
    Expr,
    FloorDiv,
    Gt,
    GtE,
    If,
    IfExp,
    Import,
    ImportFrom,
    In,
    Is,
    IsNot,
    JoinedStr,
    LShift,
    Lt,
    LtE,
    Mod,
    Mult,
    Not,
    NotEq,
    NotIn,
    Or,
    Pass,
    Pow,
    Raise,
    Return,
    RShift,
    Sub,
    Subscript,
    UnaryOp,
    USub,
    While,
)
from collections.abc import Iterator
from dataclasses import dataclass

COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    Lt: (LtE, GtE),
    LtE: (Lt, Gt),
    Gt: (GtE, LtE),
    GtE: (Gt, Lt),
    Eq: (NotEq,),
    NotEq: (Eq,),
    In: (NotIn,),
    NotIn: (In,),
    Is: (IsNot,),
    IsNot: (Is,),
}
COMPUTE: dict[type[ast.operator], type[ast.operator]] = {
    Add: Sub,
    Sub: Add,
    Mult: Div,
    Div: Mult,
    FloorDiv: Div,
    Mod: FloorDiv,
    Pow: Mult,
    LShift: RShift,
    RShift: LShift,
    BitOr: BitAnd,
    BitAnd: BitOr,
    BitXor: BitOr,
}
DROPPED = (
    Expr,
    AugAssign,
    Raise,
    Delete,
    Break,
    Continue,
)
NOT_EXECUTED = {"annotation", "returns", "decorator_list", "bases"}

Node = ast.expr | ast.stmt


@dataclass(frozen=True)
class Mutant:
    """One mistake: the line where it is, what stood there and stands there now, the whole file."""

    line: int
    old: str
    new: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield the mutants of a file in the order of its lines, each source once."""
    found: list[Mutant] = []
    seen = {source}  # a mutant must be another file
    for node in _code(ast.parse(source)):
        for place, wrong in _mistakes(node):
            mutant = _mutant(source, place, wrong)
            if mutant.source not in seen and _is_python(mutant.source):
                seen.add(mutant.source)
                found.append(mutant)
    yield from sorted(found, key=lambda mutant: mutant.line)


def _mutant(source: str, place: Node, wrong: Node) -> Mutant:
    text = ast.unparse(wrong)
    if isinstance(wrong, ast.expr) and not text.isalnum():
        text = f"({text})"
    old = ast.get_source_segment(source, place) or ""
    return Mutant(place.lineno, old, text, _replace(source, place, text))


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is executed: no annotations, decorators, docstrings and messages."""
    if isinstance(node, JoinedStr | Import | ImportFrom):
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field in NOT_EXECUTED:
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _mistakes(node: ast.AST) -> Iterator[tuple[Node, Node]]:
    """Yield parts of the node, and what could stand there by mistake."""
    if isinstance(node, ast.expr):
        for wrong in _expressions(node):
            yield node, wrong
    elif isinstance(node, ast.stmt):
        for dropped in _statements(node):
            yield node, dropped
    for test in _conditions(node):
        yield test, UnaryOp(Not(), test)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case Compare():
            yield from _comparisons(node)
        case BinOp() if type(node.op) in COMPUTE:
            operator = COMPUTE[type(node.op)]
            yield BinOp(node.left, operator(), node.right)
        case BoolOp(op=And()):
            yield BoolOp(Or(), node.values)
        case BoolOp(op=Or()):
            yield BoolOp(And(), node.values)
        case UnaryOp(op=Not() | USub()):
            yield node.operand
        case Constant(value=bool(value)):
            yield Constant(not value)
        case Constant(value=int(value) | float(value)):
            yield Constant(value + 1)
            yield Constant(value - 1)


def _comparisons(node: Compare) -> Iterator[Compare]:
    for place, operator in enumerate(node.ops):
        for wrong in COMPARE[type(operator)]:
            operators = list(node.ops)
            operators[place] = wrong()
            yield Compare(node.left, operators, node.comparators)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case Expr(value=Constant()):  # a docstring
            return
        case Return(value=ast.expr()):
            yield Return(Constant(None))
        case AugAssign() if type(node.op) in COMPUTE:
            operator = COMPUTE[type(node.op)]
            yield AugAssign(node.target, operator(), node.value)
    if _can_be_dropped(node):
        yield Pass()


def _can_be_dropped(node: ast.stmt) -> bool:
    match node:
        case Assign(targets=[Attribute() | Subscript()]):
            return True  # without a name that would be missing
    return isinstance(node, DROPPED)


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what is to be negated, without what an operator of its own turns round."""
    tests: list[ast.expr] = []
    if isinstance(node, If | While | IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        match test:
            case UnaryOp(op=Not()) | Compare(ops=[_]):
                pass
            case _:
                yield test


def _replace(source: str, place: Node, text: str) -> str:
    """Put the text in a place; ``ast`` counts bytes of UTF-8."""
    lines = source.encode().splitlines(keepends=True)
    first = place.lineno - 1
    last = first if place.end_lineno is None else place.end_lineno - 1
    before = lines[first][: place.col_offset]
    after = lines[last][place.end_col_offset :]
    lines[first : last + 1] = [before + text.encode() + after]
    return b"".join(lines).decode()
