import { saveFile } from '../design/save-file.js';
import { encodeBase64, sha256, utf8 } from '../proof/bytes.js';
import type { Proven } from '../proof/check-event.js';
import type { VerifierKey } from '../proof/notes.js';
import { EVIDENCE_STYLE, renderEvidenceDocument, formatEvidenceJson, hasSalts, type Evidence } from './evidence.js';

const VERIFIER = 'verifier.js';

interface Source {
  readonly ledger: string;
  readonly keys: readonly VerifierKey[];
}

export async function saveEvidence(events: readonly Proven[], { ledger, keys }: Source): Promise<void> {
  const response = await fetch(new URL(VERIFIER, import.meta.url)); // the verifier is in this script's folder
  if (!response.ok) throw new Error(`${VERIFIER}: ${String(response.status)}`);
  const evidence: Evidence = {
    format: 'nestjs-audit-ledger/evidence@v1',
    savedAt: new Date().toISOString(),
    ledger,
    keys: keys.map(({ text }) => text),
    events,
  };
  const page = await renderEvidencePage(evidence, await response.text());
  const name = `evidence-${evidence.savedAt.slice(0, 19).replaceAll(':', '-')}.html`;
  saveFile(name, new Blob([page], { type: 'text/html;charset=utf-8' }));
}

async function renderEvidencePage(evidence: Evidence, verifier: string): Promise<string> {
  const json = formatEvidenceJson(evidence);
  const [scriptHash = '', styleHash = '', dataHash = ''] = await Promise.all(
    [verifier, EVIDENCE_STYLE, json].map(hashText),
  );
  return renderEvidenceDocument({
    json,
    verifier,
    hasSalts: hasSalts(evidence),
    hashes: { scriptHash, styleHash, dataHash },
  });
}

async function hashText(text: string): Promise<string> {
  return encodeBase64(await sha256(utf8(text)));
}
