import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { verifyConsistency } from '../../src/monitoring/proof/log/merkle/verify-consistency.js';
import { hashLeaf, isSameHash } from '../../src/monitoring/proof/log/merkle/hashes.js';
import { verifyCheckpoint } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import { parseVerifierKey } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { verifyProof } from '../../src/monitoring/proof/log/notes/tlog-proof.js';
import { decodeBundle } from '../../src/monitoring/proof/log/tiles/entry-bundle.js';
import { formatTilePath } from '../../src/monitoring/proof/log/tiles/tile-path.js';
import type { TileReader } from '../../src/monitoring/proof/log/tiles/tile-reader.js';
import { readEdge, computeEdgeRoot } from '../../src/monitoring/proof/log/tiles/tree-edge.js';
import type { LedgerAccess } from '../../src/monitoring/index.js';
import type { EventProof } from '../../src/monitoring/read/query/ledger-event.dto.js';
import {
  ADAPTERS,
  addEvents,
  ApiClient,
  freshKeyFile,
  GIVEN_COLUMNS,
  sampleEvent,
  SAMPLE_RULES,
  settled,
  withClient,
} from '../support/index.js';
import { keptApp, closeEach, testDatabase } from '../support/close-after-tests.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { newTiles } from '../support/new-tiles.js';
import { storeEvents } from '../support/stored-events.js';

const ORIGIN = 'nestjs-audit-ledger.local/ledger';
const EVENTS = 600;
const A_YEAR = 'private, max-age=31536000, immutable';

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const signingKeyFile = freshKeyFile();
  const monitoring = { authorize: accessOfHeader, signingKeyFile };
  const { url } = await keptApp(startLedgerApp(database.url, { adapter, monitoring }));
  const as = (access: LedgerAccess | false) => ({ 'x-access': JSON.stringify(access) });
  const admin = new ApiClient(url, as({ scope: 'all' }));
  expect((await fetch(`${url}/audit/checkpoint`, { headers: as({ scope: 'all' }) })).status).toBe(404);
  const ids = await withClient(database.url, (client) => addEvents(client, EVENTS));
  await settled(database);
  return { database, monitoring, url, as, admin, ids };
});
const [first] = scenes;
const ofEverybody = { adapter: 'fastify', monitoring: { ...first?.monitoring, publicCheckpoints: true } } as const;
const open = await keptApp(startLedgerApp(String(first?.database.url), ofEverybody));

