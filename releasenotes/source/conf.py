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

"""How Sphinx builds the release notes."""

project = 'os-wsgiserver Release Notes'
copyright = 'os-wsgiserver developers'

extensions = [
    'openstackdocstheme',
    'reno.sphinxext',
]

html_theme = 'openstackdocs'
pygments_style = 'native'

openstackdocs_repo_name = 'openstack/os-wsgiserver'
openstackdocs_bug_project = 'os-wsgiserver'
openstackdocs_auto_name = False
openstackdocs_auto_version = False

# Release notes bear the version of each note.
version = ''
release = ''
