import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';

/** Returns the reason from the header or the body field that `@AuditReason` names; `undefined` without a reason. */
export function givenReason(operation: AuditedOperation): string | undefined {
  const { reasonRule: rule } = operation;
  if (!rule || operation.isReasonRead) return operation.reason;
  operation.isReasonRead = true; // read only once, since the handler may change the body
  const { header, body } = rule;
  const fromHeader = header === undefined ? undefined : headerOf(operation.request, header.toLowerCase());
  const fromBody = body === undefined ? undefined : readFieldSafely(readSafely(operation.body), body);
  operation.reason = textOf(fromHeader) ?? textOf(fromBody);
  return operation.reason;
}

/** Node decodes headers as Latin-1, but clients send letters beyond Latin-1 as UTF-8. */
function headerOf(request: object | undefined, name: string): unknown {
  const value = readFieldSafely(readFieldSafely(request, 'headers'), name);
  if (typeof value !== 'string' || /^[\0-\x7f]*$/.test(value)) return value;
  return readSafely(() => UTF_8.decode(Buffer.from(value, 'latin1'))) ?? value;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Matches a text without a visible character: only spaces, controls, lone surrogates, format marks, and blank letters. */
const UNSEEN = /^[\p{C}\p{Z}\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && !UNSEEN.test(value) ? value.trim() : undefined;
}
