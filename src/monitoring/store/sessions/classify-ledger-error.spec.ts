import { describe, expect, it } from '@jest/globals';
import { classifyLedgerError, isMissingPartition, explainLedgerError } from './classify-ledger-error.js';

const PAYLOAD = 'ada@example.com';

/** PostgreSQL shows the row in the field `detail`. */
function serverError(code: string, message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR', detail: `(${PAYLOAD})`, ...fields });
}

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:5432`), { code });
}

const outOfPartitions = serverError('23514', 'keine Partition von Relation »audit_event« für die Zeile gefunden');

it.each([
  [serverError('22P02', `invalid input syntax for type inet: "${PAYLOAD}"`), 'PostgreSQL refuses their values (22P02)'],
  [serverError('54000', 'index row size 3000 exceeds'), 'they exceed a limit of PostgreSQL (54000)'],
  [serverError('23502', 'null value', { column: 'type' }), 'the column type must have a value (23502)'],
  [
    serverError('23514', 'violates', { constraint: 'audit_event_outcome_check' }),
    'they violate audit_event_outcome_check (23514)',
  ],
])('events that can never be stored %s', (error, cause) => {
  expect(classifyLedgerError(error)).toEqual({ kind: 'unstorable', cause });
  const explained = explainLedgerError(error);
  expect(explained.code).toBe('AUDIT_EVENTS_UNSTORABLE');
  expect(explained.message + String(explained.cause)).not.toContain(PAYLOAD);
});
// prettier-ignore

describe('a ledger that cannot store events now', () => {
  it.each([
    [serverError('42P01', 'relation "audit_event" does not exist'), /Run: npx nestjs-audit-ledger migrate dist\/app\.module\.js,/],
    [serverError('42703', 'column "details_issues" does not exist'), /a migration is missing.*Run: npx/],
    [serverError('42501', 'permission denied for table audit_event'), /audit_writer_… and audit_reader_… to the login that adds events/],
    [serverError('25006', 'cannot execute INSERT in a read-only transaction'), /primary server/],
    [serverError('53100', 'could not extend file: No space left on device'), /Free space on the disk/],
    [serverError('XX000', 'could not extend file: File too large'), /Free space on the disk/],
    [serverError('53300', 'too many connections for role "audit"'), /Raise max_connections/],
    [serverError('57P01', 'terminating connection', { severity: 'FATAL' }), /somebody restarts/],
    [serverError('55P03', 'canceling statement due to lock timeout'), /holds the lock/],
    [serverError('25P03', 'terminating connection due to idle-in-transaction timeout'), /was paused.*set idle_in_transaction_session_timeout to 0/],
    [serverError('57P05', 'terminating connection due to idle-session timeout'), /was paused.*set idle_session_timeout to 0/],
    [serverError('28P01', 'password authentication failed for user "audit"'), /Correct user and password/],
    [serverError('23505', 'duplicate key value violates unique constraint "mine"'), /Read the log/],
    [outOfPartitions, /audit_event_make_partition/],
    [systemError('ECONNREFUSED'), /Check the host and port/],
    [new AggregateError([systemError('ECONNREFUSED')], ''), /ECONNREFUSED.*Check the host and port/],
    [new Error('Query read timeout'), /Check the host and port/],
    ['a text that was thrown', /Read the log/],
  ])('%s', (error, message) => {
    expect(classifyLedgerError(error).kind).toBe('unavailable');
    const explained = explainLedgerError(error);
    expect(explained.code).toBe('AUDIT_LEDGER_UNAVAILABLE');
    expect(explained.message).toMatch(/^Cannot use the ledger: .+\.$/);
    expect(explained.message).toMatch(message);
    expect(explained.message + String(explained.cause)).not.toContain(PAYLOAD);
  }); // prettier-ignore

  it('does not repeat the text of a foreign trigger about the row', () => {
    const { message } = explainLedgerError(serverError('P0001', `I do not like ${PAYLOAD}`));
    expect(message).toBe(
      "Cannot use the ledger: a trigger refused it (P0001). Read the log of the ledger's server.",
    );
  });
});

it('a missing partition differs from a violated check in any language of the server', () => {
  expect(isMissingPartition(outOfPartitions)).toBe(true);
  expect(isMissingPartition(serverError('23514', 'violates', { constraint: 'x_check' }))).toBe(false);
  expect(isMissingPartition(Object.assign(new Error('no server'), { code: '23514' }))).toBe(false);
});
