import { findExtension } from '../../../../migrations/audit-migrations.js';
import { providerErrors } from '../../../base/errors/provider.errors.js';
import { getErrorCode, getErrorMessage } from '../../../base/errors/error-facts.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { isFileError } from '../../errors/file-error.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import { MAKE_TABLES } from '../../errors/verify.errors.js';

export type LedgerFailure =
  /** A value in the events can never be stored. */
  | { readonly kind: 'unstorable'; readonly cause: string }
  /**
   * The ledger cannot store events now. If a trigger raised the error, the ledger may still accept other events. `next` is the advice for
   * the operator.
   */
  | { readonly kind: 'unavailable'; readonly cause: string; readonly next: string; readonly isRaised: boolean };

const NOT_NULL_VIOLATION = '23502';
const CHECK_VIOLATION = '23514';
/** Raised by `audit_event_make_partition`. */
const NO_MORE_MONTHS = '22M01';

/**
 * Data exceptions, violated constraints, exceeded limits. The pattern excludes 22023, because PostgreSQL reports this code also for a
 * missing role at a session's start.
 */
const UNSTORABLE = /^(22(?!023)|54000|23502|23514)/;

/** The text of an error that an application's trigger raises may quote a row. */
const RAISED_BY_TRIGGER = 'P0';

const GRANT_ADVICE =
  "Run a command that changes the ledger with the sequencer's login (AUDIT_SEQUENCER_URL, sequencerUrl). If that login lacks a role, grant the " +
  "ledger's roles, whose names audit_role returns: audit_writer_… and audit_reader_… to the login that adds events; audit_sequencer_…, " +
  'audit_keeper_… and audit_reader_… to the login that seals (without sequencerUrl, all four to one login). If a role lost its rights, run: ' +
  'npx nestjs-audit-ledger migrate --repair';
const CONNECT_ADVICE =
  "Check the host and port of the ledger's URL, and that its server runs and is reachable from here";
const WAIT_ADVICE =
  'End the session that holds the lock (pg_stat_activity, pg_locks) or the load that slows the server';
/** Except for the leader's session, the library sets each time-out to 0, so something changed `setting` after the session's start. */
const isConnectionEnd = (setting: string): string =>
  `Wait, if the server or this process was paused: then the leader's session ends, so that another instance can lead. Otherwise, set ${setting} to 0 for the ledger's logins: check the settings that a pooler, a login trigger or an administrator makes in their sessions`;
const DISK_ADVICE = "Free space on the disk of the ledger's server, or move the ledger to a larger disk";

/** A key is a SQLSTATE, its first two characters, or the code of a system call. The longest match applies. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  '01000':
    'Check that a standby server of synchronous_standby_names runs, and do not cancel commits that wait for this server',
  '08': CONNECT_ADVICE,
  '22023': `Create the roles of the ledger on its server, because a dump of one database does not contain them: npx nestjs-audit-ledger migrate --repair`,
  '23514': 'Create the missing month: SELECT audit_event_make_partition(<a time in it>)',
  '25P03': isConnectionEnd('idle_in_transaction_session_timeout'),
  '25P04': isConnectionEnd('transaction_timeout'),
  '25006':
    "Point the ledger's URL at the primary server, and turn default_transaction_read_only off for the role in that URL",
  '28': "Correct user and password in the ledger's URL, or pg_hba.conf; nestjs-audit-ledger migrate --admin-url creates a missing login",
  '40001':
    'Repeat the query. If this error is frequent, set hot_standby_feedback = on or a longer max_standby_streaming_delay on the replica',
  '3D000': "Create the database, or correct its name in the ledger's URL",
  '42': MAKE_TABLES,
  '42501': GRANT_ADVICE,
  '42P01': MAKE_TABLES,
  '42703': `The schema does not fit this version: probably a migration is missing. ${MAKE_TABLES}`,
  '53': "Give the ledger's server more of the resource that it lacks, or reduce its load",
  '53100': DISK_ADVICE,
  '53300':
    'Raise max_connections or the connection limit of the role or database, or lower the number of connections in use',
  '55P03': WAIT_ADVICE,
  '57014': `${WAIT_ADVICE}, and remove a statement_timeout from the options of the ledger's URL`,
  '57P01': "Wait, if somebody restarts the ledger's server",
  '57P02': "Read the log of the ledger's server: it ended the session after a crash",
  '57P03': "Wait: the ledger's server is starting or stopping",
  '57P05': isConnectionEnd('idle_session_timeout'),
  '58': "Check the log and the disks of the ledger's server",
  XX: "Check the log and the disks of the ledger's server",
  ECONNREFUSED: CONNECT_ADVICE,
  ECONNRESET: CONNECT_ADVICE,
  EPIPE: CONNECT_ADVICE,
  EHOSTUNREACH: CONNECT_ADVICE,
  ENETUNREACH: CONNECT_ADVICE,
  ETIMEDOUT: CONNECT_ADVICE,
  ENOENT: CONNECT_ADVICE,
  ENOTFOUND: "Correct the host in the ledger's URL, or the name service of this machine",
  EAI_AGAIN: "Correct the host in the ledger's URL, or the name service of this machine",
};

const ADVICE_BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /session_replication_role/,
    'Run for the login, the database or the server: ALTER … RESET session_replication_role, and correct the options of the URL',
  ],
  [/timeout|terminated|not queryable|was closed/i, CONNECT_ADVICE],
  [/password|SASL|SCRAM/i, "Correct user and password in the ledger's URL"],
  [/SSL|TLS|certificate/i, "Correct sslmode and sslrootcert in the ledger's URL"],
];

const POOLER_ERROR = /unsupported startup parameter|connection pooler/;
const DIRECT_ADVICE =
  'The address leads to a pooler such as pgbouncer: give the ledger an address that leads directly to PostgreSQL ' +
  '(AUDIT_DATABASE_URL, AUDIT_SEQUENCER_URL, connectionUrl, sequencerUrl or --database-url). The application itself may use the pooler';

const UNDEFINED_OBJECT_CODES: ReadonlySet<string> = new Set(['42P01', '42883']);

const READ_LOG_ADVICE = "Read the log of the ledger's server";

/** The server's errors `could not extend file … File too large` and `… Disk quota exceeded` have no SQLSTATE of their own. */
const FULL_DISK = /no space left|file too large|quota exceeded/i;

