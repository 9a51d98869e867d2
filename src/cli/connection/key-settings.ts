import { existsSync } from 'node:fs';
import { signNote } from '../../monitoring/proof/log/notes/signed-note.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { DEFAULT_ORIGIN } from '../../monitoring/proof/signing/signing-options.js';
import { parseKeys, readKeyFile, type SigningKeys } from '../../monitoring/proof/signing/signing-key-file.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';
import { hasCode } from '../../base/errors/error-facts.js';
import { readTextFile } from '../../base/text-file.js';

export type CommandEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the application's key file, or the key that replaces this file, and the origin. Without `AUDIT_LEDGER_ORIGIN`, the origin is the
 * name of the key.
 */
export function readKeySettings(environment: CommandEnvironment): {
  readonly file: string;
  readonly key: string | undefined;
  readonly origin: string;
} {
  const file = emptyToUndefined(environment.AUDIT_SIGNING_KEY_FILE) ?? '.data/signing.key';
  const key = emptyToUndefined(environment.AUDIT_SIGNING_KEY);
  const name = key === undefined ? readKeyName(file) : parseKeyName(key);
  return { file, key, origin: emptyToUndefined(environment.AUDIT_LEDGER_ORIGIN) ?? name ?? DEFAULT_ORIGIN };
}

/** Returns the application's file of the last signed checkpoint. */
export function getCheckpointMemoryPath(environment: CommandEnvironment): string {
  return emptyToUndefined(environment.AUDIT_CHECKPOINT_MEMORY) ?? `${readKeySettings(environment).file}.last`;
}

/** Returns the name of the signing key in a file. Without a key, returns `undefined`, and {@link readKeyFile} reports the problem. */
export function readKeyName(file: string): string | undefined {
  return parseKeyName(existsSync(file) ? readTextFile(file) : '');
}

function parseKeyName(text: string): string | undefined {
  return /^[ \t]*PRIVATE\+KEY\+([^+\s]+)\+/m.exec(text)?.[1];
}

/** Returns the value of a variable; an empty value counts as missing. */
export function emptyToUndefined(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Splits the value of an environment variable at its commas. */
export function splitList(texts: string | undefined): readonly string[] {
  return (texts ?? '').split(',').flatMap((text) => text.trim() || []);
}

/** Returns a signer that uses the ledger's key, as the application's signer does. @throws `AUDIT_SIGNING_KEY_MISSING`, `AUDIT_SIGNING_KEY_INVALID` */
export async function readActSigner(environment: CommandEnvironment): Promise<StatementSigner> {
  const { origin, signers, verifiers } = await readCommandKey(environment);
  return { signText: (text) => Promise.resolve(signNote(text, signers)), trust: { origin, keys: verifiers } };
}

/** Reads the application's keys. @throws `AUDIT_SIGNING_KEY_MISSING`, `AUDIT_SIGNING_KEY_INVALID` */
export async function readCommandKey(
  environment: CommandEnvironment,
): Promise<SigningKeys & { readonly origin: string }> {
  const { file, key, origin } = readKeySettings(environment);
  if (key !== undefined) return { ...parseKeys(key, origin), origin };
  try {
    return { ...(await readKeyFile(file, origin)), origin };
  } catch (error) {
    throw hasCode(error, 'AUDIT_SIGNING_KEY_MISSING') ? ledgerErrors.AUDIT_SIGNING_KEY_MISSING.forCommand(file) : error;
  }
}
