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

"""What is wrong with the section that a factory was given."""

from wsgiserver import exceptions


class WrongSection(exceptions.InvalidInput):
    """A section of a paste file has something that can't be used.

    :param reason: what is wrong, with the option in it: only the loader of
        this library names the place.
    :param option: the option at fault, for that loader; None if it is no
        single one.
    """

    def __init__(self, reason: str, option: str | None = None) -> None:
        super().__init__(reason)
        # The place is named ahead of it, and needs no more words.
        self.args = (reason,)
        self.option = option
