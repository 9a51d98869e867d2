import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toHex, naiveInclusion, naiveLeafHash, naiveRoot } from '../../../../../test/support/naive-tree.js';
import { EMPTY_ROOT } from '../merkle/hashes.js';
import { formatCheckpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.js';
import { signCheckpoint } from '../../../../../test/support/sign-checkpoint.js';
import { generateKeyPair } from './note-key.js';
import { parseSigningKey, parseVerifierKey, parseTimestamp } from './note-signer.js';
import { addSignatures, parseNote, parseSignatureLines, signNote, filterVerifiedSignatures } from './signed-note.js';
import { formatProof, parseProof, verifyProof } from './tlog-proof.js';
import { formatAddCheckpoint, parseWitnessConflict } from '../../../operate/publishing/destinations.js';

const NOW_MS = 1_700_000_000_999;
const createKeys = (name: string, byte: number, type: 'note' | 'cosignature') => {
  const pair = generateKeyPair(name, { seed: Buffer.alloc(32, byte), type });
  return { signer: parseSigningKey(pair.signingKey, () => NOW_MS), verifier: parseVerifierKey(pair.verifierKey) };
};
const origin = 'log.example/ledger';
const log = createKeys(origin, 1, 'note');
const [w1, w2, w3] = [1, 2, 3].map((nth) => createKeys(`witness.example/w${nth}`, 10 + nth, 'cosignature')) as [
  typeof log,
  typeof log,
  typeof log,
]; // three of three
const witnesses = [w1.verifier, w2.verifier, w3.verifier];
const trust = { origin, keys: [log.verifier] };

const entries = ['zero', 'one', 'two', 'three', 'four'].map((text) => Buffer.from(text));
const leaves = entries.map(naiveLeafHash);
const checkpoint = { origin, size: leaves.length, rootHash: naiveRoot(leaves) };
const note = signCheckpoint(checkpoint, [log.signer]);
const joinLines = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const listCosignatures = (cosigned: string) => {
  const { text, signatures } = parseNote(cosigned);
  return filterVerifiedSignatures(text, signatures, witnesses);
};
const root = Buffer.from(EMPTY_ROOT).toString('base64');

describe('a checkpoint', () => {
  it('of the specification is read', () => {
    expect(
      parseCheckpoint(
        joinLines(['example.com/behind-the-sofa', '20852163', 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=']),
      ),
    ).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
  });

  it('is read as it was written', () => {
    const line = fc.string({ minLength: 1, unit: 'grapheme' }).filter((each) => !each.includes('\n'));
    fc.assert(
      fc.property(
        line,
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(line),
        (name, size, hash, more) => {
          const input = { origin: name, size, rootHash: hash, ...(more.length > 0 ? { extensions: more } : {}) };
          const read = parseCheckpoint(formatCheckpoint(input));
          expect({ ...read, rootHash: toHex([read.rootHash]) }).toEqual({ ...input, rootHash: toHex([hash]) });
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['no last newline', joinLines([origin, '0', root]).slice(0, -1)],
    ['an empty origin', joinLines(['', '0', root])],
    ['an empty extension', joinLines([origin, '0', root, ''])],
    ['zeros in front', joinLines([origin, '01', root])],
    ['a size beyond 2^53 - 1', joinLines([origin, '9007199254740992', root])],
    ['a short hash', joinLines([origin, '1', Buffer.alloc(31).toString('base64')])],
  ])('is refused with %s', (_what, text) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }));
  });

  it('is refused if it belongs to another log, or no known key signed it', () => {
    expect(() => verifyCheckpoint(note, { ...trust, origin: 'other.example' })).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_FOREIGN' }),
    );
    expect(() => verifyCheckpoint(signCheckpoint(checkpoint, [w1.signer]), trust)).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
    );
    expect(() => verifyCheckpoint(note.replace('\n5\n', '\n4\n'), trust)).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }),
    );
    expect(() => verifyCheckpoint(signNote('no checkpoint\n', [log.signer]), trust)).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }),
    );
  });
});

