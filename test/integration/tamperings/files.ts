import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { signCheckpoint } from '../../support/sign-checkpoint.js';
import { generateKeyPair } from '../../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { decodeBundle, encodeBundle } from '../../../src/monitoring/proof/log/tiles/entry-bundle.js';
import { FITTING_HEAD, forgeTiles } from '../../support/forge-log.js';
import { ORIGIN } from '../../support/log-scene.js';
import type { Attack } from './attack.js';
import { getLedgerArguments } from './perform.js';
import { getOutcome, type Tampering } from './tampering.js';

type Change = (bytes: Buffer) => Buffer | string;

const change = (path: string, how: Change) => async (attack: Attack) => {
  await attack.ownFiles();
  const file = attack.file(path);
  await writeFile(file, how(await readFile(file)));
};
const take = (path: string) => async (attack: Attack) => {
  await attack.ownFiles();
  await rm(attack.file(path));
};

const flip: Change = (bytes) => {
  const at = Math.floor(bytes.length / 2);
  return Buffer.concat([bytes.subarray(0, at), Buffer.of(255 - Number(bytes[at])), bytes.subarray(at + 1)]);
};
const cutAt =
  (length: number): Change =>
  (bytes) =>
    bytes.subarray(0, length);
const empty: Change = () => '';
/** Every other byte stays as it is. */
const swap =
  (from: string | RegExp, to: string): Change =>
  (bytes) =>
    Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1');
const unzipped =
  (how: Change): Change =>
  (bytes) =>
    gzipSync(how(gunzipSync(bytes)));

const strangers = (): string =>
  signCheckpoint({ origin: ORIGIN, size: 900, rootHash: Buffer.alloc(32) }, [
    parseSigningKey(generateKeyPair(ORIGIN).signingKey),
  ]);

/** The bundle before it has the announcements of retirements and the change of keys. */
const BUNDLE = 'log/tile/entries/002';

const swapEntries: Change = (bytes) => {
  const [first = Buffer.of(), second = Buffer.of(), ...others] = decodeBundle(bytes, 256);
  return Buffer.from(encodeBundle([second, first, ...others]));
};

const downloads = (
  [
    ['an entry changed', change(BUNDLE, swap('because', 'becausf')), 'event_altered'],
    ['the length of an entry changed', change(BUNDLE, swap(/^../s, '\0\t')), 'event_altered'],
    ['a bundle cut', change(BUNDLE, cutAt(5_000)), 'event_altered'],
    ['a bundle taken away that no retirement excuses', take(BUNDLE), 'event_altered'],
    ['two entries swapped', change(BUNDLE, swapEntries), 'event_moved'],
    [
      'the announcement changed that excuses missing bundles',
      change('log/tile/entries/001', swap('audit_events_retired', 'audit_events_retirex')),
      'event_altered',
    ],
    ['a hash in a tile changed', change('log/tile/0/002', flip), 'tile_altered'],
    ['the tile of tiles changed', change('log/tile/1/000.p/3', flip), 'tile_altered'],
    [
      'the size in the checkpoint changed',
      change('log/checkpoint', swap(/\n\d+\n/, '\n900\n')),
      'checkpoint_unverified',
    ],
    ['a checkpoint of a stranger', change('log/checkpoint', strangers), 'unchecked no checkpoint is signed with the'],
    ['no checkpoint', change('log/checkpoint', empty), 'checkpoint_unverified'],
    [
      'the bundle taken away that has the change of keys, by an auditor who has the old key alone',
      take('log/tile/entries/001'),
      'unchecked no act of key change connects|the known keys are',
    ],
  ] as const
).map(([name, work, comes]): Tampering => {
  const check = (attack: Attack) => {
    const given = { '--from': 'log', '--key': 'verifier.key', '--checkpoint': 'kept.note' };
    const args = Object.entries(given).flatMap(([option, file]) => [option, attack.file(file)]);
    return ['--json', ...args];
  };
  return { name: `in a download: ${name}`, as: 'superuser', do: work, check, outcome: getOutcome(comes) };
});

async function archived(attack: Attack, part: string): Promise<string> {
  const folder = attack.file('archives');
  const names = await readdir(folder);
  const own = join(folder, names.find((name) => name.startsWith('2026-02')) ?? '');
  return join(own, (await readdir(own)).find((name) => name.startsWith(part)) ?? part);
}

