"""What is each method, and who says so? A method of the result is a sentence made of these."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method, and how a result names it.

    Attributes
    ----------
    name : str
        To look it up by.
    said : tuple of str
        What stands in a result where it was used.
    text : str
    source : str
        Author and year.
    """

    name: str
    said: tuple[str, ...]
    text: str
    source: str


METHODS: Final[tuple[Method, ...]] = (
    Method(
        name="score",
        said=("Miettinen-Nurminen score interval",),
        text="All differences (or ratios) of two shares that the score test does not reject. Holds "
        "its level with rare outcomes too, where normal intervals do not.",
        source="Miettinen & Nurminen 1985; Farrington & Manning 1990",
    ),
    Method(
        name="welch",
        said=("Welch",),
        text="Difference of two means, each arm with its own variance.",
        source="Welch 1947",
    ),
    Method(
        name="satterthwaite",
        said=("Satterthwaite's",),
        text="Degrees of freedom of t where arms have unequal variances: few noisy units count for "
        "less.",
        source="Satterthwaite 1946",
    ),
    Method(
        name="lin",
        said=("adjusted by covariates within each arm (Lin)",),
        text="Covariates known before exposure take away the variance that they explain, with "
        "slopes of each arm. The estimand stays the difference of means, linear or not.",
        source="Lin 2013; Negi & Wooldridge 2021",
    ),
    Method(
        name="cuped",
        said=("(CUPED)",),
        text="The same with one slope for all arms, where an arm has few units for slopes of its "
        "own.",
        source="Deng, Xu, Kohavi & Walker 2013",
    ),
    Method(
        name="delta",
        said=("delta method",),
        text="The variance of a ratio from that of its parts and what they have in common, "
        "straight around the means.",
        source="Deng, Knoblich & Lu 2018",
    ),
    Method(
        name="fieller",
        said=("Fieller",),
        text="All ratios of two means that the test of their difference does not reject. Its ends "
        "may be missing, and then it says so, where a denominator is close to 0.",
        source="Fieller 1954",
    ),
    Method(
        name="woodruff",
        said=("Woodruff",),
        text="A quantile's interval: the distribution read at q plus and minus what chance moves a "
        "share of q.",
        source="Woodruff 1952; Zou & Donner 2008",
    ),
    Method(
        name="cr2",
        said=("between clusters", "clusters' degrees of freedom"),
        text="Units of a cluster resemble each other, so clusters are what is counted. CR2 mends "
        "the variance for few of them; degrees of freedom are Bell and McCaffrey's.",
        source="Bell & McCaffrey 2002; Pustejovsky & Tipton 2018",
    ),
    Method(
        name="normal",
        said=("normal",),
        text="Tails of the normal distribution, for many units.",
        source="central limit theorem",
    ),
    Method(
        name="tost",
        said=("two one-sided tests",),
        text="Equivalent is what is shown to be above the lower margin and below the upper one.",
        source="Schuirmann 1987",
    ),
    Method(
        name="max_t",
        said=("single-step max-|T|",),
        text="One critical value for a family, so that all its intervals hold together. It knows "
        "how the contrasts go together, so it costs less than Bonferroni.",
        source="Hothorn, Bretz & Westfall 2008",
    ),
    Method(
        name="bonferroni",
        said=("Bonferroni",),
        text="Alpha is shared equally over the contrasts.",
        source="Dunn 1961",
    ),
    Method(
        name="holm",
        said=("Holm",),
        text="P-values adjusted step by step, the smallest first; no interval matches them.",
        source="Holm 1979",
    ),
    Method(
        name="bh",
        said=("Benjamini", "Hochberg"),
        text="Holds the share of false findings among the findings, not the chance of any; no "
        "interval matches it.",
        source="Benjamini & Hochberg 1995",
    ),
    Method(
        name="graph",
        said=("graph of Bretz",),
        text="Each hypothesis holds a share of alpha, and hands it on when it is rejected.",
        source="Bretz, Maurer, Brannath & Posch 2009",
    ),
    Method(
        name="none",
        said=("marginal",),
        text="No correction: each interval holds alone.",
        source="",
    ),
    Method(
        name="fixed",
        said=(),
        text="One analysis, when the data are mature.",
        source="",
    ),
    Method(
        name="group_sequential",
        said=("group-sequential", "boundary"),
        text="A few looks, with boundaries that spend alpha by the information seen; early ones "
        "are hard to cross.",
        source="Lan & DeMets 1983",
    ),
    Method(
        name="anytime",
        said=("anytime", "confidence sequence", "at every look"),
        text="Intervals that hold at every look, as often as you like, and are wider for it.",
        source="Waudby-Smith and others 2024",
    ),
    Method(
        name="obf",
        said=("O'Brien-Fleming type",),
        text="Spends little alpha early, as O'Brien and Fleming's boundaries do.",
        source="Lan & DeMets 1983",
    ),
    Method(
        name="pocock",
        said=("Pocock type",),
        text="Spends alpha evenly over the information.",
        source="Lan & DeMets 1983",
    ),
    Method(
        name="hsd",
        said=("Hwang-Shih-DeCani",),
        text="Spends alpha early or late as `gamma` says: -4 is close to obf, 1 to pocock.",
        source="Hwang, Shih & DeCani 1990",
    ),
    Method(
        name="competing_risks",
        said=("competing risks",),
        text="Share that will have converted when windows end, from units followed for unlike "
        "times: whoever converts through one ordering cannot through another.",
        source="Aalen & Johansen 1978",
    ),
    Method(
        name="kaplan_meier",
        said=("Kaplan and Meier",),
        text="Share of an arm that had converted by each day since first exposure, each unit "
        "counted for as long as it was followed. Describes one arm.",
        source="Kaplan & Meier 1958; Greenwood 1926",
    ),
    Method(
        name="anderson_rubin",
        said=("Anderson-Rubin", "Wald's ratio"),
        text="All effects of taking an ordering that the data do not reject, however weak the arm "
        "is. The set need not be an interval.",
        source="Anderson & Rubin 1949; Imbens & Angrist 1994",
    ),
    Method(
        name="factorial",
        said=("means over arms weighted", "difference of differences"),
        text="Averages of arms with declared weights, by the arms' joint covariance.",
        source="Dasgupta, Pillai & Rubin 2015",
    ),
    Method(
        name="pearson",
        said=("Pearson's chi-square", "chi-square", "Pearson's test"),
        text="Do counts differ between arms by more than chance? With rare counts, Pearson's "
        "statistic is ranked among drawn tables with the same margins.",
        source="Pearson 1900",
    ),
    Method(
        name="wald",
        said=("Wald", "F that all arms are equal", "equality over the arms"),
        text="Are several differences 0 at once? Their squared distance from 0, by their "
        "covariance.",
        source="Wald 1943",
    ),
    Method(
        name="mantel_haenszel",
        said=("Mantel-Haenszel",),
        text="Is conversion associated with the ordering within strata? Descriptive.",
        source="Landis, Heyman & Koch 1978",
    ),
    Method(
        name="logistic",
        said=("likelihood ratio", "logistic"),
        text="Does an association differ by arm? Compares two logistic models of grouped counts.",
        source="McCullagh & Nelder 1989",
    ),
    Method(
        name="standardised",
        said=("standardised",),
        text="Rates within strata, averaged over one mix of strata. Descriptive.",
        source="Greenland & Robins 1985",
    ),
    Method(
        name="kitagawa",
        said=("Kitagawa",),
        text="A difference between arms in two parts: other orderings taken (mix), and other "
        "conversion within them (rate). Accounting, not mediation.",
        source="Kitagawa 1955",
    ),
    Method(
        name="wilson",
        said=("Wilson",),
        text="The interval of one share: all shares that the score test does not reject.",
        source="Wilson 1927",
    ),
    Method(
        name="logit",
        said=("logit",),
        text="An interval made on the scale of log odds, so that it stays between 0 and 1.",
        source="",
    ),
    Method(
        name="exact",
        said=("Boschloo", "Fisher", "exact"),
        text="By counting outcomes, for rare ones. Fisher's test takes both totals as given; "
        "Boschloo's takes Fisher's p as its statistic, at the least favourable rate, and finds "
        "more.",
        source="Fisher 1935; Boschloo 1970",
    ),
    Method(
        name="day_stratified",
        said=("days of first exposure weighed alike",),
        text="The contrast within each day of first exposure, with one weight of a day in both "
        "arms: what is left of it where the split moved over days.",
        source="Cochran 1968",
    ),
    Method(
        name="cluster_means",
        said=("means of clusters",),
        text="Welch's contrast of the means of clusters, in which a small one weighs as much as a "
        "large one: another estimand than the mean of units.",
        source="Hayes & Moulton 2017",
    ),
    Method(
        name="permutation",
        said=("dealt", "permutation"),
        text="How often would chance alone, dealing the clusters anew, do as much?",
        source="Phipson & Smyth 2010",
    ),
    Method(
        name="e_value",
        said=("E-value",),
        text="How strongly something unmeasured would have to go with ordering and conversion, to "
        "explain an association away.",
        source="VanderWeele & Ding 2017",
    ),
    Method(
        name="kappa",
        said=("kappa",),
        text="Agreement of two labellings beyond that of chance.",
        source="Cohen 1960",
    ),
    Method(
        name="meeting",
        said=("sum of squared shares over pairs of different units",),
        text="The chance that value of two different units went to the same creator (or whatever "
        "is named): concentration that does not fall as an arm grows.",
        source="Herfindahl 1950; Simpson 1949",
    ),
    Method(
        name="jackknife",
        said=("jackknife over buckets of units",),
        text="Units are dealt into buckets, and the number is computed without each of them: how "
        "far it moves says how sure it is.",
        source="Quenouille 1956; Tukey 1958",
    ),
    Method(
        name="without_crossed",
        said=("without units seen in several arms",),
        text="The contrast without units that moved to another arm. Who moves may do so because of "
        "the first arm, so the headline keeps them where they were drawn.",
        source="Montori & Guyatt 2001",
    ),
    Method(
        name="random_effects",
        said=("random effects", "Paule"),
        text="The mean effect over experiments, each with an effect of its own.",
        source="Paule & Mandel 1982; Knapp & Hartung 2003",
    ),
)


def methods_in(said: str) -> tuple[Method, ...]:
    """The methods that a sentence of a result names.

    Parameters
    ----------
    said : str
        Such as ``method`` of an estimate.

    Returns
    -------
    tuple of Method
        In the order of `METHODS`.

    Examples
    --------
    >>> [one.name for one in methods_in("Welch, t with Satterthwaite's degrees of freedom")]
    ['welch', 'satterthwaite']
    """
    return tuple(one for one in METHODS if any(part in said for part in one.said))
