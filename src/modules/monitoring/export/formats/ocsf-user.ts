import { given, USER_TYPE_IDS } from './ocsf-attributes.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import { textAt } from './text-at.js';

const ACCOUNT_IDS = ['targetUserId', 'userId'];
const ACCOUNT_NAMES = ['targetUsername', 'username', 'targetEmail', 'userEmail', 'email'];

/** What OCSF takes for an e-mail address. */
const EMAIL = /^[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;

/**
 * The account that an event is about, as OCSF's user.
 *
 * @param isOwn whether it is the actor's, where nothing says whose it is
 */
export function accountOf(
  source: LedgerEvent,
  isOwn: (source: LedgerEvent) => boolean,
): Readonly<Record<string, unknown>> {
  const { resource, actor, details } = source;
  const id = (isAccount(resource) ? resource?.id : undefined) ?? textAt(details, ACCOUNT_IDS);
  const isActor = id === undefined ? isOwn(source) : id === actor.id;
  const uid = id ?? (isActor ? actor.id : undefined);
  const name = textAt(details, ACCOUNT_NAMES) ?? (isActor ? actor.name : undefined);
  if (uid === undefined && name === undefined) return { name: 'unknown' };
  const email = name !== undefined && EMAIL.test(name) ? name : undefined;
  return given({ uid, name, email_addr: email, type_id: isActor ? USER_TYPE_IDS[actor.type] : undefined });
}

/** Whether a resource is somebody's account. */
export function isAccount(resource: NonNullable<LedgerEvent['resource']> | undefined): boolean {
  return /^user$/i.test(resource?.type ?? '');
}

const SELF: ReadonlySet<unknown> = new Set(['user', 'self', 'self_service']);
const BY_OTHERS: ReadonlySet<unknown> = new Set(['admin_reset', 'forced_reset']);

/** Who did it, by `initiatedBy`, `changedBy` and the like: the account itself, another, or nobody says. */
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

/** What people do to their own accounts. */
const OWN_ACCOUNT: ReadonlySet<string> = new Set([
  ...['user_registration', 'user_email_verification', 'user_password_change', 'user_mfa_enable', 'user_mfa_disable'],
  ...['password_reset_request', 'password_reset_confirm', 'email_change', 'user_profile_update'],
]);

/** Whether the account that changed is the actor's, where nothing says whose it is: an administrator's never is. */
export function isOwnAccount(source: LedgerEvent): boolean {
  return OWN_ACCOUNT.has(source.action) && isDoneToSelf(source);
}

/** What somebody, of any type, can only do with a session or a key of their own. */
const OWN_SESSION =
  /^(user_login|user_logout|mfa_challenge|api_key_use|auth_token_refresh|oauth_\w+|token_(issuance|validation))$/;

/** Whether the session is the actor's, where nothing says whose it is. */
export function isOwnSession(source: LedgerEvent): boolean {
  if (OWN_SESSION.test(source.action)) return true;
  const isOfAll = source.action === 'global_token_rotation';
  return !isOfAll && isDoneToSelf(source) && textAt(source.details, ACCOUNT_NAMES) === undefined;
}

function isDoneToSelf(source: LedgerEvent): boolean {
  const by = doneBy(source);
  const { type } = source.actor;
  return by === 'self' || (by === undefined && (type === 'user' || type === 'anonymous'));
}
