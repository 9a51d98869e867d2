import { describe, expect, it } from '@jest/globals';
import { signCheckpoint } from '../log/notes/checkpoint.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey } from '../log/notes/note-signer.js';
import { judgeCheckpoint, trustOf } from './judge-checkpoint.js';

const ORIGIN = 'log.example/ledger';
const keys = generateKeyPair(ORIGIN);
const root = Buffer.alloc(32, 7);
const note = signCheckpoint({ origin: ORIGIN, size: 3, rootHash: root }, [parseSigningKey(keys.signingKey)]);
const trust = trustOf([keys.verifierKey]);

describe('judgeCheckpoint', () => {
  it('accepts a row that says what its signed note says', () => {
    expect(judgeCheckpoint({ size: 3, root, note }, trust)).toMatchObject({ head: { size: 3 } });
  });

  it.each([
    ['size', { size: 4, root, note }, 'checkpoint_altered'],
    ['root', { size: 3, root: Buffer.alloc(32, 8), note }, 'checkpoint_altered'],
    ['note, by no known key', { size: 3, root, note: note.replaceAll(ORIGIN, 'other') }, 'checkpoint_unverified'],
  ])('names a row of another %s', (_what, row, kind) => {
    expect(judgeCheckpoint(row, trust)).toMatchObject({
      finding: { kind, table: 'audit_checkpoint', index: row.size },
    });
  });
});
