"""Tails against mpmath at 40 digits, and the identities that tie p-values to critical values."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.inference.tails import (
    chi_square_p,
    f_p,
    lower_tail,
    one_sided_critical,
    one_sided_p,
    two_sided_critical,
    two_sided_p,
)

# what we promise: nine digits, wherever a float can hold the value
PROMISED = 1e-9


def normal_two_sided(z: float) -> mpmath.mpf:
    return mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2))


def student_two_sided(t: float, df: float) -> mpmath.mpf:
    t, df = mpmath.mpf(t), mpmath.mpf(df)
    return mpmath.betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True)


@pytest.mark.parametrize("z", [0.0, 1e-8, 0.5, 1.959963984540054, 5.0, 10.0, 25.0, 37.0])
def test_normal_tails_keep_nine_digits_down_to_1e_300(z: float) -> None:
    with mpmath.workdps(40):
        expected = float(normal_two_sided(z))
    assert float(two_sided_p(z)) == pytest.approx(expected, rel=PROMISED, abs=0)


@pytest.mark.parametrize("df", [1.0, 2.5, 10.0, 100.0, 1e4, 1e6])
@pytest.mark.parametrize("t", [1e-3, 1.0, 3.0, 10.0, 36.0])
def test_student_tails_keep_nine_digits_at_any_df(t: float, df: float) -> None:
    with mpmath.workdps(40):
        expected = float(student_two_sided(t, df))
    assert float(two_sided_p(t, df)) == pytest.approx(expected, rel=PROMISED, abs=0)


def test_a_batch_may_mix_finite_and_infinite_df() -> None:
    p = two_sided_p([2.0, 2.0], [10.0, np.inf])
    assert p[0] == two_sided_p(2.0, 10.0)
    assert p[1] == two_sided_p(2.0)


def test_infinite_statistics_have_a_p_of_zero() -> None:
    assert two_sided_p([np.inf, -np.inf]).tolist() == [0.0, 0.0]


def test_published_quantiles_are_met() -> None:
    # NIST/SEMATECH e-Handbook 1.3.6.7.2: t(.975) for 10 df and the normal; three decimals
    assert float(two_sided_critical(0.05, 10)) == pytest.approx(2.228, abs=5e-4)
    assert float(two_sided_critical(0.05)) == pytest.approx(1.960, abs=5e-4)
    assert float(one_sided_critical(0.05)) == pytest.approx(1.645, abs=5e-4)


def test_chi_square_tail_meets_its_published_point() -> None:
    # NIST/SEMATECH e-Handbook 1.3.6.7.4: chi-square(.95) with 2 df is 5.991
    assert float(chi_square_p(5.991, 2)) == pytest.approx(0.05, abs=2e-5)


def test_f_with_one_numerator_df_is_a_squared_t() -> None:
    assert float(f_p(2.0**2, 1, 17)) == pytest.approx(float(two_sided_p(2.0, 17)), rel=1e-12)
    limit = float(chi_square_p(6.0, 2))
    assert float(f_p(3.0, 2, np.inf)) == pytest.approx(limit, rel=1e-14)


@given(alpha=st.floats(1e-250, 0.999), df=st.one_of(st.just(np.inf), st.floats(1.0, 1e7)))
def test_a_critical_value_has_exactly_its_alpha_beyond_it(alpha: float, df: float) -> None:
    if df < 2:
        alpha = max(alpha, 1e-150)  # the square of a farther value is no float
    c = two_sided_critical(alpha, df)
    # quantile and tail are separate algorithms; both promise nine digits
    assert float(two_sided_p(c, df)) == pytest.approx(alpha, rel=PROMISED, abs=0)


@given(t=st.floats(-40, 40), df=st.one_of(st.just(np.inf), st.floats(1.0, 1e7)))
def test_the_two_sides_add_up_and_mirror(t: float, df: float) -> None:
    greater, less = one_sided_p(t, df, side="greater"), one_sided_p(t, df, side="less")
    assert float(greater + less) == pytest.approx(1.0, abs=1e-15)
    assert greater == one_sided_p(-t, df, side="less")
    assert float(two_sided_p(t, df)) == pytest.approx(
        2 * min(float(greater), float(less)), rel=1e-15
    )


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, np.nan])
def test_an_alpha_outside_its_range_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="alpha lies between 0 and 1"):
        two_sided_critical(2 * bad)


def test_degrees_of_freedom_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        lower_tail(1.0, 0.0)
