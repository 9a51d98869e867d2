import { describe, expect, it } from '@jest/globals';
import { generateKeyPair, type KeyPair } from '../../proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../proof/log/notes/note-signer.js';
import { signNote } from '../../proof/log/notes/signed-note.js';
import { NO_ACT_HASH, formatAct } from './act-note.js';
import { followKeyChanges } from './key-acts.js';

const ORIGIN = 'log.example/ledger';
const head = { size: 3, rootHash: Buffer.alloc(32, 7) };
const [first, second, third, foreignLockHolder] = Array.from({ length: 4 }, () => generateKeyPair(ORIGIN)) as [
  KeyPair,
  KeyPair,
  KeyPair,
  KeyPair,
]; // as many as were asked for

function change(named: readonly KeyPair[], signed: readonly KeyPair[] = named, origin = ORIGIN): string {
  const keys = named.map(({ verifierKey }) => verifierKey);
  const signers = signed.map(({ signingKey }) => parseSigningKey(signingKey));
  const act = { head, number: 1, previous: NO_ACT_HASH, statement: { act: 'key_change' as const, keys } };
  return signNote(formatAct(origin, act), signers);
}

function followed(from: KeyPair, notes: readonly string[]): readonly string[] {
  return followKeyChanges(notes, { origin: ORIGIN, keys: [parseVerifierKey(from.verifierKey)] }).followed;
}

describe('acts of key change', () => {
  const chain = [change([third, second]), change([second, first])];

  it('lead from any key to all others, in both directions', () => {
    expect(followed(first, chain).toSorted()).toEqual([second.verifierKey, third.verifierKey].toSorted());
    expect(followed(third, chain).toSorted()).toEqual([first.verifierKey, second.verifierKey].toSorted());
    expect(followed(foreignLockHolder, chain)).toEqual([]);
  });

  it.each([
    ['that only the known key signed', change([first, foreignLockHolder], [first])],
    ['that only the other key signed', change([first, foreignLockHolder], [foreignLockHolder])],
    ['of another log', change([first, foreignLockHolder], [first, foreignLockHolder], 'log.example/other')],
    ['that was changed', change([first, foreignLockHolder]).replace('\n3\n', '\n4\n')],
    ['that is not a note', 'nothing'],
  ])('do not count: one %s', (_what, note) => {
    expect(followed(first, [note])).toEqual([]);
  });
});
