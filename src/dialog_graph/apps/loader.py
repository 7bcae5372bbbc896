"""From the files of an app folder to an `AppVersion` and its findings (app folder §1–§14).

One reader per kind of file, each reporting into the same list; then the checks that need several files. A version is
made whenever metadata, process and policy could be read; whether it may be activated, its findings tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph.apps.checks.calls import OF_CALLS, OtherApps, check_calls
from dialog_graph.apps.checks.eformidling import check_e_formidling
from dialog_graph.apps.checks.form import check_forms
from dialog_graph.apps.checks.gateway_actions import check_gateway_actions
from dialog_graph.apps.checks.handlers import check_file_handlers, check_handlers
from dialog_graph.apps.checks.layout import FormKnown, check_layouts
from dialog_graph.apps.checks.payment import check_payment
from dialog_graph.apps.checks.policy import check_policy
from dialog_graph.apps.checks.process import check_process
from dialog_graph.apps.checks.self_starts import check_self_starts
from dialog_graph.apps.checks.signing import check_signing
from dialog_graph.apps.checks.texts import check_texts
from dialog_graph.apps.checks.unused import check_unused
from dialog_graph.apps.checks.written_types import check_written_types
from dialog_graph.apps.contents.app_settings import AppSettings
from dialog_graph.apps.contents.metadata import DataType
from dialog_graph.apps.diagnostics import LOGIC, POLICY, PROCESS, At, ordered, without_doubles, without_ignored
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.calculations_reader import read_calculations
from dialog_graph.apps.readers.conditions import check_conditions, read_conditions
from dialog_graph.apps.readers.field_rules_reader import read_field_rules
from dialog_graph.apps.readers.file_names import is_ignored_logic
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.layouts_reader import ReadLayouts, read_layouts
from dialog_graph.apps.readers.logic_reader import read_logic
from dialog_graph.apps.readers.metadata_reader import MetadataFile, read_metadata
from dialog_graph.apps.readers.models_reader import read_models
from dialog_graph.apps.readers.options_reader import read_options
from dialog_graph.apps.readers.prefill_reader import read_prefills
from dialog_graph.apps.readers.reading import Findings, JsonObject
from dialog_graph.apps.readers.settings_reader import read_settings
from dialog_graph.apps.readers.texts_reader import read_texts
from dialog_graph.apps.validation.xsd_validation import with_validators
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import Definition, TaskKind, read_process
from dialog_graph.model.diagnostic import Diags
from dialog_graph.policy import read_policy
from dialog_graph.tasks import KINDS

_NOT_USED = ((LOGIC, "", "Python logic"),)
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})

ProcessReader: TypeAlias = Callable[[bytes, Mapping[str, TaskKind], str], tuple[Definition | None, Diags]]
"""`bpmn.read_process`, or `bpmn.compile_process` of a process that was read when its version was registered."""


def load(
    files: Files,
    environment: str,
    variables: Mapping[str, str] = _NO_VARIABLES,
    kinds: Mapping[str, TaskKind] = KINDS,
    read: ProcessReader = read_process,
) -> tuple[AppVersion | None, Diags]:
    """Compiles a version. `environment`: `development`, `staging` or `production`; `variables`: `Section__Key`;
    `kinds`: the task types that there is code for; `read`: what makes the process of its file.

    Never raises on bad input. The second part is sorted and holds everything that was found and not set aside; it is
    also `AppVersion.diagnostics`.
    """
    findings = Findings(list(files.findings))
    _report_files(files, findings)
    file = read_metadata(files, findings)
    definition = _process(files, kinds, read, findings)
    settings = read_settings(files, environment, findings, variables)
    definition = _switched(definition, settings, findings)
    version = _version(files, file, definition, settings, findings) if file else None
    diagnostics = ordered(without_ignored(without_doubles(tuple(findings.items)), settings.check_ignore))
    return (replace(version, diagnostics=diagnostics) if version else None), diagnostics


def _report_files(files: Files, findings: Findings) -> None:
    for path in files.ignored:
        if is_ignored_logic(path):
            findings.add("DG1008", At(file=path), file=path)
        else:
            findings.add("DG1009", At(file=path))
    for prefix, suffix, what in _NOT_USED:
        for path in files.matching(prefix, suffix):
            findings.add("DG1013", At(file=path), what=what)


def _process(files: Files, kinds: Mapping[str, TaskKind], read: ProcessReader, findings: Findings) -> Definition | None:
    xml = files.contents.get(PROCESS)
    if xml is None:
        findings.add("DG1011", At(file=PROCESS))
        return None
    definition, diagnostics = read(xml, kinds, PROCESS)
    findings.extend(diagnostics)
    return definition


def _switched(definition: Definition | None, settings: AppSettings, findings: Findings) -> Definition | None:
    """`strict_gateways` means what `dg:strict` means in the file (app folder §13), so nothing differs (`DG2202`)."""
    if definition is None or not settings.strict_gateways:
        return definition
    findings.items[:] = [item for item in findings.items if item.code != "DG2202"]
    return replace(definition, strict=True)


def _version(
    files: Files, file: MetadataFile, definition: Definition | None, settings: AppSettings, findings: Findings
) -> AppVersion | None:
    """Reads what depends on the app's id, and checks across files what the process allows."""
    metadata = file.metadata
    data_types: Mapping[str, DataType] = MappingProxyType({t.id: t for t in metadata.data_types})
    policy, diagnostics = read_policy(files.contents.get(POLICY), metadata.app_id, POLICY)
    findings.extend(diagnostics)
    logic, texts = read_logic(files, findings), read_texts(files, findings)
    read, options = read_layouts(files, findings), read_options(files, findings)
    layouts = read.layouts
    models = read_models(files, data_types, findings)
    if settings.xsd_validation:
        models = with_validators(files, models, findings)
    check_forms(file, layouts, models, findings)
    check_file_handlers(logic, file.top, findings)
    known = Known(data_types=data_types, models=models, texts=texts, components=layouts.component_ids)
    given = FormKnown(known=known, options=options, layouts=layouts, logic=logic)
    check_layouts(read, given.at(definition), findings)
    rules = read_field_rules(files, known, findings)
    calculations = read_calculations(files, known, findings)
    prefills = read_prefills(files, known, findings)
    if definition is None or policy is None:
        return None
    conditions = read_conditions(definition, findings)
    check_conditions(definition, conditions, known, findings)
    version = AppVersion(
        app_id=metadata.app_id,
        sha256=files.sha256,
        metadata=metadata,
        data_types=data_types,
        definition=definition,
        process_xml=files.contents[PROCESS],
        policy=policy,
        texts=texts,
        conditions=conditions,
        models=models,
        layouts=layouts,
        options=options,
        settings=settings,
        rules=rules,
        calculations=calculations,
        prefills=prefills,
        logic=logic,
    )
    _check_across(version, files, read, file.top, findings)
    return version


def _check_across(version: AppVersion, files: Files, read: ReadLayouts, top: JsonObject, findings: Findings) -> None:
    """What only shows when the parts are held together."""
    check_process(version, top, findings)
    if POLICY in files.contents:
        check_policy(version, findings)
        check_self_starts(version, findings)
    check_gateway_actions(version, findings)
    check_signing(version, findings)
    check_payment(version, findings)
    check_e_formidling(version, findings)
    check_written_types(version, findings)
    check_handlers(version, findings)
    check_calls(version, None, findings)
    check_texts(version, read, top, findings)
    check_unused(version, files, findings)


def among(version: AppVersion, others: OtherApps) -> AppVersion:
    """The version with findings that know the other apps: what it calls, and what these let it do.

    `load` knows one app only; whoever has several says so when all are loaded.
    """
    findings = Findings([item for item in version.diagnostics if item.code not in OF_CALLS])
    check_calls(version, others, findings)
    kept = without_ignored(tuple(findings.items), version.settings.check_ignore)
    return replace(version, diagnostics=ordered(kept))
