"""What the clients of the end-to-end tests ask, as a real integration would write it."""

START = """
mutation ($application: String!, $party: String!, $key: String) {
  instantiate(input: {application: $application, party: $party, idempotencyKey: $key}) {
    instance { id status dialog { id status } dataElements { id type contentType } }
    errors { __typename code message }
  }
}
"""
FILL = """
mutation ($id: UUID!, $type: String!, $data: JSON!) {
  writeFormData(input: {instanceId: $id, dataType: $type, data: $data}) {
    instance { revision }
    issues { field code severity message { value languageCode } }
    changedPaths
    errors { __typename code message }
  }
}
"""
ADVANCE = """
mutation ($id: UUID!, $action: String, $note: String) {
  advanceProcess(input: {instanceId: $id, action: $action, note: $note}) {
    instance { status process { status endEvent currentTask { elementId type } } dialog { status } }
    errors {
      __typename code message
      ... on ValidationFailed { issues { field code } }
      ... on Conflict { existingId }
    }
  }
}
"""
STATE = """
query ($id: UUID!) {
  instance(id: $id) {
    id ref revision status archivedAt
    application { id org version }
    party { urn name }
    process { status endEvent currentTask { elementId type entry actions { action isAuthorized } } }
    validation { code field severity }
    dataElements { id type contentType filename size sha256 isLocked isRead formData url downloads { org sha256 } }
    confirmations { org confirmedAt }
    dialog { id status }
    presentationTexts dataValues
  }
}
"""
CONFIRM = """
mutation ($id: UUID!, $key: String) {
  confirmReceipt(input: {instanceId: $id, idempotencyKey: $key}) {
    alreadyConfirmed
    confirmation { org confirmedAt }
    instance { status revision dialog { status } }
    errors { __typename code message }
  }
}
"""
INBOX = """
query ($party: [String!]) {
  searchDialogs(input: {party: $party, limit: 100}) {
    items {
      id status party org serviceResource isContentSeen
      content { title { value { value languageCode } } summary { value { value languageCode } } }
      latestActivity { type }
    }
    hasNextPage
    errors { __typename message }
  }
}
"""
DIALOG = """
query ($id: UUID!) {
  dialogById(dialogId: $id) {
    dialog {
      id status party org isContentSeen
      content { title { value { value languageCode } } summary { value { value languageCode } } }
      guiActions { action isAuthorized isDeleteDialogAction priority url }
      activities { type performedBy { actorType actorName } }
      transmissions { type isOpened attachments { name } }
      attachments { name }
      instance { id status }
    }
    errors { __typename message }
  }
}
"""
COMPLETIONS = """
subscription ($application: [String!], $after: String, $unconfirmedFirst: Boolean) {
  completions(application: $application, after: $after, unconfirmedFirst: $unconfirmedFirst) {
    id cursor sequence type time instance { id status application { id } party { urn } }
  }
}
"""
FOLLOW = """
subscription ($filter: EventFilter!, $after: String) {
  processEvents(filter: $filter, after: $after) {
    id cursor sequence type historyType time actor { actorType actorName } instance { id } elementId data
  }
}
"""
EVENTS = """
query ($filter: EventFilter!, $after: String) {
  events(filter: $filter, first: 100, after: $after) {
    edges { cursor node { id sequence type historyType } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
CREATE_WEBHOOK = """
mutation ($endpoint: URL!, $application: String!, $types: [String!]) {
  createWebhook(input: {endpoint: $endpoint, application: $application, types: $types}) {
    webhook { id state publicKey }
    secret
    errors { __typename code message }
  }
}
"""
WEBHOOK_STATE = """
query { webhooks { id endpoint state counts { pending delivered dead } deliveries { edges { node { id state } } } } }
"""
DELETE_WEBHOOK = "mutation ($id: UUID!) { deleteWebhook(input: {webhookId: $id}) { errors { code message } } }"
