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

"""Listening sockets: made so that the first connection finds them right.

A place says where to listen; Sockets listens on all of its places, or none.
"""

from wsgiserver._sockets import _all
from wsgiserver._sockets import _places

Given = _places.Given
Place = _places.Place
Systemd = _places.Systemd
Tcp = _places.Tcp
Unix = _places.Unix
parse = _places.parse

Sockets = _all.Sockets
