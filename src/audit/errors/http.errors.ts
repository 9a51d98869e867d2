import { AuditHttpException } from './http.error.js';
import { declareMade } from '../../base/errors/declare-errors.js';

export type RequiredContextField = 'actor' | 'tenant';

const OPTIONS = { actor: 'requireActor', tenant: 'requireTenant' } as const;

/** The errors of a request that Nest answers by itself. */
export const httpErrors = declareMade(
  {
    AUDIT_UNAVAILABLE: {
      when: "HTTP 503: with `onFailure: 'closed'`, an event could not be stored anywhere, so the operation did not start or was rolled back",
      do: 'repair the ledger; the caller may retry',
      message: (eventType = 'of this request') => ({
        status: 503,
        eventType,
        message: `Cannot record the event ${eventType}: no audit provider could store it. Try again later.`,
      }),
    },
    AUDIT_OUTCOME_LOST: {
      when: "HTTP 500: with `onFailure: 'closed'`, an operation ran and its `attempted` event is stored, but its outcome could not be stored anywhere",
      do: 'repair the ledger; find out what the operation did before you repeat it',
      // Not 503, since a client must not repeat the request.
      message: (eventType = 'of this request', cause?: unknown) => ({
        status: 500,
        eventType,
        cause,
        message:
          `Cannot record the event ${eventType}: the operation ran, but no audit provider could store its outcome. ` +
          'Do not repeat the operation. First look up what it did.',
      }),
    },
    AUDIT_CONTEXT_REQUIRED: {
      when: 'HTTP 403: an audited operation did not start, because a required actor or tenant is missing; HTTP 500: `record()`',
      do: 'authenticate; pass it in the call, or by `AuditContext.set()`; see [the actor](../guides/recording.md#how-do-i-set-the-actor)',
      message: {
        beforeStart: (action: string, missing: readonly RequiredContextField[]) => ({
          status: 403,
          eventType: action,
          missing,
          reason: `${missing.join('_and_')}_missing`,
          message: `Cannot start ${action}: its ${missing.join(' and its ')} must be known first. Authenticate, or name the tenant in the request.`,
        }),
        // The operation has already started.
        ofRecord: (eventType: string, missing: readonly RequiredContextField[]) => ({
          status: 500,
          eventType,
          missing,
          message:
            `Cannot record the event ${eventType}: it has no ${missing.join(' and no ')}, which ` +
            `${missing.map((field) => OPTIONS[field]).join(' and ')} of the audit module requires. ` +
            'Give it in the call, or set it with AuditContext.set() or run() before.',
        }),
      },
    },
    AUDIT_REASON_REQUIRED: {
      when: 'HTTP 400: a handler with `@AuditReason({ required: true })` was called without a reason, and did not start',
      do: 'send a reason in the header or the field of the message',
      message: ({ header, body }: { readonly header?: string; readonly body?: string }) => {
        const places = [header && `the header ${header.toLowerCase()}`, body && `the field ${body} of the body`];
        return {
          status: 400,
          body: { reason: 'reason_missing' },
          message: `Cannot start the operation: the reason is missing. State it in ${places.filter(Boolean).join(' or ')}.`,
        };
      },
    },
  },
  (code, _row, { status = 500, message, body, ...facts }) => new AuditHttpException(code, message, status, facts, body),
);
