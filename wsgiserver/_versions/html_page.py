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

"""HTML page of the versions of an API, for people with a browser."""

from __future__ import annotations

from collections.abc import Iterable
import html
from typing import Any

from wsgiserver._i18n import _

# Nothing is loaded from elsewhere, and colours are those of the reader.
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem;
  margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .8rem .4rem 0;
  border-bottom: 1px solid #8886 }}
</style>
</head>
<body>
<h1>{title}</h1>
{description}<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def page(
    entries: Iterable[dict[str, Any]], title: str, description: str
) -> str:
    """HTML page of the entries of a document.

    :param entries: the entries, as the JSON document has them.
    :param title: the name of the API; empty for a general one.
    :param description: a sentence on it, or empty.
    :returns: the page.
    """
    entries = list(entries)
    has_range = any(_range(entry) for entry in entries)
    heads = [_('Version'), _('Status')]
    heads += [_('Microversions')] if has_range else []
    paragraph = f'<p>{html.escape(description)}</p>\n' if description else ''
    return _PAGE.format(
        title=html.escape(title or _('API versions')),
        description=paragraph,
        heads=''.join(f'<th>{html.escape(head)}</th>' for head in heads),
        rows='\n'.join(_row(entry, has_range) for entry in entries),
    )


def _row(entry: dict[str, Any], has_range: bool) -> str:
    href = next(
        (each['href'] for each in entry['links'] if each['rel'] == 'self'), ''
    )
    name = f'<a href="{html.escape(href)}">{html.escape(entry["id"])}</a>'
    cells = [name, html.escape(entry['status'])]
    cells += [html.escape(_range(entry))] if has_range else []
    return '<tr>' + ''.join(f'<td>{c}</td>' for c in cells) + '</tr>'


def _range(entry: dict[str, Any]) -> str:
    high = entry.get('max_version') or entry.get('version') or ''
    low = entry.get('min_version') or ''
    return f'{low} \N{EN DASH} {high}' if high else ''
