import type { AuditActorType, AuditOutcome, AuditSeverity } from '../../../../audit/plain.js';
import { OCSF_CLASSES, OTHER, type OcsfKind } from './ocsf-class.js';

/** The version of OCSF that events are mapped to. */
export const OCSF_VERSION = '1.8.0';

/** The version of the mapping itself. It increases when an event is mapped differently. */
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

/** The HTTP methods that OCSF knows. */
export const HTTP_METHODS: Readonly<Record<string, string>> = Object.fromEntries(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' ').map((method) => [method, method]),
);

/** An endpoint without a known address, where the class requires one. */
export const NOWHERE = { name: 'unknown' };

/** The resource type of {@link OCSF_CLASSES.datastoreActivity}. */
export const TABLE = 3;

/** An activity in numbers, and in a word where no number exists for it. */
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

/** The status is the caption of its id; for 99, Other, the word of the source. */
const STATUSES: Readonly<Record<AuditOutcome, Readonly<Record<string, unknown>>>> = {
  attempted: { status_id: 99, status: 'attempted' },
  success: { status_id: 1, status: 'Success' },
  failure: { status_id: 2, status: 'Failure' },
  denied: { status_id: 2, status: 'Failure' },
  partial: { status_id: 99, status: 'partial' },
};

const ALLOWED = { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' };
const DENIED = { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' };

/** The actions that are decisions of a control: success means that it allowed the request. */
const CONTROLS: ReadonlySet<string> = new Set(['access', 'rate_limit_check']);

function decisionOf(action: string, outcome: AuditOutcome): typeof ALLOWED | undefined {
  if (outcome === 'denied') return DENIED;
  return outcome === 'success' && CONTROLS.has(action) ? ALLOWED : undefined;
}

/** The result of an action. */
export function outcomeAttributes(action: string, outcome: AuditOutcome): Readonly<Record<string, unknown>> {
  return { ...STATUSES[outcome], ...decisionOf(action, outcome) };
}

/** The OCSF profiles of an event's attributes; `undefined` if they belong to no profile. */
export function profilesOf(
  { classUid }: OcsfKind,
  action: string,
  outcome: AuditOutcome,
): readonly string[] | undefined {
  const host = classUid === OCSF_CLASSES.applicationLifecycle ? ['host'] : []; // the class itself has no actor
  const profiles = [...host, ...(decisionOf(action, outcome) ? ['security_control'] : [])];
  return profiles.length > 0 ? profiles : undefined;
}

/** The metadata that every event has. */
export function metadataOfAll(origin: string): Readonly<Record<string, unknown>> {
  return {
    version: OCSF_VERSION,
    product: { name: 'nestjs-audit-ledger' },
    log_name: origin,
    transformation_info_list: [{ name: 'nestjs-audit-ledger to OCSF', uid: OCSF_MAPPING_VERSION }],
  };
}

/** The path of a route without parameters. A pattern such as `/orders/:id` is not a path, so the requested path stays unknown. */
export function pathOf(route: string | undefined): string | undefined {
  return route !== undefined && /^\/[^:*{}()?+[\]]*$/.test(route) ? route : undefined;
}

/** The members that have a value. */
export function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const present: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) present[name] = members[name]; // in literals of this folder
  return present;
}
