"""Where in a row of commits something changed, by as few measurements as possible.

Places are numbers, 0 the oldest. `same(a, b)`: whether both cost the same; `measurable(a)`: whether a has an image and a
number at all (asked before `same`). Each may take minutes, so neither is asked without need, nor twice.
"""


def _nearest(measurable, place, low, high):
    """The measurable place nearest to this one, of low up to but not high; or None."""
    return next((i for i in sorted(range(low, high), key=lambda i: abs(i - place)) if measurable(i)), None)


def last_step(same, measurable, low, high):
    """(a, b): b is like `high`, a is not, and nothing between them can be measured. pre: low and high differ."""
    while (middle := _nearest(measurable, (low + high) / 2, low + 1, high)) is not None:
        if same(middle, high):
            high = middle
        else:
            low = middle
    return low, high


def before(same, measurable, high):
    """A place that differs from `high`, looked for 1, 2, 4 ... places before it; None: all that can be measured is like it."""
    near, distance = high, 1  # from `near` on, everything that was looked at is like `high`
    while (place := _nearest(measurable, max(0, high - distance), 0, near)) is not None:
        if not same(place, high):
            return place
        near, distance = place, 2 * (high - place)
    return None


def every_step(same, measurable, low, high):
    """All (a, b) in the range where b is not like a, and nothing between them can be measured. Each place is looked at:
    a change that was taken back later is one, too."""
    places = [i for i in range(low, high + 1) if measurable(i)]
    return [(a, b) for a, b in zip(places, places[1:]) if not same(a, b)]
