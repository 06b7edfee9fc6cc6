"""What page and session say to each other: every command and every message, with their fields.

A command is a JSON object: "do" names it, "asked" numbers it, and its fields stand beside these. A
message is a JSON object whose "kind" names it, or binary (see `frames`): a Frame, whose header and
arrays are listed here, or a Parcel with a file. A replay holds the same Scene and the same frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict, get_args, get_type_hints

from glassnet.errors import InputError
from glassnet.playground.scenario import MOST_EPOCHS

Request = Mapping[str, Any]  # the fields of a command that was checked
RunName = Literal["a", "b"]
MOST_COUNTED = 2**53  # the numbers that a browser can count
SLOWEST, FASTEST = 0.1, 1e6  # epochs a second; None is as fast as it goes
_REQUIRED: Any = object()


@dataclass(frozen=True)
class Field:
    """A field of a command: what may stand there, in words, and what it is if it is left out."""

    fits: Callable[[Any], bool]
    says: str
    default: Any = _REQUIRED


def _whole(least: int, most: int, default: Any = _REQUIRED) -> Field:
    return Field(
        lambda value: type(value) is int and least <= value <= most,
        f"a whole number from {least} to {most}",
        default,
    )


def _one_of(*values: str, default: Any = _REQUIRED) -> Field:
    known = (*values, None) if default is None else values
    return Field(
        lambda value: isinstance(value, str | None) and value in known,
        f"one of {', '.join(values)}",
        default,
    )


def _of_type(kind: type, says: str, default: Any = _REQUIRED) -> Field:
    return Field(lambda value: isinstance(value, kind), says, default)


def _or_none(field: Field, default: Any = _REQUIRED) -> Field:
    return Field(lambda v: v is None or field.fits(v), f"{field.says}, or null", default)


def _is_speed(value: Any) -> bool:
    return type(value) in (int, float) and SLOWEST <= value <= FASTEST


_ANYTHING = Field(lambda _: True, "any value")
_OBJECT, _LIST = _of_type(dict, "a JSON object"), _of_type(list, "a JSON list")
_TEXT = _of_type(str, "a text")
_SCENARIO = _or_none(_OBJECT, None)
_EPOCH = _whole(0, MOST_EPOCHS)
_ROW = _whole(0, MOST_COUNTED)
_RUN = _one_of("a", "b", default="a")  # which run is meant
_RUN_OR_BOTH = _one_of("a", "b", default=None)  # left out, both are

COMMANDS: Mapping[str, Mapping[str, Field]] = {
    # Where the page is: a scenario at an epoch, that of run b, and what undo leads back to.
    "open": {
        "scenario": _of_type(dict, "a JSON object", {}),
        "epoch": _whole(0, MOST_EPOCHS, 0),
        "compare": _SCENARIO,
        "undo": _of_type(list, "a JSON list", []),
    },
    "reopen": {},  # what the host was given to show
    "compare": {"spec": _or_none(_OBJECT)},  # the settings in which run b differs; null ends it
    # Changes. "values" are pairs of a place in the vector of parameters and a number.
    "set": {"spec": _OBJECT, "of": _RUN_OR_BOTH},
    "edit": {"values": _LIST, "of": _RUN},
    "paint": {
        "classes": _or_none(_LIST, None),  # new names of the classes
        "put": _of_type(list, "a JSON list", []),  # pairs of a row and its numbers
        "remove": Field(lambda v: v == "all" or isinstance(v, list), 'a JSON list or "all"', []),
        "add": _of_type(list, "a JSON list", []),  # rows
        "of": _RUN,
    },
    "fresh": {"of": _RUN},  # other weights to begin with
    "undo": {},
    # Time.
    "play": {},
    "pause": {},
    "epoch": {},
    "phase": {},
    "start": {},
    "go": {"epoch": _EPOCH},
    "speed": {
        "epochs_per_second": _or_none(Field(_is_speed, f"a number from {SLOWEST:g} to {FASTEST:g}"))
    },
    # What is looked at. A place "x" of the plane is seen as a class "label" or a value "target".
    "watch": {"row": _ROW, "of": _RUN},
    "gradient": {"gradient": _of_type(bool, "true or false")},
    "explain": {
        "row": _or_none(_ROW, None),
        "x": _or_none(_LIST, None),
        "label": _or_none(_ROW, None),
        "target": Field(_ANYTHING.fits, "a number", None),
        "of": _RUN,
    },
    "drawn": {"run": _RUN, "frame": _or_none(_ROW, None)},
    # Many starts: "n" seeds of a scenario, by default run a's; one of them shown as run a.
    "seeds": {"n": _or_none(_whole(0, MOST_COUNTED)), "scenario": _SCENARIO},
    "seed": {"seed": _whole(0, MOST_COUNTED), "scenario": _SCENARIO},
    # Files: one of the page to take away, and a table that comes in pieces.
    "save": {"what": _TEXT, "dark": _of_type(bool, "true or false", False), "of": _RUN},
    # "reading" are options of how to read it, by name; "read" does so once more.
    "upload": {
        "name": _TEXT,
        "size": _whole(0, MOST_COUNTED),
        "reading": _of_type(dict, "a JSON object", {}),
    },
    "piece": {"base64": _TEXT},
    "read": {"reading": _OBJECT},
    "take": {
        "target": _TEXT,
        "inputs": _LIST,
        "task": _one_of("classification", "regression", default=None),
    },
}


def parsed(command: Mapping[str, Any]) -> tuple[str, Request]:
    """Return the name of a command and its fields, with what it leaves out.

    Raises InputError for an unknown command or field, or a value that cannot stand there.
    """
    name = command.get("do")
    fields = COMMANDS.get(name) if isinstance(name, str) else None
    if fields is None or not isinstance(name, str):
        raise InputError(f"The page cannot do {name!r:.40}{_hint(name, COMMANDS)}.")
    for field in command:
        if field not in fields and field not in ("do", "asked"):
            known = ", ".join(fields) or "no fields"
            raise InputError(f"The command {name} has no field {field!r:.40}: it takes {known}.")
    return name, {field: _value(name, field, kind, command) for field, kind in fields.items()}


def _value(name: str, field: str, kind: Field, command: Mapping[str, Any]) -> Any:
    value = command.get(field, kind.default)
    if value is _REQUIRED:
        raise InputError(f"The command {name} needs {field}: {kind.says}.")
    if field in command and not kind.fits(value):
        raise InputError(f"{field} of the command {name} must be {kind.says}, not {value!r:.40}.")
    return value


def _hint(name: Any, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name[:40], known, 1) if isinstance(name, str) else []
    return f": perhaps {near[0]} is meant" if near else ""


class Scene(TypedDict, total=False):
    """What stays while one network is trained on the same data; only what is new is sent.

    `points` are in the plane, from -extent to extent; `rows` and a regression's `labels` in their
    own units. `features` have a "name" and a "picture" of cells x cells shades.
    """

    kind: Literal["scene"]
    run: RunName
    scene: int  # its number, which frames repeat
    sizes: tuple[int, ...]
    activation: tuple[str, ...]
    loss: str
    names: list[str]  # of the parameters
    points: list[list[float]]
    rows: list[Any]
    labels: list[float]
    held_out: list[bool]
    n_classes: int  # 0 for a regression
    classes: tuple[str, ...]
    axes: tuple[str, ...]
    inputs: list[dict[str, Any]]  # name, mean and scale
    target: dict[str, Any]
    answers: tuple[float, float]  # at the ends of the scale
    extent: float
    cells: int  # along an edge of a neuron's picture
    plane_cells: int
    features: list[dict[str, Any]]
    controls: list[dict[str, Any]]  # of settings: name, label, help, usual values, what null means


class RecordedScene(Scene, total=False):
    """What a replay says beside that: all its captions, and what of a large run it draws."""

    title: str
    note: str
    n_parameters: int
    n_samples: int
    tested: bool  # whether something was measured on samples held out
    drawn: bool  # whether each neuron is
    numbers: list[int]  # of the samples that are shown
    ends: list[list[str]]  # of the axes
    hint: str
    line: bool  # whether the second axis is the target
    letters: tuple[str, ...]  # what x1, x2, ... stand for


class FrameHeader(TypedDict, total=False):
    """What a frame says beside its ARRAYS. What a replay's frames lack is marked live."""

    kind: Literal["frame"]
    run: RunName
    frame: int  # live: its number, for "drawn"
    asked: int  # live: the last command that was obeyed
    scene: int
    epoch: int
    last: int  # epoch that was trained
    playing: bool
    phase: str | None  # forward, loss, backward or update
    watched: int  # row whose numbers the phase shows
    epoch_loss: float | None  # that the update of this epoch was computed from
    ended: str | None  # why, in a sentence
    finished: bool  # live: the training has ended, here or further on
    diverged: bool
    epochs_per_second: float | None  # live: measured while it plays
    changes: list[int]  # epochs at which something was changed
    counted: int  # of a replay: samples that the loss is of
    loss: float | None
    right: int
    confusion: list[list[int]]
    off: float | None  # mean absolute error, of a regression
    test_loss: float | None
    test_right: int
    test_confusion: list[list[int]]
    test_off: float | None


