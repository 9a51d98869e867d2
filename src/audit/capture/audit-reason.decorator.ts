import { metadataDecorator } from './finish-method.js';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';

const REASON = Symbol.for('nestjs-audit-ledger:reason');

/** Where a request states its reason. Default: the header `X-Audit-Reason`, else the body's field `reason`. */
export interface AuditReasonOptions {
  /** The name of a header. The header takes precedence over the body. */
  readonly header?: string;
  /** The name of a top-level field of the body, of the payload of a message, or of the arguments of a GraphQL operation. */
  readonly body?: string;
  /** Whether a call without a reason is refused: HTTP 400. @defaultValue false */
  readonly required?: boolean;
}

/**
 * Takes the reason of an operation from its request, and puts it into `reason` of the events of an `@Audited` handler. On a controller it
 * applies to each audited handler; on a method it replaces the controller's.
 */
export function AuditReason(options: AuditReasonOptions = {}): ClassDecorator & MethodDecorator {
  const isDefault = options.header === undefined && options.body === undefined;
  return metadataDecorator(REASON, isDefault ? { ...options, header: 'x-audit-reason', body: 'reason' } : options);
}

/** Returns where a handler's calls state their reason, by its own `@AuditReason`, else by its controller's. */
export function reasonRuleOf(controller: object, handler: object): AuditReasonOptions | undefined {
  // Only AuditReason writes either of them.
  return (Reflect.getMetadata(REASON, handler) ?? Reflect.getMetadata(REASON, controller)) as
    AuditReasonOptions | undefined;
}

/** Returns the rule of the method's own `@AuditReason`. */
export function ownReasonRule(method: object): AuditReasonOptions | undefined {
  return Reflect.getOwnMetadata(REASON, method) as AuditReasonOptions | undefined; // only AuditReason writes it
}

/** Returns the reason that the request states where `@AuditReason` looks for it; `undefined` if it states none. */
export function givenReason(operation: AuditedOperation): string | undefined {
  const { reasonRule: rule } = operation;
  if (!rule || operation.isReasonRead) return operation.reason;
  operation.isReasonRead = true; // set even if it states none: the handler may change its body
  const { header, body } = rule;
  const fromHeader = header === undefined ? undefined : headerOf(operation.request, header.toLowerCase());
  const fromBody = body === undefined ? undefined : readFieldSafely(readSafely(operation.body), body);
  operation.reason = textOf(fromHeader) ?? textOf(fromBody);
  return operation.reason;
}

/** Decodes a header. Node reads headers as Latin-1; clients that send other letters send UTF-8. */
function headerOf(request: object | undefined, name: string): unknown {
  const value = readFieldSafely(readFieldSafely(request, 'headers'), name);
  if (typeof value !== 'string' || /^[\0-\x7f]*$/.test(value)) return value;
  return readSafely(() => UTF_8.decode(Buffer.from(value, 'latin1'))) ?? value;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** A text without a visible character: spaces, controls, halves of letters, format marks, and letters that are displayed as blanks. */
const UNSEEN = /^[\p{C}\p{Z}\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && !UNSEEN.test(value) ? value.trim() : undefined;
}
