import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson as canonicalJsonOfServer } from '../../../src/base/json/canonical-json.js';
import { naiveInclusion, naiveRoot } from '../../../test/support/naive-tree.js';
import { decodeBase64, encodeBase64, type Bytes } from './bytes.js';
import { canonicalJson } from './canonical-json.js';
import { checkEvent, type Proven } from './check-event.js';
import { checkHistory } from './check-history.js';
import { createMemory, getLastCheckpoint } from './memory.js';
import { isConsistent, computeInclusionRoot } from './merkle.js';
import { parseCheckpoint, parseProof, parseVerifierKey, verifySignature, type Checkpoint } from './notes.js';
import { computeCommitment, computeLeaf, splitEvent } from './sealed-entry.js';

const read = (name: string): unknown => JSON.parse(readFileSync(`test/vectors/${name}`, 'utf8'));
const hex = (text: string): Bytes => Uint8Array.from(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface SealedVector {
  readonly event: object;
  readonly salt: string;
  readonly personal: Readonly<Record<string, unknown>> | null;
  readonly commitment: string | null;
  readonly leafHash: string;
}
interface TreeVectors {
  readonly roots: readonly { readonly size: number; readonly root: string }[];
  readonly consistency: readonly { oldSize: number; newSize: number; hashes: readonly string[] }[];
}
interface NoteVectors {
  readonly log: { readonly verifierKey: string };
  readonly checkpoint: string;
  readonly cosignedCheckpoint: string;
  readonly proof: { readonly entry: string; readonly text: string };
}

const sealed = ['sealed-events.json', 'sealed-events-1.json'].flatMap((name) => read(name) as readonly SealedVector[]);
const tree = read('tree.json') as TreeVectors;
const notes = read('notes.json') as NoteVectors;
const rootAt = (size: number): Bytes => hex(tree.roots.find((each) => each.size === size)?.root ?? '');
const leafAt = async (index: number): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', Buffer.from(`\0entry ${index}`)));

describe('the proof in the browser', () => {
  it.each(sealed)('computes leaf and commitment of the golden event $leafHash', async (vector) => {
    const { event, personal, commitment, salt, leafHash } = vector;
    const split = splitEvent(event, Object.keys(personal ?? {}));
    if (commitment !== null) expect(await computeCommitment(split.personal, hex(salt))).toBe(commitment);
    expect(toHex(await computeLeaf(split.facts, commitment ?? undefined))).toBe(leafHash);
  });

  it('writes canonical JSON as the server does', () => {
    for (const { json, canonical } of read('canonical-json.json') as readonly { json: string; canonical: string }[]) {
      expect(canonicalJson(JSON.parse(json))).toBe(canonical);
    }
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalJsonOfServer(value));
      }),
    );
    for (const value of ['\ud800', undefined, Number.NaN, 1n]) expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('finds the root of any tree, and of no tree of another size', async () => {
    const leaf = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(fc.array(leaf, { minLength: 1, maxLength: 40 }), fc.nat(), async (leaves, position) => {
        const index = position % leaves.length;
        const hashes = naiveInclusion(index, leaves).map((hash) => Uint8Array.from(hash));
        const proof = { index, size: leaves.length, leaf: Uint8Array.from(leaves[index] ?? []), hashes };
        expect(toHex((await computeInclusionRoot(proof)) ?? hex(''))).toBe(toHex(naiveRoot(leaves)));
        expect(await computeInclusionRoot({ ...proof, hashes: [...hashes, proof.leaf] })).toBeUndefined();
        if (hashes.length > 0)
          expect(await computeInclusionRoot({ ...proof, hashes: hashes.slice(1) })).toBeUndefined();
      }),
    );
    const [one] = [hex('00'.repeat(32))];
    for (const [index, size] of [
      [1, 1],
      [-1, 1],
      [0.5, 2],
      [0, 2 ** 53],
    ] as const) {
      expect(await computeInclusionRoot({ index, size, leaf: one, hashes: [] })).toBeUndefined();
    }
  });

  it('accepts the consistency proofs of the golden tree, and refuses each that was changed', async () => {
    const known = tree.consistency.filter(({ oldSize }) => tree.roots.some(({ size }) => size === oldSize));
    for (const { oldSize, newSize, hashes } of known) {
      const heads = [oldSize, newSize].map((size) => ({ size, rootHash: rootAt(size) }));
      const [older, newer] = heads as [(typeof heads)[0], (typeof heads)[0]]; // the list has two heads
      const proof = hashes.map(hex);
      expect(await isConsistent(older, newer, proof)).toBe(true);
      const other = { size: oldSize, rootHash: await leafAt(7) };
      expect(await isConsistent(other, newer, proof)).toBe(oldSize === 0 && newSize > 0);
      expect(await isConsistent(older, newer, [...proof, rootAt(1)])).toBe(false);
      if (proof.length > 0) expect(await isConsistent(older, newer, proof.slice(1))).toBe(false);
    }
  });
});

