"""Break Python source in small ways: a function without its body, or one wrong detail.

Why not a library: mutmut 3 leaves alone what has a decorator and what stands outside of functions,
where our lessons keep their tables; cosmic-ray 8 makes 282 mutants of a file of 89 lines, eleven
for each ``+``, and starts Python anew for each of them. The operators here are the usual ones, few
for each place, and each makes a mistake that a person might make.
"""

import ast
import copy
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
DROPPED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Delete, ast.Break, ast.Continue)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One mistake: the line where it is, what stood there and stands there now, the whole file."""

    line: int
    old: str
    new: str
    source: str


def stub_out(source: str, name: str) -> str:
    """Return the source with ``raise NotImplementedError`` for the function's body.

    Its signature, decorators and docstring stay. Raises LookupError if there is no such function.
    """
    for node in ast.parse(source).body:
        if isinstance(node, Function) and node.name == name:
            break
    else:
        raise LookupError(f"there is no function {name}")
    first = node.body[0]
    begin = first.end_lineno if ast.get_docstring(node) is not None else first.lineno - 1
    lines = source.splitlines(keepends=True)
    lines[begin : node.end_lineno] = [" " * first.col_offset + "raise NotImplementedError\n"]
    return "".join(lines)


def mutants(source: str) -> Iterator[Mutant]:
    """Yield the mutants of a file in the order of its lines, each source once."""
    found: dict[str, Mutant] = {}
    for node in _code(ast.parse(source)):
        old = ast.get_source_segment(source, node) or ""
        for new in _wrong(node):
            text = ast.unparse(new)
            text = f"({text})" if isinstance(new, ast.expr) else text
            changed = _replace(source, node, text)
            found.setdefault(changed, Mutant(node.lineno, old, text, changed))
    yield from sorted(found.values(), key=lambda mutant: mutant.line)


def _code(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield what is executed: no annotations, decorators, docstrings and messages."""
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.expr | ast.stmt) and not _is_text(node):
        yield node
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _wrong(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield what could stand in the place of this node by mistake."""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for other in COMPARE[type(op)]:
                    yield _with(node, ops=[*ops[:place], other(), *ops[place + 1 :]])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in COMPUTE:
            yield _with(node, op=COMPUTE[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) | ast.While(test=test):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.IfExp(body=body, orelse=orelse):
            yield _with(node, body=orelse, orelse=body)
    if isinstance(node, DROPPED) or (
        isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)
    ):
        yield ast.Pass()


def _with(node: ast.AST, **fields: object) -> ast.expr | ast.stmt:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    assert isinstance(changed, ast.expr | ast.stmt)
    return changed


def _replace(source: str, node: ast.expr | ast.stmt, text: str) -> str:
    """Put text in the place of a node; positions in ``ast`` count bytes of UTF-8."""
    lines = source.encode().splitlines(keepends=True)
    ...
    return ""
