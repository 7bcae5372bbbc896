"""What the comparisons ask for, the same text to every candidate."""

INBOX = """
query inbox($party: [String!], $limit: Int) {
  searchDialogs(input: {
    party: $party, limit: $limit, systemLabel: DEFAULT, excludeApiOnly: true,
    orderBy: {createdAt: null, updatedAt: null, dueAt: null, contentUpdatedAt: DESC}
  }) {
    items {
      id party org progress guiAttachmentCount status createdAt dueAt contentUpdatedAt isContentSeen
      serviceResourceType serviceResource hasUnopenedContent
      seenSinceLastContentUpdate { id seenAt seenBy { actorType actorId actorName } isCurrentEndUser }
      fromServiceOwnerTransmissionsCount fromPartyTransmissionsCount
      content {
        title { ...value }
        summary { ...value }
        senderName { ...value }
        extendedStatus { ...value }
      }
      endUserContext { systemLabels }
    }
    hasNextPage continuationToken
    errors { message }
  }
}
fragment value on ContentValue { value { value languageCode } mediaType }
"""
"""The inbox page, with the fields that the reference client of the inbox reads."""

INSTANCE = """
query instance($id: UUID!) {
  instance(id: $id) {
    id ref revision org status createdAt updatedAt archivedAt presentationTexts dataValues
    createdBy { ...actor }
    application { id org version title { value languageCode } }
    party { urn id uuid kind name }
    process {
      status startedAt startEvent endedAt endEvent
      tasks {
        id elementId type entry state startedAt endedAt action
        startedBy { ...actor }
        endedBy { ...actor }
      }
    }
    dataElements {
      id type contentType filename size sha256 isLocked isRead revision tags fileScan createdAt updatedAt formData
      createdBy { ...actor }
    }
    confirmations { org confirmedAt }
  }
}
fragment actor on Actor { actorType actorId actorName kind }
"""
"""One instance with its nested lists. Names of tasks are left out: they stand in the app, not in a table."""

ADVANCE = """
mutation advance($id: UUID!) {
  advanceProcess(input: {instanceId: $id}) {
    instance { id revision status process { status currentTask { elementId type state } } }
    errors { message }
  }
}
"""
"""Completes the first task: data to confirmation."""
