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

"""Pipeline factory: the pipeline that an option of oslo.config names."""

from collections.abc import Mapping
import dataclasses
from typing import Any
from wsgiref.types import WSGIApplication

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._i18n import _

_PREFIX = 'oslo_config_'

#: The pipelines that are taken where the option isn't set. The first would
#: rather refuse a request than let it pass.
_USUAL = ('keystone', 'default')

#: What the pipeline without rate limits is called, by cinder and manila.
_NO_LIMIT = '_nolimit'


@dataclasses.dataclass(frozen=True)
class _Settings:
    """Options of the section that begin with ``oslo_config_``."""

    option: str = 'auth_strategy'
    group: str = 'DEFAULT'
    default: str | None = None
    project: str | None = None
    program: str | None = None
    file: str | None = None


def pipeline_factory(
    loader: Any, global_conf: dict[str, str] | None, **local_conf: str
) -> WSGIApplication:
    """Make one of several pipelines (``paste.composite_factory``).

    Which one says an option of oslo.config. In the paste file, each option
    is the name of a pipeline and its value the filters and the
    application::

        [composite:api]
        use = egg:os-wsgiserver#pipeline
        noauth = request_id noauth apiv3
        keystone = request_id authtoken keystonecontext apiv3

    With ``auth_strategy = noauth`` in the service's configuration it is the
    first. Those whose names begin with ``oslo_config_`` are options of the
    section itself:

    - ``oslo_config_option`` and ``oslo_config_group``: where the name is,
      by default ``auth_strategy`` in ``[DEFAULT]``;
    - ``oslo_config_default``: which pipeline it is where that isn't set, by
      default ``keystone``, else ``default``, else the only one;
    - ``oslo_config_project``, ``oslo_config_program`` and
      ``oslo_config_file``: what configuration to read. By default it is
      that of :class:`wsgiserver.wsgi.Loader`, and oslo.config's global one
      with other loaders of paste files.

    Where ``api_rate_limit`` of ``[DEFAULT]`` is false, the pipeline whose
    name ends in ``_nolimit`` is taken, if there is one.

    An option that nobody has registered is, as a string.

    :param loader: PasteDeploy's loader of the file.
    :param global_conf: the ``[DEFAULT]`` section of the paste file.
    :param local_conf: the pipelines by name, and the section's options.
    :returns: the application, inside the filters.
    :raises InvalidInput: if there is no such pipeline, or nothing in it, or
        the section's options can't be used.
    """
    name = chosen(loader, local_conf)
    return _load(loader, global_conf, name, local_conf[name].split())


def is_setting(option: str) -> bool:
    """Whether an option of the section is its own, and no pipeline.

    :param option: its name.
    """
    return option.startswith(_PREFIX)


def chosen(loader: Any, local_conf: Mapping[str, str]) -> str:
    """Name of the pipeline that the configuration asks for.

    :param loader: PasteDeploy's loader of the file.
    :param local_conf: the pipelines by name, and the section's options.
    :returns: its name.
    :raises InvalidInput: as :func:`pipeline_factory`.
    """
    pipelines = {
        name: value
        for name, value in local_conf.items()
        if not is_setting(name)
    }
    settings = _settings(local_conf)
    conf = _conf(loader, settings)
    return _without_limit(conf, _choose(conf, settings, pipelines), pipelines)


def _settings(local_conf: Mapping[str, str]) -> _Settings:
    known = {field.name for field in dataclasses.fields(_Settings)}
    given = {}
    for option, value in local_conf.items():
        if is_setting(option):
            name = option.removeprefix(_PREFIX)
            if name not in known:
                raise _config.OptionError(_('there is no such option'), option)
            given[name] = value
    return _Settings(**given)


