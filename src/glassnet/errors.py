"""The one exception that means: what was asked for, or the data given, is wrong."""


class InputError(ValueError):
    """Raised for a wrong request or wrong data, with one sentence: what, where, what to do."""
