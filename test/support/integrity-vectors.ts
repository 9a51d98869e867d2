import { canonicalJson, buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import { NO_ACT_HASH, formatAct } from '../../src/monitoring/keep/acts/act-note.js';
import { hashLeaf } from '../../src/monitoring/proof/log/merkle/hashes.js';
import { TreeFrontier } from '../../src/monitoring/proof/log/merkle/tree-frontier.js';
import { listConsistencyRanges, listInclusionRanges } from '../../src/monitoring/proof/log/merkle/tree-shape.js';
import { signCheckpoint } from './sign-checkpoint.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { addSignatures, parseNote, signNote } from '../../src/monitoring/proof/log/notes/signed-note.js';
import { formatProof } from '../../src/monitoring/proof/log/notes/tlog-proof.js';
import { formatAddCheckpoint } from '../../src/monitoring/operate/publishing/destinations.js';
import { encodeEntry } from '../../src/monitoring/proof/sealing/seal-event.js';
import { encodeBundle } from '../../src/monitoring/proof/log/tiles/entry-bundle.js';
import { formatTilePath } from '../../src/monitoring/proof/log/tiles/tile-path.js';
import { EMPTY_EDGE, extendEdge } from '../../src/monitoring/proof/log/tiles/tree-edge.js';
import { toHex, naiveRoot } from './naive-tree.js';
import { sampleEvent } from './sample-event.js';
import { sealEvent, splitPersonal } from './split-event.js';

/** test/vectors/README.md describes the files. */
export function integrityVectors(): Readonly<Record<string, unknown>> {
  return {
    'canonical-json.json': canonicalJsonVectors(),
    'sealed-events.json': sealedEventVectors(),
    'tree.json': treeVectors(),
    'notes.json': noteVectors(),
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function canonicalJsonVectors(): unknown {
  const given = [
    '{"b":1,"a":{"d":[],"c":null},"10":true,"9":false}',
    '[1E30,4.50,2e-3,0.000000000000000000000000001,-0,1e21,1e-7,5e-324,9007199254740993,333333333.33333329]',
    String.raw`"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\u007f\u2028\ud83d\ude00"`,
    String.raw`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"":8}`,
  ];
  return given.map((json) => ({ json, canonical: canonicalJson(JSON.parse(json) as unknown) }));
}

function sealedEventVectors(): unknown {
  const id = '01939f5c-8d7b-7000-8000-00000000000';
  const events = [
    sampleEvent({ id: `${id}1`, details: { email: 'ada@example.com', attempts: 3, text: 'ünïcode 🦉 "quoted" \\' } }),
    sampleEvent({
      id: `${id}2`,
      changes: { before: { name: 'Ada', status: 'new' }, diff: [{ path: '/name', from: 'Ada', to: 'Bea' }] },
      metadata: { numbers: [5e-324, 1e21, 0.1, 9007199254740992], __proto__x: null },
    }),
    {
      id: `${id}3`,
      schemaVersion: 2 as const,
      occurredAt: '2026-11-20T08:00:00.000Z',
      type: 'job_run',
      action: 'job_run',
      outcome: 'success' as const,
      category: 'custom',
      severity: 'info' as const,
      actor: { type: 'system' as const },
      details: {},
      metadata: {},
    },
  ];
  return events.map((event, nth) => {
    const salt = Buffer.alloc(16, nth + 1);
    const { facts, personal } = splitPersonal(event, buildCatalogueFactRules());
    const sealed = sealEvent(facts, personal, salt);
    const entry = encodeEntry(sealed);
    return {
      event,
      salt: hex(salt),
      personal: personal ?? null,
      commitment: sealed.personal ?? null,
      entry: Buffer.from(entry).toString('utf8'),
      leafHash: hex(hashLeaf(entry)),
    };
  });
}

const TREE_SIZE = 300;
const ENTRIES = Array.from({ length: TREE_SIZE }, (_, index) => Buffer.from(`entry ${index}`));
const LEAVES = ENTRIES.map(hashLeaf);
const computeRoot = (size: number): Uint8Array => {
  const frontier = new TreeFrontier();
  for (const leaf of LEAVES.slice(0, size)) frontier.append(leaf);
  return frontier.root();
};
const computeHashes = (ranges: ReturnType<typeof listInclusionRanges>): readonly Uint8Array[] =>
  ranges.map(({ start, end }) => naiveRoot(LEAVES.slice(start, end)));

function treeVectors(): unknown {
  const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 255, 256, 257, 299, 300];
  const places = [[0, 1], [0, 2], [1, 2], [2, 3], [6, 7], [3, 8], [64, 65], [0, 256], [255, 256], [256, 257], [0, 300], [255, 300], [256, 300], [299, 300]] as const; // prettier-ignore
  const pairs = [[0, 1], [1, 1], [1, 2], [2, 3], [3, 7], [4, 7], [6, 7], [6, 8], [64, 65], [255, 256], [256, 257], [255, 300], [256, 300], [299, 300]] as const; // prettier-ignore
  return {
    roots: sizes.map((size) => ({ size, root: hex(computeRoot(size)) })),
    inclusion: places.map(([index, size]) => ({
      index,
      size,
      hashes: toHex(computeHashes(listInclusionRanges(index, size))),
    })),
    consistency: pairs.map(([oldSize, newSize]) => ({
      oldSize,
      newSize,
      hashes: toHex(computeHashes(listConsistencyRanges(oldSize, newSize))),
    })),
    tiles: Object.fromEntries<string>([
      ...extendEdge(EMPTY_EDGE, LEAVES).tiles.map((tile) => [formatTilePath(tile), hex(tile.hashes)] as const),
      [formatTilePath({ level: 'entries', index: 1, width: 44 }), hex(encodeBundle(ENTRIES.slice(256)))],
    ]),
  };
}

const ACT = {
  act: 'retirement' as const,
  retirementId: '01939f5c-8d7b-7000-8000-0000000000aa',
  firstIndex: 3,
  lastIndex: 7,
  events: 5,
};

function noteVectors(): unknown {
  const origin = 'log.example/ledger';
  const log = generateKeyPair(origin, { seed: Buffer.alloc(32, 1) });
  const witness = generateKeyPair('witness.example/w1', { seed: Buffer.alloc(32, 2), type: 'cosignature' });
  const signers = [parseSigningKey(log.signingKey)];
  const checkpoint = signCheckpoint({ origin, size: TREE_SIZE, rootHash: computeRoot(TREE_SIZE) }, signers);
  const { text } = parseNote(checkpoint);
  const cosigner = parseSigningKey(witness.signingKey, () => 1_700_000_000_000);
  const cosignedCheckpoint = addSignatures(checkpoint, parseNote(signNote(text, [cosigner])).signatures);
  const hashes = computeHashes(listInclusionRanges(42, TREE_SIZE));
  return {
    log,
    witness,
    note: signNote('One line.\n\nAnother — with a dash.\n', signers),
    checkpoint,
    cosignedCheckpoint,
    proof: { entry: ENTRIES[42]?.toString(), text: formatProof({ index: 42, hashes, checkpoint: cosignedCheckpoint }) },
    act: signNote(
      formatAct(origin, {
        ...{ head: { size: TREE_SIZE, rootHash: computeRoot(TREE_SIZE) }, number: 1 },
        ...{ previous: NO_ACT_HASH, statement: ACT },
      }),
      signers,
    ),
    addCheckpoint: formatAddCheckpoint({
      oldSize: 256,
      consistency: computeHashes(listConsistencyRanges(256, TREE_SIZE)),
      checkpoint,
    }),
  };
}
