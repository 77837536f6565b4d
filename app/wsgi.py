"""The web process: reads the environment once, assembles, and serves."""

import os
import sys

from flask import Flask

from app import tracing
from app.bootstrap import assemble, create_app
from app.log import configure_logging, wants_json
from app.settings import Settings
from app.store.patience import PAGES
from routing.errors import SettingsError

# Seconds between looks at whether the organisation, the register or the rota has changed.
_LOOK_EVERY = 0.25


def _started() -> Flask:
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as err:
        sys.stderr.write(f"beredskap: {err}\n")
        raise SystemExit(2) from None
    configure_logging(as_json=wants_json(settings.log_format, sys.stdout))
    tracing.start(settings.traces_url, "web")
    parts = assemble(settings, patience=PAGES)
    parts.mirror.refresh()
    parts.mirror.watch(_LOOK_EVERY, parts.tend)
    return create_app(parts)


app = _started()