describe('a cosignature', () => {
  /** The specification's example. The witness's key is not published, so this test can check only the parts of the example. */
  const EXAMPLE =
    '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n';

  it('contains the time at which the witness saw the checkpoint', () => {
    const [example] = parseSignatureLines(EXAMPLE);
    expect(parseTimestamp(example?.signature ?? new Uint8Array())).toBe(1_679_315_147n);
    const [own] = listCosignatures(signCheckpoint(checkpoint, [w1.signer]));
    expect(parseTimestamp(own?.signature ?? new Uint8Array())).toBe(1_700_000_000n);
    expect(parseTimestamp(new Uint8Array(7))).toBeUndefined();
    expect(parseTimestamp(Buffer.alloc(72, 0xff))).toBeUndefined();
  });

  it('is wrong if its text or its time was changed', () => {
    const cosigned = signCheckpoint(checkpoint, [w1.signer]);
    expect(listCosignatures(cosigned)).toHaveLength(1);
    expect(() => listCosignatures(cosigned.replace('\n5\n', '\n6\n'))).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }),
    );
    const { text, signatures } = parseNote(cosigned);
    const later = signatures.map((each) => ({ ...each, signature: Uint8Array.from(each.signature) }));
    later[0]?.signature.set([9], 7);
    expect(() => listCosignatures(addSignatures(`${text}\n`, later))).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }),
    );
  });
});

describe('the messages of witnesses', () => {
  const hashes = [naiveRoot([]), naiveRoot(leaves)];

  it('to a witness are an old size, a proof and the checkpoint', () => {
    const body = formatAddCheckpoint({ oldSize: 3, consistency: hashes, checkpoint: note });
    expect(body).toBe(`old 3\n${hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')}\n${note}`);
  });

  it('have no proof from size 0', () => {
    const first = { oldSize: 0, consistency: [], checkpoint: note };
    expect(formatAddCheckpoint(first)).toBe(`old 0\n\n${note}`);
  });

  it('from a witness with another size are that size', () => {
    expect(parseWitnessConflict('20852014\n')).toBe(20_852_014);
    for (const wrong of ['', '\n', '5', '5\n\n', '05\n', '-1\n', '<html>\n']) {
      expect(parseWitnessConflict(wrong)).toBeUndefined();
    }
  });
});

describe('a proof', () => {
  const cosigned = signCheckpoint(checkpoint, [log.signer, w1.signer, w2.signer]);
  const buildProof = (index: number) =>
    formatProof({ index, hashes: naiveInclusion(index, leaves), checkpoint: cosigned });

  it('proves each entry at its index, offline, and no other', () => {
    for (const index of entries.keys()) {
      for (const [at, entry] of entries.entries()) {
        const verify = () => verifyProof(buildProof(index), entry, trust);
        if (at === index) expect(verify()).toMatchObject({ index, checkpoint: { origin, size: 5 } });
        else expect(verify).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }));
      }
    }
  });

  it('is not accepted without the log’s signature', () => {
    const entry = entries[1] ?? Buffer.alloc(0);
    expect(() => verifyProof(buildProof(1), entry, { origin, keys: [] })).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
    );
    expect(() => verifyProof(buildProof(1), entry, { ...trust, origin: 'other.example' })).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_FOREIGN' }),
    );
    expect(() => verifyProof(buildProof(1).replace('index 1', 'index 2'), entry, trust)).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }),
    );
  });

  it('is read as it was written, with and without extra data', () => {
    const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 });
    fc.assert(
      fc.property(fc.maxSafeNat(), hashes, fc.option(fc.uint8Array()), (index, input, extra) => {
        const text = formatProof({ index, hashes: input, checkpoint: cosigned });
        const line = extra ? `extra ${Buffer.from(extra).toString('base64')}\n` : '';
        const read = parseProof(text.replace('index', `${line}index`));
        expect([read.index, ...toHex(read.hashes), read.checkpoint]).toEqual([index, ...toHex(input), cosigned]);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['another version', buildProof(1).replace('@v1', '@v2')],
    ['a zero in front of the index', buildProof(1).replace('index 1', 'index 01')],
    ['extra data that is not base64', buildProof(1).replace('index', 'extra ?\nindex')],
    ['extra data behind the index', buildProof(1).replace('index 1', 'index 1\nextra AAAA')],
    ['a cut hash', buildProof(1).replace(/^(.{43})=$/m, '$1')],
    [
      'too many hashes',
      formatProof({ index: 0, hashes: Array.from({ length: 64 }, () => EMPTY_ROOT), checkpoint: note }),
    ],
  ])('is refused with %s', (_what, text) => {
    expect(() => verifyProof(text, entries[1] ?? Buffer.alloc(0), trust)).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }),
    );
  });
});
