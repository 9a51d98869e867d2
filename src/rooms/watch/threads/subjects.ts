import type { JsonObject } from '../../../audit/nest-free.js';
import type { CheckpointTrust } from '../../../monitoring/proof/log/notes/checkpoint.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import type { AuditQuery } from '../../../monitoring/read/query/audit-query.service.js';
import type { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { isSignedReply } from '../../../monitoring/keep/acts/replies.js';
import { ALERT_TYPES } from '../alert-event.js';
import { alertOf, isAlert, suppressionOf } from '../alerts/alert.js';
import { actionsOf, signedReviews } from '../review/read-reviews.js';
import type { ReplyKind, ThreadKind } from './thread-kinds.js';
import { watchErrors } from '../watch.errors.js';

/** The person who gives an answer. */
export interface Reviewer {
  readonly id: string;
  /** The person for whom the reviewer acts. */
  readonly onBehalfOf?: { readonly id: string | number | bigint } | undefined;
}

interface Subject {
  readonly tenantId?: string | undefined;
  /** The details that each answer records about its subject. */
  readonly details: JsonObject;
  /** Throws if the person cannot give this answer. */
  readonly check?: (reply: ReplyKind, by: Reviewer) => void | Promise<void>;
}

interface SubjectSource {
  readonly ledger: AuditQuery;
  readonly reader: LedgerReader;
  readonly trust: CheckpointTrust;
}

/** @param given the tenant that the answer names */
type FindSubject = (
  source: SubjectSource,
  access: LedgerAccess,
  id: string,
  given: string | undefined,
) => Promise<Subject | undefined>;

/** Finds the subject of a thread. Each function resolves with `undefined` if `access` hides the subject, or if it does not exist. */
export const SUBJECTS: Readonly<Record<ThreadKind, FindSubject>> = {
  alert: async ({ ledger }, access, id) => {
    const event = await ledger.findOne(access, id);
    if (!event || !isAlert(event)) return undefined;
    const { rule, level, tenantId, raisedAt, state } = alertOf(event, []);
    const afterSeconds = Math.max(0, Math.round((Date.now() - Date.parse(raisedAt)) / 1_000));
    const check = () => {
      if (state === 'suppressed') throw watchErrors.AUDIT_CONFLICT.suppressed(id);
    };
    return { tenantId, details: { rule, level, afterSeconds }, check };
  },

  suppression: async ({ ledger, trust }, access, id) => {
    const event = await ledger.findOne(access, id);
    if (event?.type !== ALERT_TYPES.suppressionStarted || !isSignedReply(event, trust)) return undefined;
    const { rule, until, tenantId, isActive } = suppressionOf(event, [], 0);
    const check = () => {
      if (!isActive) throw watchErrors.AUDIT_CONFLICT.over(id);
    };
    return { tenantId, details: { rule, until }, check };
  },

  day: async ({ reader, trust }, access, day, given) => {
    for await (const review of signedReviews(reader, trust, day)) {
      const { checkpointSize, root, fourEyes } = review;
      const check = async (reply: ReplyKind, { id, onBehalfOf }: Reviewer) => {
        if (reply !== 'sign_off' || !fourEyes) return;
        // If the reviewer signs on behalf of another person, that person's actions count, too.
        const actions = await actionsOf(reader, review, [id, ...(onBehalfOf ? [onBehalfOf.id] : [])].map(String));
        if (actions.size > 0) throw watchErrors.AUDIT_REVIEW_REFUSED.ownActions(day, actions);
      };
      return { tenantId: tenantWithin(access, given), details: { day, checkpointSize, root }, check };
    }
    return undefined;
  },

  event: async ({ ledger }, access, id) => {
    const event = await ledger.findOne(access, id);
    return event && { tenantId: event.tenantId, details: { reviewedType: event.type } };
  },
};

/** Returns the given tenant, or the only tenant of the access. @throws `AUDIT_REVIEW_REFUSED` for a tenant outside the access */
export function tenantWithin(access: LedgerAccess, given: string | undefined): string | undefined {
  if (access.scope !== 'tenants') return given;
  const [only, ...others] = access.tenantIds;
  const tenantId = given ?? (others.length === 0 ? only : undefined);
  if (tenantId !== undefined && access.tenantIds.includes(tenantId)) return tenantId;
  throw watchErrors.AUDIT_REVIEW_REFUSED.noTenant();
}
