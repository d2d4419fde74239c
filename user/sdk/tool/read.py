"""Phase 1: from the bytes of a description to nodes that know where they and each of their attributes stand.

A file that is not XML, or not meant for a tool like this one (a document type, which could define entities that grow without end;
another encoding; too large or too deep), ends here with its one error. Text between elements is an error, but reading goes on.
"""
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from .log import Log, Source, shown

MAX_BYTES = 4 << 20
MAX_DEPTH = 16
MAX_NODES = 100000

# In a tag that expat has accepted: what stands before each attribute, its name, its value.
ATTRIBUTE = re.compile(rb"""[\s]+([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
TAG_NAME = re.compile(rb"<[^\s/>]+")

WHAT_TO_DO = {
    expat.errors.XML_ERROR_TAG_MISMATCH: "close each element by its own name, the last one that was opened first",
    expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "a description has one root, <system>: put everything into it",
    expat.errors.XML_ERROR_NO_ELEMENTS: "a description is one element <system> with everything in it",
    expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "keep one of the two attributes of that name",
    expat.errors.XML_ERROR_UNCLOSED_TOKEN: "something that begins here has no end: a tag, a comment, a value",
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "only &lt; &gt; &amp; &quot; &apos; and &#number; are known",
    expat.errors.XML_ERROR_XML_DECL: "the declaration is <?xml version=\"1.0\" encoding=\"UTF-8\"?>",
}


@dataclass(eq=False)
class Attribute:
    name: str
    value: str
    offset: int


@dataclass(eq=False)
class Node:
    name: str
    offset: int
    attributes: dict = field(default_factory=dict)  # name -> Attribute
    children: list = field(default_factory=list)


@dataclass
class _Place:
    offset: int


class _Refused(Exception):
    """Reading cannot go on; the error is in the log."""


class _Reader:
    def __init__(self, source, log):
        self.source, self.log = source, log
        self.stack, self.root, self.nodes, self.text_in = [], None, 0, None
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.XmlDeclHandler = self.declaration

    def refuse(self, offset, words, advice):
        self.log.error(_Place(offset), f"could not parse '{shown(self.source.name)}': {words}", advice)
        raise _Refused

    def start(self, name, pairs):
        at = self.parser.CurrentByteIndex
        self.nodes += 1
        if len(self.stack) == MAX_DEPTH:
            self.refuse(at, f"element '{shown(name)}' is nested too deep", f"at most {MAX_DEPTH} elements may lie in each other")
        if self.nodes > MAX_NODES:
            self.refuse(at, "too many elements", f"at most {MAX_NODES} are read")
        node = Node(name, at, self.attributes(at, pairs))
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node
        self.stack.append(node)

    def attributes(self, at, pairs):
        found, place = {}, TAG_NAME.match(self.source.data, at).end()
        for name, value in zip(pairs[::2], pairs[1::2]):
            match = ATTRIBUTE.match(self.source.data, place)
            found[name] = Attribute(name, value, match.start(1))
            place = match.end()
        return found

    def end(self, _name):
        self.stack.pop()

    def text(self, data):
        within = self.stack[-1]
        if not data.strip(" \t\r\n") or self.text_in is within:
            return
        self.text_in = within  # reported once per element
        blank = len(data) - len(data.lstrip(" \t\r\n"))
        where = f"after element '{shown(within.children[-1].name)}'" if within.children else f"in element '{shown(within.name)}'"
        self.log.error(_Place(self.parser.CurrentByteIndex + blank), f"unexpected text found {where}",
                       "everything is said by elements and attributes: remove it, or make it a comment <!-- -->")

    def doctype(self, *_):
        at = self.source.data.rfind(b"<!DOCTYPE", 0, self.parser.CurrentByteIndex + len(b"<!DOCTYPE"))
        self.refuse(max(at, 0), "it has a document type", "remove <!DOCTYPE ...>: no entities are defined here")

    def declaration(self, _version, encoding, _standalone):
        if encoding and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
            self.refuse(0, f"its encoding is '{shown(encoding)}'", "save it as UTF-8, and say so in the declaration")

    def encoding(self):
        """Only UTF-8 is read; expat would say of most others just that a token is invalid."""
        data = self.source.data
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self.refuse(0, "it is UTF-16", "save it as UTF-8")
        if b"\0" in data:
            self.refuse(data.index(b"\0"), "it contains a NUL byte", "a description is text, in UTF-8")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            self.refuse(error.start, "it is not UTF-8", "save it as UTF-8")

    def run(self):
        if len(self.source.data) > MAX_BYTES:
            self.refuse(0, "it is too large", f"a description has at most {MAX_BYTES >> 20} MiB")
        self.encoding()
        try:
            self.parser.Parse(self.source.data, True)
        except expat.ExpatError as error:
            text = expat.errors.messages[error.code]
            self.refuse(max(self.parser.ErrorByteIndex, 0), text, WHAT_TO_DO.get(text, "mend the XML here or just before"))


def read(name, data):
    """The root node, or None, and the log. `name` is the file as the user called it, `data` its bytes (one more than MAX_BYTES
    is enough of them)."""
    source = Source(name, data)
    log = Log(source)
    reader = _Reader(source, log)
    try:
        reader.run()
    except _Refused:
        return None, log
    return reader.root, log
