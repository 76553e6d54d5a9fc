"""What does each check ask, and what is to be done? Its thresholds are the registry's."""

from collections.abc import Mapping
from typing import Final

CHECKS: Final[Mapping[str, str]] = {
    "srm": (
        "Sample ratio mismatch: do the arms have the shares of units that were planned? Where "
        "they do not, units were lost or assigned unevenly, and those left are no fair "
        "comparison. Look for what differs before exposure: redirects, bots, crashes, filters by "
        "arm, late logging."
    ),
    "srm_within": (
        "Does the split hold inside every segment, day, baseline state and maturity class? The "
        "part that fails says where to look for the cause, such as one browser or one day."
    ),
    "balance": (
        "Do covariates known before exposure have the same mean in all arms? Nothing that "
        "happened later can move them: a difference has the causes of an uneven split."
    ),
    "pre_period": (
        "Were arms alike before exposure in what the metrics count after it? Nothing but the way "
        "units came into the arms can make such a difference; a metric that shows one is invalid."
    ),
    "peeking": (
        "How often were these data looked at, and are the numbers meant for that? Looking at a "
        "fixed horizon again and again finds effects that are not there: 14 looks at 5% find one "
        "in about a fifth of experiments without any. `analysis.looks` has methods that may be "
        "looked at."
    ),
    "registration": (
        "Is what is analysed what was promised before launch? `pathlift lock NAME` freezes a "
        "plan; what was changed since is listed, and makes everything exploratory where the "
        "decision is about it."
    ),
    "clusters": (
        "Are there enough clusters, are they of similar size, and did their units stay in their "
        "arm? Intervals count clusters, not units: with few of them they are wide, below six an "
        "arm there are none."
    ),
    "interference": (
        "Do the same creators (or sellers) serve several arms? Where they or their stock are "
        "scarce, arms compete, and a contrast says what one takes from the other. Draw whole "
        "creators or regions, or switch arms over time. Needs a family of kind `concentration`."
    ),
    "identities": (
        "Does every id in `data.identities` lead to one unit, and are as many units of every arm "
        "known under further ids? Events are found more often of whoever signs in; an arm that "
        "makes people sign in looks busier than it is."
    ),
    "crossover": (
        "Were units seen in more than one arm, and did as many move one way as the other? Each "
        "counts in its first arm unless `analysis.crossovers` says otherwise. Make assignment "
        "stick to the unit."
    ),
    "delivery": (
        "Did every row receive what its arm should have? Compares the column `received` with "
        "`arms.*.received`. Units stay in the arm they were given; the effect is then that of "
        "giving, not of receiving."
    ),
    "ambiguous_first_arm": (
        "Do units have equal first exposures in several arms? Nobody can say which was first: "
        "they are in no arm, and counted here."
    ),
    "outside_period": (
        "Were units first exposed before or after `period`? They are counted and not analysed. A "
        "share that differs by arm removes unlike units."
    ),
    "excluded_units": (
        "How many units did `data.exclude_units` remove, and alike from all arms? A list that was "
        "made after exposure can remove those whom an arm turned into bots."
    ),
    "triggering": (
        "Were as many assigned units never exposed in all arms? Exposure that hangs on the arm "
        "chooses unlike units. Needs `data.assignments`."
    ),
    "maturity": (
        "Have the windows of all units ended, and does the log reach as far as it should? A unit "
        "enters a metric when its window has ended, so open windows are never read as no."
    ),
    "duration": (
        "Did the experiment run over whole weeks, and long enough? Days of the week buy "
        "differently, and an effect in its first days may be the news."
    ),
    "mix": (
        "Do the arms have the same share on all days of first exposure? Where the split was "
        "changed on the way, days weigh differently in the arms; `sensitivity` has the reading "
        "within days."
    ),
    "paradox": (
        "Does the effect within days point to the other side of the pooled one (Simpson's "
        "paradox)? Then the pooled number compares days, not arms, and that metric is invalid."
    ),
    "drift": (
        "Is the control the same in every week of first exposure? Estimates that count open "
        "windows take later units to be like earlier ones; where they are not, read the mature "
        "ones only."
    ),
    "novelty": (
        "Is the effect another one for units that came in later weeks? An effect that fades was "
        "news, one that grows was learning; the last weeks are closer to what stays."
    ),
    "coverage": (
        "Do the events belong to the exposed units, and is every condition true for any row? A "
        "condition that matches nothing would be a quiet zero: its metric is not estimated, and "
        "the nearest values of `event` are named."
    ),
    "duplicates": (
        "Do event ids or exposures occur more than once? Copies of an event are dropped and "
        "counted here; copies in one arm alone would be an effect of the logging."
    ),
    "purchase_at_exposure": (
        "Did units convert in the very moment of their exposure? Such a conversion is not "
        "counted: the exposure cannot have caused it. Many of them say that exposure is logged "
        "too late."
    ),
    "clock": (
        "Were events received long after, or before, they are said to have occurred? Wrong clocks "
        "of devices put stages in a wrong order, so many of them invalidate orderings."
    ),
    "stages": (
        "Does each stage tell units apart? A stage of nobody, of everybody, or of one arm alone "
        "says nothing about order. Look at its condition and at the log of that arm."
    ),
    "ties": (
        "How many units have two stages in one moment of the grid? Their order is not known. Make "
        "`resolution` finer, declare a priority, or read the bounds that the result has for them."
    ),
    "purchase_ties": (
        "How many conversions fall into the moment of a stage? That stage may be a part of "
        "buying, such as a page of the checkout, and not what came before it."
    ),
    "mechanical": (
        "Is the exposure itself the first stage of most labels of an arm? Then the arm's ordering "
        "is how units are exposed, not how they decide."
    ),
    "carry_in": (
        "How many units held a stage before exposure? Their ordering began before the experiment; "
        "contrasts within baseline states hold that apart."
    ),
    "outages": (
        "How many units were under way while a stage was not logged? Their ordering is unknown, "
        "whatever their arm; where arms differ, orderings are invalid."
    ),
    "measurement": (
        "Is each stage seen before conversions as often in every arm, and on every day? Behaviour "
        "can differ, so a difference warns; only what behaviour cannot explain fails, such as a "
        "stage that every purchase must pass."
    ),
    "landmark": (
        "Whom is the association with the ordering about? Only units that completed an ordering "
        "early enough to be followed for as long as all others; where they are few, about a few "
        "early ones."
    ),
    "positivity": (
        "Does every ordering occur in every stratum over which the association is standardised? "
        "Where hardly anybody took it, the number rests on a few."
    ),
    "rules": (
        "Does a stage hang on one surface or on one arm? A rule that fires on a single surface "
        "tells where people were, not what they needed or trusted."
    ),
    "presets": (
        "Do labels hang on how strictly the stages are told? Compares them under other rules; "
        "little agreement means that a claim about order is a claim about the rules."
    ),
    "missing_outcome": (
        "Are outcomes missing more often in one arm? Those who answer are then unlike by arm. "
        "`null` of a metric says what a missing value means."
    ),
    "missing_covariate": (
        "Are covariates missing more often in one arm? A missing value becomes 0 and a covariate "
        "of its own; before exposure only chance should decide where it is missing."
    ),
    "conflicting_columns": (
        "Do first rows of a unit disagree about a column? The smallest value is taken, and the "
        "units are counted here."
    ),
    "winsorising": (
        "At which value were units capped, and how many were? One threshold for all arms, from "
        "the units with a total above 0; the raw reading stands under `sensitivity`."
    ),
    "skew": (
        "Are a mean's units too skewed for normal tails? A tail of 2.5% is off by about 0.085 "
        "times the skewness of the difference. Cap the metric with `winsorize`, or wait for more "
        "units."
    ),
    "outliers": (
        "Does one unit, or the largest thousandth, hold a large part of an arm's total? Then the "
        "mean is about them. Look whether they are people, and think of `winsorize`."
    ),
    "counts": (
        "Has each arm enough successes and failures? Below five, an exact reading stands beside "
        "the score interval, under `sensitivity`."
    ),
    "naive_time": (
        "Did times carry no zone? They were read as UTC. `data.timezone` says which zone they are "
        "in."
    ),
    "csv": "Was CSV read? Its types are guessed from the text; Parquet keeps them, and is faster.",
    "hidden_columns": (
        "Does a mapped name hide a column of the file that is spelled like it? Conditions see ours."
    ),
    "invariants": (
        "Do all tables of a run add up to the same integers? Where they do not, that is a bug of "
        "ours: no number may be read."
    ),
    "aa": (
        "Are standard errors right on these very data? `pathlift aa NAME` deals the units anew a "
        "thousand times, and says how often each test finds what is not there; no analysis runs "
        "that unasked."
    ),
    "instrument": (
        "Do arms move the orderings that they intend enough for an effect to be divided by it? "
        "With an F below 10 ratio and standard error are not to be read; the set of what is not "
        "rejected holds at any strength, and says so where it has no end."
    ),
    "precision": (
        "Could these data show the lift that was planned? Where 80% power needs more than twice "
        "of it, no effect found says nothing: wait, or plan more units."
    ),
    "twyman": (
        "Is an effect too large to be one? Twyman's law: what looks interesting is usually wrong. "
        "Check the instrumentation before the champagne."
    ),
}
"""By id, in the order of the result."""
