"""Whoever tries out credentials costs a look-up each; after so many in a minute their network gets none for a while."""

MOST_NETWORKS = 10_000


class Throttle:
    """Counts, by network and minute, texts that are looked up, but for those that turn out to be known. Of one process,
    for one thread."""

    def __init__(self, most: int, networks: int = MOST_NETWORKS) -> None:
        self.most = most
        self._networks = networks
        self._minute = 0
        self._tried: dict[str, int] = {}

    def allows(self, network: str, *, minute: int) -> bool:
        """Whether a text from the network may be looked up."""
        if minute != self._minute:
            self._minute = minute
            self._tried.clear()
        return self._tried.get(self._counted_as(network), 0) < self.most

    def count(self, network: str) -> None:
        """One more is looked up."""
        name = self._counted_as(network)
        self._tried[name] = self._tried.get(name, 0) + 1

    def forgive(self, network: str) -> None:
        """It was known."""
        name = self._counted_as(network)
        self._tried[name] = max(0, self._tried.get(name, 0) - 1)

    def _counted_as(self, network: str) -> str:
        """Networks beyond so many in a minute share one count."""
        return network if network in self._tried or len(self._tried) < self._networks else ""
