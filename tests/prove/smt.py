"""z3 by its C interface: terms, solvers, models. z3's own Python part makes an object of several parts for each term, and asks after each
step whether that failed; most of a proof's time went there. Here a term is one small object, and what was made of the same terms before is
not made again. A mistake in a term (operands of two sizes) is z3's to find: it says so and ends the program.

The functions and operators are named as in z3's Python part, and mean the same: <= and >= of bit vectors are signed, >> keeps the sign."""
import ctypes
import ctypes.util
import itertools

from z3 import z3consts

_lib = ctypes.CDLL(ctypes.util.find_library("z3"))


def c_function(name, *arguments, gives=ctypes.c_void_p):
    """A function of z3's, whose first argument is the context: of "t" terms and other objects, "a" arrays of them, "u" unsigned numbers,
    "q" of 64 bits, "s" strings."""
    kinds = {"t": ctypes.c_void_p, "a": ctypes.c_void_p, "u": ctypes.c_uint, "q": ctypes.c_uint64, "s": ctypes.c_char_p}
    function = getattr(_lib, f"Z3_{name}")
    function.argtypes = [ctypes.c_void_p, *(kinds[a] for a in "".join(arguments))]
    function.restype = gives
    return function


def _context():
    for name in ("Z3_mk_config", "Z3_mk_context_rc"):
        getattr(_lib, name).restype = ctypes.c_void_p
    return _lib.Z3_mk_context_rc(ctypes.c_void_p(_lib.Z3_mk_config()))


CONTEXT = _context()  # lives as long as the program
_inc_ref, _dec_ref, _simplify = c_function("inc_ref", "t", gives=None), c_function("dec_ref", "t", gives=None), c_function("simplify", "t")
_kind = c_function("get_ast_kind", "t", gives=ctypes.c_uint)
_unsigned, _digits = c_function("mk_unsigned_int64", "qt"), c_function("mk_numeral", "st")
_numeral, _text = (c_function(name, "t", gives=ctypes.c_char_p) for name in ("get_numeral_string", "ast_to_string"))
_symbol, _const = c_function("mk_string_symbol", "s"), c_function("mk_const", "tt")
_bv_sort, _bool_sort = c_function("mk_bv_sort", "u"), c_function("mk_bool_sort")

_known = {}  # address of an AST of z3's, which is the same for equal terms: its Term
_lasting = {}  # those of it that are never forgotten
_made = {}  # (function, operands): (what it makes of them, the Terms among them, which must live as long as this names them)


class Term:
    """A bit vector of so many bits; of 0 bits, a truth value. No two terms are compared by Python's ==: that makes a term, too."""

    __slots__ = ("ast", "bits", "value", "simplest", "sum", "serial")
    made = itertools.count()
    __hash__ = None

    def __init__(self, ast, bits):
        _inc_ref(CONTEXT, ast)
        self.ast, self.bits, self.simplest, self.serial = ast, bits, None, next(Term.made)
        self.value = self.sum = ...  # not looked at yet

    def __del__(self, drop=_dec_ref, context=CONTEXT):
        drop(context, self.ast)

    def __bool__(self):
        raise TypeError("a term is no condition of Python's")

    def __str__(self):
        return _text(CONTEXT, self.ast).decode()


def forget():
    """What was made so far is made anew if it is asked for: so that terms which nobody has any more go."""
    _known.clear()
    _known.update(_lasting)
    _made.clear()


def term_at(ast, bits):
    found = _known.get(ast)
    if found is None:
        found = _known[ast] = Term(ast, bits)
    return found


def _lasts(term):
    return _lasting.setdefault(term.ast, _known.setdefault(term.ast, term))


# ---- numbers and variables
def _kept(make):
    """What is made once."""
    kept = {}

    def found(what, bits=64):
        term = kept.get((what, bits))
        if term is None:
            term = kept[what, bits] = make(what, bits)
        return term
    return found


@_kept
def _sort(_, bits):
    return Term(_bv_sort(CONTEXT, bits) if bits else _bool_sort(CONTEXT), bits)


@_kept
def number(value, bits):
    value, sort = value % (1 << bits), _sort(None, bits).ast
    made = _lasts(Term(_unsigned(CONTEXT, value, sort) if bits <= 64 else _digits(CONTEXT, str(value).encode(), sort), bits))
    made.value, made.simplest = value, made
    return made


@_kept
def variable(name, bits):
    made = _lasts(Term(_const(CONTEXT, _symbol(CONTEXT, name.encode()), _sort(None, bits).ast), bits))
    made.value, made.simplest = None, made
    return made


TRUE, FALSE = (_lasts(Term(c_function(f"mk_{name}")(CONTEXT), 0)) for name in ("true", "false"))


_declare, _apply = c_function("mk_func_decl", "tuat"), c_function("mk_app", "tua")


def unknown(name, bits=64):
    """A function of one term to another, both of so many bits, of which the solver knows only that equal arguments have equal results."""
    sort = _sort(None, bits).ast
    function = Term(_declare(CONTEXT, _symbol(CONTEXT, name.encode()), 1, (ctypes.c_void_p * 1)(sort), sort), bits)  # which keeps it

    def apply(argument):
        return term_at(_apply(CONTEXT, function.ast, 1, (ctypes.c_void_p * 1)(argument.ast)), bits)
    return apply