/** Classifies an error of the database client. The result does not contain server messages that may quote the values of events. */
export function classifyLedgerError(error: unknown): LedgerFailure {
  const sqlState = getSqlState(error);
  if (sqlState !== undefined && UNSTORABLE.test(sqlState) && !isMissingPartition(error)) {
    return { kind: 'unstorable', cause: describeRefusal(sqlState, error) };
  }
  const { code, message } = getFirstError(error);
  const isRaised = sqlState?.startsWith(RAISED_BY_TRIGGER) ?? false;
  const cause = isRaised ? `a trigger refused it (${sqlState})` : code === '' ? message : `${message} (${code})`;
  return { kind: 'unavailable', cause, next: getAdvice(code, message), isRaised };
}

/** Whether the partition for a row is missing. PostgreSQL reports a missing partition as a check violation without the name of a constraint. */
export function isMissingPartition(error: unknown): boolean {
  return getSqlState(error) === CHECK_VIOLATION && getErrorText(error, 'constraint') === undefined;
}

/** Returns the SQLSTATE of a server's error; `undefined` for an error of the system or the client. */
export function getSqlState(error: unknown): string | undefined {
  // Only errors of the server have a severity.
  return getErrorText(error, 'severity') === undefined ? undefined : getErrorCode(error);
}

function describeRefusal(sqlState: string, error: unknown): string {
  if (sqlState === NOT_NULL_VIOLATION)
    return `the column ${getErrorText(error, 'column') ?? ''} must have a value (${sqlState})`;
  if (sqlState === CHECK_VIOLATION) return `they violate ${getErrorText(error, 'constraint') ?? ''} (${sqlState})`;
  if (sqlState === NO_MORE_MONTHS)
    return `no partition exists for the month of the events, perhaps because a clock is wrong; the ledger's owner can create it with audit_event_make_partition(<a time>) (${sqlState})`;
  if (sqlState.startsWith('54')) return `they exceed a limit of PostgreSQL (${sqlState})`;
  return `PostgreSQL refuses their values (${sqlState})`;
}

function getAdvice(code: string, message: string): string {
  const extension = UNDEFINED_OBJECT_CODES.has(code)
    ? findExtension(/\baudit_\w+/.exec(message)?.[0] ?? '')
    : undefined;
  if (extension !== undefined) return `Run: npx nestjs-audit-ledger migrate --with ${extension}`;
  if (POOLER_ERROR.test(message)) return DIRECT_ADVICE;
  if (FULL_DISK.test(message)) return DISK_ADVICE;
  return (
    ADVICE_BY_CODE[code] ??
    ADVICE_BY_CODE[code.slice(0, 2)] ??
    ADVICE_BY_TEXT.find(([pattern]) => pattern.test(message))?.[1] ??
    READ_LOG_ADVICE
  );
}

/** Returns the first error of an AggregateError, with which the database client rejects if all addresses of a host fail. */
function getFirstError(error: unknown): { readonly code: string; readonly message: string } {
  const several: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errors') : undefined;
  const first: unknown = Array.isArray(several) && several.length > 0 ? several[0] : error;
  return { code: getErrorCode(first) ?? '', message: getErrorMessage(first) };
}

function getErrorText(error: unknown, name: 'severity' | 'constraint' | 'column'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const text: unknown = Reflect.get(error, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/**
 * Translates an error of the database client to an error of this library. Returns `AUDIT_EVENTS_UNSTORABLE` if the
 * events caused the error; otherwise, `AUDIT_LEDGER_UNAVAILABLE`.
 */
export function explainLedgerError(error: unknown): AuditError {
  const failure = classifyLedgerError(error);
  return failure.kind === 'unstorable'
    ? providerErrors.AUDIT_EVENTS_UNSTORABLE('the ledger', failure.cause)
    : ledgerErrors.AUDIT_LEDGER_UNAVAILABLE(failure.cause, failure.next, failure.isRaised ? 'unknown' : 'store');
}

/** Translates like {@link explainLedgerError}, but leaves errors of the library, of files and of wrong arguments unchanged. */
export function toAuditError(error: unknown): Error {
  const isOwn = error instanceof AuditError || error instanceof TypeError;
  return isOwn || (error instanceof Error && isFileError(error)) ? error : explainLedgerError(error);
}
