import { lockActs } from '../../monitoring/acts/store-act.js';
import { recordStreamChange } from '../enroll-stream.js';
import type { LedgerTransactions } from '../../monitoring/store/sessions/ledger-session.js';
import {
  definitionOf,
  findStated,
  sealSecrets,
  secretsOf,
  type StoredStream,
  type StreamMaker,
} from './stored-streams.js';

/** Keeps the options, and an older secret with the end of its time. */
const REKEY = `
  UPDATE audit_stream_definition SET (secrets, key_id, version, changed_at) = ($2, $3, version + 1, clock_timestamp()) WHERE name = $1`;

/** Whether an older key of this instance encrypted the secrets of a stream. */
export function needsNewerKey({ keyId }: Pick<StoredStream, 'keyId'>, keys: StreamMaker['keys']): boolean {
  return keys !== undefined && keyId !== keys.newest.id && keys.find(keyId) !== undefined;
}

/**
 * Encrypts the secrets of a stream again with the newest key, with a signed act. It does nothing if another instance did so before.
 *
 * @throws StreamSecretsKeyError (`AUDIT_STREAM_SECRETS_KEY`) for secrets that were changed in the database, StreamContradictedError
 * (`AUDIT_STREAM_CONTRADICTED`) for earlier ones
 */
export async function rekeySecrets(session: LedgerTransactions, name: string, maker: StreamMaker): Promise<void> {
  await session.inTransaction(async () => {
    await lockActs(session);
    const stored = await findStated(session, name, maker.signer);
    if (!needsNewerKey(stored, maker.keys)) return;
    const [secrets, keyId] = sealSecrets(stored, secretsOf(stored, maker.keys), maker.keys);
    const definition = definitionOf({ ...stored, secrets, keyId });
    const change = { stream: name, change: 'secrets_rekeyed', definition } as const;
    await recordStreamChange(session, change, maker);
    await session.rows(REKEY, [name, secrets, keyId]);
  });
}