# The arrays of a frame. A replay keeps "curve" and "measures" beside its frames, and has
# "weights1", "weights2", ... in place of the neurons of a network too large to draw.
ARRAYS = {
    "parameters": "the vector, f8 or f4",
    "neurons": "(neurons, cells^2) shades",
    "ranges": "(neurons, 2) values at the ends of the shades",
    "plane": "(plane_cells^2, n_outputs) shades",
    "boundary": "(pieces, 2, 2) ends of the line between two classes, from 0 to 1",
    "outputs": "(points, n_outputs)",
    "decided": "(points,) classes",
    "curve": "(3, buckets): epochs, least and greatest loss",
    "measures": "(4, n): epochs, score, and score and loss of the points held out",
    "gradient": "of the vector, when it was asked for",
    "activity": "in a phase, a of the watched point by neuron",
    "deltas": "in a phase, dz of the watched point by neuron",
    "losses": "in a phase, (1,) loss of the watched point",
    "before": "after a phase update, the parameters before it",
}


class ScenarioMessage(TypedDict):
    """What decides all digits, as it stands in the address; `before` is what undo leads back to."""

    kind: Literal["scenario"]
    run: RunName
    scenario: dict[str, Any]
    spec: dict[str, Any]  # every setting of now
    undo: int  # steps that can be undone
    before: dict[str, Any] | None
    has_own: bool
    has_opened: bool


