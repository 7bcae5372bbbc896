"""The place where an app's own code is called (app folder §15); this version runs none.

Everything that will call app code awaits `call` and names the point by its decorator. The registry class `App` and the
loading of `logic/app.py` come with it; until then the loader tells the author that the file has no effect (`DG1013`).
"""

from dialog_graph.apps.version import AppVersion
from dialog_graph.model.json_value import Json


async def call(version: AppVersion, point: str, context: object) -> Json:
    """The answer of the app's code at a point (`on_task_start:Task_1`), null when the app has none for it."""
    return None
