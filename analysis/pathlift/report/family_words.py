"""What a report says above families of metrics."""

FAMILIES_ABOUT = (
    "Effects on the rest: what a metric counts beyond one that is a part of it. An arm adds only "
    "where the whole is better; an effect on a part, or within a first window, may be taken from "
    "elsewhere or from later. Part, rest and whole of each family follow below."
)
