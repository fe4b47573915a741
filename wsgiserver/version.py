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

"""The version of this library, as pbr computed it when it was built."""

import pbr.version

#: What pbr knows of the version, the Git revision of a snapshot included.
version_info = pbr.version.VersionInfo('os-wsgiserver')


def version_string() -> str:
    """Tell which version of this library is installed.

    :returns: the full version, such as '1.0.0' or '1.0.1.dev3'.
    """
    return str(version_info.release_string())
