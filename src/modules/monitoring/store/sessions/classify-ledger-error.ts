import { roomOf } from '../../../../../migrations/audit-migrations.js';
import { errorCode, errorMessage, AuditError, UnstorableEventsError } from '../../../../audit/plain.js';
import { isFileError } from '../../errors/file-error.js';
import { LedgerUnavailableError } from '../../errors/ledger-unavailable.error.js';

/** What an error of the ledger's client means for the events. */
export type LedgerFailure =
  /** Something in the events themselves can never be stored. */
  | { readonly kind: 'unstorable'; readonly seen: string }
  /** The ledger cannot store anything now, or if a trigger raised the error, perhaps not this event; `next` is what to do. */
  | { readonly kind: 'unavailable'; readonly seen: string; readonly next: string; readonly isRaised: boolean };

const NOT_NULL_VIOLATION = '23502';
const CHECK_VIOLATION = '23514';
/** Raised by `audit_event_make_partition`. */
const NO_MORE_MONTHS = '22M01';

/**
 * Classes of SQLSTATE that concern the values: data exceptions, and the limits of a row, an index entry or an array. Not 22023, which
 * concerns settings and arguments: a session whose role is missing fails with it before it sees any event.
 */
const UNSTORABLE = /^(22(?!023)|54000|23502|23514)/;

/** The class of errors that an application's own triggers raise; their texts may quote a row. */
const RAISED_BY_TRIGGER = 'P0';

/** The advice that makes the ledger's tables. */
export const MAKE_TABLES =
  'Run: npx nestjs-audit-ledger migrate dist/app.module.js, with the built file of your root module. If the tables are there, name ' +
  'their schema, as the option schema or by --schema';
const GRANT =
  "Grant the ledger's logins their roles: audit_writer and audit_reader to the one that adds events, audit_sequencer, audit_keeper " +
  'and audit_reader to the one that seals (sequencerUrl; without it, all four to the one); where a role lost its rights: ' +
  'npx nestjs-audit-ledger migrate --repair';
const REACH = "Check the host and port of the ledger's URL, and that its server runs and can be reached from here";
const WAIT_OR_END =
  'End the session that holds the lock (pg_stat_activity, pg_locks) or the load that slows the server';
/**
 * The advice for a time-out. The library sets these settings to 0 for its sessions, so something set it again after the session's start.
 */
const endedBy = (setting: string): string =>
  `Let ${setting} be 0 for the ledger's logins: see what a pooler, a login trigger or an administrator sets in their sessions`;
const FREE_DISK = "Free space on the disk of the ledger's server, or move the ledger to a larger one";

/** What to do, by SQLSTATE or its beginning, and by the code of a system call. The longest match counts. */
const NEXT: Readonly<Record<string, string>> = {
  '01000':
    'Let commits wait: see that a standby server of synchronous_standby_names runs, and cancel no statement that waits for it',
  '08': REACH,
  '22023': `Make the roles audit_writer, audit_sequencer, audit_reader and audit_keeper on the ledger's server: a dump of one database does not hold them`,
  '23514': 'Make the missing month: SELECT audit_event_make_partition(<a time in it>)',
  '25P03': endedBy('idle_in_transaction_session_timeout'),
  '25P04': endedBy('transaction_timeout'),
  '25006': "Point the ledger's URL at the primary server, and turn default_transaction_read_only off for its role",
  '28': "Correct user and password in the ledger's URL, or pg_hba.conf; nestjs-audit-ledger migrate --admin-url makes a login that is missing",
  '40001':
    'Ask again. If it happens often, set hot_standby_feedback = on or a longer max_standby_streaming_delay on the replica',
  '3D000': "Create the database, or correct its name in the ledger's URL",
  '42': MAKE_TABLES,
  '42501': GRANT,
  '42P01': MAKE_TABLES,
  '42703': `The schema does not fit this version, most likely it is one migration behind. ${MAKE_TABLES}`,
  '53': "Give the ledger's server more of it, or less to do",
  '53100': FREE_DISK,
  '53300':
    'Raise max_connections or the connection limit of the role or database, or lower the number of connections in use',
  '55P03': WAIT_OR_END,
  '57014': `${WAIT_OR_END}, and remove a statement_timeout from the options of the ledger's URL`,
  '57P01': 'Nothing, if its server is being restarted',
  '57P02': "Look at the log of the ledger's server: it ended a session after a crash",
  '57P03': "Wait: the ledger's server is starting or stopping",
  '57P05': endedBy('idle_session_timeout'),
  '58': "Look at the log and the disks of the ledger's server",
  XX: "Look at the log and the disks of the ledger's server",
  ECONNREFUSED: REACH,
  ECONNRESET: REACH,
  EPIPE: REACH,
  EHOSTUNREACH: REACH,
  ENETUNREACH: REACH,
  ETIMEDOUT: REACH,
  ENOENT: REACH,
  ENOTFOUND: "Correct the host in the ledger's URL, or the name service of this machine",
  EAI_AGAIN: "Correct the host in the ledger's URL, or the name service of this machine",
};

