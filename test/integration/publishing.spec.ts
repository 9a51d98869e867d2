import { afterEach, describe, expect, it } from '@jest/globals';
import { appendFile, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { MonitoringOptions } from '../../src/monitoring/index.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { parseVerifierKey } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { makeKeyFile, readKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import { verifyLedger, type VerifyLedgerOptions } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { eventually, freshKeyFile, tempFolder } from '../support/index.js';
import { FITTING_HEAD } from '../support/forge-log.js';
import { RestartedLedger } from '../support/restarted-ledger.js';
import {
  closeServer,
  listCosigners,
  listenOnLoopback,
  startWitness,
  type WitnessServer,
} from '../support/witness-server.js';

const ORIGIN = 'nestjs-audit-ledger.local/ledger';

const ledger = RestartedLedger.inEachTest();
let servers: Pick<Server, 'close'>[] = [];
let witnesses: WitnessServer[] = [];

afterEach(async () => {
  for (const witness of witnesses) await witness.close();
  for (const server of servers) await closeServer(server as Server);
  [servers, witnesses] = [[], []];
});

const start = (monitoring: Partial<MonitoringOptions> = {}) =>
  ledger.start({ checkpointIntervalSeconds: 1, ...monitoring });
const grow = (count = 300) => ledger.seal(count);

const text = async (path: string): Promise<string> => (await ledger.client.download(`/audit/${path}`)).text;

function sizesIn(notes: string): readonly number[] {
  return Array.from(notes.matchAll(/^\d+$/gm), ([size]) => Number(size));
}

async function trust(): Promise<CheckpointTrust> {
  const { body } = await ledger.client.send<{ keys: { verifierKey: string }[] }>('GET', '/audit/keys');
  return { origin: ORIGIN, keys: body.keys.map(({ verifierKey }) => parseVerifierKey(verifierKey)) };
}

async function startNamedWitness(name: string): Promise<void> {
  await makeKeyFile(ledger.keyFile, ORIGIN);
  const { verifiers } = await readKeyFile(ledger.keyFile, ORIGIN);
  witnesses.push(await startWitness(name, () => ({ origin: ORIGIN, keys: verifiers })));
}

const cosignedBy = (witnessQuorum?: number): Partial<MonitoringOptions> => ({
  witnesses: witnesses.map(({ verifierKey, url }) => ({ verifierKey, url: `${url}/` })),
  ...(witnessQuorum !== undefined && { witnessQuorum }),
});

it('checkpoints are appended to a file and posted, also those from before a restart, and a failure degrades the health', async () => {
  const posts: { body: string; type: unknown }[] = [];
  let status = 500;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      posts.push({ body, type: request.headers['content-type'] });
      response.writeHead(status).end();
    });
  });
  servers.push(server);
  const file = join(await tempFolder('audit-published-'), 'checkpoints');
  await start();
  const unpublished = await grow();
  await ledger.stop();
  await start({ checkpointFile: file, checkpointWebhook: `${await listenOnLoopback(server)}/hook` });
  const sizeIn = async () => Math.max(...sizesIn(await readFile(file, 'utf8').catch(() => '')));
  await eventually(async () => (await sizeIn()) >= unpublished);
  await eventually(() => ledger.logged().includes('to the webhook: it responded with status 500'));
  const shown = await eventually(async () => {
    const { state, error } = await ledger.health();
    return state === 'degraded' && error;
  });
  expect(shown).toMatch(/Cannot publish the ledger's checkpoint to the webhook: \d+ attempts failed/);
  status = 204;
  const size = await grow(10);
  await eventually(async () => Number((await ledger.health()).store.publishing?.['webhook size']) >= size);
  await eventually(async () => (await sizeIn()) >= size);

  const known = await trust();
  const notes = (await readFile(file, 'utf8')).split(/(?<=\n)\n(?!—)/).filter((note) => note !== '');
  const sizes = notes.map((note) => verifyCheckpoint(note, known).checkpoint.size);
  expect(sizes).toEqual([...new Set(sizes)].sort((one, other) => one - other));
  const last = posts.at(-1);
  expect(verifyCheckpoint(last?.body ?? '', known).checkpoint.size).toBeGreaterThanOrEqual(size);
  expect(last?.type).toBe('text/plain; charset=utf-8');
  expect((await ledger.health()).store.publishing?.['file ageSeconds']).toBeLessThan(60);
});

