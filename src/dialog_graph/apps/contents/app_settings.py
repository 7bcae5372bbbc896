"""What an app's settings files say, as frozen values (app folder §13)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """The settings that have effect: `appsettings.json`, the environment's file over it, `dialog-graph.toml`.

    `cache_seconds` is the life time of option lists. `front_end` holds the texts that `frontendSettings` may read.
    `environment`: of the server that read them. Names of external endpoints -> URL stand in `external`. `hook_timeout`
    is in seconds.
    """

    environment: str = "development"
    required_validation: bool = True
    expression_validation: bool = True
    xsd_validation: bool = False
    remove_hidden_data: bool = False
    enforce_data_type_task_id: bool = True
    publish_events: bool = True
    enable_e_formidling: bool = False
    e_formidling_sender: str | None = None
    cache_seconds: int = 3600
    oidc_provider: str | None = None
    front_end: Mapping[str, str] = field(default_factory=dict[str, str])
    strict_gateways: bool = False
    max_transitions: int = 1_000
    hook_timeout: float = 2.0
    prefill_required: bool = False
    time_zone: str = "Europe/Oslo"
    external: Mapping[str, str] = field(default_factory=dict[str, str])
    check_ignore: tuple[str, ...] = ()
