# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How many connections each client has, where that is limited."""

from wsgiserver._config import settings as config_settings


class Clients:
    """Counts the connections of each address."""

    def __init__(self) -> None:
        # Their descriptors, by address.
        self._held: dict[str, set[int]] = {}

    def is_admitted(
        self, address: str, fileno: int, settings: config_settings.Settings
    ) -> bool:
        """Tell whether a client may have another connection, and count it.

        :param address: whose it is; '' on a UNIX socket.
        :param fileno: its descriptor.
        :param settings: the settings in force.
        """
        limit = settings.max_connections_per_client
        if limit is None or not address or settings.is_proxy(address):
            return True
        return self.admit(address, fileno, limit)

    def admit(self, address: str, fileno: int, limit: int) -> bool:
        """Count a new connection.

        :param address: whose it is.
        :param fileno: its descriptor.
        :param limit: how many one address may have.
        :returns: False if it has so many already; it isn't counted then.
        """
        held = self._held.setdefault(address, set())
        if len(held) >= limit:
            return False
        held.add(fileno)
        return True

    def leave(self, address: str, fileno: int) -> None:
        """Count it no more; any thread may call it."""
        held = self._held.get(address)
        if held is not None:
            held.discard(fileno)

    def tidy(self) -> None:
        """Forget those who have none; called by the reactor alone."""
        for address in [a for a, held in self._held.items() if not held]:
            del self._held[address]
