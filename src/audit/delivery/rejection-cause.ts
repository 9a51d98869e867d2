import { errorCode, errorMessage } from '../../base/errors/error-facts.js';
import { readFieldSafely } from '../../base/read-safely.js';

/**
 * The cause of a provider's rejection. `events`: an event is invalid, and a retry does not help. `store`: the provider's store is the
 * cause, and a retry may help. `unknown`: the cause is not known.
 */
export type Fault = 'events' | 'store' | 'unknown';

const MAX_DEPTH = 5;

const WRAPPED_IN = ['cause', 'driverError', 'originalError', 'parent'] as const;

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
export function faultOf(error: unknown): Fault {
  const fault = readFieldSafely(error, 'fault');
  if (fault === 'events' || fault === 'store') return fault;
  return isOrWrapsConnectionError(error, MAX_DEPTH) ? 'store' : 'unknown';
}

function isOrWrapsConnectionError(error: unknown, depth: number): boolean {
  if (depth === 0 || typeof error !== 'object' || error === null) return false;
  if (isConnectionError(error)) return true;
  if (WRAPPED_IN.some((name) => isOrWrapsConnectionError(readFieldSafely(error, name), depth - 1))) return true;
  const first: unknown = readFieldSafely(readFieldSafely(error, 'errors'), 0); // one error for each address of the host
  return isOrWrapsConnectionError(first, depth - 1);
}

function isConnectionError(error: object): boolean {
  const code = errorCode(error) ?? '';
  if (typeof readFieldSafely(error, 'severity') === 'string') return STORE_STATES.test(code); // PostgreSQL's own error
  if (CONNECTION_CODES.test(code) || CLIENT_CODES.test(code)) return true;
  if (code === 'ENOENT' && readFieldSafely(error, 'syscall') === 'connect') return true;
  const name = readFieldSafely(error, 'name');
  return CONNECTION_TEXTS.test(errorMessage(error)) || (typeof name === 'string' && CONNECTION_NAMES.test(name));
}
