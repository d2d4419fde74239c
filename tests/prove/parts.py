"""What terms are made of, by z3's C interface."""
import ctypes

from z3 import z3consts

from tests.prove.smt import CONTEXT, c_function, term_at

KINDS = {z3consts.Z3_OP_NOT: "not", z3consts.Z3_OP_AND: "and", z3consts.Z3_OP_OR: "or", z3consts.Z3_OP_EQ: "equal",
         z3consts.Z3_OP_ULEQ: "at most"}
_kind, _kind_of = (c_function(name, "t", gives=ctypes.c_uint) for name in ("get_ast_kind", "get_decl_kind"))
_decl, _decl_name = c_function("get_app_decl", "t"), c_function("get_decl_name", "t")
_string = c_function("get_symbol_string", "t", gives=ctypes.c_char_p)
_arguments, _argument = c_function("get_app_num_args", "t", gives=ctypes.c_uint), c_function("get_app_arg", "tu")
_parameter = c_function("get_decl_int_parameter", "tu", gives=ctypes.c_int)
_sort, _sort_kind = c_function("get_sort", "t"), c_function("get_sort_kind", "t", gives=ctypes.c_uint)
_sort_bits = c_function("get_bv_sort_size", "t", gives=ctypes.c_uint)


def _what(ast):
    """(what it does with its operands, these); None and nothing of a number."""
    if _kind(CONTEXT, ast) != z3consts.Z3_APP_AST:
        return None, []
    return _kind_of(CONTEXT, _decl(CONTEXT, ast)), [_argument(CONTEXT, ast, i) for i in range(_arguments(CONTEXT, ast))]


def _bits(ast):
    sort = _sort(CONTEXT, ast)
    return _sort_bits(CONTEXT, sort) if _sort_kind(CONTEXT, sort) == z3consts.Z3_BV_SORT else 0


def summands(term):
    """Of a sum its terms, else itself."""
    what, operands = _what(term.ast)
    return [term_at(ast, term.bits) for ast in operands] if what == z3consts.Z3_OP_BADD else [term]


def taken_apart(condition):
    """(one of KINDS, its operands); "" of another condition."""
    what, operands = _what(condition.ast)
    kind = KINDS.get(what, "")
    return kind, [term_at(ast, _bits(ast)) for ast in operands] if kind else []


def low_bits(term):
    """(a variable, how many of its low bits this term is); None."""
    what, operands = _what(term.ast)
    if what != z3consts.Z3_OP_EXTRACT or _parameter(CONTEXT, _decl(CONTEXT, term.ast), 1):
        return None
    whole = term_at(operands[0], _bits(operands[0]))
    return (whole, term.bits) if is_variable(whole) else None


def is_unknown(term):
    """A variable, or what a function of smt.unknown() makes of something."""
    return _what(term.ast)[0] == z3consts.Z3_OP_UNINTERPRETED


def is_variable(term):
    what, operands = _what(term.ast)
    return what == z3consts.Z3_OP_UNINTERPRETED and not operands


def unknowns_in(term):
    """Name: such a term, of each variable and each function of smt.unknown() that a term speaks of."""
    found, seen, waiting = {}, {term.ast}, [term.ast]
    while waiting:
        ast = waiting.pop()
        what, operands = _what(ast)
        if what == z3consts.Z3_OP_UNINTERPRETED:
            found.setdefault(_string(CONTEXT, _decl_name(CONTEXT, _decl(CONTEXT, ast))).decode(), ast)
        new = set(operands) - seen
        seen |= new
        waiting += new
    return {name: term_at(ast, _bits(ast)) for name, ast in found.items()}


def variables_in(term):
    """The names of the variables that a term speaks of."""
    return {name for name, found in unknowns_in(term).items() if is_variable(found)}
