"""Who may state what: a bot's signature is good for what the bot did.

It is not good for people's answers to that, nor for what is erased: each has bots of its own.
"""

from __future__ import annotations

from writ.contracts.statement import APPROVAL, APPROVERS, ERASER, ERASURE, Phase, Statement, entry_id
from writ.ledger.errors import VerificationError


def check_author(statement: Statement) -> None:
    """Refuse an approval that is not of a function which takes people's answers, and another bot's erasure.

    An approval is one by its type, its phase or its place: readers go by any of them.

    Raises
    ------
    VerificationError
        `ledger.author`: it is of another bot, such as one that approves its own action.
    """
    predicate = statement.predicate
    if statement.predicate_type == ERASURE and predicate.actor.bot != ERASER:
        raise VerificationError(
            f"an erasure is stated by {ERASER}, not by {predicate.actor.bot}",
            code="ledger.author",
            field="predicate.actor.bot",
        )
    is_approval = (
        statement.predicate_type == APPROVAL
        or predicate.phase is Phase.APPROVAL
        or predicate.entry == entry_id(predicate.stream, Phase.APPROVAL)
    )
    if is_approval and predicate.actor.bot not in APPROVERS:
        raise VerificationError(
            f"an approval is stated by {' or '.join(sorted(APPROVERS))}, not by {predicate.actor.bot}",
            code="ledger.author",
            field="predicate.actor.bot",
        )
