"""Kinds in URLs: /apis/api-keys/ gives a view keys.kinds.API_KEY."""

from keys.kinds import BY_SLUG, Kind


class KindConverter:
    regex = "|".join(BY_SLUG)

    def to_python(self, slug: str) -> Kind:
        return BY_SLUG[slug]

    def to_url(self, kind: Kind) -> str:
        return kind.slug
