import { finishMethod } from './finish-method.js';

const REASON = Symbol.for('nestjs-audit-ledger:reason');

/** Where a request states its reason. Default: in `X-Audit-Reason`, else in the body's field `reason`. */
export interface AuditReasonOptions {
  /** The name of a header. It takes precedence over the body. */
  readonly header?: string;
  /** The name of a top-level field of the body, of the payload of a message, or of the arguments of a GraphQL operation. */
  readonly body?: string;
  /** Whether a call without a reason is refused: HTTP 400. @defaultValue false */
  readonly required?: boolean;
}

/** Where the reason of a handler's calls is. */
export interface ReasonRule {
  /** In lower case. */
  readonly header: string | undefined;
  readonly body: string | undefined;
  readonly isRequired: boolean;
  readonly given: AuditReasonOptions;
}

/**
 * Takes why something is done from the request, as `reason` of the events of an `@Audited` handler. On a controller it holds for each of
 * its audited handlers; on a method it replaces the class's.
 */
export function AuditReason(options: AuditReasonOptions = {}): ClassDecorator & MethodDecorator {
  const rule = ruleOf(options);
  return (target: object, key?: string | symbol) => {
    if (key === undefined) {
      Reflect.defineMetadata(REASON, rule, target);
      return;
    }
    finishMethod(target, key, (method) => {
      Reflect.defineMetadata(REASON, rule, method);
      return method;
    });
  };
}

/** Where the reason of a handler's calls is: as its own `@AuditReason` says, else its controller's. */
export function reasonRuleOf(controller: object, handler: object): ReasonRule | undefined {
  // Both are written by AuditReason alone.
  return (Reflect.getMetadata(REASON, handler) ?? Reflect.getMetadata(REASON, controller)) as ReasonRule | undefined;
}

/** What the method's own `@AuditReason` says. */
export function ownReasonRule(method: object): ReasonRule | undefined {
  return Reflect.getOwnMetadata(REASON, method) as ReasonRule | undefined; // written by AuditReason alone
}

function ruleOf(given: AuditReasonOptions): ReasonRule {
  const { header, body, required: isRequired = false } = given;
  if (header === undefined && body === undefined)
    return { header: 'x-audit-reason', body: 'reason', isRequired, given };
  return { header: typeof header === 'string' ? header.toLowerCase() : undefined, body, isRequired, given };
}
