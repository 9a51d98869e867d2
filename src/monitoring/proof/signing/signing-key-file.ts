import { readFile } from 'node:fs/promises';
import { getErrorMessage, hasCode } from '../../../base/errors/error-facts.js';
import { makeSecretFile } from '../../../base/make-secret-file.js';
import { decodeTextFile } from '../../../base/text-file.js';
import { undefinedIfMissing } from '../../errors/file-error.js';
import { generateKeyPair, deriveVerifierKey } from '../log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey, type NoteSigner, type NoteVerifier } from '../log/notes/note-signer.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

export interface SigningKeys {
  /** At least one signer. During a change of keys, the old key and the new key sign. */
  readonly signers: readonly NoteSigner[];
  /** The verifier key `<name>+<id>+<key>` of each signing key, in the order of the key file. */
  readonly verifierKeys: readonly string[];
  /** The verifier key `<name>+<id>+<key>` of each former key. */
  readonly formerKeys: readonly string[];
  readonly verifiers: readonly NoteVerifier[];
}

const SIGNING_KEY = /^PRIVATE\+KEY\+[^+]+\+[0-9a-f]{8}\+.+$/;

/**
 * Reads a key file. Each line of the file is a signing key, or the verifier key of a former key. If the file contains several signing keys,
 * each of them signs every checkpoint, so that readers learn a new key. Empty lines and lines that begin with `#` are ignored.
 *
 * @param origin the name that all keys must have
 * @throws `AUDIT_SIGNING_KEY_MISSING`, `AUDIT_SIGNING_KEY_INVALID`
 */
export async function readKeyFile(path: string, origin: string, mayHaveNone = false): Promise<SigningKeys> {
  const text = await undefinedIfMissing(readFile(path).then(decodeTextFile)).catch((error: unknown) => {
    throw ledgerErrors.AUDIT_SIGNING_KEY_INVALID(path, getErrorMessage(error), error);
  });
  if (text === undefined) throw ledgerErrors.AUDIT_SIGNING_KEY_MISSING.ofApplication(path);
  return parseKeys(text, origin, path, mayHaveNone);
}

/**
 * Reads the keys from the text of a key file, as {@link readKeyFile} does.
 *
 * @param path the place of the text in messages
 * @param mayHaveNone whether the text may contain no signing key, because another key signs
 * @throws `AUDIT_SIGNING_KEY_INVALID`
 */
export function parseKeys(
  text: string,
  origin: string,
  path = 'the option signingKey (AUDIT_SIGNING_KEY)',
  mayHaveNone = false,
): SigningKeys {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const secrets = lines.filter((line) => SIGNING_KEY.test(line));
  if (secrets.length === 0 && !mayHaveNone)
    throw ledgerErrors.AUDIT_SIGNING_KEY_INVALID(path, 'it contains no signing key (PRIVATE+KEY+…)');
  try {
    const verifierKeys = secrets.map(deriveVerifierKey);
    const formerKeys = lines.filter((line) => !SIGNING_KEY.test(line) && !verifierKeys.includes(line));
    const verifiers = [...verifierKeys, ...formerKeys].map(parseVerifierKey);
    const foreign = verifiers.find(({ name, type }) => name !== origin || type !== 'note');
    if (foreign)
      throw ledgerErrors.AUDIT_SIGNING_KEY_INVALID(
        path,
        `it contains a ${foreign.type} key of ${foreign.name}, and the ledger needs note keys of its origin, ${origin}`,
      );
    return { signers: secrets.map((secret) => parseSigningKey(secret)), verifierKeys, formerKeys, verifiers };
  } catch (error) {
    throw hasCode(error, 'AUDIT_SIGNING_KEY_INVALID')
      ? error
      : ledgerErrors.AUDIT_SIGNING_KEY_INVALID(path, getErrorMessage(error), error);
  }
}

/**
 * Creates a key file with a new key, unless the file exists. Only the current user can read the file. Resolves with `true` if the call
 * created the file.
 *
 * @throws `AUDIT_SIGNING_KEY_INVALID` when the file cannot be written
 */
export async function makeKeyFile(path: string, origin: string): Promise<boolean> {
  try {
    return await makeSecretFile(path, generateKeyPair(origin).signingKey);
  } catch (error) {
    throw ledgerErrors.AUDIT_SIGNING_KEY_INVALID(path, `it cannot be created: ${getErrorMessage(error)}`, error);
  }
}
