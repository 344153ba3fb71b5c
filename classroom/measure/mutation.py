"""Break Python source in small ways, one wrong detail at a time.

Why not a library: mutmut 3 leaves alone what has a decorator and what stands outside of functions,
where our lessons keep their tables; cosmic-ray 8 makes 282 mutants of a file of 89 lines, eleven
for each ``+``, and starts Python anew for each of them. The operators here are the usual ones, few
for each place, and each makes a mistake that a person might make.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COMPUTE: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
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
    found: dict[str, Mutant] = {source: Mutant(0, "", "", "")}  # a mutant must be another file
    for place, wrong in (pair for node in _code(ast.parse(source)) for pair in _mistakes(node)):
        text = ast.unparse(wrong)
        if isinstance(wrong, ast.expr) and not text.isalnum():
            text = f"({text})"
        changed = _replace(source, place, text)
        try:
            compile(changed, "mutant", "exec", ast.PyCF_ONLY_AST)
        except SyntaxError:
            continue
        old = ast.get_source_segment(source, place) or ""
        found.setdefault(changed, Mutant(place.lineno, old, text, changed))
    yield from sorted([*found.values()][1:], key=lambda mutant: mutant.line)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is executed: no annotations, decorators, docstrings and messages."""
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field not in {"annotation", "returns", "decorator_list", "bases"}:
            for child in value if isinstance(value, list) else [value]:
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
        yield test, ast.UnaryOp(ast.Not(), test)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for place, op in enumerate(ops):
                for wrong in COMPARE[type(op)]:
                    yield ast.Compare(left, [*ops[:place], wrong(), *ops[place + 1 :]], others)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in COMPUTE:
            yield ast.BinOp(left, COMPUTE[type(op)](), right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Expr(value=ast.Constant()):  # a docstring
            return
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(target=target, op=op, value=operand) if type(op) in COMPUTE:
            yield ast.AugAssign(target, COMPUTE[type(op)](), operand)
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Break():
            yield ast.Pass()
        case ast.Continue() | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what is to be negated, without what an operator of its own turns round."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            tests = [test]
        case ast.comprehension(ifs=tests):
            pass
        case _:
            tests = []
    for test in tests:
        match test:
            case ast.UnaryOp(op=ast.Not()) | ast.Compare(ops=[_]):
                pass
            case _:
                yield test


def _replace(source: str, place: Node, text: str) -> str:
    """Put the text in a place; ``ast`` counts bytes of UTF-8."""
    lines = source.encode().splitlines(keepends=True)
    last, end = place.end_lineno or place.lineno, place.end_col_offset or 0
    before = b"".join(lines[: place.lineno - 1]) + lines[place.lineno - 1][: place.col_offset]
    after = lines[last - 1][end:] + b"".join(lines[last:])
    return (before + text.encode() + after).decode()
