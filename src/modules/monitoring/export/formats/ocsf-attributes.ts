import type { AuditActorType, AuditOutcome, AuditSeverity } from '../../../../audit/plain.js';
import { OCSF_CLASSES, OTHER, type OcsfKind } from './ocsf-class.js';

/** The version of OCSF that events are mapped to. */
export const OCSF_VERSION = '1.8.0';

/** The version of the mapping itself: it grows when an event is mapped otherwise than before. */
export const OCSF_MAPPING_VERSION = '2';

/** By severity. */
export const SEVERITY_IDS: Readonly<Record<AuditSeverity, number>> = { info: 1, warning: 3, error: 4, critical: 5 };

/** By type of actor. */
export const USER_TYPE_IDS: Readonly<Record<AuditActorType, number>> = {
  user: 1,
  admin: 2,
  system: 3,
  service: 4,
  anonymous: 0,
};

/** Those that OCSF knows. */
export const HTTP_METHODS: Readonly<Record<string, string>> = Object.fromEntries(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' ').map((method) => [method, method]),
);

/** What the class requires, and no address is known of. */
export const NOWHERE = { name: 'unknown' };

/** The type of what {@link OCSF_CLASSES.datastoreActivity} is about. */
export const TABLE = 3;

/** What an activity is, in numbers, and in a word where there is no number for it. */
export interface OcsfActivity {
  readonly activity_id: number;
  readonly activity_name?: string;
  readonly category_uid: number;
  readonly class_uid: number;
  readonly type_uid: number;
}

/** The activity of an event of this kind. */
export function activityAttributes({ classUid, activityId }: OcsfKind, action: string): OcsfActivity {
  return {
    activity_id: activityId,
    ...(activityId === OTHER ? { activity_name: action } : {}),
    category_uid: Math.floor(classUid / 1_000),
    class_uid: classUid,
    type_uid: classUid * 100 + activityId,
  };
}

/** The status is the caption of its id; of 99, Other, what the source calls it. */
const STATUSES: Readonly<Record<AuditOutcome, Readonly<Record<string, unknown>>>> = {
  attempted: { status_id: 99, status: 'attempted' },
  success: { status_id: 1, status: 'Success' },
  failure: { status_id: 2, status: 'Failure' },
  denied: { status_id: 2, status: 'Failure' },
  partial: { status_id: 99, status: 'partial' },
};

const ALLOWED = { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' };
const DENIED = { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' };

/** The actions that are the decision of a control: what succeeds was allowed. */
const CONTROLS: ReadonlySet<string> = new Set(['access', 'rate_limit_check']);

/** What a control decided, if any did. */
function decisionOf(action: string, outcome: AuditOutcome): typeof ALLOWED | undefined {
  if (outcome === 'denied') return DENIED;
  return outcome === 'success' && CONTROLS.has(action) ? ALLOWED : undefined;
}

/** The result of an action. */
export function outcomeAttributes(action: string, outcome: AuditOutcome): Readonly<Record<string, unknown>> {
  return { ...STATUSES[outcome], ...decisionOf(action, outcome) };
}

/** The profiles that an event's attributes are of; `undefined` where they belong to no profile. */
export function profilesOf(
  { classUid }: OcsfKind,
  action: string,
  outcome: AuditOutcome,
): readonly string[] | undefined {
  const host = classUid === OCSF_CLASSES.applicationLifecycle ? ['host'] : []; // the class itself has no actor
  const profiles = [...host, ...(decisionOf(action, outcome) ? ['security_control'] : [])];
  return profiles.length > 0 ? profiles : undefined;
}

/** What the metadata of every event says. */
export function metadataOfAll(origin: string): Readonly<Record<string, unknown>> {
  return {
    version: OCSF_VERSION,
    product: { name: 'nestjs-audit-ledger' },
    log_name: origin,
    transformation_info_list: [{ name: 'nestjs-audit-ledger to OCSF', uid: OCSF_MAPPING_VERSION }],
  };
}

/** The path of a route without parameters; a pattern such as `/orders/:id` is not a path, and what is asked for stays unknown. */
export function pathOf(route: string | undefined): string | undefined {
  return route !== undefined && /^\/[^:*{}()?+[\]]*$/.test(route) ? route : undefined;
}

/** The members that have a value. */
export function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const present: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) present[name] = members[name]; // in literals of this folder
  return present;
}
