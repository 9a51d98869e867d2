import { createHash } from 'node:crypto';
import { parseJson } from '../../../audit/nest-free.js';
import { type LineProof, provenLines } from '../../../monitoring/read/export/proven-lines.js';
import { manifestOf, formatManifest } from '../../../monitoring/read/export/export-manifest.js';
import { formatProof } from '../../../monitoring/proof/log/notes/tlog-proof.js';
import { decodeBase64 } from '../../../monitoring/proof/log/notes/encoding.js';
import { signNote } from '../../../monitoring/proof/log/notes/signed-note.js';
import type { SigningKeys } from '../../../monitoring/proof/signing/signing-key-file.js';
import { readViewerFiles } from '../../viewer/viewer-files.js';
import type { Report } from '../report.js';
import { BUNDLE_MANIFEST, bundleText, type BundleFiles } from './bundle-manifest.js';
import { EVIDENCE_STYLE, evidenceDocument, evidenceJson } from './evidence-document.js';
import { reportHtml } from './report-html.js';
import { settingsOf } from '../../../monitoring/read/access/ledger-access.js';
import { blocksOf } from '../../../monitoring/read/export/export-blocks.js';
import { exportedRows } from '../../../monitoring/read/export/exported-rows.js';
import { ExportTally, type ExportTotals } from '../../../monitoring/read/export/export-tally.js';
import { eventFor } from '../../../monitoring/read/query/ledger-event.js';
import { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { exporterFor } from '../../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { tileReaderBy } from '../../../monitoring/store/log-reading/find-tiles.js';

const VERIFIER = 'verifier.js';

interface SampleLine {
  readonly index: number;
  readonly id: string;
  readonly proof: LineProof;
}

/**
 * Makes the files of a report's bundle. With the same report, samples and keys, the files have the same bytes. Rejects with an error of the
 * PostgreSQL client.
 *
 * @param database an address with a login that may read every event
 * @throws `AUDIT_VIEWER_NOT_BUILT`
 */
export async function bundleOf(report: Report, database: string, keys: SigningKeys): Promise<BundleFiles> {
  const verifier = readViewerFiles().assets.get(VERIFIER)?.content.identity.toString('utf8') ?? '';
  const verifierKeys = [...keys.verifierKeys, ...keys.formerKeys];
  const samples = await sampleLines(database, report);
  const { scope } = report;
  const sign = (text: string): string => signNote(text, keys.signers);
  const occasion = {
    exportId: uuidOf(`${scope.root ?? ''} ${samples.totals.sha256}`),
    origin: scope.origin,
    createdAt: scope.asOf ?? scope.to,
    createdBy: { type: 'system', id: 'nestjs-audit-ledger report' },
  };
  const request = {
    ...({ format: 'jsonl', access: { scope: 'all' }, isCompressed: false, withProofs: true } as const),
    filters: { sampleOf: report.framework.id } as object,
  };
  const mark = { size: scope.size, ...(scope.checkpoint !== undefined && { checkpoint: scope.checkpoint }) };
  const files = new Map<string, Buffer>();
  const add = (name: string, content: string | Buffer): void => {
    files.set(name, typeof content === 'string' ? Buffer.from(content) : content);
  };
  add('README.txt', README);
  add('checkpoint.note', scope.checkpoint ?? '');
  add('evidence.html', evidenceOf(report, verifierKeys, verifier, samples));
  add('report.html', reportHtml(report));
  add('report.json', `${JSON.stringify(report, undefined, 2)}\n`);
  add('samples.jsonl', samples.content);
  add('samples.jsonl.manifest', sign(formatManifest(manifestOf(occasion, request, mark, samples.totals))));
  add('verifier.key', verifierKeys.map((key) => `${key}\n`).join(''));
  add(BUNDLE_MANIFEST, sign(bundleText(scope.origin, files)));
  return files;
}

const README = `A report of an audit ledger, with the proofs of its samples.

report.html             the report, for people; report.json for programs
samples.jsonl           the sampled events, each with the proof that it is in the log
samples.jsonl.manifest  a description of samples.jsonl, signed by the ledger's key
checkpoint.note         the signed checkpoint of all proofs
evidence.html           the same events with a verifier; it works in a browser without a network
verifier.key            the ledger's keys. Compare them with keys that you got from the operator by another channel
bundle.manifest         the SHA-256 of each file, signed by the ledger's key

Check all files offline:

  npx nestjs-audit-ledger verify <this folder> --key <the key that you got>

The samples contain personal values and the salts that prove them. Treat this folder as personal data, and delete it when its purpose ends.
`;

function evidenceOf(
  { scope, checks }: Report,
  keys: readonly string[],
  verifier: string,
  { content }: SampleLines,
): string {
  const leaves = new Map(
    checks.flatMap(({ sample }) => sample?.events ?? []).map(({ id, leafHash }) => [id, leafHash]),
  );
  const lines = content
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const events = lines.map((line) => provenOf(parseJson(line) as SampleLine, leaves, scope.checkpoint ?? '')); // sampleLines wrote these lines
  const evidence = {
    format: 'nestjs-audit-ledger/evidence@v1',
    savedAt: scope.asOf ?? scope.to,
    ledger: scope.origin,
    keys,
    events,
  };
  const json = evidenceJson(evidence);
  const [ofScript = '', ofStyle = '', ofData = ''] = [verifier, EVIDENCE_STYLE, json].map((text) =>
    createHash('sha256').update(text).digest('base64'),
  );
  const hasSalts = events.some(({ sealed }) => sealed.salt !== undefined);
  return evidenceDocument({ json, verifier, hasSalts, hashes: { ofScript, ofStyle, ofData } });
}

function provenOf(line: SampleLine, leaves: ReadonlyMap<string, string>, checkpoint: string) {
  const { proof, ...event } = line;
  const { hashes, personal = [], ...parts } = proof;
  const path = hashes.flatMap((hash) => decodeBase64(hash) ?? []);
  return {
    event,
    sealed: { leafHash: leaves.get(line.id) ?? '', personal, ...parts },
    proof: formatProof({ index: line.index, hashes: path, checkpoint }),
  };
}

const ALL = { scope: 'all' } as const;

interface SampleLines {
  /** The events as JSON Lines with proofs, in the order of their ids. */
  readonly content: Buffer;
  readonly totals: ExportTotals;
}

/** The login of `connectionUrl` must be able to read every event. */
async function sampleLines(connectionUrl: string, { scope, checks }: Report): Promise<SampleLines> {
  const ids = [...new Set(checks.flatMap(({ sample }) => sample?.events ?? []).map(({ id }) => id))].toSorted();
  const tally = new ExportTally();
  const session = await LedgerSession.open(connectionUrl, exporterFor(settingsOf(ALL)));
  try {
    const values = new SqlValues();
    const conditions = [`id = ANY (${values.place(ids)}::uuid[])`];
    const readTile = tileReaderBy((text, given) => session.rows(text, given));
    const blocks = blocksOf({
      rows: exportedRows(session, { conditions, values, mark: scope.size, from: ids[0] }),
      header: '',
      lineOf: provenLines((row) => eventFor(ALL, row), ALL, scope.size, readTile),
      isCompressed: false,
      tally,
    });
    const content: Buffer[] = [];
    for await (const block of blocks) content.push(block);
    return { content: Buffer.concat(content), totals: tally.totals() };
  } finally {
    await session.close();
  }
}

const UUIDS = Buffer.from('5f0c1f5e5d1b5b0f9b5d3f6c0d3c7a11', 'hex');

/** Returns the UUID of a name (RFC 9562, version 5). */
function uuidOf(name: string): string {
  const hash = createHash('sha1').update(UUIDS).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
