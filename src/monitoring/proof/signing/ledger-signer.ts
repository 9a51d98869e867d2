import { createPublicKey, type KeyObject } from 'node:crypto';
import { withTimeout } from '../../../base/with-timeout.js';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import { formatVerifierKey } from '../log/notes/note-key.js';
import { parseVerifierKey, type NoteVerifier, type RemoteSigner } from '../log/notes/note-signer.js';
import { formatKeyLabel } from '../log/notes/signed-note.js';
import { TIMING } from '../../store/timing.js';
import { parseKeys, readKeyFile, type SigningKeys } from './signing-key-file.js';
import type { LedgerSigner, SigningOptions } from './signing-options.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

/** A text that is neither a checkpoint nor a statement, so nobody can misuse its signature. */
export const PROBE = 'nestjs-audit-ledger/probe\n';

/** The keys of the option `signer`, followed by the keys of the key file. */
export interface LedgerKeys extends Omit<SigningKeys, 'signers'> {
  readonly signers: readonly RemoteSigner[];
}

/**
 * Reads all keys of a ledger. With the option `signer`, the key file may contain only former keys.
 *
 * @throws `AUDIT_SIGNING_KEY_MISSING`, `AUDIT_SIGNING_KEY_INVALID`; `AUDIT_ROLE_CANNOT_SIGN` for a signing key with the role `web`
 */
export async function readLedgerKeys(options: Omit<SigningOptions, 'checkpointMemory'>): Promise<LedgerKeys> {
  const { signingKeyFile, signingKey, signers = [], origin, role } = options;
  const added = signers.map((signer) => toSigningKey(signer, origin));
  const mayHaveNone = added.length > 0 || role === 'web';
  const { formerKeys, ...keys } =
    signingKey === undefined
      ? await readKeyFile(signingKeyFile, origin, mayHaveNone)
      : parseKeys(signingKey, origin, undefined, mayHaveNone);
  if (role === 'web') {
    const place = signingKey === undefined ? signingKeyFile : 'the option signingKey (AUDIT_SIGNING_KEY)';
    if (keys.signers.length > 0) throw ledgerErrors.AUDIT_ROLE_CANNOT_SIGN.withKey(place);
    return { ...keys, verifierKeys: formerKeys.slice(0, 1), formerKeys: formerKeys.slice(1) };
  }
  const verifierKeys = [...added.map(({ verifierKey }) => verifierKey), ...keys.verifierKeys];
  return {
    signers: [...added.map(({ signer }) => signer), ...keys.signers],
    verifierKeys,
    formerKeys: formerKeys.filter((key) => !verifierKeys.includes(key)),
    verifiers: [...added.map(({ verifier }) => verifier), ...keys.verifiers],
  };
}

interface SigningKey {
  readonly signer: RemoteSigner;
  readonly verifierKey: string;
  readonly verifier: NoteVerifier;
}

/** Makes the key of a ledger from a signer. @throws `AUDIT_SIGNING_KEY_INVALID` unless the public key is Ed25519 */
function toSigningKey({ publicKey, sign }: LedgerSigner, origin: string): SigningKey {
  const verifierKey = formatVerifierKey(origin, toEd25519Key(publicKey));
  const verifier = parseVerifierKey(verifierKey);
  const { name, keyId } = verifier;
  const signText = async (text: string): Promise<Uint8Array> => {
    const ms = TIMING.signerMs;
    try {
      // A signer may also throw, or return a signature without a promise.
      const work = Promise.resolve(Buffer.from(text)).then(sign);
      const signature: unknown = await withTimeout(ms, work, () => {
        throw new Error(`it did not answer within ${ms} ms`);
      });
      if (signature instanceof Uint8Array && verifier.isSignature(text, signature)) return signature;
      const seen =
        signature instanceof Uint8Array ? `${signature.length} bytes` : `a value of type ${typeof signature}`;
      throw new Error(`its answer, ${seen}, is not the Ed25519 signature by its public key`);
    } catch (error) {
      throw ledgerErrors.AUDIT_SIGNING_FAILED(formatKeyLabel(verifier), getErrorMessage(error), error);
    }
  };
  return { signer: { name, keyId, sign: signText }, verifierKey, verifier };
}

function toEd25519Key(publicKey: LedgerSigner['publicKey']): KeyObject {
  try {
    const key = createPublicKey(
      typeof publicKey === 'string' ? publicKey : { key: Buffer.from(publicKey), format: 'der', type: 'spki' },
    );
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`its publicKey is of type ${key.asymmetricKeyType ?? 'unknown'}, not Ed25519`);
  } catch (error) {
    throw ledgerErrors.AUDIT_SIGNING_KEY_INVALID('the option signer', getErrorMessage(error), error);
  }
}
