"""Who may state what: a bot's signature is good for what the bot did, and not for people's answers to it."""

from __future__ import annotations

from writ.contracts.statement import APPROVAL, APPROVERS, Phase, Statement, entry_id
from writ.ledger.errors import VerificationError


def check_author(statement: Statement) -> None:
    """Refuse an approval that is not of a function which takes people's answers.

    It is one by its type, its phase or its place: readers go by any of them.

    Raises
    ------
    VerificationError
        `ledger.author`: it is of another bot, such as one that approves its own action.
    """
    predicate = statement.predicate
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
