import type { JsonObject } from '../../../../audit/nest-free.js';
import { given, USER_TYPE_IDS, OCSF_CLASSES, OTHER, type OcsfKind } from './ocsf-class.js';
import type { LedgerEvent } from '../../query/ledger-event.js';

type Attributes = Readonly<Record<string, unknown>>;

/** Returns the OCSF attributes that come from the details of an event, such as the user or the file. */
export function detailAttributesOf({ classUid }: OcsfKind, source: LedgerEvent, origin: string): Attributes {
  const { action, resource, related = [], details } = source;
  switch (classUid) {
    case OCSF_CLASSES.accountChange:
      return { user: accountOf(source, isOwnAccount) };
    case OCSF_CLASSES.authentication: {
      const user = accountOf(source, isOwnSession);
      return { user, ...given({ session: sessionOf(source), is_mfa: isMfa(source) }) };
    }
    case OCSF_CLASSES.authorizeSession: {
      const user = accountOf(source, isOwnSession);
      return { user, privileges: privilegesOf(details), ...given({ session: sessionOf(source) }) };
    }
    case OCSF_CLASSES.userAccess: {
      const user = accountOf(source, () => false); // the actor changes the privileges of another user
      const all = [...(resource && !isAccount(resource) ? [resource] : []), ...related].map(resourceOf);
      return { user, privileges: privilegesOf(details), ...given({ resources: all.length === 0 ? undefined : all }) };
    }
    case OCSF_CLASSES.applicationLifecycle:
      return { app: given({ name: origin, version: textAt(details, ['version', 'appVersion']) }) };
    case OCSF_CLASSES.fileHosting:
      return { file: fileOf(source) };
    default: {
      const name = action === ACCESS && !resource ? textAt(details, ['resource']) : undefined;
      return name === undefined ? {} : { resources: [{ name }] };
    }
  }
}

const ACCESS = 'access';

const ACCESS_ACTIVITIES: ReadonlyMap<string, number> = new Map(
  Object.entries({ create: 1, read: 2, view: 2, list: 2, write: 3, update: 3, edit: 3, delete: 4 }),
);

/** Sets the activity of an access check by the action in the details. */
export function kindByDetails(kind: OcsfKind, { action, details }: Pick<LedgerEvent, 'action' | 'details'>): OcsfKind {
  if (action !== ACCESS) return kind;
  const wanted = textAt(details, ['action'])?.toLowerCase() ?? '';
  return { ...kind, activityId: ACCESS_ACTIVITIES.get(wanted) ?? OTHER };
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

function privilegesOf(details: JsonObject): readonly string[] {
  return textsAt(details, PRIVILEGES) ?? ['unknown'];
}

export function resourceOf({ type, id, name = type }: NonNullable<LedgerEvent['resource']>): Attributes {
  return given({ type, uid: id, name });
}

const OF_SESSION: ReadonlySet<string> = new Set(['user_login', 'user_logout', 'auth_token_refresh']);

function sessionOf({ action, resource, actor, details }: LedgerEvent): Attributes | undefined {
  const named = (resource?.type === 'session' ? resource.id : undefined) ?? textAt(details, ['sessionId']);
  const uid = named ?? (OF_SESSION.has(action) ? actor.sessionId : undefined);
  return uid === undefined ? undefined : { uid };
}

function isMfa({ action, details }: LedgerEvent): boolean | undefined {
  if (typeof details.mfa === 'boolean') return details.mfa;
  const isUsed = action === 'mfa_challenge' || details.method === 'mfa' || textAt(details, ['mfaMethod']) !== undefined;
  return isUsed ? true : undefined;
}

const REGULAR_FILE = 1;

function fileOf({ action, resource, details }: LedgerEvent): Attributes {
  const isFile = action !== 'file_import' || resource?.type === 'file'; // the resource of an import may be something other than the file
  const uid = isFile ? resource?.id : undefined;
  return {
    name: textAt(details, ['fileName', 'filename', 'name']) ?? uid ?? 'unknown',
    type_id: REGULAR_FILE,
    ...given({
      uid,
      size: [details.fileSize, details.size].find((size) => Number.isSafeInteger(size)),
      mime_type: textAt(details, ['mimeType', 'contentType']),
    }),
  };
}

const ACCOUNT_IDS = ['targetUserId', 'userId'];
const ACCOUNT_NAMES = ['targetUsername', 'username', 'targetEmail', 'userEmail', 'email'];

/** Matches an e-mail address by OCSF's definition. */
const EMAIL = /^[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;

function accountOf(source: LedgerEvent, isOwn: (source: LedgerEvent) => boolean): Readonly<Record<string, unknown>> {
  const { resource, actor, details } = source;
  const id = (isAccount(resource) ? resource?.id : undefined) ?? textAt(details, ACCOUNT_IDS);
  const isActor = id === undefined ? isOwn(source) : id === actor.id;
  const uid = id ?? (isActor ? actor.id : undefined);
  const name = textAt(details, ACCOUNT_NAMES) ?? (isActor ? actor.name : undefined);
  if (uid === undefined && name === undefined) return { name: 'unknown' };
  const email = name !== undefined && EMAIL.test(name) ? name : undefined;
  return given({ uid, name, email_addr: email, type_id: isActor ? USER_TYPE_IDS[actor.type] : undefined });
}

function isAccount(resource: NonNullable<LedgerEvent['resource']> | undefined): boolean {
  return /^user$/i.test(resource?.type ?? '');
}

const SELF: ReadonlySet<unknown> = new Set(['user', 'self', 'self_service']);
const BY_OTHERS: ReadonlySet<unknown> = new Set(['admin_reset', 'forced_reset']);

function doneBy({ actor, details }: LedgerEvent): 'self' | 'other' | undefined {
  if (BY_OTHERS.has(details.method)) return 'other';
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
  return !isOfAll && isDoneToSelf(source) && textAt(source.details, ACCOUNT_NAMES) === undefined;
}

function isDoneToSelf(source: LedgerEvent): boolean {
  const by = doneBy(source);
  const { type } = source.actor;
  return by === 'self' || (by === undefined && (type === 'user' || type === 'anonymous'));
}

function textAt(details: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = details[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function textsAt(details: JsonObject, names: readonly string[]): readonly string[] | undefined {
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