function buildCheckpoint(note: string): Checkpoint {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint === undefined) throw new Error('The golden checkpoint is not one.');
  return checkpoint;
}

describe('the signature of a checkpoint', () => {
  const checkpoint = buildCheckpoint(notes.checkpoint);

  it('is right by the key of the log, also beside that of a witness', async () => {
    const key = await parseVerifierKey(` ${notes.log.verifierKey}\n`);
    const cosigned = parseCheckpoint(notes.cosignedCheckpoint);
    expect(await verifySignature(checkpoint, key ? [key] : [])).toBe('signed');
    expect(await verifySignature(cosigned ?? checkpoint, key ? [key] : [])).toBe('signed');
  });

  it.each([
    ['', 'nothing'],
    ['log.example/ledger+74834815', 'a part'],
    [notes.log.verifierKey.replace('74834815', '74834816'), 'another id'],
    [notes.log.verifierKey.replace('+AY', '+BY'), 'another type'],
  ])('needs a verifier key: %j has %s', async (text) => {
    expect(await parseVerifierKey(text)).toBeUndefined();
  });

  it.each(['', 'a\n1\n', notes.checkpoint.replace('\n300\n', '\n0300\n'), notes.checkpoint.slice(0, -1)])(
    'needs a checkpoint: %j is none',
    (text) => {
      expect(parseCheckpoint(text)).toBeUndefined();
    },
  );
});

/** The log has one event, so the event's leaf is the root. */
async function provenScene(): Promise<Proven> {
  const [first] = sealed;
  if (first === undefined) throw new Error('The golden events are missing.');
  const { event, personal, commitment, salt, leafHash } = first;
  const root = encodeBase64(hex(leafHash));
  const signature = encodeBase64(Uint8Array.from([...hex('74834815'), ...new Uint8Array(64)]));
  const note = `log.example/ledger\n1\n${root}\n\n\u2014 log.example/ledger ${signature}\n`;
  const parts = { leafHash: root, ...(commitment === null ? {} : { commitment }), salt: encodeBase64(hex(salt)) };
  return Promise.resolve({
    event: { ...event, index: 0, compliance: ['gdpr'] },
    sealed: { ...parts, personal: Object.keys(personal ?? {}) },
    proof: `c2sp.org/tlog-proof@v1\nindex 0\n\n${note}`,
  });
}

async function createScene(event: object): Promise<Proven> {
  const root = encodeBase64(await computeLeaf({ ...event }));
  const note = `log.example/ledger\n1\n${root}\n\n\u2014 log.example/ledger ${encodeBase64(new Uint8Array(68))}\n`;
  return {
    event: { ...event, index: 0 },
    sealed: { leafHash: root, personal: [] },
    proof: `c2sp.org/tlog-proof@v1\nindex 0\n\n${note}`,
  };
}

function withoutChanges(event: object): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'changes'));
}

const readStates = async (proven: Proven, keys: Parameters<typeof checkEvent>[1] = []) => {
  const { checks } = await checkEvent(proven, keys);
  return Object.fromEntries(checks.map(({ name, state, finding }) => [name, `${state}: ${finding}`]));
};

