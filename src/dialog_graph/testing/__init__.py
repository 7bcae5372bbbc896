"""Drives an app's whole flow in a test, on the real database and the real commands (app folder rules §15.6).

    async def test_a_change_of_address(app_test):
        async with app_test("apps/ttd/change-of-address") as app:
            case = await app.as_person("kari").instantiate()
            await case.fill("address", {"street": "Storgata 1", "postalCode": "0155", "city": "Oslo"})
            await case.complete()
            assert case.status == "COMPLETED"

`app_test` is a pytest fixture of this package; it starts an embedded Postgres once per run.
"""

from dialog_graph.testing.app_test import AppTest, Caller
from dialog_graph.testing.case import Case
from dialog_graph.testing.databases import Databases

__all__ = ["AppTest", "Caller", "Case", "Databases"]
