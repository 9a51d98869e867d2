import { metadataDecorator } from './finish-method.js';

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

/** Where the calls of a handler state their reason. */
export interface ReasonRule {
  /** In lower case. */
  readonly header: string | undefined;
  readonly body: string | undefined;
  readonly isRequired: boolean;
  readonly given: AuditReasonOptions;
}

/**
 * Takes the reason of an operation from its request, and puts it into `reason` of the events of an `@Audited` handler. On a controller it
 * applies to each audited handler; on a method it replaces the controller's.
 */
export function AuditReason(options: AuditReasonOptions = {}): ClassDecorator & MethodDecorator {
  return metadataDecorator(REASON, ruleOf(options));
}

/** Returns where a handler's calls state their reason, by its own `@AuditReason`, else by its controller's. */
export function reasonRuleOf(controller: object, handler: object): ReasonRule | undefined {
  // Only AuditReason writes either of them.
  return (Reflect.getMetadata(REASON, handler) ?? Reflect.getMetadata(REASON, controller)) as ReasonRule | undefined;
}

/** Returns the rule of the method's own `@AuditReason`. */
export function ownReasonRule(method: object): ReasonRule | undefined {
  return Reflect.getOwnMetadata(REASON, method) as ReasonRule | undefined; // only AuditReason writes it
}

function ruleOf(given: AuditReasonOptions): ReasonRule {
  const { header, body, required: isRequired = false } = given;
  if (header === undefined && body === undefined)
    return { header: 'x-audit-reason', body: 'reason', isRequired, given };
  return { header: typeof header === 'string' ? header.toLowerCase() : undefined, body, isRequired, given };
}
