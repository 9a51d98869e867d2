import type { LedgerEvent } from '../../query/ledger-event.js';

/** The classes of OCSF 1.8.0 that events are mapped to. */
export const OCSF_CLASSES = {
  accountChange: 3001,
  authentication: 3002,
  authorizeSession: 3003,
  entityManagement: 3004,
  userAccess: 3005,
  apiActivity: 6003,
  datastoreActivity: 6005,
} as const;

/** What an event is in OCSF: its class, and an activity of that class; 99 is any other. */
export interface OcsfKind {
  readonly classUid: (typeof OCSF_CLASSES)[keyof typeof OCSF_CLASSES];
  readonly activityId: number;
}

/** The activity that a class has no number for. */
export const OTHER = 99;

const {
  accountChange,
  authentication,
  authorizeSession,
  entityManagement,
  userAccess,
  apiActivity,
  datastoreActivity,
} = OCSF_CLASSES;

/** By action, where the class or the activity does not follow from category and verb. */
const BY_ACTION: Readonly<Record<string, readonly [OcsfKind['classUid'], number]>> = {
  user_login: [authentication, 1],
  mfa_challenge: [authentication, 1],
  api_key_use: [authentication, 1],
  user_logout: [authentication, 2],
  session_revocation: [authentication, 2],
  session_expiry: [authentication, 2],
  session_eviction: [authentication, 2],
  all_sessions_revocation: [authentication, 2],
  user_registration: [accountChange, 1],
  user_creation: [accountChange, 1],
  admin_user_creation: [accountChange, 1],
  user_activation: [accountChange, 2],
  user_password_change: [accountChange, 3],
  password_reset_request: [accountChange, 4],
  password_reset_confirm: [accountChange, 4],
  user_deactivation: [accountChange, 5],
  admin_user_suspension: [accountChange, 5],
  user_deletion: [accountChange, 6],
  admin_user_deletion: [accountChange, 6],
  user_mfa_enable: [accountChange, 10],
  user_mfa_disable: [accountChange, 11],
  user_email_verification: [accountChange, OTHER],
  api_key_creation: [entityManagement, 1],
  api_key_revocation: [entityManagement, 4],
  oauth_client_registration: [entityManagement, 1],
  access: [authorizeSession, 1],
  role_assignment: [userAccess, 1],
  role_revocation: [userAccess, 2],
  permission_change: [userAccess, OTHER],
  data_import: [datastoreActivity, 5],
  report_generation: [datastoreActivity, 4],
  gdpr_data_deletion: [datastoreActivity, 7],
  gdpr_data_export: [datastoreActivity, 1],
};

const BY_CATEGORY: Readonly<Record<string, OcsfKind['classUid']>> = {
  authentication,
  session: authentication,
  user_management: accountChange,
  authorization: userAccess,
  administration: entityManagement,
  catalog: entityManagement,
  chat: entityManagement,
  configuration: entityManagement,
  order: entityManagement,
  payment: entityManagement,
  data_access: datastoreActivity,
};

/** The activity that the last words of an action stand for, by class. */
const BY_VERB: Readonly<Partial<Record<OcsfKind['classUid'], readonly (readonly [RegExp, number])[]>>> = {
  [entityManagement]: [
    [/_creation$/, 1],
    [/_view$/, 2],
    [/_(update|change|edit|modification|shipment|addition|removal)$/, 3],
    [/_(deletion|cancellation)$/, 4],
    [/_enablement$/, 8],
    [/_disablement$/, 9],
    [/_activation$/, 10],
    [/_deactivation$/, 11],
  ],
  [datastoreActivity]: [
    [/_(view|export)$/, 1],
    [/_modification$/, 2],
    [/_deletion$/, 7],
  ],
  [apiActivity]: [
    [/_(creation|upload|sending|acceptance|connection)$/, 1],
    [/_(view|download|receipt|viewed|exported)$/, 2],
    [/_(update|change|sync|refresh)$/, 3],
    [/_(deletion|disconnection|removal)$/, 4],
  ],
};

/** The class and activity of an event: by its action, else by its category and the action's verb. Total. */
export function ocsfKindOf({ action, category }: Pick<LedgerEvent, 'action' | 'category'>): OcsfKind {
  const known = Object.hasOwn(BY_ACTION, action) ? BY_ACTION[action] : undefined;
  if (known) return { classUid: known[0], activityId: known[1] };
  const classUid = (Object.hasOwn(BY_CATEGORY, category) ? BY_CATEGORY[category] : undefined) ?? apiActivity;
  const verb = BY_VERB[classUid]?.find(([pattern]) => pattern.test(action));
  return { classUid, activityId: verb?.[1] ?? OTHER };
}
