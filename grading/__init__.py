"""What staff run."""

import sys

# jsonschema, which nbformat rests on, would load a grammar of web addresses at every start, 1.8 s; it does
# without where it cannot, and no format of a notebook asks for one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # how Python is told not to find it
