#!/usr/bin/env bash
# Expected: a table that pandas wrote, pandas reads back.
# Seen: of a column of words, "None", "NA", "null", "nan" and "n/a" come back as missing. The
# category "None" (no garage, no alley, no diet) is then imputed, dropped, or a category of its own
# by another name. And a column of true and false is bool, but object if one entry is missing.
# Hurt: whoever learns from a table in which None is an answer.
# Remedy: keep_default_na=False, na_values=[""].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'pandas==3.1.1'

bin/python - >seen <<'END'
import io, pandas as pd

print("pandas", pd.__version__)
words = ["brick", "None", "NA", "null", "nan", "n/a", "no"]
text = pd.DataFrame({"walls": words}).to_csv(index=False)
print("written", words)
print("read   ", pd.read_csv(io.StringIO(text)).walls.dropna().tolist())
again = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
print("with keep_default_na=False", again.walls.tolist() == words)
for rows in (["true", "false"], ["true", "false", ""]):
    table = "n,heated\n" + "".join(f"{n},{word}\n" for n, word in enumerate(rows))
    print(rows, pd.read_csv(io.StringIO(table)).heated.dtype)
END
cat seen
diff - seen <<'END'
pandas 3.1.1
written ['brick', 'None', 'NA', 'null', 'nan', 'n/a', 'no']
read    ['brick', 'no']
with keep_default_na=False True
['true', 'false'] bool
['true', 'false', ''] object
END
