"""Fills the configuration templates in bench/peers. A place to fill is written @name@."""

import os
import pathlib
import pwd
import re

from support.errors import BenchError

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "peers"


def render(template, /, **values):
    text = (FOLDER / template).read_text(encoding="utf-8")
    asked = set(re.findall(r"@([a-z_0-9]+)@", text))
    if asked != set(values):
        raise BenchError(f"peers/{template}: template and script differ in {sorted(asked ^ set(values))}")
    return re.sub(r"@([a-z_0-9]+)@", lambda match: str(values[match[1]]), text)


def nginx_user():
    """nginx as root would switch to an account that cannot enter our folder."""
    return "user " + pwd.getpwuid(0).pw_name + ";" if os.geteuid() == 0 else ""


def nginx_command(config):
    return ["nginx", "-e", "stderr", "-p", str(config.parent), "-c", str(config)]
