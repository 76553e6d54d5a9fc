"""A result as a notebook shows it below a cell: the verdict, the numbers, the checks that speak.

Plain elements in the notebook's own font and colours, without a style sheet or a script: a page
would bring both, and change what stands around it.
"""

from pathlift.report import facts
from pathlift.report.html import environment_of_pages
from pathlift.report.rows import groups
from pathlift.report.words import SEVERITY
from pathlift.result.model import Result

_GROUPS = ("primary", "secondary", "guardrail", "incidence")


def render_notebook(result: Result) -> str:
    """Render a result as a fragment of HTML.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        One ``div``; everything that is not ours is escaped.
    """
    spoken = [check for check in result.checks if check.severity in ("fail", "warn")]
    template = environment_of_pages().get_template("notebook.html")
    fragment = template.render(
        name=facts.title_of(result),
        verdict=facts.verdict_words(result),
        sentence=result.decision.sentence,
        groups=[group for group in groups(result) if group.key in _GROUPS],
        checks=[
            (*SEVERITY[check.severity], check.id, facts.found_words(check))
            for check in facts.by_severity(spoken)
        ],
        passed=facts.named_of(result.checks, "pass"),
    )
    return fragment.strip() + "\n"
