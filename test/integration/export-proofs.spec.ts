import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditEvent } from '../../src/audit/index.js';
import { Catalogue, buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import type { LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { buildManifest, formatManifest } from '../../src/monitoring/read/export/export-manifest.js';
import { exportToFile } from '../../src/monitoring/read/export/export-to-file.js';
import { verifyExport, type ExportVerification } from '../../src/monitoring/read/export/verify-export.js';
import { signCheckpoint } from '../support/sign-checkpoint.js';
import { signNote } from '../../src/monitoring/proof/log/notes/signed-note.js';
import { readKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import { storeEvents } from '../support/stored-events.js';
import { freshKeyFile, sampleEvent, tempFolder, withClient, closeAfterTests, testDatabase } from '../support/index.js';
import { makeSequencer, makeSigner, ORIGIN } from '../support/log-scene.js';

const ALL: LedgerAccess = { scope: 'all' };
const PERSON = 'ada@example.com';

const EVENTS: readonly AuditEvent[] = [
  sampleEvent({ actor: { type: 'system' }, details: { n: 1.5e-7, big: 12345678901234567000, '': null, deep: [[{}]] } }),
  sampleEvent({ actor: { type: 'user', id: PERSON, name: 'Ada', sessionId: 'a session' }, tenantId: 'other' }),
  sampleEvent({
    details: { email: PERSON, nested: [{ text: '"\\ \u2028 🦉\n', n: 1 }, { 'a/b~c': 'text' }], list: ['of texts'] },
    metadata: JSON.parse('{"__proto__":{"phone":"+49 123"}}') as AuditEvent['metadata'],
    reason: 'She asked for it.',
    error: { name: 'Error', message: `no such user ${PERSON}` },
    changes: {
      diff: [
        { path: '/email', from: PERSON, to: 'b@example.com' },
        { path: '/n', from: 1, to: 2 },
      ],
    },
  }),
  sampleEvent({ resource: { type: 'user', id: PERSON }, type: 'user_login', action: 'user_login' }),
  // The events fill more than a block of leaves, and reach the edge of the next block.
  ...Array.from({ length: 600 }, (_, nth) => sampleEvent({ tenantId: 'other', details: { nth } })),
];
let exports = 0;

const database = await testDatabase();
const folder = await tempFolder('audit-proofs-');
const keyFile = freshKeyFile();
const signer = await makeSigner(keyFile);
const { sequencer } = makeSequencer(database.url, signer);
await closeAfterTests(sequencer);
const rules = buildCatalogueFactRules();
await withClient(database.url, (client) => storeEvents(client, EVENTS, () => rules));
await sequencer.run();

interface Exported {
  readonly path: string;
  readonly note: string;
  readonly lines: readonly string[];
}

/** `change` alters the lines as somebody with the ledger's key could. */
async function exportProven(
  access: LedgerAccess,
  change: (lines: readonly string[]) => readonly string[] = (lines) => lines,
): Promise<Exported> {
  return signed(await exportLines(access), change);
}

async function exportLines(access: LedgerAccess) {
  const path = join(folder, `${(exports += 1)}.jsonl`);
  const request = { access, filters: {}, format: 'jsonl', isCompressed: false, withProofs: true } as const;
  const ledger = { connectionUrl: database.url, origin: ORIGIN, catalogue: new Catalogue() };
  const made = await exportToFile({
    ledger,
    request,
    path,
    isResumed: false,
    onBegin: () => Promise.resolve(),
  });
  return { path, request, made, written: (await readFile(path, 'utf8')).trimEnd().split('\n') };
}

async function signed(
  { path, request, made, written }: Awaited<ReturnType<typeof exportLines>>,
  change: (lines: readonly string[]) => readonly string[],
): Promise<Exported> {
  const lines = change(written);
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  await writeFile(path, bytes);
  const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  const totals = { ...made.totals, sha256, bytes: bytes.length };
  const occasion = { exportId: made.exportId, origin: ORIGIN, createdAt: '', createdBy: { type: 'admin' } };
  const note = await signer.signText(formatManifest(buildManifest(occasion, request, made.checkpoint, totals)));
  return { path, note, lines };
}

async function verify({ path, note }: Exported, checkpoints: readonly string[] = []): Promise<ExportVerification> {
  return verifyExport(path, note, signer.trust, checkpoints);
}

/** A random value may begin with any two characters. */
const otherEnd = (found: string): string => found.slice(0, -2) + (found.endsWith('AA') ? 'BB' : 'AA');

function changeLine(
  nth: number,
  from: string | RegExp,
  to: string | typeof otherEnd,
): (lines: readonly string[]) => readonly string[] {
  return (lines) => {
    const change = typeof to === 'string' ? () => to : to;
    const line = (lines[nth] ?? '').replace(from, change);
    expect(line).not.toBe(lines[nth]);
    return lines.with(nth, line);
  };
}

const whole = await exportLines(ALL);

describe('an export with proofs', () => {
  it('proves each of its events, whole, offline', async () => {
    const exported = await exportProven(ALL);
    const [first] = exported.lines;
    expect(JSON.parse(first ?? '')).toMatchObject({ id: EVENTS[0]?.id, proof: { hashes: expect.any(Array) } });
    // The catalogue adds the tags; no sealed event has tags.
    const tagged = exported.lines.filter((line) => line.includes('"compliance":["pci_dss"'));
    expect(tagged).toHaveLength(1);
    expect(await verify(exported)).toMatchObject({
      verdict: 'sound',
      findings: [],
      proven: EVENTS.length,
      manifest: { proofs: true },
    });
  });

  it.each<[string, number, string | RegExp, string | typeof otherEnd, string]>([
    ['a fact', 0, '"n":1.5e-7', '"n":1.6e-7', 'record 1 differs from the event'],
    ['an added field', 0, '"n":', '"m":1,"n":', 'record 1 differs from the event'],
    ['a personal value', 1, '"name":"Ada"', '"name":"Eve"', 'record 2 has a personal part that differs'],
    ['a personal value in details', 2, PERSON, 'eve@example.com', 'record 3 has a personal part that differs'],
    ['a salt', 1, /"salt":"../, otherEnd, 'record 2 has a personal part that differs'],
    ['a commitment', 0, /"commitment":"../, otherEnd, 'record 1 has a personal part that differs'],
    ['a commitment in place of a person', 5, /"commitment":.*"hashes"/, '"hashes"', 'record 6 differs from the event'],
    ['a hash', 0, /"hashes":\["../, otherEnd, 'record 1 differs from the event'],
    ['a hash that is none', 0, /"hashes":\["../, '"hashes":["', 'record 1 has an invalid proof'],
    ['no proof', 0, /,"proof":.*/, '}', 'record 1 has no proof'],
    ['an index', 3, '"index":3', '"index":9', 'record 4 differs from the event'],
    ['a pointer that leads nowhere', 1, '"/actor/name"', '"/actor/nam"', 'record 2 is not an event with a proof'],
    ['a proof of another kind', 0, /"proof":.*/, '"proof":{"hashes":7}}', 'record 1 is not an event with a proof'],
    ['a fact by another before it', 0, '"outcome":', '"outcome":"denied","outcome":', 'record 1 names a member twice'],
    ['a detail by another before it', 0, '"n":', String.raw`"\u006e":2,"n":`, 'record 1 names a member twice'],
    ['an event in place of tags', 0, '{"', '{"compliance":[{"actor":"eve"}],"', 'record 1 has invalid compliance tags'],
    [
      'what is nested too deep',
      0,
      '"n":',
      `"far":${'['.repeat(50_000)}${']'.repeat(50_000)},"n":`,
      'record 1 is not an event',
    ],
  ])('shows %s that whoever has the key changed', async (_, nth, from, to, said) => {
    const { verdict, findings, proven } = await verify(await signed(whole, changeLine(nth, from, to)));
    expect([verdict, proven]).toEqual(['tampered', EVENTS.length - 1]);
    expect(findings).toEqual(expect.arrayContaining([expect.stringContaining(said)]));
  });

  it('proves to a tenant what is of this tenant, and to a person the facts of what others did', async () => {
    const tenant = await verify(await exportProven({ scope: 'tenants', tenantIds: ['other'] }));
    expect(tenant).toMatchObject({ verdict: 'sound', proven: 601 });
    const person = await exportProven({ scope: 'subject', subjectId: PERSON });
    const shown = person.lines.map((line) => JSON.parse(line) as { proof: object; resource?: object });
    expect(await verify(person)).toMatchObject({ verdict: 'sound', proven: shown.length });
    expect(shown.map(({ proof }) => Object.keys(proof))).toEqual([
      ['commitment', 'salt', 'personal', 'hashes'],
      ['commitment', 'hashes'],
    ]);
  });

  it('is held against a checkpoint from elsewhere, of its size', async () => {
    const exported = await exportProven(ALL);
    const [row] = await database.sql('SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
    const { signers } = await readKeyFile(keyFile, ORIGIN);
    const sign = (size: number): string =>
      signCheckpoint({ origin: ORIGIN, size, rootHash: Buffer.alloc(32, 1) }, signers);
    const smaller = sign(3);
    expect(await verify(exported, [smaller, String(row?.note)])).toMatchObject({ verdict: 'sound' });
    await expect(verify(exported, [smaller])).rejects.toThrow(
      `a tree of ${EVENTS.length} events, and the given checkpoints have the sizes 3`,
    );
    const { verdict, findings, proven } = await verify(exported, [sign(EVENTS.length)]);
    expect([verdict, proven]).toEqual(['tampered', 0]);
    expect(findings[0]).toContain('have different roots');
    await expect(verify(exported, [signNote('other\n', signers)])).rejects.toThrow();
  });

  it('proves the facts of events whose personal part was erased', async () => {
    await database.superuserSql(`SELECT audit_erase(ARRAY['${EVENTS[1]?.id}', '${EVENTS[2]?.id}']::uuid[])`);
    const exported = await exportProven(ALL);
    expect(exported.lines.slice(1, 3).join('')).not.toContain(PERSON);
    expect(await verify(exported)).toMatchObject({ verdict: 'sound', proven: EVENTS.length });
  });
});