def _conf(loader: Any, settings: _Settings) -> cfg.ConfigOpts:
    """Configuration that has the name."""
    if not (settings.project or settings.program or settings.file):
        found: cfg.ConfigOpts = getattr(loader, 'oslo_conf', cfg.CONF)
        return found
    conf = cfg.ConfigOpts()
    try:
        with _config.reading(conf):
            conf(
                [],
                project=settings.project,
                prog=settings.program,
                default_config_files=[settings.file]
                if settings.file
                else None,
            )
    except cfg.Error as error:
        option = 'file' if settings.file else 'project'
        raise _config.OptionError(str(error), _PREFIX + option) from error
    return conf


def _choose(
    conf: cfg.ConfigOpts, settings: _Settings, pipelines: Mapping[str, str]
) -> str:
    """Name of the pipeline that the option asks for."""
    fallback = _fallback(settings, pipelines)
    value = _read(conf, settings, fallback)
    name = value or fallback
    if name is not None and name in pipelines:
        return name
    raise _config.OptionError(
        _('%(option)s of [%(group)s] is %(value)s; the pipelines: %(names)s')
        % {
            'option': settings.option,
            'group': settings.group,
            'value': repr(value) if value else _('not set'),
            'names': ', '.join(map(repr, pipelines)) or _('none'),
        }
    )


def _fallback(settings: _Settings, pipelines: Mapping[str, str]) -> str | None:
    """Name of the pipeline for where the option isn't set."""
    if settings.default is None:
        only = list(pipelines) if len(pipelines) == 1 else []
        return next((n for n in (*_USUAL, *only) if n in pipelines), None)
    if settings.default not in pipelines:
        raise _config.OptionError(
            _("there is no pipeline '%s'") % settings.default,
            _PREFIX + 'default',
        )
    return settings.default


def _read(
    conf: cfg.ConfigOpts, settings: _Settings, default: str | None
) -> str | None:
    """Value of the option, registered where nobody has done so.

    :param default: the pipeline for where it isn't set.
    """
    group = None if settings.group == 'DEFAULT' else settings.group
    opt = _config.SharedStrOpt(
        settings.option,
        # A service that registers it after this has to have the same default.
        # nova, cinder and neutron have this one, and glance has none.
        default='keystone' if default == 'keystone' else None,
        mutable=True,
        help='Which of the pipelines in the paste file is used.',
    )
    value: str | None = _get(conf, opt, group)
    return value


def _get(conf: cfg.ConfigOpts, opt: cfg.Opt, group: str | None) -> Any:
    try:
        _config.check_values(conf, group, [opt.dest])
    except cfg.NoSuchOptError:
        conf.register_opt(opt, group=group)
    return (conf if group is None else conf[group])[opt.dest]


def _without_limit(
    conf: cfg.ConfigOpts, name: str, pipelines: Mapping[str, str]
) -> str:
    """Name of the pipeline without rate limits, where none are wanted."""
    free = name + _NO_LIMIT
    if free not in pipelines:
        return name
    limit = _config.SharedBoolOpt(
        'api_rate_limit',
        default=True,
        mutable=True,
        help='Whether the pipeline with rate limits is used.',
    )
    return name if _get(conf, limit, None) else free


def _load(
    loader: Any,
    global_conf: dict[str, str] | None,
    option: str,
    names: list[str],
) -> WSGIApplication:
    """Make a pipeline.

    :param option: the option that has it.
    :param names: its filters and its application.
    """
    if not names:
        raise _config.OptionError(_('the pipeline is empty'), option)
    try:
        filters = [
            loader.get_filter(name, global_conf=global_conf)
            for name in names[:-1]
        ]
        app: WSGIApplication = loader.get_app(
            names[-1], global_conf=global_conf
        )
    except LookupError as error:
        if isinstance(error, KeyError | IndexError):
            # From a factory, where another loader made it.
            raise
        # Another pipeline may have the same name in it.
        raise _config.OptionError(str(error), option) from error
    for wrap in reversed(filters):
        app = wrap(app)
    return app
