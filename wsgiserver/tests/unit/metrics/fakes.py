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

"""Requests and responses that are no more than their figures."""

import dataclasses


@dataclasses.dataclass
class Head:
    method: str
    path: str
    route_prefix: bytes = b''

    def __post_init__(self) -> None:
        # What the parser makes of an unescaped path.
        first = '/'.join(self.path.split('/')[:2])
        self.route_prefix = f'{self.method} {first}'.encode()


@dataclasses.dataclass
class Response:
    code: int = 200
    sent: int = 0
    first_byte: float | None = None
