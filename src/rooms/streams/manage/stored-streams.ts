import { parseJson } from '../../../audit/nest-free.js';
import { lockActs } from '../../../monitoring/keep/acts/store-act.js';
import type { StatementSigner } from '../../../monitoring/proof/log/notes/statement.js';
import type { LedgerQueries, LedgerTransactions } from '../../../monitoring/store/sessions/ledger-session.js';
import { storeStream, joinSecrets, splitSecrets, type StreamSecrets } from '../register-stream.js';
import { hasStream, type StreamOperator, followStreams } from '../stream-acts.js';
import { digestOf } from '../selection.js';
import { resolveStream, type ResolvedStream } from '../streams-options.js';
import type { SecretsKeys } from './secrets-key.js';
import { streamsErrors } from '../streams.errors.js';

/** The definition of a stream that was made at run time. */
export interface StoredStream {
  readonly name: string;
  /** The options of the stream, without secrets. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly secrets: Buffer;
  /** The id of the key that encrypted the secrets. */
  readonly keyId: string;
  /** Whether the grace period of the old secret is over. */
  readonly isOldSecretOver: boolean;
}

/** The person or system that makes or changes a stream, and the keys for its secrets. */
export interface StreamMaker extends StreamOperator {
  readonly keys: SecretsKeys | undefined;
}

/** All columns of a {@link StoredStream} except the name. */
export const STORED_COLUMNS = `
  options, secrets, key_id AS "keyId", coalesce(old_secret_until <= clock_timestamp(), false) AS "isOldSecretOver"`;
const STORED = `SELECT name, ${STORED_COLUMNS} FROM audit_stream_definition WHERE name = $1`;
const DEFINE = `
  INSERT INTO audit_stream_definition (name, options, secrets, key_id) VALUES ($1, $2, $3, $4)
      ON CONFLICT (name) DO UPDATE SET (options, secrets, key_id, old_secret_until) =
         (EXCLUDED.options, EXCLUDED.secrets, EXCLUDED.key_id, NULL)`;
const PAUSED = `UPDATE audit_stream SET state_reason = 'added as paused' WHERE name = $1`;

/**
 * Returns the options of a stored stream, with the decrypted secrets.
 *
 * @throws `AUDIT_STREAM_SECRETS_KEY`
 */
export function optionsOf({ name, options, secrets, keyId }: StoredStream, keys: StreamMaker['keys']): Options {
  const opened = keys?.find(({ id }) => id === keyId)?.decrypt({ name, options }, secrets);
  const ids = keys?.map(({ id }) => id);
  if (!opened) throw streamsErrors.AUDIT_STREAM_SECRETS_KEY.of(name, keyId, ids);
  return joinSecrets(options, opened as StreamSecrets); // sealDefinition encrypted the secrets
}

type Options = Readonly<Record<string, unknown>>;

const OWN_KEYS =
  "destination.accessKeyId and destination.secretAccessKey are missing: only a stream of the option streams uses the server's credentials";

/**
 * Makes a stream, and signs an act. The leader begins to send the stream within seconds. Resolves with the stream's options.
 *
 * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_CONFLICT`, `AUDIT_STREAM_SECRETS_KEY`
 */
export async function addStream(
  session: LedgerTransactions,
  given: Options,
  maker: StreamMaker,
  isPaused = false,
): Promise<ResolvedStream> {
  const stream = checked(given);
  const { name } = stream;
  await session.inTransaction(async () => {
    await lockActs(session);
    if (await hasStream(session, name)) throw streamsErrors.AUDIT_CONFLICT.exists(name);
    const sealed = sealDefinition(given, maker.keys);
    const stated = { change: 'added', definition: definitionOf(sealed), paused: isPaused || undefined } as const;
    await storeStream(session, stream, stated, maker);
    await define(session, sealed);
    if (isPaused) await session.rows(PAUSED, [name]);
  });
  return stream;
}

/**
 * Changes options of a stream that was made at run time, and signs an act. The value `null` sets an option to its default. A new destination replaces
 * all options of the old destination, so that the old secrets are not sent to another address.
 *
 * @throws `AUDIT_NOT_FOUND`, `AUDIT_CONFLICT`, `AUDIT_STREAM_CONTRADICTED`, `AUDIT_REQUEST_INVALID`, `AUDIT_STREAM_SECRETS_KEY`
 */