const archives = (
  [
    [
      'a fact of an event changed',
      'events',
      unzipped(swap('order_created', 'order_deleted')),
      'tree has another leaf at this index',
    ],
    [
      'a person’s name changed',
      'events',
      unzipped(swap('"Ada"', '"Eve"')),
      'does not match the commitment in its leaf',
    ],
    [
      'a salt taken away',
      'events',
      unzipped(swap(/"salt":"[^"]+"/, '"salt":null')),
      'not both: this is not an erasure',
    ],
    ['an event taken away', 'events', unzipped(swap(/^.*\n/, '')), 'It has 59 events, which are not the 60'],
    ['an event that stands twice', 'events', unzipped(swap(/^.*\n/, '$&$&')), 'is not an event, or has a lower index'],
    ['its events cut', 'events', cutAt(200), 'cannot be read'],
    ['its tiles changed', 'tiles', unzipped(swap(/[a-f0-9A-Z]{4}/, '0000')), 'tampered'],
    ['its checkpoint of a stranger', 'checkpoint', strangers, 'its checkpoint'],
    ['its manifest changed', 'manifest', swap('"events":60', '"events":59'), 'its manifest'],
    ['its manifest emptied', 'manifest', empty, 'its manifest'],
  ] as const
).map(([name, part, how, reported]): Tampering => {
  let folder = '';
  return {
    name: `in an archive: ${name}`,
    as: 'superuser',
    do: async (attack) => {
      await attack.ownFiles();
      const file = await archived(attack, part);
      folder = join(file, '..');
      await writeFile(file, how(await readFile(file)));
    },
    check: (attack) => [folder, '--key', attack.file('verifier.key')],
    outcome: getOutcome(`told ${reported}`),
  };
});

async function cutBehindKept(attack: Attack): Promise<void> {
  const { size } = attack.scene.kept;
  await attack.sql('DELETE FROM audit_event WHERE id = ANY ($1)', [attack.scene.ids.slice(size)]);
  await attack.sql('DELETE FROM audit_leaf WHERE index >= $1', [size]);
  await attack.sql('DELETE FROM audit_checkpoint WHERE size > $1', [size]);
  await attack.sql(FITTING_HEAD);
  await attack.sql('DELETE FROM audit_inbox');
  await forgeTiles(attack.client);
}

async function putBackNote(attack: Attack): Promise<void> {
  await cutBehindKept(attack);
  await change('key.last', () => attack.scene.kept.note)(attack);
}

async function cutFile(attack: Attack): Promise<void> {
  await putBackNote(attack);
  const { note } = attack.scene.kept;
  await change('checkpoints', (bytes) => bytes.subarray(0, bytes.indexOf(note) + Buffer.byteLength(note) + 1))(attack);
}

const machine = (
  [
    ['the tail cut off', cutBehindKept, 'tail_truncated', true],
    ['the tail cut off, and the note beside the key put back', putBackNote, 'tail_truncated', true],
    [
      'the tail cut off, the note beside the key put back, and the file of checkpoints cut',
      cutFile,
      'cannot … but only after the newest checkpoint that was stored elsewhere',
      true,
    ],
    ['the note beside the key emptied', change('key.last', empty), 'unchecked .', false],
    ['a note of a stranger beside the key', change('key.last', strangers), 'unchecked known keys', false],
    [
      'a note in the file of checkpoints changed',
      change('checkpoints', swap(/\n\d+\n/, '\n7\n')),
      'unchecked .',
      false,
    ],
    [
      'a note of a stranger in the file of checkpoints',
      change('checkpoints', (bytes) => `${bytes.toString()}${strangers()}\n`),
      'unchecked known keys',
      false,
    ],
  ] as const
).map(([name, work, comes, isCommitted]): Tampering => ({
  name: `on the application’s machine: ${name}`,
  as: 'superuser',
  isCommitted,
  do: work,
  check: (attack) => [...getLedgerArguments(attack), '--checkpoint', attack.file('checkpoints')],
  environment: (attack) => ({ AUDIT_SIGNING_KEY_FILE: attack.file('key') }),
  outcome: getOutcome(comes),
}));

export const FILES: readonly Tampering[] = [...downloads, ...archives, ...machine];
