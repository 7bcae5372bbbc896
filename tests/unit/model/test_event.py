"""The catalogue of facts, held against a list of its own: names and audiences are a promise to receivers."""

from dialog_graph.model.event import CATALOGUE, Audience

PROMISED = """
app.instance.created                 Created             OP
app.instance.process.started         process_StartEvent  OP
app.instance.process.movedTo         process_StartTask   OP
app.instance.process.sentBack        -                   OP
app.instance.process.taskEnded       process_EndTask     OP
app.instance.process.taskAbandoned   process_AbandonTask OP
app.instance.process.completed       process_EndEvent    OP
app.instance.submitted               Submited            OP
app.instance.process.cancelled       -                   OP
app.instance.process.incident        -                   O
app.instance.substatus.changed       SubstatusUpdated    OP
app.instance.confirmed               ConfirmedComplete   OP
app.instance.deleted                 Deleted             OP
app.instance.undeleted               Undeleted           OP
app.instance.data.created            Created             O
app.instance.data.updated            Saved               O
app.instance.data.deleted            Deleted             O
app.instance.data.locked             -                   OP
app.instance.data.unlocked           -                   OP
process.step                         -                   I
process.join.forced                  -                   I
"""
AUDIENCES = {"OP": Audience.BOTH, "O": Audience.OWNER, "P": Audience.PARTY, "I": Audience.INTERNAL}


def test_app_events_keep_their_names_history_and_audience() -> None:
    rows = [line.split() for line in PROMISED.strip().splitlines()]
    promised = {type: (None if history == "-" else history, AUDIENCES[audience]) for type, history, audience in rows}
    assert {type: rule for type, rule in CATALOGUE.items() if type in promised} == promised


def test_everything_else_is_a_dialog_event_without_a_name_in_the_history() -> None:
    others = [type for type in CATALOGUE if not type.startswith(("app.instance.", "process."))]
    assert others
    assert all(type.startswith("dialogporten.dialog.") for type in others)
    assert {CATALOGUE[type] for type in others} == {(None, Audience.BOTH)}


def test_audiences_are_bits() -> None:
    assert Audience.OWNER | Audience.PARTY == Audience.BOTH
    assert not Audience.OWNER & Audience.PARTY
    assert not Audience.INTERNAL
