import { describe, expect, it } from '@jest/globals';
import { signCheckpoint } from '../log/notes/checkpoint.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey, type NoteSigner } from '../log/notes/note-signer.js';
import { formatSignatureLine, signNote } from '../log/notes/signed-note.js';
import { checkWitnesses } from './check-witnesses.js';
import type { LedgerSession } from '../store/ledger-session.js';

const ORIGIN = 'log.example/ledger';
const log = parseSigningKey(generateKeyPair(ORIGIN).signingKey);
const pair = generateKeyPair('witness.example', { type: 'cosignature' });
const witness = parseSigningKey(pair.signingKey);
const stranger = parseSigningKey(generateKeyPair('other.example', { type: 'cosignature' }).signingKey);

const note = signCheckpoint({ origin: ORIGIN, size: 7, rootHash: Buffer.alloc(32, 7) }, [log]);
const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
const lineBy = (signer: NoteSigner): string => signNote(text, [signer]).slice(text.length + 1);

interface Stored {
  readonly size: number;
  readonly note: string;
  readonly lines: readonly string[];
}

const check = (...stored: readonly Stored[]) => {
  let pages = [stored];
  const rows = (): Promise<readonly Stored[]> => Promise.resolve(pages.splice(0, 1)[0] ?? []);
  const snapshot = { rows } as unknown as LedgerSession; // all that is asked of it
  pages = [stored];
  return checkWitnesses({ keys: [pair.verifierKey] }, [], 7, { snapshot });
};

describe('the cosignatures of stored checkpoints', () => {
  it('count whatever else somebody stored beside them', async () => {
    const { name, keyId } = stranger;
    const junk = Array.from({ length: 200 }, (_, nth) =>
      formatSignatureLine({ name, keyId, signature: Buffer.alloc(72, nth) }),
    );
    const lines = ['nothing', '', ...junk, lineBy(witness)];
    expect(await check({ size: 7, note, lines })).toMatchObject({ findings: [], cosigned: { size: 7 } });
  });

  it('count of an earlier checkpoint where the note of a later one cannot be read', async () => {
    const lines = [lineBy(witness)];
    const spoilt = ['', 'nothing', `x\n\n${'—'.repeat(9)}\n`].map((each, nth) => ({
      size: 9 - nth,
      note: each,
      lines,
    }));
    expect(await check(...spoilt, { size: 7, note, lines })).toMatchObject({ findings: [], cosigned: { size: 7 } });
  });
});
