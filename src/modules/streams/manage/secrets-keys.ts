import { SecretsKey } from './secrets-key.js';

/** The message about an invalid option `streamSecretsKey`. */
export const WRONG_SECRETS_KEY =
  'streamSecretsKey must be 32 bytes in base64, or a list of such keys, the newest first: make one with "openssl rand -base64 32", and keep a copy';

/** The keys for the secrets of streams: the newest one encrypts, and the older ones still decrypt. */
export class SecretsKeys {
  private constructor(
    readonly newest: SecretsKey,
    private readonly older: readonly SecretsKey[],
  ) {}

  /**
   * Parses one key, or several: a list, or a text with commas between them. `undefined` unless each is a key, and none occurs twice.
   *
   * @param given the newest first
   */
  static parse(given: unknown): SecretsKeys | undefined {
    const texts: readonly unknown[] =
      typeof given === 'string' ? given.split(',').map((text) => text.trim()) : listOf(given);
    const keys = texts.flatMap((text) => SecretsKey.parse(text) ?? []);
    const [newest, ...older] = keys;
    const isWhole = keys.length === texts.length && new Set(keys.map(({ id }) => id)).size === keys.length;
    return newest && isWhole ? new SecretsKeys(newest, older) : undefined;
  }

  /** The names of the keys, the newest first. */
  get ids(): readonly string[] {
    return [this.newest, ...this.older].map(({ id }) => id);
  }

  /** The key of a name. */
  find(id: string): SecretsKey | undefined {
    return [this.newest, ...this.older].find((key) => key.id === id);
  }
}

function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [];
}
