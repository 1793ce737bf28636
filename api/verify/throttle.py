"""Whoever tries out credentials costs a look-up each; after so many in a minute their network gets none for a while."""

MOST_NETWORKS = 10_000


class Throttle:
    """Counts, by network and minute, texts that were looked up and are unknown. Of one process, for one thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._minute = 0
        self._tried: dict[str, int] = {}

    def allows(self, network: str, *, minute: int) -> bool:
        """Whether a text from the network may be looked up."""
        if minute != self._minute:
            self._minute = minute
            self._tried.clear()
        return self._tried.get(network, 0) < self.most

    def count(self, network: str) -> None:
        """One more that nobody knows. Networks beyond MOST_NETWORKS in a minute share one count."""
        known = network in self._tried or len(self._tried) < MOST_NETWORKS
        network = network if known else ""
        self._tried[network] = self._tried.get(network, 0) + 1
