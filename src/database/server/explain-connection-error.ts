import { DatabaseError, type DatabaseCondition } from './database.error.js';
import { readText } from './read-text.js';

interface Condition {
  error: DatabaseCondition;
  /** SQLSTATEs of the server and codes of system calls. */
  codes: readonly string[];
  /** What the driver says without a code, and refusals whose code is broader than their sense; goes before the codes. */
  message?: RegExp;
}

const CONDITIONS: readonly Condition[] = [
  {
    error: 'DATABASE_TLS_REFUSED',
    codes: [
      ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'],
      ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    message:
      /no pg_hba\.conf entry.*(no encryption|SSL off)|not support SSL|establishing an SSL connection|SSL routines/,
  },
  {
    error: 'DATABASE_LOGIN_REFUSED',
    codes: ['28P01', '28000', '42501'],
    message: /password must be a (non-empty )?string|^SASL/,
  },
  { error: 'DATABASE_MISSING', codes: ['3D000'] },
  { error: 'DATABASE_NOT_READY', codes: ['57P03', '57P01', '53300'] },
  {
    error: 'DATABASE_NOT_POSTGRES',
    codes: [],
    message: /invalid response|message code|unexpected message/i,
  },
  {
    error: 'DATABASE_UNREACHABLE',
    codes: [
      ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE'],
      ...['ENOENT', 'EACCES'],
    ],
    message: /timeout|Connection terminated/,
  },
];

/**
 * Turns what the driver threw while connecting into the one class of that condition.
 *
 * @param shownUrl the address without its password.
 */
export function explainConnectionError(shownUrl: string, thrown: unknown): DatabaseError {
  const { message, code } = readThrown(thrown);
  const condition =
    CONDITIONS.find((each) => each.message?.test(message)) ?? CONDITIONS.find((each) => each.codes.includes(code));
  return new DatabaseError(condition?.error ?? 'DATABASE_CHECK_FAILED', message, { shownUrl, cause: thrown });
}

/** A host with several addresses fails with an AggregateError whose own message is empty; its first error tells. */
function readThrown(thrown: unknown): { message: string; code: string } {
  const several: unknown = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'errors') : undefined;
  const first: unknown = Array.isArray(several) ? several[0] : undefined;
  const told = readText(thrown, 'message') === '' && first !== undefined ? first : thrown;
  const code = readText(told, 'code') ?? '';
  const message = readText(told, 'message') ?? '';
  return { message: message === '' ? code : message, code };
}
