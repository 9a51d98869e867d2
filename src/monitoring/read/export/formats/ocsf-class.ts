import type { LedgerEvent } from '../../query/ledger-event.js';
import {
  REQUEST_ROWS,
  type AuditActorType,
  type AuditRequest,
  type RequestField,
} from '../../../../audit/nest-free.js';

/** Lists the classes of OCSF 1.8.0 that events are mapped to. */
export const OCSF_CLASSES = {
  accountChange: 3001,
  authentication: 3002,
  authorizeSession: 3003,
  entityManagement: 3004,
  userAccess: 3005,
  applicationLifecycle: 6002,
  apiActivity: 6003,
  datastoreActivity: 6005,
  fileHosting: 6006,
} as const;
type OcsfClass = (typeof OCSF_CLASSES)[keyof typeof OCSF_CLASSES];

export interface OcsfKind {
  readonly classUid: OcsfClass;
  readonly activityId: number;
}

/** The activity `Other`, for every activity that has no number in the class. */
export const OTHER = 99;

const {
  accountChange,
  authentication,
  authorizeSession,
  entityManagement,
  userAccess,
  applicationLifecycle,
  apiActivity,
  datastoreActivity,
  fileHosting,
} = OCSF_CLASSES;

/** Maps actions whose class or activity does not follow from the category and the verb. */
const CLASS_BY_ACTION: Readonly<Record<string, readonly [OcsfClass, number]>> = {
  user_login: [authentication, 1],
  api_key_use: [authentication, 1],
  user_logout: [authentication, 2],
  session_revocation: [authentication, 2],
  session_expiry: [authentication, 2],
  session_eviction: [authentication, 2],
  all_sessions_revocation: [authentication, 2],
  mfa_challenge: [authentication, 6], // a step of a logon; the logon has an event of its own
  user_registration: [accountChange, 1],
  admin_user_creation: [accountChange, 1],
  user_password_change: [accountChange, 3],
  password_reset_request: [accountChange, 4],
  password_reset_confirm: [accountChange, 4],
  admin_user_suspension: [accountChange, 5],
  admin_user_deletion: [accountChange, 6],
  user_mfa_enable: [accountChange, 10],
  user_mfa_disable: [accountChange, 11],
  user_email_verification: [accountChange, OTHER],
  api_key_creation: [entityManagement, 1],
  api_key_revocation: [entityManagement, 4],
  oauth_client_registration: [entityManagement, 1],
  access: [apiActivity, OTHER],
  session_provider_access: [apiActivity, 2],
  data_import: [datastoreActivity, 5],
  report_generation: [datastoreActivity, 4],
  gdpr_data_deletion: [datastoreActivity, 7],
  gdpr_data_export: [datastoreActivity, 1],
  file_import: [fileHosting, 1],
};

const CLASS_BY_NAME: readonly (readonly [RegExp, OcsfClass])[] = [
  [
    /^(system|application)_(start|stop|restart|installation|removal|enablement|disablement|update)$/,
    applicationLifecycle,
  ],
  [/^session_(authorization|elevation|(privilege|permission|role|scope)s?_(assignment|grant))$/, authorizeSession],
];

const CLASS_BY_AUTHORIZATION: readonly (readonly [RegExp, OcsfClass])[] = [
  [/^role_(creation|update|deletion)$/, entityManagement],
  [
    /(role|permission|privilege|access|scope)s?_(assignment|grant|addition|revocation|removal|change|update)$/,
    userAccess,
  ],
];

const CLASS_BY_CATEGORY: Readonly<Record<string, OcsfClass>> = {
  authentication,
  session: authentication,
  user_management: accountChange,
  administration: entityManagement,
  catalog: entityManagement,
  chat: entityManagement,
  configuration: entityManagement,
  order: entityManagement,
  payment: entityManagement,
  data_access: datastoreActivity,
  file: fileHosting,
};