describe('an event', () => {
  it('is proven without what nothing seals, and names that', async () => {
    const scene = await createScene({ type: 'row_updated' });
    const rowChanges = { events: ['e-1'], records: 1, isComplete: true };
    const event = { ...scene.event, compliance: ['gdpr'], archive: '2020-01', rowChanges };
    const { checks } = await checkEvent({ ...scene, event }, []);
    const values = { names: 'compliance, archive, rowChanges' };
    expect(checks).toContainEqual({ name: 'added', state: 'open', finding: 'unsealed', values });
    expect(await readStates(scene)).not.toHaveProperty('added');
  });

  it('is not green where changes were added that other events hold', async () => {
    const scene = await provenScene();
    const forged = { changes: { before: { price: 1 }, after: { price: 2 } }, rowChanges: { events: [], records: 1 } };
    const event = { ...withoutChanges(scene.event), ...forged };
    const states = await readStates({ ...scene, event });
    expect(states).toMatchObject({ changes: 'open: joined' });
  });

  it('has personal values only where it has a value of its own', () => {
    const event: object = { type: 'x', details: { list: [1] } };
    for (const pointer of ['/__proto__/toString', '/details/list/0', '/details/list/length', '/constructor', '', '/']) {
      expect(() => splitEvent(event, [pointer])).toThrow(TypeError);
    }
    expect(typeof Object.prototype.toString).toBe('function');
  });

  it('does not prove personal values by saying that they are hidden', async () => {
    const scene = await provenScene();
    const { leafHash = '', commitment = '', personal = [] } = scene.sealed ?? {};
    expect(
      await readStates({ ...scene, sealed: { leafHash, commitment, personal, isPersonalHidden: true } }),
    ).toMatchObject({
      personal: 'open: no-salt',
    });
  });

  it('has a proof that is read as the specification says', () => {
    expect(parseProof(notes.proof.text)).toMatchObject({ index: 42 });
    expect(parseProof(notes.proof.text.replace('@v1\n', '@v1\nextra AAAA\n'))).toMatchObject({ index: 42 });
    expect(parseProof(notes.proof.text.replace('index', 'place'))).toBeUndefined();
  });
});

describe('what a browser saw before', () => {
  const headAt = (size: number, root = rootAt(size)): Checkpoint => ({
    origin: 'log.example/ledger',
    size,
    rootHash: root,
    text: '',
    signatures: [],
  });
  const prove = (oldSize: number, newSize: number) => {
    const found = tree.consistency.find((each) => each.oldSize === oldSize && each.newSize === newSize);
    return Promise.resolve(found ? found.hashes.map((hash) => encodeBase64(hex(hash))) : ('refused' as const));
  };
  const [pair] = tree.consistency.filter(({ oldSize, newSize }) => oldSize > 2 && oldSize < newSize);
  const { oldSize = 0, newSize = 0 } = pair ?? {};

  it.each<[string, Promise<{ state: string; finding: string }>, string]>([
    ['nothing', checkHistory(undefined, headAt(newSize), prove), 'open: first'],
    ['the same', checkHistory(headAt(newSize), headAt(newSize), prove), 'proven: same'],
    ['its beginning', checkHistory(headAt(oldSize), headAt(newSize), prove), 'proven: continues'],
    ['its continuation', checkHistory(headAt(newSize), headAt(oldSize), prove), 'proven: continues'],
    ['another root', checkHistory(headAt(newSize, rootAt(1)), headAt(newSize), prove), 'wrong: rewritten'],
    ['another beginning', checkHistory(headAt(oldSize, rootAt(1)), headAt(newSize), prove), 'wrong: rewritten'],
    ['a longer log', checkHistory(headAt(10_000, rootAt(1)), headAt(newSize), prove), 'wrong: shortened'],
    ['another log', checkHistory({ ...headAt(1), origin: 'x' }, headAt(newSize), prove), 'wrong: other-log'],
    [
      'what this reader may not compare',
      checkHistory(headAt(oldSize), headAt(newSize), () => Promise.resolve('forbidden')),
      'open: forbidden',
    ],
  ])('was %s', async (_what, check, expected) => {
    const { state, finding } = await check;
    expect(`${state}: ${finding}`).toBe(expected);
  });

  it('is kept by ledger, with the keys that the reader pinned', async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    };
    const memory = createMemory('https://one.example/audit', storage);
    const key = await parseVerifierKey(notes.log.verifierKey);
    if (!key) throw new Error('The golden key is not one.');
    memory.pin(key);
    memory.pin(key);
    memory.keepNote(notes.checkpoint);
    const again = createMemory('https://one.example/audit', storage);
    expect(await again.keys()).toEqual([key]);
    expect(getLastCheckpoint(again)).toMatchObject({ size: 300 });
    expect(getLastCheckpoint(createMemory('https://two.example/audit', storage))).toBeUndefined();
    again.unpin(key);
    expect(await memory.keys()).toEqual([]);
  });

  it('decodes each byte sequence from one spelling only', () => {
    expect(decodeBase64('AAAA')).toEqual(new Uint8Array(3));
    for (const text of ['AAA', 'AA==\n', 'AB==', '!']) expect(decodeBase64(text)).toBeUndefined();
  });
});
