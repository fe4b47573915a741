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

"""What ends the command with one line on stderr."""


class CommandError(Exception):
    """The command can't do what it was asked to.

    :param message: one line for the user: what is wrong, and where.
    """


def wrong_option(
    source: str | None, group: str, option: str, problem: str
) -> CommandError:
    """Make the error of an option that has a value of no use.

    :param source: where the value is from, a file for one; None or empty
        where that is unknown.
    :param group: the section.
    :param option: the option.
    :param problem: what is wrong.
    """
    place = [source] if source else []
    place += [f'section [{group}]', f'option {option}']
    return CommandError(f'{", ".join(place)}: {problem}')
