"""Where a function crosses zero, for thousands of brackets at once. Knows no statistics."""

from collections.abc import Callable

import numpy as np

from pathlift.inference.arrays import Floats, as_floats

_EPSILON = float(np.finfo(np.float64).eps)
_MOST_STEPS = 200  # bisection alone needs about 60 to reach the last digit


def bracketed_root(
    function: Callable[[Floats], Floats],
    low: Floats,
    high: Floats,
    *,
    low_value: Floats,
    high_value: Floats,
    tolerance: float = 0.0,
) -> Floats:
    """Solve ``function(x) = 0`` elementwise by Chandrupatla's bracketing method.

    Inverse quadratic interpolation where it is safe, bisection elsewhere, so a
    bracket never grows and about eight evaluations reach the last digits of a
    smooth function.

    Parameters
    ----------
    function : callable
        Maps an array of the brackets' shape to values of that shape, elementwise.
    low, high : Floats
        Ends of the brackets, of one shape.
    low_value, high_value : Floats
        Values at the ends, of opposite sign or zero. The caller may pass the sign it
        knows from theory where the computed value is 0 but the root lies elsewhere.
    tolerance : float, default 0
        Absolute width at which an element is done, beside four units in the last place.

    Returns
    -------
    Floats
        The roots. An end whose value is exactly 0 is a root.

    Raises
    ------
    ArithmeticError
        If some element has no change of sign, or has not converged.

    References
    ----------
    .. [1] T. R. Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for
       finding the zero of a nonlinear function without using derivatives", Advances in
       Engineering Software 28, 145-149.
    """
    # a is the newest point, b the other end of the bracket, c the point before a
    a, b = high.astype(np.float64), low.astype(np.float64)
    fa, fb = high_value.astype(np.float64), low_value.astype(np.float64)
    if not bool(np.all(np.sign(fa) * np.sign(fb) <= 0)):
        raise ArithmeticError("a root was sought where the function does not change sign")
    share = np.full(a.shape, 0.5)
    with np.errstate(all="ignore"):  # steps of finished elements may divide by zero
        for _ in range(_MOST_STEPS):
            best, value = np.where(np.abs(fa) < np.abs(fb), (a, fa), (b, fb))
            width = np.abs(b - a)
            least = 2 * _EPSILON * np.abs(best) + 0.5 * tolerance
            done = (value == 0) | (width <= 2 * least) | (width == 0)
            if bool(done.all()):
                return as_floats(best)
            limit = np.minimum(least / width, 0.5)
            x = np.where(done, a, a + np.clip(share, limit, 1 - limit) * (b - a))
            fx = np.where(done, fa, function(x))
            same_side = np.sign(fx) == np.sign(fa)
            c, fc = np.where(same_side, (a, fa), (b, fb))
            b, fb = np.where(same_side, (b, fb), (a, fa))
            a, fa = x, fx
            share = _share_of_bracket(a, b, c, fa, fb, fc)
    raise ArithmeticError(f"a root did not converge in {_MOST_STEPS} steps")


def _share_of_bracket(
    a: Floats, b: Floats, c: Floats, fa: Floats, fb: Floats, fc: Floats
) -> Floats:
    """Where in the bracket from a (0) to b (1) to look next; needs numpy's warnings off."""
    xi = (a - b) / (c - b)
    phi = (fa - fb) / (fc - fb)
    safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
    quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (
        fc - fb
    )
    return np.where(safe & np.isfinite(quadratic), quadratic, 0.5)
