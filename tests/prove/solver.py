"""z3's solvers and models, for the terms of smt.py."""
import ctypes
import random

from z3 import z3consts

from tests.prove import smt
from tests.prove.parts import is_variable, unknowns_in
from tests.prove.smt import CONTEXT, c_function, is_true, number, term_at, value_of

_symbol = c_function("mk_string_symbol", "s")
_make, _keep, _drop = c_function("mk_solver_for_logic", "t"), c_function("solver_inc_ref", "t"), c_function("solver_dec_ref", "t")
_params, _params_keep, _params_drop = c_function("mk_params"), c_function("params_inc_ref", "t"), c_function("params_dec_ref", "t")
_params_set, _set = c_function("params_set_uint", "ttu"), c_function("solver_set_params", "tt")
_assert, _push, _pop = c_function("solver_assert", "tt"), c_function("solver_push", "t"), c_function("solver_pop", "tu")
_check, _model = c_function("solver_check", "t", gives=ctypes.c_int), c_function("solver_get_model", "t")
_model_keep, _model_drop = c_function("model_inc_ref", "t"), c_function("model_dec_ref", "t")
_eval = c_function("model_eval", "ttut", gives=ctypes.c_bool)
_count, _declaration = c_function("model_get_num_consts", "t", gives=ctypes.c_uint), c_function("model_get_const_decl", "tu")
_name, _string = c_function("get_decl_name", "t"), c_function("get_symbol_string", "t", gives=ctypes.c_char_p)
_new, _declared = c_function("mk_model"), c_function("get_app_decl", "t")
_is, _gives = c_function("add_const_interp", "ttt", gives=None), c_function("add_func_interp", "ttt")
_check_with, _core = c_function("solver_check_assumptions", "tua", gives=ctypes.c_int), c_function("solver_get_unsat_core", "t")
_vector_keep, _vector_drop = (c_function(f"ast_vector_{how}_ref", "t", gives=None) for how in ("inc", "dec"))
_size, _at = c_function("ast_vector_size", "t", gives=ctypes.c_uint), c_function("ast_vector_get", "tu")
ANSWERS = {z3consts.Z3_L_TRUE: True, z3consts.Z3_L_FALSE: False}


class Model:
    """A state: what it leaves open is 0."""

    def __init__(self, model):
        self.model = model
        _model_keep(CONTEXT, model)

    def __del__(self, drop=_model_drop, context=CONTEXT):
        drop(context, self.model)

    def _eval(self, term):
        found = ctypes.c_void_p()
        if not _eval(CONTEXT, self.model, term.ast, 1, ctypes.addressof(found)):
            raise ValueError(f"the solver cannot tell what {term} is")
        return term_at(found.value, term.bits)

    def number(self, term):
        return value_of(self._eval(term))

    def holds(self, condition):
        return is_true(self._eval(condition))

    def names(self):
        """Of the variables that it says something of."""
        places = range(_count(CONTEXT, self.model))
        return {_string(CONTEXT, _name(CONTEXT, _declaration(CONTEXT, self.model, i))).decode() for i in places}


class Sample(Model):
    """Some state, made without a solver: a variable is a number made of its name, and a word that a function of smt.unknown() gives, one
    made of its argument. What is not the same here is not always the same."""

    def __init__(self):
        super().__init__(_new(CONTEXT))
        self.chosen, self.numbers = set(), {}

    def number(self, term):
        if term.ast not in self.numbers:
            for name, unknown in unknowns_in(term).items():
                if name not in self.chosen:
                    self.chosen.add(name)
                    self._choose(unknown, random.Random(name).getrandbits(64))
            self.numbers[term.ast] = super().number(term), term
        return self.numbers[term.ast][0]

    def _choose(self, unknown, some):
        declaration, bits = _declared(CONTEXT, unknown.ast), unknown.bits
        if is_variable(unknown):
            _is(CONTEXT, self.model, declaration, number(some, bits).ast)
        else:
            argument = smt.argument(bits)
            _gives(CONTEXT, self.model, declaration, ((argument ^ smt.LShR(argument, bits // 2 + 1)) * (some | 1) ^ (some >> 1)).ast)


class Solver:
    """For conditions of bit vectors. `work`: the most that it does for one question, in z3's units. logic: QF_UFBV with smt.unknown()."""

    def __init__(self, assumptions, work, logic=b"QF_BV"):
        self.solver, self.scopes = _make(CONTEXT, _symbol(CONTEXT, logic)), 0
        _keep(CONTEXT, self.solver)
        params = _params(CONTEXT)
        _params_keep(CONTEXT, params)
        _params_set(CONTEXT, params, _symbol(CONTEXT, b"rlimit"), work)
        _set(CONTEXT, self.solver, params)
        _params_drop(CONTEXT, params)
        for condition in assumptions:
            self.add(condition)

    def __del__(self, drop=_drop, context=CONTEXT):
        drop(context, self.solver)

    def add(self, condition):
        _assert(CONTEXT, self.solver, condition.ast)

    def push(self, condition):
        """Until it is popped."""
        _push(CONTEXT, self.solver)
        self.scopes += 1
        self.add(condition)

    def pop(self, count):
        if count:
            _pop(CONTEXT, self.solver, count)
            self.scopes -= count

    def check(self):
        """Can it be? None: it has no answer."""
        return ANSWERS.get(_check(CONTEXT, self.solver))

    def model(self):
        return Model(_model(CONTEXT, self.solver))


class Selecting(Solver):
    """Is asked about some conditions at a time. Each has a name, by which the solver assumes it: so what it has learned of them stays, and
    of conditions that cannot all be it says which."""

    def __init__(self, work, logic):
        super().__init__((), work, logic)
        self.names, self.named = {}, {}  # of conditions, and back

    def _name(self, condition):
        if condition.ast not in self.names:
            name = self.names[condition.ast] = smt.variable(f"condition #{len(self.names)}", 0)
            self.named[name.ast] = condition
            self.add(smt.Implies(name, condition))
        return self.names[condition.ast].ast

    def check(self, conditions):
        names = [self._name(c) for c in conditions]
        return ANSWERS.get(_check_with(CONTEXT, self.solver, len(names), (ctypes.c_void_p * len(names))(*names)))

    def core(self):
        """After a no: conditions among those that were asked about that suffice for it."""
        found = _core(CONTEXT, self.solver)
        _vector_keep(CONTEXT, found)
        core = [self.named[_at(CONTEXT, found, i)] for i in range(_size(CONTEXT, found))]
        _vector_drop(CONTEXT, found)
        return core
