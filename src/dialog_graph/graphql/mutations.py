"""The mutations: unpack the input, carry out the command, wrap what it changed as it is read after the commit."""

import strawberry
from strawberry import Info

from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.confirm_receipt import ConfirmReceipt, confirm_receipt
from dialog_graph.commands.delete_data_element import DeleteDataElement, delete_data_element
from dialog_graph.commands.delete_instance import DeleteInstance, RestoreInstance, delete_instance, restore_instance
from dialog_graph.commands.instantiate import Instantiate, instantiate
from dialog_graph.commands.set_substatus import SetSubstatus, set_substatus
from dialog_graph.commands.write_form_data import WriteFormData, WriteFormDataResult, write_form_data
from dialog_graph.graphql import event_fields, migration_fields
from dialog_graph.graphql import payloads as p
from dialog_graph.graphql import process_fields as steps
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.event_fields import CreateWebhookPayload, DeleteWebhookPayload
from dialog_graph.graphql.migration_fields import MigrateInstancePayload
from dialog_graph.graphql.queries import known
from dialog_graph.graphql.types.errors import issue
from dialog_graph.graphql.types.instance import Instance, ReceiptConfirmation
from dialog_graph.model.instance import Instance as InstanceValue
from dialog_graph.reads import forms


def _members(input: object) -> dict[str, object]:
    """The members of an input by name; the commands have the same names."""
    return dict(vars(input))


async def _changed(info: Info[Context, None], result: p.Result) -> Instance | None:
    """The instance as it is now."""
    return await info.context.instances.load(result.instance_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _instantiate(info: Info[Context, None], input: p.InstantiateInput) -> p.InstantiatePayload:
    known(info)
    result = await p.carried_out(info, instantiate, Instantiate(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.InstantiatePayload(errors=result)
    return p.InstantiatePayload(instance=await _changed(info, result), errors=[])


async def _write_form_data(info: Info[Context, None], input: p.WriteFormDataInput) -> p.WriteFormDataPayload:
    known(info)
    result = await p.carried_out(info, write_form_data, WriteFormData(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.WriteFormDataPayload(errors=result)
    return await _written(info, result)


async def _written(info: Info[Context, None], result: WriteFormDataResult) -> p.WriteFormDataPayload:
    instance: InstanceValue | None = await info.context.instances.load(result.instance_id)
    written = None if instance is None else await info.context.read(forms.written, instance, result)
    return p.WriteFormDataPayload(
        instance=instance,  # pyright: ignore[reportArgumentType] -- fields are read from the model's values
        data_element=written and written.element,  # pyright: ignore[reportArgumentType] -- fields are read from the model's values
        issues=[issue(item, info.context.languages) for item in written.issues] if written else [],
        changed_paths=list(result.changed_paths) if written else [],
        errors=[],
    )


async def _advance_process(info: Info[Context, None], input: p.AdvanceProcessInput) -> p.AdvanceProcessPayload:
    known(info)
    result = await p.carried_out(info, advance_process, AdvanceProcess(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.AdvanceProcessPayload(errors=result)
    return p.AdvanceProcessPayload(instance=await _changed(info, result), errors=[])


async def _delete_data_element(
    info: Info[Context, None], input: p.DeleteDataElementInput
) -> p.DeleteDataElementPayload:
    known(info)
    result = await p.carried_out(info, delete_data_element, DeleteDataElement(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.DeleteDataElementPayload(errors=result)
    return p.DeleteDataElementPayload(instance=await _changed(info, result), errors=[])


async def _confirm_receipt(info: Info[Context, None], input: p.ConfirmReceiptInput) -> p.ConfirmReceiptPayload:
    known(info)
    result = await p.carried_out(info, confirm_receipt, ConfirmReceipt(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.ConfirmReceiptPayload(errors=result)
    instance: InstanceValue | None = await info.context.instances.load(result.instance_id)
    confirmations = () if instance is None else instance.confirmations
    own = next((item for item in confirmations if item.org == info.context.principal.org), None)
    return p.ConfirmReceiptPayload(
        instance=instance,  # pyright: ignore[reportArgumentType] -- fields are read from the model's values
        confirmation=None if own is None else ReceiptConfirmation(org=own.org, confirmed_at=own.confirmed_at),
        already_confirmed=result.already_confirmed,
        errors=[],
    )


async def _set_substatus(info: Info[Context, None], input: p.SetSubstatusInput) -> p.SetSubstatusPayload:
    known(info)
    result = await p.carried_out(info, set_substatus, SetSubstatus(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.SetSubstatusPayload(errors=result)
    return p.SetSubstatusPayload(instance=await _changed(info, result), errors=[])


async def _delete_instance(info: Info[Context, None], input: p.DeleteInstanceInput) -> p.DeleteInstancePayload:
    known(info)
    result = await p.carried_out(info, delete_instance, DeleteInstance(**p.without_nulls(input, "hard")))
    if isinstance(result, list):
        return p.DeleteInstancePayload(errors=result)
    return p.DeleteInstancePayload(instance=await _changed(info, result), errors=[])


async def _restore_instance(info: Info[Context, None], input: p.RestoreInstanceInput) -> p.RestoreInstancePayload:
    known(info)
    result = await p.carried_out(info, restore_instance, RestoreInstance(**_members(input)))  # pyright: ignore[reportArgumentType] -- members by name
    if isinstance(result, list):
        return p.RestoreInstancePayload(errors=result)
    return p.RestoreInstancePayload(instance=await _changed(info, result), errors=[])


@strawberry.type(description="Everything that can be changed; each takes one input and tells its errors as data.")
class Mutation:
    """One field per command; the rules are in `commands/`."""

    instantiate: p.InstantiatePayload = strawberry.mutation(resolver=_instantiate)
    write_form_data: p.WriteFormDataPayload = strawberry.mutation(resolver=_write_form_data)
    advance_process: p.AdvanceProcessPayload = strawberry.mutation(resolver=_advance_process)
    delete_data_element: p.DeleteDataElementPayload = strawberry.mutation(resolver=_delete_data_element)
    confirm_receipt: p.ConfirmReceiptPayload = strawberry.mutation(resolver=_confirm_receipt)
    set_substatus: p.SetSubstatusPayload = strawberry.mutation(resolver=_set_substatus)
    delete_instance: p.DeleteInstancePayload = strawberry.mutation(resolver=_delete_instance)
    restore_instance: p.RestoreInstancePayload = strawberry.mutation(resolver=_restore_instance)
    deliver_message: steps.DeliverMessagePayload = strawberry.mutation(resolver=steps.deliver)
    retry_task: steps.RetryTaskPayload = strawberry.mutation(resolver=steps.retry)
    resolve_task: steps.ResolveTaskPayload = strawberry.mutation(resolver=steps.resolve)
    activate_task: steps.ActivateTaskPayload = strawberry.mutation(resolver=steps.activate)
    cancel_process: steps.CancelProcessPayload = strawberry.mutation(resolver=steps.cancel)
    migrate_instance: MigrateInstancePayload = strawberry.mutation(resolver=migration_fields.migrate)
    create_webhook: CreateWebhookPayload = strawberry.mutation(resolver=event_fields.create)
    delete_webhook: DeleteWebhookPayload = strawberry.mutation(resolver=event_fields.delete)
