import { lockActs } from '../../../monitoring/keep/acts/store-act.js';
import type { WebhookDestinationOptions } from '../destinations/webhook.destination.js';
import { recordStreamChange, type StreamChange } from '../stream-acts.js';
import type { LedgerQueries, LedgerTransactions } from '../../../monitoring/store/sessions/ledger-session.js';
import {
  checked,
  define,
  definitionOf,
  findStated,
  findStored,
  optionsOf,
  sealDefinition,
  type StoredStream,
  type StreamMaker,
} from './stored-streams.js';
import type { SecretsKey } from './secrets-key.js';
import { streamsErrors } from '../streams.errors.js';

export const GRACE_DAYS = 7;

const KEEP_OLD = `
  UPDATE audit_stream_definition SET old_secret_until = clock_timestamp() + make_interval(secs => $2) WHERE name = $1
  RETURNING old_secret_until`;
const REKEY = 'UPDATE audit_stream_definition SET (options, secrets, key_id) = ($2, $3, $4) WHERE name = $1';
const SECONDS_A_DAY = 86_400;

/**
 * Sets a new secret for a webhook, and signs an act. Until the grace period ends, the old and the new secret both sign the requests. Resolves with
 * the end of the grace period.
 *
 * @param graceDays 0 to 90
 * @throws `AUDIT_NOT_FOUND`, `AUDIT_CONFLICT`, `AUDIT_STREAM_SECRETS_KEY`, `AUDIT_REQUEST_INVALID`, `AUDIT_STREAM_CONTRADICTED`
 */
export async function rotateSecret(
  session: LedgerTransactions,
  name: string,
  secret: string,
  graceDays: number,
  maker: StreamMaker,
): Promise<Date> {
  if (!(graceDays >= 0 && graceDays <= 90))
    throw streamsErrors.AUDIT_REQUEST_INVALID(['graceDays must be a number from 0 to 90']);
  return session.inTransaction(async () => {
    await lockActs(session);
    const secrets = await webhookSecretsOf(session, name, maker);
    if (secrets.includes(secret))
      throw streamsErrors.AUDIT_REQUEST_INVALID(['the stream already has this secret: give a new one']);
    await storeSecrets(session, { stream: name, change: 'secret_rotated' }, [secret, ...secrets.slice(0, 1)], maker);
    const [row] = await session.rows(KEEP_OLD, [name, graceDays * SECONDS_A_DAY]);
    return row?.old_secret_until as Date; // the PostgreSQL client returns this column as a Date
  });
}

/** Drops the old secret after the grace period, with a signed act of the system. */
export async function dropOldSecret(session: LedgerTransactions, name: string, maker: StreamMaker): Promise<void> {
  await session.inTransaction(async () => {
    await lockActs(session);
    if (!(await findStored(session, name)).isOldSecretOver) return;
    const [newest = ''] = await webhookSecretsOf(session, name, maker);
    await storeSecrets(session, { stream: name, change: 'secret_dropped' }, [newest], maker);
  });
}

/** Returns whether an older key of this instance encrypted the secrets of a stream. */
export function needsNewerKey({ keyId }: StoredStream, keys: readonly SecretsKey[] = []): boolean {
  return keys.slice(1).some(({ id }) => id === keyId);
}

/**
 * Encrypts the secrets of a stream again with the newest key, and signs an act. Does nothing if the newest key already encrypted the secrets.
 *
 * @throws `AUDIT_STREAM_SECRETS_KEY`, `AUDIT_STREAM_CONTRADICTED`
 */
export async function rekeySecrets(session: LedgerTransactions, name: string, maker: StreamMaker): Promise<void> {
  await session.inTransaction(async () => {
    await lockActs(session);
    const stored = await findStated(session, name, maker.signer);
    if (!needsNewerKey(stored, maker.keys)) return;
    const sealed = sealDefinition(optionsOf(stored, maker.keys), maker.keys);
    const change = { stream: name, change: 'secrets_rekeyed', definition: definitionOf(sealed) } as const;
    await recordStreamChange(session, change, maker);
    await session.rows(REKEY, [name, JSON.stringify(sealed.options), sealed.secrets, sealed.keyId]);
  });
}

async function webhookSecretsOf(
  session: LedgerQueries,
  name: string,
  { keys, signer }: StreamMaker,
): Promise<readonly string[]> {
  const { destination } = checked(optionsOf(await findStated(session, name, signer), keys));
  if (destination.type === 'webhook') return (destination as WebhookDestinationOptions).secrets; // a stored stream has no own type
  throw streamsErrors.AUDIT_REQUEST_INVALID([
    `a ${destination.type} destination has only one secret at a time: change the destination of the stream instead`,
  ]);
}

async function storeSecrets(
  session: LedgerQueries,
  change: StreamChange,
  secrets: readonly string[],
  maker: StreamMaker,
): Promise<void> {
  const given = optionsOf(await findStored(session, change.stream), maker.keys);
  const changed = { ...given, destination: { ...Object(given.destination), secrets } as object };
  checked(changed);
  const sealed = sealDefinition(changed, maker.keys);
  await recordStreamChange(session, { ...change, definition: definitionOf(sealed) }, maker);
  await define(session, sealed);
}