const ACTIVITY_BY_VERB: Readonly<Record<OcsfClass, readonly (readonly [RegExp, number])[]>> = {
  [accountChange]: [
    [/_(creation|registration)$/, 1],
    [/_(activation|reactivation|enablement)$/, 2],
    [/_password_change$/, 3],
    [/_password_reset$/, 4],
    [/_(deactivation|suspension|disablement)$/, 5],
    [/_(deletion|removal)$/, 6],
    [/_(lock|lockout)$/, 9],
    [/_unlock$/, 12],
  ],
  [authentication]: [],
  [authorizeSession]: [[/^/, 1]],
  [entityManagement]: [
    [/_(creation|sending|receipt)$/, 1],
    [/_view$/, 2],
    [/_(update|change|edit|modification|shipment|addition|removal|cancellation|refund)$/, 3],
    [/_deletion$/, 4],
    [/_enablement$/, 8],
    [/_disablement$/, 9],
    [/_activation$/, 10],
    [/_deactivation$/, 11],
    [/_suspension$/, 12],
    [/_resumption$/, 13],
  ],
  [userAccess]: [
    [/_(assignment|grant|addition)$/, 1],
    [/_(revocation|removal)$/, 2],
  ],
  [applicationLifecycle]: [
    [/_installation$/, 1],
    [/_removal$/, 2],
    [/_start$/, 3],
    [/_stop$/, 4],
    [/_restart$/, 5],
    [/_enablement$/, 6],
    [/_disablement$/, 7],
    [/_update$/, 8],
  ],
  [apiActivity]: [
    [/_(creation|upload|sending|acceptance|connection)$/, 1],
    [/_(view|download|receipt|export)$/, 2],
    [/_(update|change|sync|refresh|cancellation)$/, 3],
    [/_(deletion|disconnection|removal)$/, 4],
  ],
  [datastoreActivity]: [
    [/_(view|export)$/, 1],
    [/_modification$/, 2],
    [/_deletion$/, 7],
  ],
  [fileHosting]: [
    [/_(upload|creation)$/, 1],
    [/_download$/, 2],
    [/_(update|change|edit|modification)$/, 3],
    [/_(deletion|removal)$/, 4],
    [/_(rename|renaming)$/, 5],
    [/_copy$/, 6],
    [/_move$/, 7],
    [/_restoration$/, 8],
    [/_(preview|view)$/, 9],
    [/_lock$/, 10],
    [/_unlock$/, 11],
    [/_(share|sharing)$/, 12],
    [/_(unshare|unsharing)$/, 13],
    [/_sync$/, 15],
  ],
};

/**
 * The action names of some applications end with a verb, such as `order_created`. This map replaces the verb with the noun that the lists
 * above contain.
 */
const NOUNS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ created: 'creation', added: 'addition', sent: 'sending', received: 'receipt', refunded: 'refund' },
    ...{ viewed: 'view', exported: 'export', downloaded: 'download', uploaded: 'upload', shared: 'sharing' },
    ...{ updated: 'update', changed: 'change', edited: 'edit', modified: 'modification', shipped: 'shipment' },
    ...{ canceled: 'cancellation', cancelled: 'cancellation', deleted: 'deletion', removed: 'removal' },
    ...{ enabled: 'enablement', disabled: 'disablement', activated: 'activation', deactivated: 'deactivation' },
    ...{ suspended: 'suspension', resumed: 'resumption', locked: 'lock', unlocked: 'unlock' },
    ...{ assigned: 'assignment', granted: 'grant', revoked: 'revocation' },
    ...{ started: 'start', stopped: 'stop', restarted: 'restart', installed: 'installation' },
  }),
);

/**
 * Returns the class and the activity of an event. An action in `CLASS_BY_ACTION` has a fixed class and activity; otherwise the action's name and
 * category determine both. Never throws.
 */
export function classifyOcsf({ action, category }: Pick<LedgerEvent, 'action' | 'category'>): OcsfKind {
  const known = Object.hasOwn(CLASS_BY_ACTION, action) ? CLASS_BY_ACTION[action] : undefined;
  if (known) return { classUid: known[0], activityId: known[1] };
  const name = action.replace(/(?<![a-z])[a-z]+$/, (last) => NOUNS.get(last) ?? last);
  const classUid = findMatch(CLASS_BY_NAME, name) ?? getCategoryClass(name, category) ?? apiActivity;
  return { classUid, activityId: findMatch(ACTIVITY_BY_VERB[classUid], name) ?? OTHER };
}

function getCategoryClass(name: string, category: string): OcsfClass | undefined {
  if (category === 'authorization') return findMatch(CLASS_BY_AUTHORIZATION, name);
  return Object.hasOwn(CLASS_BY_CATEGORY, category) ? CLASS_BY_CATEGORY[category] : undefined;
}

function findMatch<T>(patterns: readonly (readonly [RegExp, T])[], name: string): T | undefined {
  return patterns.find(([pattern]) => pattern.test(name))?.[1];
}

export const USER_TYPE_IDS: Readonly<Record<AuditActorType, number>> = {
  user: 1,
  admin: 2,
  system: 3,
  service: 4,
  anonymous: 0,
};

/**
 * Returns the route if it is a path without parameters, otherwise `undefined`. A pattern such as `/orders/:id` does not contain the path of
 * the request.
 */
export function toUrlPath(route: string | undefined): string | undefined {
  return route !== undefined && /^\/[^:*{}()?+[\]]*$/.test(route) ? route : undefined;
}

export function omitUndefined(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const present: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) present[name] = members[name]; // callers pass object literals, which have no inherited members
  return present;
}

/** Returns the values of a request for which a format has no own place, under the name that `getName` makes. */
export function pickUnmappedFields(
  request: AuditRequest | undefined,
  placed: readonly RequestField[],
  getName: (field: (typeof REQUEST_ROWS)[number]) => string = ({ name }) => name,
): Readonly<Record<string, string | number | undefined>> {
  const rows = request ? REQUEST_ROWS.filter(({ name }) => !placed.includes(name)) : [];
  return Object.fromEntries(rows.map((row) => [getName(row), request?.[row.name]]));
}
