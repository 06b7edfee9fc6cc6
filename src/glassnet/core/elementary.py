"""Elementary functions that give the same bits on every platform.

The C libraries that numpy calls differ in the last bit, and so do processors that multiply and add
in one rounding. Data sets and features, which every later digit depends on, are made of these
functions instead: numpy's sums, products and quotients alone, which are rounded alike everywhere.
They are within 1 unit in the last place; `normal_cdf` within 5.

References
----------
Cody and Waite, "Software manual for the elementary functions" (1980): the reduction of arguments.
Sun Microsystems, fdlibm 5.3 (1993): the polynomials of exp, sin and cos.
Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x" (1981).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
EXP = (
    4.13813679705723846039e-08,
    -1.65339022054652515390e-06,
    6.61375632143793436117e-05,
    -2.77777777770155933842e-03,
    1.66666666666666019037e-01,
)
SIN = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
)
THIRD = -1.66666666666666324348e-01
COS = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)
# pi / 2 in parts of 22 bits, of which a whole number below 2^31 has exact multiples, and a rest.
HALF_PI = (
    1.570796012878418,
    3.139164164167596e-07,
    6.223371969669989e-14,
    2.0222659584103533e-21,
    2.903855540388854e-28,
    4.3359050650618903e-35,
)
LARGE = 2.0**31  # from here on integers of any length reduce an angle
BITS = 1200  # of pi / 2 that these take
# (1 + 2x) exp(x^2) erfc(x) for x = |z| / sqrt(2), a polynomial of (|z| - 4.25) / (|z| + 4.25)
TAIL = (
    -1.0277497954825272e-09,
    -6.429821699556291e-09,
    -6.377901112027284e-09,
    3.980796247123794e-08,
    9.249096781434733e-08,
    -1.3406631546297178e-07,
    -6.124735184133522e-07,
    3.069040243602194e-07,
    3.4781498391083273e-06,
    -4.62469923413741e-07,
    -2.0149672472623966e-05,
    3.526965151011569e-06,
    0.00012602248393051358,
    -9.782693570394283e-05,
    -0.0007937296083665208,
    0.0018667953577053964,
    0.002666729850337739,
    -0.024051345330869958,
    0.06859720442209244,
    -0.11931367635533868,
    0.129313698155996,
    -0.04710813384083575,
    -0.1357031428587353,
    1.2528904999283854,
)

Numbers = NDArray[np.floating]


def exp(x: Numbers) -> Numbers:
    """Return the exponential of x: 2^k times that of r, x = k log 2 + r and |r| <= log(2) / 2."""
    x = np.minimum(np.maximum(x, -750.0), 710.0)  # beyond, exp is 0 or infinite all the same
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        k = np.rint(x * (1 / np.log(2)))
        high, low = x - k * LN2_HIGH, k * LN2_LOW
        r = high - low
        c = r - r * r * _polynomial(EXP, r * r)
        values: Numbers = np.ldexp(1 - ((low - r * c / (2 - c)) - high), k.astype(np.int32))
    return values


def sin(x: Numbers) -> Numbers:
    """Return the sine of x, in radians."""
    quadrant, r, rest = _reduced(x)
    return _of_quadrant(quadrant, r, rest)


def cos(x: Numbers) -> Numbers:
    """Return the cosine of x, in radians."""
    quadrant, r, rest = _reduced(x)
    return _of_quadrant(quadrant + 1, r, rest)


def normal_cdf(z: Numbers) -> Numbers:
    """Return the normal distribution function Phi(z) = erfc(-z / sqrt(2)) / 2."""
    x = np.minimum(np.abs(z), 40.0).astype(np.float64)
    # exp(-x^2 / 2) without the error of x^2: the square of the upper half of the bits is exact.
    upper = x.astype(np.float32).astype(np.float64)
    d = (upper - x) * (upper + x) / 2
    density = exp(-upper * upper / 2) * (1 + (d + d * d * (0.5 + d / 6)))
    tail = density * _polynomial(TAIL, (x - 4.25) / (x + 4.25)) / (2 + 2 * np.sqrt(2) * x)
    values: Numbers = np.where(z > 0, 1 - tail, tail).astype(np.asarray(z).dtype)
    return values


def _polynomial(coefficients: tuple[float, ...], x: Numbers) -> Numbers:
    """The highest power comes first."""
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _of_quadrant(quadrant: NDArray[np.int64], r: Numbers, rest: Numbers) -> Numbers:
    """sin(quadrant pi / 2 + r + rest), with |r| <= pi / 4."""
    z = r * r
    sine = r - ((z * (rest / 2 - z * r * _polynomial(SIN, z)) - rest) - z * r * THIRD)
    half = z / 2
    w = 1 - half
    cosine = w + (((1 - w) - half) + (z * z * _polynomial(COS, z) - r * rest))
    value = np.where(quadrant % 2 == 0, sine, cosine)
    return np.where(quadrant % 4 < 2, value, -value)


def _reduced(x: Numbers) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    """n, r and what r leaves, with x = n pi / 2 + r + rest and |r| <= pi / 4."""
    x = np.asarray(x, np.float64)
    near = np.where(np.abs(x) < LARGE, x, 0.0)
    n = np.rint(near * (2 / np.pi))
    r: Numbers = near - n * HALF_PI[0]
    rest: Numbers = np.zeros_like(near)
    for part in HALF_PI[1:-1]:
        r, error = _sum(r, -n * part)
        rest = rest + error
    r, rest = _sum(r, rest - n * HALF_PI[-1])
    quadrant = n.astype(np.int64)
    for i in np.argwhere(np.abs(x) >= LARGE):
        at = tuple(i)
        quadrant[at], r[at], rest[at] = _reduced_exactly(float(x[at]))
    r = np.where(np.isfinite(x), r, np.nan)
    return quadrant, r, rest


def _sum(a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
    """a + b, rounded, and what the rounding took off (Knuth 1969)."""
    total = a + b
    b_there = total - a
    return total, (a - (total - b_there)) + (b - b_there)


def _reduced_exactly(x: float) -> tuple[int, float, float]:
    if not np.isfinite(x):
        return 0, 0.0, 0.0
    one, half_pi = 1 << BITS, _half_pi()
    number, denominator = x.as_integer_ratio()
    n, above = divmod(number * one // denominator + half_pi // 2, half_pi)
    r = (above - half_pi // 2) / one
    above -= half_pi // 2
    number, denominator = r.as_integer_ratio()
    return n % 4, r, (above - number * one // denominator) / one


@cache
def _half_pi() -> int:
    """2^BITS pi / 2, by pi / 4 = 4 arctan(1/5) - arctan(1/239) (Machin 1706)."""
    guard = 64

    def arctan_of_inverse(n: int) -> int:
        term = total = (1 << (BITS + guard)) // n
        k = 1
        while term:
            term = -(abs(term) // (n * n)) if term > 0 else abs(term) // (n * n)
            k += 2
            total += term // k
        return total

    return 2 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)) >> guard
