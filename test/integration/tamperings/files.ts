import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { signCheckpoint } from '../../../src/modules/monitoring/log/notes/checkpoint.js';
import { generateKeyPair } from '../../../src/modules/monitoring/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/modules/monitoring/log/notes/note-signer.js';
import { forgeTiles } from '../../support/forge-log.js';
import { ORIGIN } from '../../support/log-scene.js';
import type { Attack } from './attack.js';
import { ledgerOf } from './perform.js';
import { kinds, type Outcome, type Tampering } from './tampering.js';

type Change = (bytes: Buffer) => Buffer | string;

/** Changes a copy of a file of the scene. */
const change = (path: readonly string[], how: Change) => async (attack: Attack) => {
  await attack.ownFiles();
  const file = attack.file(...path);
  await writeFile(file, how(await readFile(file)));
};

const flip: Change = (bytes) => {
  const at = Math.floor(bytes.length / 2);
  return Buffer.concat([bytes.subarray(0, at), Buffer.of(255 - Number(bytes[at])), bytes.subarray(at + 1)]);
};
const text =
  (how: (whole: string) => string): Change =>
  (bytes) =>
    how(bytes.toString());

/** Of a bundle: every value but texts stays as it is. */
const texts =
  (how: (whole: string) => string): Change =>
  (bytes) =>
    Buffer.from(how(bytes.toString('latin1')), 'latin1');

/** A head that a stranger signed. */
const strangers = (): string =>
  signCheckpoint({ origin: ORIGIN, size: 900, rootHash: Buffer.alloc(32) }, [
    parseSigningKey(generateKeyPair(ORIGIN).signingKey),
  ]);

const ALTERED = kinds('event_altered');

function ofDownload(name: string, work: Tampering['do'], outcome: Outcome): Tampering {
  const check: Tampering['check'] = (attack) => ({
    command: 'verify',
    args: [
      '--json',
      '--from',
      attack.file('log'),
      '--key',
      attack.file('verifier.key'),
      '--checkpoint',
      attack.file('kept.note'),
    ],
  });
  return { name: `in a download: ${name}`, as: 'superuser', do: work, check, outcome };
}

const BUNDLE = ['log', 'tile', 'entries', '003'];

const downloads: readonly Tampering[] = [
  ofDownload(
    'an entry changed',
    change(
      BUNDLE,
      text((whole) => whole.replace('because', 'becausf')),
    ),
    ALTERED,
  ),
  ofDownload(
    'the length of an entry changed',
    change(BUNDLE, (bytes) => Buffer.concat([Buffer.of(0, 9), bytes.subarray(2)])),
    ALTERED,
  ),
  ofDownload(
    'a bundle cut',
    change(BUNDLE, (bytes) => bytes.subarray(0, 5_000)),
    ALTERED,
  ),
  ofDownload(
    'a bundle taken away that no retirement excuses',
    async (attack) => {
      await attack.ownFiles();
      await rm(attack.file(...BUNDLE));
    },
    ALTERED,
  ),
  ofDownload(
    'two bundles swapped',
    async (attack) => {
      await attack.ownFiles();
      const [one, other] = [attack.file(...BUNDLE), attack.file('log', 'tile', 'entries', '004')];
      await rename(one, `${one}.aside`);
      await rename(other, one);
      await rename(`${one}.aside`, other);
    },
    kinds('event_moved'),
  ),
  ofDownload(
    'the announcement changed that excuses missing bundles',
    change(
      ['log', 'tile', 'entries', '001'],
      texts((whole) => whole.replace('audit_events_retired', 'audit_events_retirex')),
    ),
    ALTERED,
  ),
  ofDownload('a hash in a tile changed', change(['log', 'tile', '0', '002'], flip), kinds('tile_altered')),
  ofDownload('the tile of tiles changed', change(['log', 'tile', '1', '000.p', '5'], flip), kinds('tile_altered')),
  ofDownload(
    'the size in the checkpoint changed',
    change(
      ['log', 'checkpoint'],
      text((whole) => whole.replace(/\n\d+\n/, '\n900\n')),
    ),
    kinds('checkpoint_unverified'),
  ),
  ofDownload('a checkpoint of a stranger', change(['log', 'checkpoint'], strangers), {
    unchecked: /signed none of its checkpoints/,
  }),
  ofDownload(
    'no checkpoint',
    change(['log', 'checkpoint'], () => ''),
    kinds('checkpoint_unverified'),
  ),
  ofDownload(
    'the bundle taken away that has the change of keys, by an auditor who has the old key alone',
    async (attack) => {
      await attack.ownFiles();
      await rm(attack.file('log', 'tile', 'entries', '002'));
    },
    { unchecked: /no act of key change leads from it|the known keys are/ },
  ),
];

/** The archive of the rows that were retired, and a file in it. */
async function archived(attack: Attack, part: string): Promise<string> {
  const folder = attack.file('archives');
  const names = await readdir(folder);
  const own = join(folder, names.find((name) => name.startsWith('2026-02')) ?? '');
  return join(own, (await readdir(own)).find((name) => name.startsWith(part)) ?? part);
}

