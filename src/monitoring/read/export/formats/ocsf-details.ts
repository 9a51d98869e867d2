import type { JsonObject } from '../../../../audit/nest-free.js';
import { omitUndefined, USER_TYPE_IDS, OCSF_CLASSES, OTHER, type OcsfKind } from './ocsf-class.js';
import type { LedgerEvent } from '../../query/ledger-event.js';

type Attributes = Readonly<Record<string, unknown>>;

/** Returns the OCSF attributes that come from the details of an event, such as the user or the file. */
export function buildDetailAttributes({ classUid }: OcsfKind, source: LedgerEvent, origin: string): Attributes {
  const { action, resource, related = [], details } = source;
  switch (classUid) {
    case OCSF_CLASSES.accountChange:
      return { user: toOcsfAccount(source, isOwnAccount) };
    case OCSF_CLASSES.authentication: {
      const user = toOcsfAccount(source, isOwnSession);
      return { user, ...omitUndefined({ session: toOcsfSession(source), is_mfa: isMfa(source) }) };
    }
    case OCSF_CLASSES.authorizeSession: {
      const user = toOcsfAccount(source, isOwnSession);
      return { user, privileges: listPrivileges(details), ...omitUndefined({ session: toOcsfSession(source) }) };
    }
    case OCSF_CLASSES.userAccess: {
      const user = toOcsfAccount(source, () => false); // the actor changes the privileges of another user
      const all = [...(resource && !isAccount(resource) ? [resource] : []), ...related].map(toOcsfResource);
      return {
        user,
        privileges: listPrivileges(details),
        ...omitUndefined({ resources: all.length === 0 ? undefined : all }),
      };
    }
    case OCSF_CLASSES.applicationLifecycle:
      return { app: omitUndefined({ name: origin, version: getText(details, ['version', 'appVersion']) }) };
    case OCSF_CLASSES.fileHosting:
      return { file: toOcsfFile(source) };
    default: {
      const name = action === ACCESS && !resource ? getText(details, ['resource']) : undefined;
      return name === undefined ? {} : { resources: [{ name }] };
    }
  }
}

const ACCESS = 'access';

const ACCESS_ACTIVITIES: ReadonlyMap<string, number> = new Map(
  Object.entries({ create: 1, read: 2, view: 2, list: 2, write: 3, update: 3, edit: 3, delete: 4 }),
);

/** Sets the activity of an access check by the action in the details. */
export function refineKind(kind: OcsfKind, { action, details }: Pick<LedgerEvent, 'action' | 'details'>): OcsfKind {
  if (action !== ACCESS) return kind;
  const requested = getText(details, ['action'])?.toLowerCase() ?? '';
  return { ...kind, activityId: ACCESS_ACTIVITIES.get(requested) ?? OTHER };
}

const PRIVILEGES = [
  ...[
    'newPermissions',
    'permissions',
    'requestedPermissions',
    'permission',
    'requiredPermission',
    'privileges',
    'scopes',
  ],
  ...['roleName', 'newRole', 'role', 'roles', 'initialRole', 'oldPermissions'],
];

function listPrivileges(details: JsonObject): readonly string[] {
  return getTexts(details, PRIVILEGES) ?? ['unknown'];
}

export function toOcsfResource({ type, id, name = type }: NonNullable<LedgerEvent['resource']>): Attributes {
  return omitUndefined({ type, uid: id, name });
}

const SESSION_ACTIONS: ReadonlySet<string> = new Set(['user_login', 'user_logout', 'auth_token_refresh']);

function toOcsfSession({ action, resource, actor, details }: LedgerEvent): Attributes | undefined {
  const named = (resource?.type === 'session' ? resource.id : undefined) ?? getText(details, ['sessionId']);
  const uid = named ?? (SESSION_ACTIONS.has(action) ? actor.sessionId : undefined);
  return uid === undefined ? undefined : { uid };
}

function isMfa({ action, details }: LedgerEvent): boolean | undefined {
  if (typeof details.mfa === 'boolean') return details.mfa;
  const isUsed =
    action === 'mfa_challenge' || details.method === 'mfa' || getText(details, ['mfaMethod']) !== undefined;
  return isUsed ? true : undefined;
}