describe('witnesses', () => {
  it('cosign, whoever of them misbehaves: an auditor finds the quorum, and names a forged and a missing cosignature', async () => {
    for (const nth of [1, 2, 3, 4, 5]) await startNamedWitness(`w${nth}.example`);
    witnesses.at(2)?.misbehave('garbage');
    witnesses.at(3)?.misbehave('endless');
    witnesses.at(4)?.misbehave('other key');
    await start(cosignedBy(2));
    await grow();
    const size = await grow(10);
    const note = await eventually(async () => {
      const shown = await text('checkpoint');
      return listCosigners(shown, witnesses).length >= 2 && Math.max(...sizesIn(shown)) >= size && shown;
    });
    expect([...listCosigners(note, witnesses)].sort()).toEqual(['w1.example', 'w2.example']);
    expect(witnesses[0]?.last()?.size).toBeGreaterThanOrEqual(size);
    for (const fault of [
      'its response contains no valid cosignature',
      'its answer is longer than 65536 bytes',
      'no cosignature of the configured key',
    ])
      await eventually(() => ledger.logged().includes(fault)); // each witness answers in its own time

    const [row] = await ledger.database.sql('SELECT event_id FROM audit_leaf WHERE index = 299');
    const { proof } = JSON.parse(await text(`events/${String(row?.event_id)}/proof`)) as { proof: string };
    expect(listCosigners(proof.slice(proof.indexOf(`${ORIGIN}\n`)), witnesses).length).toBeGreaterThanOrEqual(2);
    await eventually(async () => {
      const [row] = await ledger.database.sql('SELECT count(*)::int AS count FROM audit_cosignature WHERE size >= $1', [
        size,
      ]);
      return Number(row?.count) >= 2;
    });
    await ledger.stop();
    const keys = witnesses.slice(0, 3).map(({ verifierKey }) => verifierKey);
    const demand = async (quorum: number, named = keys, more: Partial<VerifyLedgerOptions> = {}) =>
      verifyLedger({ database: ledger.database.url, witnesses: { keys: named, quorum }, ...more });

    const met = await demand(2);
    expect(met.findings).toEqual([]);
    expect(met.cosigned).toMatchObject({ witnesses: ['w1.example', 'w2.example'] });
    expect(met.cosigned?.size).toBeGreaterThanOrEqual(size);
    const unmet = await demand(3);
    expect(unmet).toMatchObject({ verdict: 'tampered', findings: [{ kind: 'cosignature_missing' }] });
    const early = await demand(2, keys, { now: () => Date.now() - 3_600_000 });
    expect(early.findings.map(({ kind }) => kind)).toContain('cosignature_forged');
    const foreignLockHolder = generateKeyPair('w4.example', { type: 'cosignature' }).verifierKey;
    expect((await demand(1, [foreignLockHolder])).verdict).toBe('tampered');
    await expect(demand(4)).rejects.toThrow('the quorum is 4, and the number of witnesses is 3');
    await expect(demand(1, [generateKeyPair('x.example').verifierKey])).rejects.toThrow('not a cosignature key');

    await ledger.database.superuserSql(`SET session_replication_role = replica;
       UPDATE audit_cosignature one SET line = replace(one.line, right(one.line, 12), right(other.line, 12))
         FROM audit_cosignature other WHERE one.witness_name = 'w1.example' AND other.witness_name = 'w2.example' AND one.size = other.size`);
    const forged = await demand(2);
    expect(forged.verdict).toBe('tampered');
    expect(forged.findings.map(({ what }) => what).join()).toContain('the cosignature of w1.example over size');
  });

  it('that are down do not stop the rest, and are caught up by their own answer when they are back', async () => {
    await startNamedWitness('w1.example');
    const options = cosignedBy();
    await start(options);
    const first = await grow();
    await eventually(() => (witnesses[0]?.last()?.size ?? 0) >= first);
    witnesses[0]?.misbehave('silent');
    expect(await grow(10)).toBeGreaterThan(first);
    await ledger.stop();
    witnesses[0]?.misbehave(undefined);
    // Without these rows, the instance does not know which checkpoints the witness has.
    await ledger.database.sql('DELETE FROM audit_publication');
    await start(options);
    const third = await grow(10);
    await eventually(() => (witnesses[0]?.last()?.size ?? 0) >= third);
    expect(witnesses[0]?.answers).toContain(409);
  });

  it('refuse a fork, and the log says what it means', async () => {
    await startNamedWitness('w1.example');
    const options = cosignedBy();
    await start(options);
    const first = await grow(10);
    await eventually(() => (witnesses[0]?.last()?.size ?? 0) >= first);
    await ledger.stop();
    const seen = witnesses[0]?.last()?.size ?? 0;
    // Somebody with the key and the database rewrites the whole history, longer than before, and drops what was signed.
    await ledger.database.superuserSql(`SET session_replication_role = replica;
       DELETE FROM audit_leaf; DELETE FROM audit_tile; DELETE FROM audit_checkpoint; DELETE FROM audit_publication;
       DELETE FROM audit_cosignature; DELETE FROM audit_event; ${FITTING_HEAD}`);
    ledger.keyFile = await copyOfKeyAlone();
    await start(options);
    const second = await grow(seen + 100);
    expect(second).toBeGreaterThan(seen);
    await eventually(() => ledger.logged().includes('It has seen another ledger under this name'));
    await eventually(() => witnesses[0]?.answers.includes(422) === true); // a smaller checkpoint went out first, maybe
    expect(witnesses[0]?.last()?.size).toBe(seen);
    expect(listCosigners(await text('checkpoint'), witnesses)).toEqual([]);
  });
});

async function copyOfKeyAlone(): Promise<string> {
  const copy = freshKeyFile();
  await appendFile(copy, await readFile(ledger.keyFile, 'utf8'));
  return copy;
}
