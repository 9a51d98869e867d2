import type { JsonObject } from '../../../../audit/plain.js';
import { given } from './ocsf-attributes.js';
import { OCSF_CLASSES, OTHER, type OcsfKind } from './ocsf-class.js';
import { accountOf, isAccount, isOwnAccount, isOwnSession } from './ocsf-user.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import { textAt, textsAt } from './text-at.js';

type Attributes = Readonly<Record<string, unknown>>;

/** The attributes of its class that follow from an event's details: whom it was done to, with what privileges, to which file. */
export function detailAttributesOf({ classUid }: OcsfKind, source: LedgerEvent, origin: string): Attributes {
  const { action, details } = source;
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
      const user = accountOf(source, isNever); // who changes privileges is not whose they are
      return { user, privileges: privilegesOf(details), ...given({ resources: grantedResourcesOf(source) }) };
    }
    case OCSF_CLASSES.applicationLifecycle:
      return { app: given({ name: origin, version: textAt(details, ['version', 'appVersion']) }) };
    case OCSF_CLASSES.fileHosting:
      return { file: fileOf(source) };
    default:
      return action === ACCESS ? given({ resources: accessedResourcesOf(source) }) : {};
  }
}

/** The check of an access, whose details say to what, and what for. */
const ACCESS = 'access';

const ACCESS_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ...['create'].map((each) => [each, 1] as const),
  ...['read', 'view', 'list'].map((each) => [each, 2] as const),
  ...['write', 'update', 'edit'].map((each) => [each, 3] as const),
  ...['delete'].map((each) => [each, 4] as const),
]);

/** The kind of an event of this kind, where its details decide: the activity of an access is what it was for. */
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

/** What was granted, taken or asked for: the permissions that are given, else the role. */
function privilegesOf(details: JsonObject): readonly string[] {
  return textsAt(details, PRIVILEGES) ?? ['unknown'];
}

function grantedResourcesOf({ resource }: LedgerEvent): readonly Attributes[] | undefined {
  return resource && !isAccount(resource) ? [resourceOf(resource)] : undefined;
}

/** What an access was to, where the event names no resource. */
function accessedResourcesOf({ resource, details }: LedgerEvent): readonly Attributes[] | undefined {
  const name = resource ? undefined : textAt(details, ['resource']);
  return name === undefined ? undefined : [{ name }];
}

/** A resource as OCSF names it. */
export function resourceOf({ type, id }: NonNullable<LedgerEvent['resource']>): Attributes {
  return given({ type, uid: id, name: type });
}

/** The actions that a session begins, continues or ends with: it is the actor's. */
const OF_SESSION: ReadonlySet<string> = new Set(['user_login', 'user_logout', 'auth_token_refresh']);

function isNever(): boolean {
  return false;
}

function sessionOf({ action, resource, actor, details }: LedgerEvent): Attributes | undefined {
  const named = (resource?.type === 'session' ? resource.id : undefined) ?? textAt(details, ['sessionId']);
  const uid = named ?? (OF_SESSION.has(action) ? actor.sessionId : undefined);
  return uid === undefined ? undefined : { uid };
}

/** Whether a second factor was used; `undefined` when nothing tells. */
function isMfa({ action, details }: LedgerEvent): boolean | undefined {
  if (typeof details.mfa === 'boolean') return details.mfa;
  const isUsed = action === 'mfa_challenge' || details.method === 'mfa' || textAt(details, ['mfaMethod']) !== undefined;
  return isUsed ? true : undefined;
}

const REGULAR_FILE = 1;

function fileOf({ action, resource, details }: LedgerEvent): Attributes {
  const isFile = action !== 'file_import' || resource?.type === 'file'; // an import's may be what the file is for
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
