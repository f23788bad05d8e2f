"""The README as the package index shows it: what it links to lies in the repository, not beside it."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE_LINK = r"\]\((?![a-z]+:|#|/)([^)\s]+)\)"


class ReadmeHook(MetadataHookInterface):
    """Give the links of the README that lead to files of the repository its address."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dynamic field `readme`."""
        files = f"{metadata['urls']['Repository']}/blob/v{metadata['version']}"
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": re.sub(_RELATIVE_LINK, rf"]({files}/\1)", text),
        }