function ofArchive(name: string, part: string, how: Change, told: RegExp): Tampering {
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
    check: (attack) => ({ command: 'verify-archive', args: [folder, '--key', attack.file('verifier.key')] }),
    outcome: { told },
  };
}

const lines =
  (how: (whole: string) => string): Change =>
  (bytes) =>
    gzipSync(how(gunzipSync(bytes).toString()));

const archives: readonly Tampering[] = [
  ofArchive(
    'a fact of an event changed',
    'events',
    lines((whole) => whole.replace('order_created', 'order_deleted')),
    /the tree has another leaf there/,
  ),
  ofArchive(
    'a person’s name changed',
    'events',
    lines((whole) => whole.replace('"Ada"', '"Eve"')),
    /not what the commitment in its leaf is of/,
  ),
  ofArchive(
    'a salt taken away',
    'events',
    lines((whole) => whole.replace(/"salt":"[^"]+"/, '"salt":null')),
    /one is gone: this is not an erasure/,
  ),
  ofArchive(
    'an event taken away',
    'events',
    lines((whole) => whole.slice(whole.indexOf('\n') + 1)),
    /It has 59 events, and not the 60/,
  ),
  ofArchive(
    'an event that stands twice',
    'events',
    lines((whole) => whole.slice(0, whole.indexOf('\n') + 1) + whole),
    /is not an event, or of a place before/,
  ),
  ofArchive('its events cut', 'events', (bytes) => bytes.subarray(0, 200), /cannot be read/),
  ofArchive(
    'its tiles changed',
    'tiles',
    lines((whole) => whole.replace(/[a-f0-9A-Z]{4}/, '0000')),
    /tampered/,
  ),
  ofArchive('its checkpoint of a stranger', 'checkpoint', strangers, /its checkpoint/),
  ofArchive(
    'its manifest changed',
    'manifest',
    text((whole) => whole.replace('"events":60', '"events":59')),
    /its manifest/,
  ),
  ofArchive('its manifest emptied', 'manifest', () => '', /its manifest/),
];

async function cutBehindKept(attack: Attack): Promise<void> {
  const { size } = attack.scene.kept;
  await attack.sql('DELETE FROM audit_event WHERE id = ANY ($1)', [attack.scene.ids.slice(size)]);
  await attack.sql('DELETE FROM audit_leaf WHERE index >= $1', [size]);
  await attack.sql('DELETE FROM audit_checkpoint WHERE size > $1', [size]);
  await attack.sql('DELETE FROM audit_unsequenced');
  await attack.sql('DELETE FROM audit_event WHERE NOT EXISTS (SELECT FROM audit_leaf WHERE event_id = id)');
  await forgeTiles(attack.client);
}

function onMachine(name: string, work: (attack: Attack) => Promise<unknown>, outcome: Outcome): Tampering {
  return {
    name: `on the application’s machine: ${name}`,
    as: 'superuser',
    isCommitted: true,
    do: work,
    check: (attack) => ({ command: 'verify', args: [...ledgerOf(attack), '--checkpoint', attack.file('checkpoints')] }),
    environment: (attack) => ({ AUDIT_SIGNING_KEY_FILE: attack.file('key') }),
    outcome,
  };
}

const LATE = { cannot: '… but only after the newest checkpoint that was kept elsewhere' };

const machine: readonly Tampering[] = [
  onMachine('the tail cut off', cutBehindKept, kinds('tail_truncated')),
  onMachine(
    'the tail cut off, and the note beside the key put back',
    async (attack) => {
      await cutBehindKept(attack);
      await change(['key.last'], () => attack.scene.kept.note)(attack);
    },
    kinds('tail_truncated'),
  ),
  onMachine(
    'the tail cut off, the note beside the key put back, and the file of checkpoints cut',
    async (attack) => {
      await cutBehindKept(attack);
      await change(['key.last'], () => attack.scene.kept.note)(attack);
      const { note } = attack.scene.kept;
      await change(['checkpoints'], (bytes) => bytes.subarray(0, bytes.indexOf(note) + Buffer.byteLength(note) + 1))(
        attack,
      );
    },
    LATE,
  ),
  onMachine(
    'the note beside the key emptied',
    change(['key.last'], () => ''),
    { unchecked: /./ },
  ),
  onMachine('a note of a stranger beside the key', change(['key.last'], strangers), { unchecked: /known keys/ }),
  onMachine(
    'a note in the file of checkpoints changed',
    change(
      ['checkpoints'],
      text((whole) => whole.replace(/\n\d+\n/, '\n7\n')),
    ),
    {
      unchecked: /./,
    },
  ),
  onMachine(
    'a note of a stranger in the file of checkpoints',
    change(
      ['checkpoints'],
      text((whole) => `${whole}${strangers()}\n`),
    ),
    {
      unchecked: /known keys/,
    },
  ),
];

export const FILES: readonly Tampering[] = [...downloads, ...archives, ...machine];