export async function alterStream(
  session: LedgerTransactions,
  name: string,
  changes: Options,
  maker: StreamMaker,
  check: (stream: ResolvedStream) => void = () => undefined,
): Promise<void> {
  await session.inTransaction(async () => {
    await lockActs(session);
    const stored = await findStated(session, name, maker.signer);
    const merged: Options = { ...optionsOf(stored, maker.keys), ...changes, name };
    const given = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as Options;
    const stream = checked(given);
    check(stream);
    const sealed = sealDefinition(given, maker.keys);
    const stated = { change: 'altered', definition: definitionOf(sealed) } as const;
    await storeStream(session, stream, stated, maker);
    await define(session, sealed);
  });
}

/**
 * Finds a stream that was made at run time.
 *
 * @throws `AUDIT_NOT_FOUND`, `AUDIT_CONFLICT`
 */
export async function findStored(session: LedgerQueries, name: string): Promise<StoredStream> {
  const [row] = await session.rows(STORED, [name]);
  if (row) return row as unknown as StoredStream; // the selected columns
  if (await hasStream(session, name)) throw streamsErrors.AUDIT_CONFLICT.ofOptions(name);
  throw streamsErrors.AUDIT_NOT_FOUND(name);
}

/**
 * Validates the options of a stream that was or will be made at run time. Such a stream brings its own keys: the credentials of the server belong to
 * the operator, and must not sign requests to an address that somebody else chose.
 *
 * @throws `AUDIT_REQUEST_INVALID`
 */
export function checked(given: unknown): ResolvedStream {
  const problems: string[] = [...nullsOf(given)];
  const stream = problems.length > 0 ? undefined : resolveStream(given, problems);
  const { type, accessKeyId } = Object((Object(given) as Options).destination) as Options; // invalid options may lack it
  if (type === 's3' && typeof accessKeyId !== 'string') problems.push(OWN_KEYS);
  if (!stream || problems.length > 0)
    throw streamsErrors.AUDIT_REQUEST_INVALID(problems.map((problem) => problem.trim()));
  return stream;
}

/**
 * Finds a stream that was made at run time, and compares its definition with its newest act.
 *
 * @throws the errors of {@link findStored}, `AUDIT_STREAM_CONTRADICTED`
 */
export async function findStated(session: LedgerQueries, name: string, signer: StatementSigner): Promise<StoredStream> {
  const stored = await findStored(session, name);
  const stated = (await followStreams(session, signer)).get(name);
  if (stated?.definition === definitionOf(stored)) return stored;
  throw streamsErrors.AUDIT_STREAM_CONTRADICTED(name, OTHER_DEFINITION);
}

export const OTHER_DEFINITION = 'its definition or its secrets are not those that its newest act states';

/** The members of a {@link StoredStream} whose digest is in the acts. */
export type Definition = Pick<StoredStream, 'name' | 'options' | 'secrets' | 'keyId'>;

/** Returns the digest of a definition, as the signed acts contain it. */
export function definitionOf({ name, options, secrets, keyId }: Definition): string {
  return digestOf({ name, options, keyId, secrets: secrets.toString('base64') });
}

/** Encrypts the secrets of options with the newest key. @throws `AUDIT_STREAM_SECRETS_KEY` */
export function sealDefinition(given: Options, keys: SecretsKeys | undefined): Definition {
  if (!keys) throw streamsErrors.AUDIT_STREAM_SECRETS_KEY.missing();
  const [newest] = keys;
  const { shown, secrets } = splitSecrets(given);
  const owner = { name: String(given.name), options: parseJson(JSON.stringify(shown)) as Options }; // the options are an object
  return { ...owner, secrets: newest.encrypt(owner, secrets), keyId: newest.id };
}

/** Stores a definition, in the transaction of its act. */
export async function define(session: LedgerQueries, { name, options, secrets, keyId }: Definition): Promise<void> {
  await session.rows(DEFINE, [name, JSON.stringify(options), secrets, keyId]);
}

function nullsOf(given: unknown, path = ''): readonly string[] {
  if (given === null) return [`${path === '' ? 'it' : path} is null: leave it out`];
  if (typeof given !== 'object') return [];
  return Object.entries(given).flatMap(([name, value]) => nullsOf(value, path === '' ? name : `${path}.${name}`));
}
