import { declareErrors } from '../../base/errors/declare-errors.js';

export const readErrors = declareErrors({
  AUDIT_ACCESS_DENIED: {
    kind: 'refused',
    status: 403,
    when: 'HTTP 403: the option `authorize` did not grant what a route of the ledger needs',
    do: 'grant it there, or ask its administrator',
    message: (action: string, permission: string) =>
      `Cannot ${action}: the application does not grant "${permission}" to you. Ask its administrator for it.`,
  },
  AUDIT_ACCESS_INVALID: {
    kind: 'invalid',
    status: 403,
    when: 'reading: the option `authorize` returned neither `false` nor an access, or an access with an empty id',
    do: "return `{ scope: 'all' }`, `{ scope: 'tenants', tenantIds }`, `{ scope: 'subject', subjectId }` or `false`",
    message: (returned: string) =>
      `Cannot show the ledger: authorize returned ${returned}. Return { scope: 'all' }, ` +
      `{ scope: 'tenants', tenantIds: ['…'] } or { scope: 'subject', subjectId: '…' } from it.`,
  },
  AUDIT_QUERY_INVALID: {
    kind: 'invalid',
    status: 400,
    when: 'HTTP 400, and `AuditQuery`: the query is invalid',
    do: 'correct each parameter in the message; see [filters](../guides/reading.md#filters)',
    message: (problems: readonly string[]) => ({
      problems,
      message: `Cannot read the ledger: ${problems.join('; ')}. Correct the query.`,
    }),
  },
  AUDIT_QUERY_TOO_SLOW: {
    kind: 'refused',
    status: 422,
    when: 'HTTP 422, and `AuditQuery`: no index serves the filters, and too few events match them',
    do: 'narrow the time range, or name an actor, a resource, a request or a tenant',
    message: () =>
      'Cannot answer the query: it took too long. Narrow the time range (from, to), or add a filter for an actor, a resource, a request or a tenant.',
  },
  AUDIT_BUSY: {
    kind: 'unavailable',
    status: 503,
    when: 'HTTP 503: 50 readers follow the ledger in this process, or four exports run in it',
    do: 'retry later; instead of following, poll `/audit/events/tail?limit=50`',
    message: {
      ofOne: (following: number) =>
        `Cannot follow the ledger: you follow it ${following} times already. Close another page that follows it, or poll /audit/events/tail?limit=50.`,
      ofAll: (following: number) =>
        `Cannot follow the ledger: ${following} readers follow it already. Try again later, or poll /audit/events/tail?limit=50.`,
      exports: (running: number) =>
        `Cannot begin another export: ${running} exports are running. Wait until an export ends, and try again.`,
    },
  },
  AUDIT_ENTITY_UNKNOWN: {
    kind: 'missing',
    when: '`AuditHistory.of()`: no data source has the entity, or the id lacks a part of its primary key',
    do: 'follow the message',
    message: {
      noTable: (entity: string) =>
        `Cannot read the history of ${entity}: no data source of this application has that entity. Add it to a data source's entities, or ` +
        'name the captured resource by its type and id.',
      noKey: (entity: string, columns: readonly string[]) =>
        `Cannot read the history of ${entity}: the id lacks ${columns.join(' or ')}. Give each part of the primary key.`,
    },
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    status: 400,
    when: 'exporting: wrong filters, misplaced `proofs` or `bom`, an unknown tree size or offset, a file with another beginning',
    do: 'follow the message; nothing was changed',
    message: {
      unknownMark: (size: number) =>
        `Cannot export up to ${size}: no checkpoint of the ledger has that size. Give the mark of the export to resume, or omit the mark.`,
      otherOrigin: (signed: string, own: string) =>
        `Cannot export as ${own}: the newest checkpoint is of the ledger ${signed}. ` +
        'Give the key and the origin of this ledger: for a command, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN.',
      noFilter: (names: readonly string[]) =>
        `Cannot export by ${names.join(', ')}: it is not a filter. Give the filters of GET /audit/events, as NAME=VALUE.`,
      noProofs: (format: string) =>
        `Cannot export proofs as ${format}: only JSON Lines can contain proofs. Give the format jsonl, or omit the proofs.`,
      noByteOrderMark: (format: string) =>
        `Cannot begin ${format} with a byte order mark: only CSV may have one. Give the format csv, or omit bom.`,
      beyondEnd: (offset: number, bytes: number) =>
        `Cannot resume at byte ${offset}: this export has ${bytes} bytes. Start a new export.`,
      manifestIsThere: (file: string) =>
        `Cannot write the manifest ${file}: the file exists. Name another output, or replace both files with --force.`,
      changed: (file: string) =>
        `Cannot resume ${file}: its beginning does not match its progress file. Remove both, and start a new export.`,
      other: (file: string) =>
        `Cannot resume ${file}: it was begun with another format, other filters or another access. Give the original options, or another file.`,
      otherTreeSize: (file: string, treeSize: number) =>
        `Cannot resume ${file}: it was begun with the tree size ${treeSize}. Give --tree-size ${treeSize}, omit --tree-size, or give another file.`,
      isThere: (file: string, isResumed: boolean) =>
        isResumed
          ? `Cannot resume ${file}: ${file}.progress is missing, so the export is complete, or the file is not an export. Remove the file, or give another one.`
          : `Cannot begin ${file}: the file exists. Resume the export with --resume, remove the file, or give another file.`,
    },
  },
});
