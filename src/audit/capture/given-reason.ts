import type { AuditOutcome } from '../event/outcomes.js';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';

/** Why the operation is done, as its request says it where `@AuditReason` looks; `undefined` where there is no text. */
export function givenReason(operation: AuditedOperation): string | undefined {
  const { reasonRule: rule } = operation;
  if (!rule || operation.isReasonRead) return operation.reason;
  operation.isReasonRead = true; // also of none: the handler may change its body
  const { header, body } = rule;
  const fromHeader = header === undefined ? undefined : headerOf(operation.request, header);
  const fromBody = body === undefined ? undefined : readFieldSafely(readSafely(operation.body), body);
  operation.reason = textOf(fromHeader) ?? textOf(fromBody);
  return operation.reason;
}

/** The event's reason, of which there is one: why it failed, where it failed; else why it was done. */
export function reasonOfEnd(
  outcome: AuditOutcome,
  { annotated, given, seen }: Readonly<Record<'annotated' | 'given' | 'seen', string | undefined>>,
): string | undefined {
  const isDone = outcome === 'success' || outcome === 'partial';
  return annotated ?? (isDone ? (given ?? seen) : (seen ?? given));
}

/** Node reads headers as Latin-1, and clients that send other letters send UTF-8. */
function headerOf(request: object | undefined, name: string): unknown {
  const value = readFieldSafely(readFieldSafely(request, 'headers'), name);
  if (typeof value !== 'string' || /^[\0-\x7f]*$/.test(value)) return value;
  return readSafely(() => UTF_8.decode(Buffer.from(value, 'latin1'))) ?? value;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** What nobody sees: spaces, controls, halves of letters, marks of formats, and letters that are left blank. */
const UNSEEN = /^[\p{C}\p{Z}\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && !UNSEEN.test(value) ? value.trim() : undefined;
}
