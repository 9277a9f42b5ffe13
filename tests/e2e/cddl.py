"""CBOR in deterministic encoding, held against CDDL (RFC 8610).

The CDDL is the subset that tools/host/api uses, and an unknown construct is an error: type choices,
ranges, literals, bstr, tstr, .size, .cbor, tags, arrays with positions or one repeated entry, maps
with integer keys, optional entries, and named groups inside maps.
"""
import re


class Mismatch(Exception):
    pass


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


# CBOR --------------------------------------------------------------------------------------------

def decode(data):
    value, at = _item(data, 0)
    if at != len(data):
        raise Mismatch("bytes behind the item")
    return value


def _item(data, at):
    if at >= len(data):
        raise Mismatch("cut off")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 28 or major == 7:
        raise Mismatch("an indefinite length, a float or a simple value")
    if info < 24:
        number = info
    else:
        size = 1 << (info - 24)
        number = int.from_bytes(data[at:at + size], "big")
        at += size
        if number < (24 if size == 1 else 1 << (4 * size)):
            raise Mismatch("a head that is not the shortest")
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        if at + number > len(data):
            raise Mismatch("cut off")
        chunk = bytes(data[at:at + number])
        return (chunk if major == 2 else chunk.decode("utf-8", "strict")), at + number
    if major == 6:
        value, at = _item(data, at)
        return Tag(number, value), at
    items = []
    for _ in range(number * (2 if major == 5 else 1)):
        value, at = _item(data, at)
        items.append(value)
    if major == 4:
        return items, at
    keys = [encode(k) for k in items[::2]]
    if any(a >= b for a, b in zip(keys, keys[1:])):
        raise Mismatch("map keys that do not ascend")
    return dict(zip(items[::2], items[1::2])), at


def encode(value):
    if isinstance(value, Tag):
        return _head(6, value.number) + encode(value.value)
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encode(v) for v in value)
    pairs = sorted((encode(k), encode(v)) for k, v in value.items())
    return _head(5, len(value)) + b"".join(k + v for k, v in pairs)


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError("too large a number")


def damaged(item):
    """Maps that differ from this one where no contract may allow it."""
    for key in item:
        yield f"with {key} as text", {**item, key: "Ann"} if not isinstance(item[key], str) else {**item, key: -1}
    yield "with another key", {**item, 99: 1}
    for key in (1, 3):
        yield f"without {key}", {k: v for k, v in item.items() if k != key}


# CDDL --------------------------------------------------------------------------------------------

TOKEN = re.compile(r"\s+|;[^\n]*|(#6\.\d+|\.\.|\.[a-z]+|\d+\*\d+|-?\d+|[a-z][a-z0-9-]*|[=/{}\[\](),:?])")