_bound = c_function("mk_bound", "ut")


def argument(bits):
    """What stands for a function's argument where it is told what the function gives."""
    return term_at(_bound(CONTEXT, 0, _sort(None, bits).ast), bits)


def BoolVal(value):
    return TRUE if value else FALSE


def simple(term):
    found = term.simplest
    if found is None:
        found = term.simplest = term_at(_simplify(CONTEXT, term.ast), term.bits)
        found.simplest = found
    return found


def value_of(term):
    """The number that a term is; None when it depends on the state."""
    if term.value is ...:
        term.value = int(_numeral(CONTEXT, term.ast)) if _kind(CONTEXT, term.ast) == z3consts.Z3_NUMERAL_AST else None
    return term.value


def is_true(term):
    return term.ast == TRUE.ast


def is_false(term):
    return term.ast == FALSE.ast


def truth_of(condition):
    """True or False; None when that depends on the state."""
    return {TRUE.ast: True, FALSE.ast: False}.get(condition.ast)


_substitute = c_function("substitute", "tuaa")


def substitute(term, pairs):
    """The term with the second of each pair of terms wherever it has the first."""
    olds, news = ((ctypes.c_void_p * len(pairs))(*(t.ast for t in side)) for side in zip(*pairs))
    return term_at(_substitute(CONTEXT, term.ast, len(pairs), olds, news), term.bits)


# ---- operators
COMMUTE = ("bvadd", "bvmul", "bvand", "bvor", "bvxor", "eq")


def _operator(name, truth=False, swapped=False):
    """Of two terms of one size, or of a term and a number. Where their order means nothing, the older one is the first."""
    commutes = name in COMMUTE
    function = c_function(f"mk_{name}", "tt")

    def make(a, b):
        if b.__class__ is not Term:
            b = number(b, a.bits)
        elif a.__class__ is not Term:
            a = number(a, b.bits)
        if b.serial < a.serial if commutes else swapped:
            a, b = b, a
        key = name, a.ast, b.ast
        found = _made.get(key)
        if found is None:
            found = _made[key] = term_at(function(CONTEXT, a.ast, b.ast), 0 if truth else a.bits), a, b
        return found[0]
    return make


def _nary(name):
    function = c_function(f"mk_{name}", "ua")

    def make(*terms):
        terms = terms[0] if len(terms) == 1 and isinstance(terms[0], list) else terms
        asts = [t.ast for t in terms]
        key = name, *asts
        found = _made.get(key)
        if found is None:
            found = _made[key] = term_at(function(CONTEXT, len(asts), (ctypes.c_void_p * len(asts))(*asts)), 0), terms
        return found[0]
    return make


And, Or = _nary("and"), _nary("or")
Implies, Xor = _operator("implies", truth=True), _operator("xor", truth=True)
ULT, ULE, UGT, UGE = (_operator(f"bvu{how}", truth=True) for how in ("lt", "le", "gt", "ge"))
LShR, UDiv, RotateLeft = _operator("bvlshr"), _operator("bvudiv"), _operator("ext_rotate_left")
_equal, _join = _operator("eq", truth=True), c_function("mk_concat", "tt")
for _how, _name in (("add", "bvadd"), ("sub", "bvsub"), ("mul", "bvmul"), ("and", "bvand"), ("or", "bvor"), ("xor", "bvxor"),
                    ("lshift", "bvshl"), ("rshift", "bvashr")):
    setattr(Term, f"__{_how}__", _operator(_name))
    setattr(Term, f"__r{_how}__", _operator(_name, swapped=True))
Term.__le__, Term.__ge__, Term.__eq__ = _operator("bvsle", truth=True), _operator("bvsge", truth=True), _equal


def _unary(name, more=""):
    """Of a term, and before it as many numbers as `more` is long."""
    function = c_function(f"mk_{name}", more, "t")

    def make(bits, term, *numbers):
        key = name, term.ast, *numbers
        found = _made.get(key)
        if found is None:
            found = _made[key] = term_at(function(CONTEXT, *numbers, term.ast), bits), term
        return found[0]
    return make


_not, _complement, _extract = _unary("not"), _unary("bvnot"), _unary("extract", "uu")
_zero_extend, _sign_extend, _choice = _unary("zero_ext", "u"), _unary("sign_ext", "u"), c_function("mk_ite", "ttt")


def Not(condition):
    return _not(0, condition)


def Extract(high, low, term):
    return _extract(high - low + 1, term, high, low)


def ZeroExt(more, term):
    return _zero_extend(term.bits + more, term, more)


def SignExt(more, term):
    return _sign_extend(term.bits + more, term, more)


Term.__invert__ = lambda term: _complement(term.bits, term)
Term.__ne__ = lambda a, b: Not(_equal(a, b))


def If(condition, a, b):
    key = "ite", condition.ast, a.ast, b.ast
    found = _made.get(key)
    if found is None:
        found = _made[key] = term_at(_choice(CONTEXT, condition.ast, a.ast, b.ast), a.bits), condition, a, b
    return found[0]


def Concat(first, *rest):
    """The highest first."""
    for other in rest:
        first = term_at(_join(CONTEXT, first.ast, other.ast), first.bits + other.bits)
    return first
