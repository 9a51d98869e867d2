import { getErrorMessage, getErrorCode } from '../../base/errors/error-facts.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { withTimeout } from '../../base/with-timeout.js';
import { readFieldSafely } from '../../base/read-safely.js';

/** A provider's answer to a batch. */
export type BatchResult =
  /** `isAccepted`: a queue in front of the store accepted the batch. */
  | { readonly status: 'stored'; readonly isAccepted?: true }
  | { readonly status: 'rejected'; readonly error: string; readonly fault: Fault }
  | { readonly status: 'timed out'; readonly error: string };

interface AttemptedBatch {
  readonly backend: string;
  readonly events: number;
  /** The time from the call to the answer. */
  readonly seconds: number;
  readonly result: BatchResult['status'];
}

/** Called for each answered batch, including replays and probes. Must be quick, and must not throw. */
export type BatchListener = (batch: AttemptedBatch) => void;

/**
 * Calls a provider with a batch, and waits at most `timeoutMs`. Never rejects. If the provider returns `false`, the batch counts as
 * rejected.
 */
export async function callProvider(
  provider: RegisteredProvider,
  events: readonly AuditEvent[],
  timeoutMs: number,
  attempt: number,
): Promise<BatchResult> {
  const abort = new AbortController();
  const scope = { backend: provider.backend, signal: abort.signal, attempt };
  // If `record` throws synchronously, the promise rejects. The provider gets a copy of the array, because it may change the array.
  const result = new Promise<unknown>((resolve) => resolve(provider.instance.record([...events], scope))).then(
    (input): BatchResult => (input === false ? NOT_LOGGED : input === 'accepted' ? ACCEPTED : { status: 'stored' }),
    (error: unknown): BatchResult => {
      const phrase = getErrorMessage(error).replace(/\.$/, ''); // without the full stop, the phrase fits into a sentence
      return { status: 'rejected', error: phrase, fault: classifyFault(error) };
    },
  );
  return withTimeout(timeoutMs, result, (): BatchResult => {
    abort.abort();
    return { status: 'timed out', error: `no answer within ${timeoutMs} ms` };
  });
}

const ACCEPTED: BatchResult = Object.freeze({ status: 'stored', isAccepted: true });

const NOT_LOGGED: BatchResult = Object.freeze({
  status: 'rejected',
  error: 'the provider resolved with false, so it did not store the events',
  fault: 'unknown',
});

/** Limits the number of calls at once. Further calls wait in order. */
export class CallSlots {
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(limit: number) {
    this.free = limit;
  }

  /** Acquires a slot. Returns a promise if the call must wait. Release the slot after the call. */
  acquire(): Promise<void> | undefined {
    if (this.free > 0) this.free--;
    else return new Promise<void>((resolve) => this.queue.push(resolve));
    return undefined;
  }

  release(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.free++;
  }
}

/**
 * The cause of a provider's rejection. `events`: an event is invalid, and a retry does not help. `store`: the provider's store is the
 * cause, and a retry may help. `unknown`: the cause is not known.
 */
type Fault = 'events' | 'store' | 'unknown';

const MAX_DEPTH = 5;

const CAUSE_PROPERTIES = ['cause', 'driverError', 'originalError', 'parent'] as const;

const CONNECTION_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|E(HOST|NET)(UNREACH|DOWN)|ETIMEDOUT|ENOTFOUND|EAI_\w+|ESOCKETTIMEDOUT|UND_ERR_\w+)$/;

/** Error codes of database clients other than pg: MySQL, Prisma, Redis. */
const CLIENT_CODES =
  /^(PROTOCOL_CONNECTION_LOST|PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR|ER_CON_COUNT_ERROR|ER_SERVER_SHUTDOWN|P10(01|02|08|17)|P2024|NR_CLOSED|CONNECTION_BROKEN)$/;

/**
 * SQLSTATEs: 08 connection, 25006 read-only, 28 authentication, 40 rollback, 3D000 and 3F000 no such database or schema, 42501 no right,
 * 42P01 no such table, 53 resources, 55P03 lock, 57 operator, 58 system.
 */
const STORE_STATES = /^(08|25006|28|40|3D000|3F000|42501|42P01|53|55P03|57|58)/;

const CONNECTION_TEXTS =
  /^(Connection terminated|Client (has encountered a connection error|was closed) and is not queryable|timeout (expired|exceeded when trying to connect)|Query read timeout|Cannot use a pool after calling end|Driver not Connected|socket hang up|other side closed|sorry, too many clients already)/i;

const CONNECTION_NAMES =
  /^(Mongo(Network|NetworkTimeout|ServerSelection)|SequelizeConnection\w*|PrismaClientInitialization|MaxRetriesPerRequest|ClusterAllFailed|ConnectionIsNotSet|Connect(ion)?Timeout)Error$/;

/**
 * Returns the field `fault` of an error, or `store` for a connection error. Also looks at wrapped errors. Does not check the error's class,
 * since the provider may use another copy of this library. Never throws.
 */
export function classifyFault(error: unknown): Fault {
  const fault = readFieldSafely(error, 'fault');
  if (fault === 'events' || fault === 'store') return fault;
  return isOrWrapsConnectionError(error, MAX_DEPTH) ? 'store' : 'unknown';
}

function isOrWrapsConnectionError(error: unknown, depth: number): boolean {
  if (depth === 0 || typeof error !== 'object' || error === null) return false;
  if (isConnectionError(error)) return true;
  if (CAUSE_PROPERTIES.some((name) => isOrWrapsConnectionError(readFieldSafely(error, name), depth - 1))) return true;
  const first: unknown = readFieldSafely(readFieldSafely(error, 'errors'), 0); // one error for each address of the host
  return isOrWrapsConnectionError(first, depth - 1);
}

function isConnectionError(error: object): boolean {
  const code = getErrorCode(error) ?? '';
  if (typeof readFieldSafely(error, 'severity') === 'string') return STORE_STATES.test(code); // PostgreSQL's own error
  if (CONNECTION_CODES.test(code) || CLIENT_CODES.test(code)) return true;
  if (code === 'ENOENT' && readFieldSafely(error, 'syscall') === 'connect') return true;
  const name = readFieldSafely(error, 'name');
  return CONNECTION_TEXTS.test(getErrorMessage(error)) || (typeof name === 'string' && CONNECTION_NAMES.test(name));
}
