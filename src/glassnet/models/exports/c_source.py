"""A model as one C99 file: a struct with a member for each column, and predict().

Members are named after the columns, in the letters that C allows. Texts of the user stand in
literals only, written by `literal` in characters that can end neither a text nor a comment, nor
form a trigraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from glassnet.core.activations import LEAK
from glassnet.data.preprocessing import (
    DAYS_A_WEEK,
    DAYS_A_YEAR,
    BooleanColumn,
    CategoryColumn,
    Column,
)
from glassnet.errors import InputError
from glassnet.models.exports.plan import Plan, Value
from glassnet.models.exports.python_source import kind, kinds_used
from glassnet.models.exports.source_text import block, dashed, listed, matrix, number, vector

LONGEST_LITERAL = 4095  # bytes that every C99 compiler takes

# Keywords of C and C++, and macros in small letters that compilers define.
TAKEN = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl
    concept const const_cast consteval constexpr constinit continue co_await co_return co_yield
    decltype default delete do double dynamic_cast else enum errno explicit export extern false
    far float for friend goto i386 if inline int linux long math_errhandling mutable namespace
    near new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast requires restrict return short signed sizeof small static static_assert
    static_cast stderr stdin stdout struct switch template this thread_local throw true try
    typedef typeid typename typeof typeof_unqual union unix unsigned using virtual void volatile
    wchar_t while xor xor_eq
    """.split()  # noqa: SIM905
)

KINDS = {
    "number": """
/* A number, standardised. */
static double *number(double *x, double v, double mean, double scale, double fill, int tell_missing)
{
    const int missing = isnan(v) != 0;
    *x++ = ((missing ? fill : v) - mean) / scale;
    if (tell_missing)
        *x++ = missing;
    return x;
}
""",
    "boolean": """
/* -1 for 0, 1 for 1, and what stands for a missing one. */
static double *boolean(double *x, int v, double fill, int tell_missing)
{
    const int missing = v == -1;
    *x++ = missing ? fill : v == 0 || v == 1 ? 2.0 * v - 1.0 : NAN;
    if (tell_missing)
        *x++ = missing;
    return x;
}
""",
    "category": """
/* 1 for the category that it is and 0 for the others. */
static double *category(double *x, const char *v, const char *const *categories, int n,
                        int tell_missing)
{
    int i;
    for (i = 0; i < n; i++)
        *x++ = v != NULL && strcmp(v, categories[i]) == 0;
    if (tell_missing)
        *x++ = v == NULL;
    return x;
}
""",
    "date": f"""
/* Days since 1970-01-01, standardised, and where they are in the year and the week. */
static double *date(double *x, double v, double mean, double scale, double fill, int tell_missing)
{{
    const double pi = 3.141592653589793;
    const int missing = isnan(v) != 0;
    const double days = missing ? fill : v;
    *x++ = (days - mean) / scale;
    *x++ = sin(2 * pi * days / {DAYS_A_YEAR});
    *x++ = cos(2 * pi * days / {DAYS_A_YEAR});
    *x++ = sin(2 * pi * days / {DAYS_A_WEEK});
    *x++ = cos(2 * pi * days / {DAYS_A_WEEK});
    if (tell_missing)
        *x++ = missing;
    return x;
}}
""",
}

ACTIVATIONS = {
    "sigmoid": """
static double sigmoid(double z)
{
    const double e = exp(-fabs(z)); /* cannot overflow */
    return (z >= 0 ? 1.0 : e) / (1.0 + e);
}
""",
    "tanh": "",  # C's own
    "relu": """
static double relu(double z)
{
    return z > 0 ? z : 0.0;
}
""",
    "leaky_relu": f"""
static double leaky_relu(double z)
{{
    return z > 0 ? z : {LEAK} * z;
}}
""",
    "elu": """
static double elu(double z)
{
    return z > 0 ? z : expm1(z);
}
""",
    "gelu": """
static double gelu(double z)
{
    return 0.5 * z * erfc(-z / sqrt(2.0));
}
""",
    "softplus": """
static double softplus(double z)
{
    return (z > 0 ? z : 0.0) + log1p(exp(-fabs(z)));
}
""",
    "identity": """
static double identity(double z)
{
    return z;
}
""",
}

