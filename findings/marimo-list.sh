#!/usr/bin/env bash
# Expected: what marimo can show, it can show in a list, as it does objects with _repr_html_.
# Seen: an object with _repr_mimebundle_ is shown alone, and between others in vstack, but in a
# list it is a TypeError about "expected str instance, dict found", which names no object.
# Hurt: whoever writes a class for Jupyter, where the bundle is the way to offer SVG beside text,
# and ends a cell with a list of them. Remedy: marimo.vstack(objects).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'marimo==0.25.2'

bin/python - >seen <<'END'
import marimo


class Html:
    def _repr_html_(self):
        return "<b>picture</b>"


class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": "<b>picture</b>", "text/plain": "text"}


print("marimo", marimo.__version__)
for kind in (Html, Bundle):
    for name, show in [("alone", lambda x: marimo.as_html(x)),
                       ("vstack", lambda x: marimo.vstack([x])),
                       ("list", lambda x: marimo.as_html([x]))]:
        try:
            print(kind.__name__, name, "shown" if "picture" in show(kind()).text else "lost")
        except TypeError as error:
            print(kind.__name__, name, "TypeError:", error)
END
cat seen
diff - seen <<'END'
marimo 0.25.2
Html alone shown
Html vstack shown
Html list shown
Bundle alone shown
Bundle vstack shown
Bundle list TypeError: sequence item 1: expected str instance, dict found
END
