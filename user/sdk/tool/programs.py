"""Phase 3: the programs of a checked system: found, read, checked against what the description says about them."""
from .elf import MAX_BYTES, ElfError, read_program, read_symbols
from .context import LIBRARY_VARIABLES
from .extended import Extended
from .log import nearest, shown

WORD = 8


class Programs:
    """Reads each file once, however many protection domains run it."""

    def __init__(self, context, extended=None):
        self.context, self.log = context, context.log
        self.extended = extended or Extended()
        self._read = {}

    def load_all(self):
        for pd in self.context.system.pds:
            if pd.program_path is not None:
                self._load(pd)

    def _load(self, pd):
        node = next(c for c in self.context.places[pd].children if c.name == "program_image")
        path = self._find(node.attributes["path"], pd.program_path, "")
        symbols_path, names = None, node.attributes.get("path_for_symbols")
        if names is not None and pd.symbols_path is not None:
            symbols_path = self._find(names, pd.symbols_path, " for symbols")
        if path is None or (pd.symbols_path is not None and symbols_path is None):
            return
        pd.program = self._program(pd, path, symbols_path, node)
        if pd.program is not None:
            _Links(self.context, pd, node.attributes["path"]).check()

    def _find(self, attribute, name, what):
        search = self.context.search
        path, size = search.find(str(name))
        if path is None and search.is_other(str(name)):
            self.log.error(attribute, f"unable to find program image{what}: '{shown(str(name))}'", "it is a folder or device, not a file")
        elif path is None:
            self.log.error(attribute, f"unable to find program image{what}: '{shown(str(name))}'", search.searched(str(name)))
        elif size > MAX_BYTES:
            self.log.error(attribute, f"program image{what} '{shown(str(name))}' is too large: {size} bytes",
                           f"at most {MAX_BYTES >> 20} MiB are read")
        else:
            return path
        return None

    def _program(self, pd, path, symbols_path, node):
        """Of these two files; None: one of them is wrong, which is told for each protection domain."""
        key = (path, symbols_path)
        if key not in self._read:
            self._read[key] = self._parse(path, symbols_path)
        found = self._read[key]
        if not isinstance(found, tuple):
            return found
        attribute, file, error = found
        self.log.error(node.attributes[attribute], f"failed to parse ELF '{shown(str(file))}' for PD '{shown(pd.name)}': {error.words}",
                       error.advice)
        return None

    def _parse(self, path, symbols_path):
        """A Program, or which attribute's file is wrong, and how."""
        attribute, file = "path_for_symbols", symbols_path
        try:
            symbols = read_symbols(_bytes(symbols_path)) if symbols_path else None
            attribute, file = "path", path
            return read_program(path, _bytes(path), self.extended, symbols)
        except ElfError as error:
            return attribute, file, error


def _bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise ElfError(f"failed to read ELF: {error.strerror}", "make the file readable") from error


class _Links:
    """What a description and a program say about each other, for one protection domain."""

    def __init__(self, context, pd, place):
        self.context, self.pd, self.place, self.log = context, pd, place, context.log
        self.program = pd.program

    def check(self):
        self._top()
        self._maps()
        self._library()
        for setvar in self.pd.setvars:
            self._setvar(setvar, self.context.places[setvar])

    def _top(self):
        last = self.program.segments[-1]
        if last.end > self.pd.stack_bottom:
            self.log.error(self.place, f"ELF segment [{last.vaddr:#x}..{last.end:#x}) of '{shown(self.pd.name)}' overlaps its stack, "
                           f"which begins at {self.pd.stack_bottom:#x}", "link the program lower, as the SDK's linker script does")

    def _maps(self):
        segments = self.program.segments
        for made in self.pd.maps:
            for segment in segments:
                if made.vaddr < segment.end and segment.vaddr < made.end:
                    self.log.error(self.context.places[made].attributes["vaddr"],
                                   f"map for '{shown(made.region.name)}' has virtual address range [{made.vaddr:#x}..{made.end:#x}) which "
                                   f"overlaps with ELF segment [{segment.vaddr:#x}..{segment.end:#x}) of '{shown(self.pd.name)}'",
                                   f"the program ends at {segments[-1].end:#x}: map the region elsewhere")

    def _library(self):
        """Libmicrokit's own variables; one error when several are missing, since it is one mistake."""
        missing = [name for name in LIBRARY_VARIABLES if name not in self.program.symbols]
        for name, size in LIBRARY_VARIABLES.items():
            if name in missing[1:]:
                continue
            more = f", with {len(missing) - 1} more of its variables" if missing[1:] else ""
            symbol = self._symbol(name, self.place, f"it is libmicrokit's{more}: link the program with -lmicrokit")
            if symbol and self._inside(symbol, size, self.place):
                self.pd.variables[name] = symbol.address

    def _symbol(self, name, place, advice):
        """The one symbol of that name; None: that is an error."""
        found = self.program.symbols.get(name, ())
        said = f"for PD '{shown(self.pd.name)}'"
        if not found:
            self.log.error(place, f"no symbol named '{shown(name)}' found {said}", advice)
        elif len(found) > 1:
            self.log.error(place, f"multiple symbols with name '{shown(name)}' found {said}",
                           "rename all but one: which one is meant cannot be said")
        return found[0] if len(found) == 1 else None

    def _inside(self, symbol, size, place):
        """Whether that many bytes at it are memory of the program, and not code."""
        for segment in self.program.segments:
            if segment.vaddr <= symbol.address and symbol.address + size <= segment.end:
                if not (segment.execute and symbol.code):
                    return True
                self.log.error(place, f"setvar on symbol '{shown(symbol.name)}' for PD '{shown(self.pd.name)}' is not possible: it is code",
                               "name a variable of 8 bytes, such as an unsigned long")
                return False
        self.log.error(place, f"symbol '{shown(symbol.name)}' for PD '{shown(self.pd.name)}' at {symbol.address:#x} lies in no segment",
                       "it is not loaded: keep it in .data, .bss or .rodata")
        return False

    def _setvar(self, setvar, place):
        symbol = self._symbol(setvar.symbol, place, lambda: nearest(setvar.symbol, self._variables(), "it has no variables of 8 bytes"))
        if symbol is None:
            return
        if not symbol.code and symbol.size != WORD:
            self.log.error(place, f"setvar to non-word size symbol '{shown(symbol.name)}' for PD '{shown(self.pd.name)}', symbol has size "
                           f"'{symbol.size}' bytes, expected size '{WORD}' bytes", "declare it unsigned long (or uintptr_t, uint64_t)")
        elif self._inside(symbol, WORD, place):
            setvar.address = symbol.address

    def _variables(self):
        return [name for name, symbols in self.program.symbols.items()
                if symbols[0].size == WORD and not symbols[0].code and name not in LIBRARY_VARIABLES]


def load(context, extended=None):
    """Reads the programs of all protection domains into the system."""
    Programs(context, extended).load_all()
