"""What do we mean by the words that are no key of a result? Words, no numbers."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "arm": "One version that units were given; exactly one arm is the control.",
    "control": "The arm that the others are compared with.",
    "treatment": "The channel that an arm stands for: search, content or influencer.",
    "unit": "What was randomised, such as a customer; every number counts units, once each.",
    "contrast": "One arm compared with another, mostly with the control.",
    "stage": (
        "Need (I want it), touchpoint (I met it) or trust (I believe it): conditions on event "
        "rows that the definition writes down."
    ),
    "need": "The stage of wanting something, as the definition observes it.",
    "touchpoint": "The stage of meeting a product or its seller, as the definition observes it.",
    "trust": "The stage of believing it, as the definition observes it.",
    "ordering": (
        "In which order a unit met its stages, such as `touchpoint>need>trust`; stages in one "
        "moment are tied (`=`). What a unit takes is its own choice; what an arm intends is the "
        "definition's."
    ),
    "label": (
        "The ordering of one unit: complete, partial, none, or unknown where a stage was in outage."
    ),
    "other": "All labels that are not a complete strict ordering, so that the rows add up.",
    "adherence": "The share of an arm's units that took the ordering it intends. Descriptive.",
    "baseline_state": (
        "The stages that a unit held before its first exposure. Known before the arm, so "
        "contrasts within it are randomised ones."
    ),
    "exposure": "The moment in which a unit first meets its arm; its window begins there.",
    "window": "How long after first exposure outcomes count; the end is not included.",
    "lookback": "How far before exposure baseline stages and covariates are looked for.",
    "mature": (
        "A unit whose window has ended before the watermark; only mature units enter a metric."
    ),
    "watermark": "The moment up to which the data are read.",
    "absolute": "Arm minus control, in the metric's own unit; shares in percentage points.",
    "relative": "Arm over control, minus one: the lift.",
    "lift": "Arm over control, minus one.",
    "interval": (
        "All effects that the data do not contradict at level alpha. It leaves out no difference "
        "exactly when p is below alpha."
    ),
    "partial": "Of an ordering: some of the declared stages were met, not all.",
    "complement": "Of a set: all but a gap, whose ends belong to it.",
    "line": "Of a set: every value; the data contradict none.",
    "empty": "Of a set: no value fits the data, so the assumptions behind it do not hold.",
    "union": "Of a set: several pieces of another shape, which are listed.",
    "unrecorded": "A look that was saved nowhere, so that a later one cannot count it.",
    "p_value": (
        "How often chance alone would bring an effect as far from the null value as this one."
    ),
    "alpha": "The chance of a false finding that is accepted; one minus the confidence level.",
    "power": "The chance to find an effect of a given size.",
    "mde": "Minimum detectable effect: what would be found with the wanted power.",
    "simultaneous": "Holds together with all other intervals of its family, which is named.",
    "family": "Contrasts whose chance of any false finding is held together.",
    "covariate": (
        "A number known before exposure that makes intervals narrower, and moves no effect."
    ),
    "segment": "A column known before exposure, such as country, within which arms are compared.",
    "stratum": "A cell over which the descriptive panel of orderings is standardised.",
    "cluster": "Units that resemble each other, such as those of one creator.",
    "margin": "How much worse a guardrail may get and still be accepted; written positive.",
    "worth": "The interval of a success metric must lie beyond this, not only beyond 0.",
    "equivalence": "The distance within which an effect counts as none.",
    "look": "One analysis of data that grow. Each is saved, and counted.",
    "interim": "Some units are still within a window, and are not counted yet.",
    "winsorize": "Units above a quantile count as that quantile; one threshold for all arms.",
    "sensitivity": "Other readings of the same contrast, never the headline.",
    "omnibus": "A test over all arms at once, before single contrasts.",
    "decision": "The verdict by the rule that the file holds, with its reasons.",
    "decomposition": (
        "Where a difference between arms lies: other orderings taken, or other conversion."
    ),
    "funnel": "Steps along the intended ordering, and where else units went.",
    "multiverse": "The same contrasts under other rules for the stages.",
    "lock": (
        "`pathlift lock NAME` freezes a plan before launch; later results say what was changed."
    ),
    "exploratory": (
        "`exploratory: true` in a definition says that it was put together with the data in hand, "
        "as by `pathlift compare`."
    ),
}
