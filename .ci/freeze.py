"""Prints what is installed in this environment as constraints for pip and uv.

Only names and versions: what was installed from a folder, as our own projects are, is left out, so that no path
and no address gets into the repository.
"""

from importlib.metadata import distributions

print("# What CI tests. Written by `make constraints`; make installs with it, users don't need it.")
versions = {
    distribution.name: distribution.version
    for distribution in distributions()
    if distribution.name not in {"pip", "setuptools", "wheel"}
    and distribution.read_text("direct_url.json") is None
}
for name in sorted(versions, key=str.lower):
    print(f"{name}=={versions[name]}")
