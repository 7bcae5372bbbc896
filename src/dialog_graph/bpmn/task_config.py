"""The extension configuration of a task (app folder rules §3) as frozen values.

Everything is parsed and kept, also for task types that have no code yet. Texts are trimmed, an absent element is
None or an empty tuple; whether something required is missing is told by the app linter (DG93xx), not here.
"""

from dataclasses import dataclass, field

from dialog_graph.bpmn.element_parts import Expression

ENVIRONMENTS = {
    "development": "local",
    "local": "local",
    "staging": "staging",
    "tt02": "staging",
    "at21": "staging",
    "at22": "staging",
    "at23": "staging",
    "at24": "staging",
    "yt01": "staging",
    "production": "production",
    "prod": "production",
}
"""Names of environments -> the three that values are kept for; other names stand for themselves."""


def environment_of(name: str | None) -> str | None:
    """The environment that a value or a server with this name belongs to; None and "" mean every environment."""
    if not name:
        return None
    return ENVIRONMENTS.get(name.lower(), name.lower())


@dataclass(frozen=True, slots=True)
class PerEnvironment:
    """A text that may differ per environment: pairs (environment or None, value) in document order."""

    values: tuple[tuple[str | None, str], ...] = ()

    def get(self, environment: str) -> str | None:
        """The last value of exactly this environment, else the last one that names none."""
        found = dict(self.values)
        return found.get(environment_of(environment), found.get(None))


@dataclass(frozen=True, slots=True)
class ListPerEnvironment:
    """Lists that may differ per environment: pairs (environment or None, values) in document order."""

    values: tuple[tuple[str | None, tuple[str, ...]], ...] = ()

    def get(self, environment: str) -> tuple[str, ...]:
        """The last list of exactly this environment, else the last one that names none, else ()."""
        found = dict(self.values)
        return found.get(environment_of(environment), found.get(None, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureConfig:
    """`signatureConfig`: what is signed and where the sign documents go. Members name data types unless said."""

    data_types_to_sign: tuple[str, ...] = ()
    signature_data_type: str | None = None
    unique_from_signatures_in_data_types: tuple[str, ...] = ()
    signee_provider_id: str | None = None
    signee_states_data_type_id: str | None = None
    signing_pdf_data_type: str | None = None
    correspondence_resource: PerEnvironment = field(default_factory=PerEnvironment)
    run_default_validator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentConfig:
    """`paymentConfig`: the data types of payment information and receipt."""

    payment_data_type: str | None = None
    payment_receipt_pdf_data_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfConfig:
    """`pdfConfig`: text key of the file name, and the tasks whose forms are rendered (none: the task's own)."""

    filename_text_resource_key: str | None = None
    auto_pdf_task_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubformPdfConfig:
    """`subformPdfConfig`: one PDF per sub-form element."""

    filename_text_resource_key: str | None = None
    subform_component_ids: tuple[str, ...] = ()
    subform_data_type_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EFormidlingConfig:
    """`eFormidlingConfig`: every value may differ per environment; `security_level` is the text of an integer."""

    disabled: PerEnvironment = field(default_factory=PerEnvironment)
    receiver: PerEnvironment = field(default_factory=PerEnvironment)
    process: PerEnvironment = field(default_factory=PerEnvironment)
    standard: PerEnvironment = field(default_factory=PerEnvironment)
    type_version: PerEnvironment = field(default_factory=PerEnvironment)
    type: PerEnvironment = field(default_factory=PerEnvironment)
    security_level: PerEnvironment = field(default_factory=PerEnvironment)
    dpf_shipment_type: PerEnvironment = field(default_factory=PerEnvironment)
    data_types: ListPerEnvironment = field(default_factory=ListPerEnvironment)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """`dg:signaturePolicy`. `required`: an integer as text, `all`, or None for the default."""

    required: str | None = None
    auto_complete: bool = True
    roles: tuple[str, ...] = ()
    order: str = "parallel"
    on_reject: str = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """`dg:deadline`: `after` (ISO duration) or `at` (expression); `reminders` are ISO durations before it."""

    after: str | None = None
    at: str | None = None
    action: str | None = None
    reminders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """`dg:external`: a setting's key, a time-out (ISO duration), and the tasks that may be sent back to."""

    endpoint: str | None = None
    timeout: str | None = None
    send_back_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """`dg:retry`: ISO durations, the greatest number of attempts as text, and who may retry."""

    base: str = "PT1S"
    max: str = "PT5M"
    give_up_after: str = "P1D"
    max_attempts: str | None = None
    user_may_retry: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """`dg:correlation`: the expression that gives the key."""

    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`dg:message`: the form type that stores the payload."""

    data_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """`dg:wait`: how long a service task may defer (ISO duration)."""

    budget: str = "P1D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What is copied between two instances: a data type (attachments) or a field. `source` and `target` as written."""

    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """`dg:map`: the value of an expression goes to a field of the other instance, `dataType:path`."""

    value: Expression
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAppConfig:
    """`dg:callApp`: the app `org/app`; who the instance is for, None for the same party; what goes there and back.

    `credentials`: `org` or `user`; `completion`: `wait` or `detach`.
    """

    app: str
    party: Expression | None = None
    credentials: str = "org"
    completion: str = "wait"
    maps: tuple[Mapped, ...] = ()
    attachments: tuple[Copied, ...] = ()
    returns: tuple[Copied, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConfig:
    """All extension configuration of one task; None where the element is absent."""

    signature: SignatureConfig | None = None
    payment: PaymentConfig | None = None
    pdf: PdfConfig | None = None
    subform_pdf: SubformPdfConfig | None = None
    e_formidling: EFormidlingConfig | None = None
    signature_policy: SignaturePolicy | None = None
    deadlines: tuple[Deadline, ...] = ()
    external: External | None = None
    retry: Retry | None = None
    correlation: Correlation | None = None
    message: Message | None = None
    wait: Wait | None = None
    call_app: CallAppConfig | None = None

    @property
    def send_back_to(self) -> tuple[str, ...]:
        """Ids of the tasks that this one may be sent back to."""
        return self.external.send_back_to if self.external else ()