const REGULAR_FILE = 1;

function toOcsfFile({ action, resource, details }: LedgerEvent): Attributes {
  const isFile = action !== 'file_import' || resource?.type === 'file'; // the resource of an import may be something other than the file
  const uid = isFile ? resource?.id : undefined;
  return {
    name: getText(details, ['fileName', 'filename', 'name']) ?? uid ?? 'unknown',
    type_id: REGULAR_FILE,
    ...omitUndefined({
      uid,
      size: [details.fileSize, details.size].find((size) => Number.isSafeInteger(size)),
      mime_type: getText(details, ['mimeType', 'contentType']),
    }),
  };
}

const ACCOUNT_IDS = ['targetUserId', 'userId'];
const ACCOUNT_NAMES = ['targetUsername', 'username', 'targetEmail', 'userEmail', 'email'];

/** Matches an e-mail address by OCSF's definition. */
const EMAIL = /^[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;

function toOcsfAccount(
  source: LedgerEvent,
  isOwn: (source: LedgerEvent) => boolean,
): Readonly<Record<string, unknown>> {
  const { resource, actor, details } = source;
  const id = (isAccount(resource) ? resource?.id : undefined) ?? getText(details, ACCOUNT_IDS);
  const isActor = id === undefined ? isOwn(source) : id === actor.id;
  const uid = id ?? (isActor ? actor.id : undefined);
  const name = getText(details, ACCOUNT_NAMES) ?? (isActor ? actor.name : undefined);
  if (uid === undefined && name === undefined) return { name: 'unknown' };
  const email = name !== undefined && EMAIL.test(name) ? name : undefined;
  return omitUndefined({ uid, name, email_addr: email, type_id: isActor ? USER_TYPE_IDS[actor.type] : undefined });
}

function isAccount(resource: NonNullable<LedgerEvent['resource']> | undefined): boolean {
  return /^user$/i.test(resource?.type ?? '');
}

const SELF: ReadonlySet<unknown> = new Set(['user', 'self', 'self_service']);
const ADMIN_RESET_METHODS: ReadonlySet<unknown> = new Set(['admin_reset', 'forced_reset']);

function getResetActor({ actor, details }: LedgerEvent): 'self' | 'other' | undefined {
  if (ADMIN_RESET_METHODS.has(details.method)) return 'other';
  let by: 'self' | undefined = SELF.has(details.method) ? 'self' : undefined;
  for (const name in details) {
    if (!name.endsWith('By')) continue;
    if (SELF.has(details[name])) by = 'self';
    else if (details[name] !== actor.id) return 'other';
  }
  return by;
}

const OWN_ACCOUNT: ReadonlySet<string> = new Set([
  ...['user_registration', 'user_email_verification', 'user_password_change', 'user_mfa_enable', 'user_mfa_disable'],
  ...['password_reset_request', 'password_reset_confirm', 'email_change', 'user_profile_update'],
]);

/**
 * If the event lacks the account's id, guesses whether the actor changed the actor's own account. Administrators change other people's
 * accounts.
 */
function isOwnAccount(source: LedgerEvent): boolean {
  return OWN_ACCOUNT.has(source.action) && isDoneToSelf(source);
}

const OWN_SESSION =
  /^(user_login|user_logout|mfa_challenge|api_key_use|auth_token_refresh|oauth_\w+|token_(issuance|validation))$/;

function isOwnSession(source: LedgerEvent): boolean {
  if (OWN_SESSION.test(source.action)) return true;
  const isOfAll = source.action === 'global_token_rotation';
  return !isOfAll && isDoneToSelf(source) && getText(source.details, ACCOUNT_NAMES) === undefined;
}

function isDoneToSelf(source: LedgerEvent): boolean {
  const by = getResetActor(source);
  const { type } = source.actor;
  return by === 'self' || (by === undefined && (type === 'user' || type === 'anonymous'));
}

function getText(details: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = details[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function getTexts(details: JsonObject, names: readonly string[]): readonly string[] | undefined {
  for (const name of names) {
    const value = details[name];
    if (typeof value === 'string' && value !== '') return [value];
    if (isTexts(value) && value.length > 0) return value;
  }
  return undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
