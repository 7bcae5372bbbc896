"""What the flow tests hand in."""

from pathlib import Path

from dialog_graph.model.json_value import Json

APPS = Path(__file__).resolve().parents[2] / "apps"
GRANT = APPS / "ttd" / "grant-application"
ADDRESS = APPS / "ttd" / "change-of-address"
PDF = b"%PDF-1.7 a drawing"


def application(title: str = "A bench by the fjord", amount: int = 25000) -> dict[str, Json]:
    """A grant application without faults."""
    return {
        "applicant": {"name": "Kari Lund", "email": "kari@example.test"},
        "project": {"title": title, "start": "2027-05-01"},
        "amount": amount,
        "budget": [{"purpose": "Oak planks", "cost": 18500.5, "funding": "grant"}],
    }
