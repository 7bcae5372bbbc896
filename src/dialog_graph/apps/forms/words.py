"""What a text of a form says: a key or a text, written or computed, in the reader's language (app folder §8, §9.2)."""

from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.standing import Standing
from dialog_graph.expressions import Expression, ExpressionError, to_text


def said(evaluator: AppEvaluator, written: Expression | None, standing: Standing) -> str | None:
    """The text with its placeholders filled; None when there is none, or only a browser can compute it."""
    if written is None:
        return None
    try:
        key = to_text(written.evaluate(evaluator.context(standing)))
    except ExpressionError:
        return None
    return None if key is None else evaluator.text(key, standing)