describe.each(scenes)('the log over HTTP, on $adapter', ({ database, url, as, admin, ids }) => {
  async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${url}/audit/${path}`, { headers: { ...as({ scope: 'all' }), ...headers } });
    // An unread body keeps its connection open, and the application waits for that connection when it closes.
    return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers });
  }

  async function bytes(path: string): Promise<Buffer> {
    const response = await get(path);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  const readTile: TileReader = (level, index, width) => bytes(formatTilePath({ level, index, width }));

  async function checkpoint(): Promise<ReturnType<typeof verifyCheckpoint>['checkpoint']> {
    const { body } = await admin.send<{ keys: { verifierKey: string }[] }>('GET', '/audit/keys');
    const keys = body.keys.map(({ verifierKey }) => parseVerifierKey(verifierKey));
    return verifyCheckpoint(await (await get('checkpoint')).text(), { origin: ORIGIN, keys }).checkpoint;
  }

  it('shows the checkpoint as text that is not cached, signed by the key that it names', async () => {
    const response = await get('checkpoint');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect((await checkpoint()).size).toBeGreaterThanOrEqual(EVENTS);
  });

  it('serves every tile of the checkpoint, which give its root, and bundles whose entries are the leaves', async () => {
    const { size, rootHash } = await checkpoint();
    expect(isSameHash(computeEdgeRoot(await readEdge(size, readTile)), rootHash)).toBe(true);
    for (const tile of newTiles(0, size)) {
      const response = await get(formatTilePath(tile));
      expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
        200,
        'application/octet-stream',
        A_YEAR,
      ]);
      const hashes = Buffer.from(await response.arrayBuffer());
      expect(hashes).toHaveLength(tile.width * 32);
      if (tile.level > 0) continue;
      const bundle = decodeBundle(await bytes(formatTilePath({ ...tile, level: 'entries' })), tile.width);
      expect(Buffer.concat(bundle.map(hashLeaf)).equals(hashes)).toBe(true);
    }
  });

  it('serves the beginning of a tile and of a bundle that are wider by now', async () => {
    const whole = await bytes('tile/0/000');
    expect((await bytes('tile/0/000.p/7')).equals(whole.subarray(0, 7 * 32))).toBe(true);
    const [one, all] = [await bytes('tile/entries/001.p/1'), await bytes('tile/entries/001')];
    expect(all.subarray(0, one.length).equals(one)).toBe(true);
  });

  it('compresses bundles for those who take gzip, and for them alone', async () => {
    const plain = await get('tile/entries/000', { 'accept-encoding': 'identity' });
    const zipped = await get('tile/entries/000', { 'accept-encoding': 'br, gzip;q=0.5' });
    const refused = await get('tile/entries/000', { 'accept-encoding': '*, gzip;q=0' });
    expect([plain, zipped, refused].map(({ headers }) => headers.get('content-encoding'))).toEqual([
      null,
      'gzip',
      null,
    ]);
    expect(zipped.headers.get('vary')).toContain('Accept-Encoding');
    expect(zipped.headers.get('cache-control')).toBe('no-store');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')) / 5);
    expect(Buffer.from(await zipped.arrayBuffer()).equals(Buffer.from(await plain.arrayBuffer()))).toBe(true);
  });

  it.each([
    'tile/0/x001/000',
    'tile/1/000.p/200',
    'tile/entries/002',
    'tile/0/00',
    'tile/0/000.p/256',
    'tile/entries/000.p/',
    'tile/entries/tile/entries/000',
  ])('answers 404 to %s, which nobody may cache for long', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control') ?? '').not.toContain('immutable');
    expect(await response.text()).toContain('Cannot');
  });

  it('proves each of a few events offline, from its entry and the key alone', async () => {
    const { body } = await admin.send<{ keys: { verifierKey: string }[] }>('GET', '/audit/keys');
    const trust = { origin: ORIGIN, keys: body.keys.map(({ verifierKey }) => parseVerifierKey(verifierKey)) };
    for (const id of [ids[0], ids[255], ids[256], ids.at(-1)]) {
      const response = await get(`events/${id}/proof`);
      expect(response.status).toBe(200);
      const { proof, sealed } = (await response.json()) as EventProof;
      const { index } = (await admin.send<{ index: number }>('GET', `/audit/events/${id}`)).body;
      const [tile, at] = [Math.floor(index / 256), index % 256];
      const path = formatTilePath({ level: 'entries', index: tile, width: Math.min(at + 1, 256) });
      const entry = decodeBundle(await bytes(path), at + 1)[at] ?? Buffer.alloc(0);
      expect(JSON.parse(Buffer.from(entry).toString('utf8'))).toMatchObject({ id });
      expect(sealed?.entry).toBe(Buffer.from(entry).toString('utf8'));
      expect(verifyProof(proof, entry, trust).index).toBe(index);
    }
  });

  it('answers 404 to the proof of an unknown event, and 409 to that of one that the sealer did not add', async () => {
    expect((await get(`events/${uuidv7()}/proof`)).status).toBe(404);
    expect((await get('events/none/proof')).status).toBe(400);
    const stray = uuidv7();
    const columns = GIVEN_COLUMNS.replace(/\bid\b/, `'${stray}'`);
    await database.superuserSql(
      `INSERT INTO audit_event (${GIVEN_COLUMNS}) SELECT ${columns} FROM audit_event LIMIT 1`,
    );
    const response = await get(`events/${stray}/proof`);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('not sealed yet');
  });

  it('proves that the ledger only grew', async () => {
    const older = { size: 300, rootHash: computeEdgeRoot(await readEdge(300, readTile)) };
    const newer = await checkpoint();
    const { status, body } = await admin.send<{ from: number; to: number; hashes: string[] }>(
      'GET',
      `/audit/consistency?from=${older.size}&to=${newer.size}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ from: older.size, to: newer.size });
    const hashes = body.hashes.map((hash) => Buffer.from(hash, 'base64'));
    expect(verifyConsistency(older, newer, hashes)).toBe(true);
    expect(verifyConsistency({ ...older, rootHash: newer.rootHash }, newer, hashes)).toBe(false);
  });

  it.each([
    ['from=2&to=1', 400],
    ['from=1&to=999999', 404],
    ['to=1', 400],
    ['from=1e2', 400],
    ['from=1&from=2', 400],
    ['from=0', 200],
  ])('answers a consistency proof of %s with %i', async (query, status) => {
    expect((await get(`consistency?${query}`)).status).toBe(status);
  });

  it('serves no bundle with an event that does not match its leaf', async () => {
    const path = `/audit/events/${String(ids[10])}`;
    const { index, action } = (await admin.send<{ index: number; action: string }>('GET', path)).body;
    const bundleWith = async (stored: string) => {
      await database.superuserSql(
        `SET session_replication_role = replica; UPDATE audit_event SET action = '${stored}' WHERE id = '${String(ids[10])}'`,
      );
      return get('tile/entries/000');
    };
    const altered = await bundleWith('forged');
    expect(altered.status).toBe(500);
    expect(await altered.text()).toContain(`index ${index} does not match its leaf`);
    expect((await bundleWith(action)).status).toBe(200);
  });

  it('says when events of a bundle are missing', async () => {
    const { index } = (await admin.send<{ index: number }>('GET', `/audit/events/${ids[300]}`)).body;
    await database.superuserSql(
      `SET session_replication_role = replica; DELETE FROM audit_event WHERE id = '${ids[300]}'`,
    );
    const response = await get('tile/entries/001');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain(`1 of them are missing in the database, the first with index ${index}`);
    const proof = await get(`events/${ids[300]}/proof`);
    expect(await proof.json()).toEqual({ id: ids[300], index, proof: expect.stringContaining(`index ${index}`) });
  });

  it.each(['checkpoint', 'tile/0/000', 'tile/entries/000', 'keys', 'consistency?from=0'])(
    'shows %s to auditors alone',
    async (path) => {
      for (const access of [false, { scope: 'subject', subjectId: 'u-7' }] as const)
        expect((await get(path, as(access))).status).toBe(403);
    },
  );

  it('proves to people what is about them, and nothing else', async () => {
    const person = as({ scope: 'subject', subjectId: 'p-7' });
    const own = sampleEvent({ actor: { type: 'user', id: 'p-7' } });
    await withClient(database.url, (client) => storeEvents(client, [own], () => SAMPLE_RULES));
    await settled(database);
    const getStatus = async (id: unknown, headers: Record<string, string>) =>
      (await get(`events/${String(id)}/proof`, headers)).status;
    expect(await getStatus(own.id, person)).toBe(200);
    expect(await getStatus(ids[1], person)).toBe(404);
    expect(await getStatus(own.id, as(false))).toBe(403);
  });
});

describe('with publicCheckpoints', () => {
  const get = (path: string, headers = {}) => fetch(`${open.url}/audit/${path}`, { headers });

  it.each([
    ['checkpoint', 200],
    ['tile/0/000', 200],
    ['tile/1/000.p/1', 200],
    ['consistency?from=0', 200],
    ['keys', 200],
    ['tile/entries/000', 403],
    ['tile/entries/x000/000', 403],
    ['events', 403],
    [`events/${String(first?.ids[0])}/proof`, 403],
  ])('everybody may read %s with the status %i', async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  it('anybody may cache tiles, and an access with an empty id is refused by name', async () => {
    expect((await get('tile/0/000')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const answer = await get('events', { 'x-access': '{"scope":"subject","subjectId":""}' });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('without valid subjectId') });
  });
});