/** What to do for errors of the client without a code. */
const NEXT_BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [/timeout|terminated|not queryable|was closed/i, REACH],
  [/password|SASL|SCRAM/i, "Correct user and password in the ledger's URL"],
  [/SSL|TLS|certificate/i, "Correct sslmode and sslrootcert in the ledger's URL"],
];

/** Matches the refusals of pgbouncer, and the error of a session without its settings. */
const POOLED = /unsupported startup parameter|connection pooler/;
const GO_DIRECTLY =
  'A pooler such as pgbouncer is in front of the ledger: give the ledger an address of its own that leads to PostgreSQL itself ' +
  '(AUDIT_DATABASE_URL, AUDIT_SEQUENCER_URL, connectionUrl, sequencerUrl or --database-url); the application may keep the pooler';

/** SQLSTATEs of a missing table or function. */
const MISSING: ReadonlySet<string> = new Set(['42P01', '42883']);

const LOOK = "Look at the log of the ledger's server";

/** A server's `could not extend file … File too large` or `… Disk quota exceeded` lacks a SQLSTATE of its own. */
const FULL_DISK = /no space left|file too large|quota exceeded/i;

/**
 * Classifies an error of the ledger's client, by its SQLSTATE or the code of the system call. It repeats only words of the server that
 * cannot contain values of events.
 */
export function classifyLedgerError(error: unknown): LedgerFailure {
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined && UNSTORABLE.test(sqlState) && !isMissingPartition(error)) {
    return { kind: 'unstorable', seen: describeRefusal(sqlState, error) };
  }
  const { code, message } = firstOf(error);
  const isRaised = sqlState?.startsWith(RAISED_BY_TRIGGER) ?? false;
  const seen = isRaised ? `a trigger refused it (${sqlState})` : code === '' ? message : `${message} (${code})`;
  return { kind: 'unavailable', seen, next: nextFor(code, message), isRaised };
}

/** Whether a row found no partition: a check violation without the name of a constraint. */
export function isMissingPartition(error: unknown): boolean {
  return sqlStateOf(error) === CHECK_VIOLATION && textOf(error, 'constraint') === undefined;
}

/** The SQLSTATE of a server's error; `undefined` for an error of the system or the client. */
export function sqlStateOf(error: unknown): string | undefined {
  // Only the server's errors have a severity.
  return textOf(error, 'severity') === undefined ? undefined : errorCode(error);
}

function describeRefusal(sqlState: string, error: unknown): string {
  if (sqlState === NOT_NULL_VIOLATION)
    return `the column ${textOf(error, 'column') ?? ''} must have a value (${sqlState})`;
  if (sqlState === CHECK_VIOLATION) return `they violate ${textOf(error, 'constraint') ?? ''} (${sqlState})`;
  if (sqlState === NO_MORE_MONTHS)
    return `no month holds their times, which may be a wrong clock's; the ledger's owner makes one by audit_event_make_partition(<a time>) (${sqlState})`;
  if (sqlState.startsWith('54')) return `they are over a limit of PostgreSQL (${sqlState})`;
  return `PostgreSQL refuses their values (${sqlState})`;
}

function nextFor(code: string, message: string): string {
  const room = MISSING.has(code) ? roomOf(/\baudit_\w+/.exec(message)?.[0] ?? '') : undefined;
  if (room !== undefined) return `Run: npx nestjs-audit-ledger migrate --with ${room}`;
  if (POOLED.test(message)) return GO_DIRECTLY;
  if (FULL_DISK.test(message)) return FREE_DISK;
  return NEXT[code] ?? NEXT[code.slice(0, 2)] ?? NEXT_BY_TEXT.find(([pattern]) => pattern.test(message))?.[1] ?? LOOK;
}

/**
 * The error to look at: a host with several addresses fails with an AggregateError, whose own message is empty, so its first error is
 * taken.
 */
function firstOf(error: unknown): { readonly code: string; readonly message: string } {
  const several: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errors') : undefined;
  const told: unknown = Array.isArray(several) && several.length > 0 ? several[0] : error;
  return { code: errorCode(told) ?? '', message: errorMessage(told) };
}

function textOf(error: unknown, name: 'severity' | 'constraint' | 'column'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const text: unknown = Reflect.get(error, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/**
 * Translates an error of the ledger's client: UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events are at fault,
 * LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is.
 */
export function explainLedgerError(error: unknown): AuditError {
  const failure = classifyLedgerError(error);
  return failure.kind === 'unstorable'
    ? UnstorableEventsError.create('the ledger', failure.seen)
    : LedgerUnavailableError.create(failure.seen, failure.next, failure.isRaised ? 'unknown' : 'store');
}

/** Does the same as {@link explainLedgerError}, but leaves errors of the library, of files and of wrong arguments unchanged. */
export function explainUnlessOwn(error: unknown): Error {
  const isOwn = error instanceof AuditError || error instanceof TypeError;
  return isOwn || (error instanceof Error && isFileError(error)) ? error : explainLedgerError(error);
}
