"""Browser sessions: listing a person's and ending them."""

from allauth.usersessions.models import UserSession

from accounts.models import Person


def of(person: Person) -> list[UserSession]:
    """The person's sessions that are still alive, newest first."""
    return sorted(UserSession.objects.purge_and_list(person), key=lambda session: session.created_at, reverse=True)


def end_all(person: Person, *, except_key: str | None = None) -> int:
    """End every session of the person, or all but the one named; returns how many ended."""
    ending = list(UserSession.objects.filter(user=person).exclude(session_key=except_key or "").order_by("pk"))
    for session in ending:
        session.end()
    return len(ending)