class Rules:
    def __init__(self, *texts):
        self.rules = {}
        for text in texts:
            self._parse(text)

    def check(self, rule, data):
        self._match(self.rules[rule], decode(data), rule)

    # A rule is a nested tuple: ("choice", [..]), ("range", low, high), ("bstr"|"tstr", control),
    # ("name", n), ("tag", n, type), ("array", [types]), ("repeat", low, high, type),
    # ("map", entries), ("group", entries); an entry is (optional, key, type) or ("use", name).

    def _parse(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise SyntaxError("CDDL: " + text[at:at + 30])
            if match.group(1):
                self.tokens.append(match.group(1))
            at = match.end()
        while self.tokens:
            name = self._next()
            self._expect("=")
            rule = ("group", self._entries("(", ")")) if self._peek() == "(" else self._type()
            if self.rules.setdefault(name, rule) != rule:
                raise SyntaxError(f"CDDL: {name} has two meanings")

    def _peek(self, n=0):
        return self.tokens[n] if n < len(self.tokens) else None

    def _next(self):
        return self.tokens.pop(0)

    def _expect(self, token):
        if self._peek() != token:
            raise SyntaxError(f"CDDL: expected {token} before {self.tokens[:5]}")
        self._next()

    def _type(self):
        choices = [self._single()]
        while self._peek() == "/":
            self._next()
            choices.append(self._single())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def _single(self):
        token = self._peek()
        if token == "{":
            return ("map", self._entries("{", "}"))
        if token == "[":
            return self._array()
        self._next()
        if token.startswith("#6."):
            self._expect("(")
            inner = self._type()
            self._expect(")")
            return ("tag", int(token[3:]), inner)
        if token in ("bstr", "tstr"):
            return (token, self._control())
        if re.fullmatch(r"-?\d+", token):
            return self._range(int(token))
        return ("name", token)

    def _range(self, low):
        if self._peek() != "..":
            return ("range", low, low)
        self._next()
        return ("range", low, int(self._next()))

    def _control(self):
        if self._peek() == ".size":
            self._next()
            if self._peek() != "(":
                size = int(self._next())
                return ("range", size, size)
            self._next()
            size = self._range(int(self._next()))
            self._expect(")")
            return size
        if self._peek() == ".cbor":
            self._next()
            return ("name", self._next())
        return None

    def _array(self):
        self._expect("[")
        repeat = re.fullmatch(r"(\d+)\*(\d+)", self._peek())
        if repeat:
            self._next()
            array = ("repeat", int(repeat.group(1)), int(repeat.group(2)), self._type())
        else:
            array = ("array", [])
            while self._peek() != "]":
                array[1].append(self._type())
                if self._peek() == ",":
                    self._next()
        self._expect("]")
        return array

    def _entries(self, begin, end):
        self._expect(begin)
        entries = []
        while self._peek() != end:
            optional = self._peek() == "?"
            if optional:
                self._next()
            if self._peek(1) == ":":
                key = int(self._next())
                self._next()
                entries.append((optional, key, self._type()))
            else:
                entries.append(("use", self._next()))
            if self._peek() == ",":
                self._next()
        self._next()
        return entries

    def _match(self, rule, value, where):
        kind = rule[0]
        if kind == "name":
            return self._match(self.rules[rule[1]], value, where)
        if kind == "choice":
            return self._match_choice(rule[1], value, where)
        if kind == "range":
            good = isinstance(value, int) and rule[1] <= value <= rule[2]
        elif kind in ("bstr", "tstr"):
            good = isinstance(value, bytes if kind == "bstr" else str)
            if good and rule[1] is not None:
                return self._match_control(rule[1], value, where)
        elif kind == "tag":
            good = isinstance(value, Tag) and value.number == rule[1]
            if good:
                return self._match(rule[2], value.value, where)
        elif kind == "map":
            good = isinstance(value, dict)
            if good:
                return self._match_map(rule[1], value, where)
        elif kind == "repeat":
            good = isinstance(value, list) and rule[1] <= len(value) <= rule[2]
            for i, item in enumerate(value if good else []):
                self._match(rule[3], item, f"{where}[{i}]")
        elif kind == "array":
            good = isinstance(value, list) and len(value) == len(rule[1])
            for i, item in enumerate(value if good else []):
                self._match(rule[1][i], item, f"{where}[{i}]")
        else:
            raise SyntaxError(f"CDDL: {kind} is not a type")
        if not good:
            raise Mismatch(f"{where} is not as described")

    def _match_choice(self, choices, value, where):
        errors = []
        for choice in choices:
            try:
                return self._match(choice, value, where)
            except Mismatch as error:
                errors.append(str(error))
        raise Mismatch(" or ".join(errors))

    def _match_control(self, control, value, where):
        if control[0] == "name":
            return self._match(control, decode(value), where)
        size = len(value if isinstance(value, bytes) else value.encode())
        return self._match(control, size, f"size of {where}")

    def _flatten(self, entries):
        for entry in entries:
            if entry[0] == "use":
                yield from self._flatten(self.rules[entry[1]][1])
            else:
                yield entry

    def _match_map(self, entries, value, where):
        known = {key: (optional, rule) for optional, key, rule in self._flatten(entries)}
        for key in value.keys() - known.keys():
            raise Mismatch(f"{where} has an unknown key {key}")
        for key, (optional, rule) in known.items():
            if key in value:
                self._match(rule, value[key], f"{where}.{key}")
            elif not optional:
                raise Mismatch(f"{where} lacks {key}")