class Explanation(TypedDict):
    """The complete calculation of a point; `asked` is the number of the command."""

    kind: Literal["explanation"]
    run: RunName
    asked: int | None
    title: str
    epoch: int
    html: str


class Diagnosis(TypedDict):
    """What is wrong where a training rests."""

    kind: Literal["diagnosis"]
    run: RunName
    epoch: int
    found: list[dict[str, str]]  # name, sentence, advice


class Comparison(TypedDict):
    """How run b differs from run a, and what came of it."""

    kind: Literal["comparison"]
    start: str
    differs: list[dict[str, str]]
    caution: str | None
    outcome: dict[str, dict[str, Any]]
    sentence: str


class Alone(TypedDict):
    """The comparison has ended."""

    kind: Literal["alone"]


class Starts(TypedDict):
    """What has come of many starts."""

    kind: Literal["seeds"]
    running: bool
    n: int
    done: int
    seconds_left: float | None
    spec: dict[str, Any]
    states: dict[str, int]
    share: list[float] | None
    groups: list[dict[str, Any]]
    histogram: dict[str, Any]
    epochs: list[int]
    bands: list[list[float]]
    curves: list[dict[str, Any]]


class Received(TypedDict):
    """So many bytes of an upload are here."""

    kind: Literal["received"]
    upload: int | None
    bytes: int


class TableFound(TypedDict):
    """What an uploaded table holds, and a proposal what to learn from it."""

    kind: Literal["table"]
    upload: int | None
    name: str
    rows: int
    columns: list[dict[str, Any]]
    first: list[list[Any]]
    notes: list[str]
    target: str
    inputs: tuple[str, ...]


class Notes(TypedDict):
    """What was left out of a table or a run."""

    kind: Literal["notes"]
    notes: list[str]


class Taking(TypedDict):
    """How far a file is that was asked for."""

    kind: Literal["taking"]
    state: Literal["making", "made", "failed"]
    what: str


class Problem(TypedDict):
    """A sentence; `refused` if the first command was, `fatal` if it is a fault of ours.

    `unread` names a table that is here and may be read by other options.
    """

    kind: Literal["problem"]
    sentence: str
    upload: NotRequired[int | None]
    unread: NotRequired[str]
    refused: NotRequired[bool]
    fatal: NotRequired[bool]


class Offers(TypedDict):
    """What can be done here: the kinds of files that can be made, and where links lead if public.

    It comes first. Without an address, links lead to where the page is.
    """

    kind: Literal["offers"]
    files: list[str]
    address: str | None


class Idle(TypedDict):
    """Nothing was asked for long; `asked` is the number of the last command."""

    kind: Literal["idle"]
    asked: int


class FileHeader(TypedDict):
    """What a file is called that comes as the array "contents"."""

    kind: Literal["file"]
    name: str
    type: str


Text = (
    Scene
    | ScenarioMessage
    | Explanation
    | Diagnosis
    | Comparison
    | Alone
    | Starts
    | Received
    | TableFound
    | Notes
    | Taking
    | Problem
    | Idle
    | Offers
)


def _kind(message: Any) -> str:
    """The kind that a message says it is."""
    (kind,) = get_args(get_type_hints(message)["kind"])
    return str(kind)


MESSAGES: Mapping[str, Any] = {
    _kind(message): message for message in (*get_args(Text), FrameHeader, FileHeader)
}


class Frame(NamedTuple):
    """A packed frame of a run; a newer one may take its place while it waits to be sent."""

    run: str
    data: bytes


class Parcel(NamedTuple):
    """A packed file; it keeps its place among the texts."""

    data: bytes


Message = Text | Frame | Parcel
Tell = Callable[[Message], None]


def problem(sentence: object) -> Problem:
    """Return a sentence to show."""
    return {"kind": "problem", "sentence": str(sentence)}