LAYER = """
/* a = g(W x + b) of one layer. */
static void layer(const double *W, const double *b, int n_out, int n_in, double (*g)(double),
                  const double *x, double *a)
{
    int i, j;
    for (i = 0; i < n_out; i++) {
        double z = b[i];
        for (j = 0; j < n_in; j++)
            z += W[i * n_in + j] * x[j];
        a[i] = g(z);
    }
}
"""

DECIDE = {
    "binary_cross_entropy": """\
    out[1] = sigmoid(z[0]);
    out[0] = 1.0 - out[1];
    return out[1] >= 0.5;""",
    "categorical_cross_entropy": """\
    for (i = 1; i < N_OUT; i++)
        if (z[i] > z[most])
            most = i;
    for (i = 0; i < N_OUT; i++)
        total += out[i] = exp(z[i] - z[most]); /* cannot overflow */
    for (i = 0; i < N_OUT; i++)
        out[i] /= total;
    return most;""",
    "mean_squared_error": """\
    for (i = 0; i < N_OUT; i++)
        out[i] = z[i] * SCALE[i] + MEAN[i];
    return 0;""",
}


def source(plan: Plan) -> str:
    """The text of the file. Raises InputError for texts that C cannot hold."""
    members = dict(zip(plan.rows, identifiers(plan.rows), strict=True))
    hidden = dict.fromkeys([*plan.network.activation, "identity"])
    if plan.network.loss == "binary_cross_entropy":
        hidden["sigmoid"] = None
    parts = [
        _header(plan, members),
        *kinds_used(plan, KINDS),
        *(ACTIVATIONS[name] for name in hidden),
        _numbers(plan),
        LAYER,
        _encode(plan, members),
        _predict(plan),
        _self_test(plan),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def literal(text: str) -> str:
    """A text as a literal of C, in UTF-8. Raises InputError where C cannot hold it."""
    encoded = text.encode("utf-8")
    if b"\0" in encoded or len(encoded) > LONGEST_LITERAL:
        raise InputError(
            f"The text {text[:40]!r} cannot stand in C, where a text ends at a zero and has up to "
            f"{LONGEST_LITERAL} bytes: rename it, or export to another format."
        )
    return '"' + "".join(map(_character, encoded)) + '"'


def _character(byte: int) -> str:
    # Three octal digits end by themselves; hexadecimal ones would go on with the next character.
    return chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?*' else f"\\{byte:03o}"


def identifiers(names: Iterable[str]) -> list[str]:
    """A different name of C for each text: its letters and digits, small, joined by _."""
    found: list[str] = []
    taken = set(TAKEN)
    for name in names:
        plain = "_".join(re.findall(r"[a-z0-9]+", name.lower()))
        plain = plain if plain and plain[0].isalpha() else f"column_{plain}".rstrip("_")
        plain = plain[:50]
        unique, number = plain, 1
        while unique in taken:
            number += 1
            unique = f"{plain}_{number}"
        taken.add(unique)
        found.append(unique)
    return found


def _header(plan: Plan, members: dict[str, str]) -> str:
    types = {
        "number": ("double ", "a number, NAN if missing"),
        "boolean": ("int ", "0 or 1, -1 if missing"),
        "category": ("const char *", "a text in UTF-8, NULL if missing"),
        "date": ("double ", "days since 1970-01-01 with fractions, NAN if missing"),
    }
    declared = []
    for column in plan.columns:
        kind_of, takes = types[kind(column)]
        declared.append(
            f"    {kind_of}{members[column.name]}; /* {literal(column.name)}: {takes} */"
        )
    return f"""\
/* A neural network of {dashed(plan.network.sizes)} neurons in C99. Made by glassnet.
 *
 * {_gives(plan)}
 * To test it: cc -std=c99 -DSELF_TEST THIS_FILE -lm && ./a.out
 */
#include <math.h>
#include <string.h>

struct row {{
{chr(10).join(declared)}
}};

enum {{ N_IN = {plan.network.sizes[0]}, N_OUT = {plan.outputs.shape[1]} }};

{_target(plan)}

int predict(const struct row *row, double out[N_OUT]);"""


def _gives(plan: Plan) -> str:
    if plan.classes is None:
        return """\
predict() puts the values of TARGETS into out and returns 0, or -1 if a value of the
 * row is not finite, or no boolean."""
    return """\
predict() puts the probability of each of the CLASSES into out and returns the number of
 * the most probable, or -1 if a value of the row is not finite, or no boolean."""


def _target(plan: Plan) -> str:
    target = plan.recipe.target
    if target.classes is not None:
        labels = [literal(str(value)) for value in target.classes]
        return f"const char *const CLASSES[N_OUT] = {listed(labels, '{}')};"
    return (
        f"const char *const TARGETS[N_OUT] = {listed(map(literal, target.names), '{}')};\n"
        f"static const double MEAN[N_OUT] = {listed(map(number, target.mean), '{}')};\n"
        f"static const double SCALE[N_OUT] = {listed(map(number, target.scale), '{}')};"
    )


def _numbers(plan: Plan) -> str:
    texts = []
    for n, (W, b) in enumerate(plan.layers, start=1):
        n_out, n_in = W.shape
        texts.append(f"static const double W{n}[{n_out}][{n_in}] = {matrix(W, '{}')};")
        texts.append(f"static const double b{n}[{n_out}] = {vector(b, '{}')};")
    return "\n".join(texts)


def _encode(plan: Plan, members: dict[str, str]) -> str:
    lists, calls = [], []
    for n, column in enumerate(plan.columns, start=1):
        if isinstance(column, CategoryColumn):
            texts = listed(map(literal, column.categories), "{}", "    ")
            lists.append(f"    static const char *const categories_{n}[] = {texts};")
        arguments = ", ".join(_settings(column, n))
        calls.append(f"    x = {kind(column)}(x, row->{members[column.name]}, {arguments});")
    body = "\n".join([*lists, *calls])
    return (
        "/* The inputs of the network; returns where they end. */\n"
        f"static double *encode(const struct row *row, double *x)\n{{\n{body}\n    return x;\n}}"
    )


def _settings(column: Column, n: int) -> list[str]:
    flag = str(int(column.has_missing))
    if isinstance(column, CategoryColumn):
        return [f"categories_{n}", str(len(column.categories)), flag]
    if isinstance(column, BooleanColumn):
        return [number(column.fill), flag]
    return [*map(number, (column.mean, column.scale, column.fill)), flag]


def _predict(plan: Plan) -> str:
    sizes = plan.network.sizes
    last = plan.network.n_layers
    arrays = [f"a{n}[{size}]" for n, size in enumerate(sizes[1:-1], start=1)]
    names = ["x", *(f"a{n}" for n in range(1, last)), "z"]
    hidden = [*plan.network.activation, "identity"]
    calls = [
        f"    layer(&W{n}[0][0], b{n}, {sizes[n]}, {sizes[n - 1]}, {hidden[n - 1]}, "
        f"{names[n - 1]}, {names[n]});"
        for n in range(1, last + 1)
    ]
    needed = "    int most = 0;\n    double total = 0.0;\n"
    return (
        "int predict(const struct row *row, double out[N_OUT])\n{\n"
        f"    double {', '.join(['x[N_IN]', *arrays, f'z[{sizes[-1]}]'])};\n    int i;\n"
        f"{needed if plan.network.loss == 'categorical_cross_entropy' else ''}"
        "    encode(row, x);\n"
        "    for (i = 0; i < N_IN; i++)\n        if (!isfinite(x[i]))\n            return -1;\n"
        + "\n".join([*calls, DECIDE[plan.network.loss]])
        + "\n}"
    )


def initialiser(column: Column, value: Value) -> str:
    """A value of a row as it stands in the initialiser of a struct row."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(column, BooleanColumn):
        return "-1" if value is None else str(int(value))
    if isinstance(column, CategoryColumn):
        return "NULL"
    return "NAN" if value is None else number(value)


def _self_test(plan: Plan) -> str:
    cells = [initialiser(column, plan.rows[column.name][0]) for column in plan.columns]
    return f"""\
#ifdef SELF_TEST
#include <stdio.h>

int main(void)
{{
    const struct row row = {block(cells, "{}", "    ")};
    const double expected[N_OUT] = {listed(map(number, plan.outputs[0]), "{}", "    ")};
    double out[N_OUT];
    int i;
    if (predict(&row, out) < 0)
        return 1;
    for (i = 0; i < N_OUT; i++)
        if (!(fabs(out[i] - expected[i]) <= {plan.slack} * (1.0 + fabs(expected[i]))))
            return 1;
    puts("It gives the numbers it was made with.");
    return 0;
}}
#endif"""
