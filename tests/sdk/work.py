"""A limit to work: what goes on for ever ends after a number of function calls, the same on every machine."""
import sys


class TooMuch(BaseException):
    """Not an Exception, so that nothing catches it on the way."""


def within(calls, function, *arguments):
    """What the function returns. fails: TooMuch, when it makes more calls than these (of Python's functions or built-in ones)."""
    left = calls

    def count(_frame, event, _argument):
        nonlocal left
        if event in ("call", "c_call"):
            left -= 1
            if left < 0:
                sys.setprofile(None)
                raise TooMuch(f"more than {calls} calls")

    sys.setprofile(count)
    try:
        return function(*arguments)
    finally:
        sys.setprofile(None)
