import { metadataDecorator } from './method-decorator.js';

const REASON = Symbol.for('nestjs-audit-ledger:reason');

/** Where a request states its reason. Default: the header `X-Audit-Reason`, otherwise the field `reason` of the body. */
export interface AuditReasonOptions {
  /** The name of a header. The header takes precedence over the body. */
  readonly header?: string;
  /** The name of a top-level field in the body, in the payload of a message, or in the arguments of a GraphQL operation. */
  readonly body?: string;
  /** Whether to refuse a call without a reason (HTTP 400). @defaultValue false */
  readonly required?: boolean;
}

/**
 * Reads the reason for an operation from its request, and sets the `reason` of an `@Audited` handler's events. On a controller, the
 * decorator applies to each audited handler. On a method, the decorator replaces the controller's `@AuditReason`.
 */
export function AuditReason(options: AuditReasonOptions = {}): ClassDecorator & MethodDecorator {
  const isDefault = options.header === undefined && options.body === undefined;
  return metadataDecorator(REASON, isDefault ? { ...options, header: 'x-audit-reason', body: 'reason' } : options);
}

/** Returns the rule of the handler's `@AuditReason`, otherwise the rule of the controller's `@AuditReason`. */
export function reasonRuleOf(controller: object, handler: object): AuditReasonOptions | undefined {
  // Only AuditReason writes these metadata.
  return (Reflect.getMetadata(REASON, handler) ?? Reflect.getMetadata(REASON, controller)) as
    AuditReasonOptions | undefined;
}

/** Returns the rule of the method's own `@AuditReason`. */
export function ownReasonRule(method: object): AuditReasonOptions | undefined {
  return Reflect.getOwnMetadata(REASON, method) as AuditReasonOptions | undefined; // only AuditReason writes these metadata
}
