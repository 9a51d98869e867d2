import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import { createMetadataDecorator } from './method-decorator.js';

const REASON_METADATA = Symbol.for('nestjs-audit-ledger:reason');

/** Where a request states its reason. Default: the header `X-Audit-Reason`, otherwise the field `reason` of the body. */
export interface AuditReasonOptions {
  /**
   * The name of a header. The header takes precedence over the body. Set this when your back office already sends the reason in a header, such
   * as `X-Ticket`.
   */
  readonly header?: string;
  /**
   * The name of a top-level field in the body, in the payload of a message, or in the arguments of a GraphQL operation. Set this when the form
   * of your back office has a field for the reason under another name, such as `justification`.
   */
  readonly body?: string;
  /**
   * Whether to refuse a call without a reason (HTTP 400). Set this when a policy asks for a justification of each access, as for patient
   * records.
   * @defaultValue false
   */
  readonly required?: boolean;
}

/**
 * Reads the reason for an operation from its request, and sets the `reason` of an `@Audited` handler's events. On a controller, the
 * decorator applies to each audited handler. On a method, the decorator replaces the controller's `@AuditReason`.
 */
export function AuditReason(options: AuditReasonOptions = {}): ClassDecorator & MethodDecorator {
  const isDefault = options.header === undefined && options.body === undefined;
  return createMetadataDecorator(
    REASON_METADATA,
    isDefault ? { ...options, header: 'x-audit-reason', body: 'reason' } : options,
  );
}

/** Returns the rule of the handler's `@AuditReason`, otherwise the rule of the controller's `@AuditReason`. */
export function resolveReasonRule(controller: object, handler: object): AuditReasonOptions | undefined {
  // Only AuditReason writes these metadata.
  return (Reflect.getMetadata(REASON_METADATA, handler) ?? Reflect.getMetadata(REASON_METADATA, controller)) as
    AuditReasonOptions | undefined;
}

export function getOwnReasonRule(method: object): AuditReasonOptions | undefined {
  return Reflect.getOwnMetadata(REASON_METADATA, method) as AuditReasonOptions | undefined; // only AuditReason writes these metadata
}

/** The part of an operation that states the reason. */
export interface ReasonSource {
  /** The framework's request, WebSocket client or message context. */
  readonly request: object | undefined;
  /** Returns the request's body or the message's payload. */
  readonly body: () => unknown;
  readonly reasonRule?: AuditReasonOptions | undefined;
  /** The reason that the actor gave; set when the reason is first read. */
  reason?: string | undefined;
  isReasonRead?: boolean;
}

/** Returns the reason from the header or the body field that `@AuditReason` names; `undefined` without a reason. */
export function getReason(operation: ReasonSource): string | undefined {
  const { reasonRule: rule } = operation;
  if (!rule || operation.isReasonRead) return operation.reason;
  operation.isReasonRead = true; // read only once, since the handler may change the body
  const { header, body } = rule;
  const fromHeader = header === undefined ? undefined : getHeader(operation.request, header.toLowerCase());
  const fromBody = body === undefined ? undefined : readFieldSafely(readSafely(operation.body), body);
  operation.reason = toReasonText(fromHeader) ?? toReasonText(fromBody);
  return operation.reason;
}

/** Node decodes headers as Latin-1, but clients send letters beyond Latin-1 as UTF-8. */
function getHeader(request: object | undefined, name: string): unknown {
  const value = readFieldSafely(readFieldSafely(request, 'headers'), name);
  if (typeof value !== 'string' || /^[\0-\x7f]*$/.test(value)) return value;
  return readSafely(() => UTF_8.decode(Buffer.from(value, 'latin1'))) ?? value;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Matches a text without a visible character: only spaces, controls, lone surrogates, format marks, and blank letters. */
const INVISIBLE_TEXT = /^[\p{C}\p{Z}\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function toReasonText(value: unknown): string | undefined {
  return typeof value === 'string' && !INVISIBLE_TEXT.test(value) ? value.trim() : undefined;
}
