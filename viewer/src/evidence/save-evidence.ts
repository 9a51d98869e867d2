import { encodeBase64, sha256, utf8 } from '../proof/bytes.js';
import type { Proven } from '../proof/check-event.js';
import type { VerifierKey } from '../proof/notes.js';
import { EVIDENCE_ID, hasSalts, RESULT_ID, SALTS_NOTE, type Evidence } from './evidence.js';

const VERIFIER = 'verifier.js';

/** Where evidence comes from, and by which keys its reader checked it. */
interface Source {
  readonly ledger: string;
  readonly keys: readonly VerifierKey[];
}

/** Lets the browser save one file with events, proofs, keys and the verifier. @throws Error if the verifier cannot be loaded */
export async function saveEvidence(events: readonly Proven[], { ledger, keys }: Source): Promise<void> {
  const answer = await fetch(new URL(VERIFIER, import.meta.url)); // beside this script
  if (!answer.ok) throw new Error(`${VERIFIER}: ${String(answer.status)}`);
  const evidence: Evidence = {
    format: 'nestjs-audit-ledger/evidence@v1',
    savedAt: new Date().toISOString(),
    ledger,
    keys: keys.map(({ text }) => text),
    events,
  };
  const link = document.createElement('a');
  link.href = URL.createObjectURL(
    new Blob([await evidencePage(evidence, await answer.text())], { type: 'text/html;charset=utf-8' }),
  );
  link.download = `evidence-${evidence.savedAt.slice(0, 19).replaceAll(':', '-')}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // after the browser took it
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.proven { color: light-dark(#2a5d4f, #6fb39f); } .wrong { color: light-dark(#b3261e, #f08a80); } .open { color: light-dark(#53565c, #b0b3ba); }
li, pre, code { overflow-wrap: anywhere; } pre { white-space: pre-wrap; } input { width: 100%; font: inherit; box-sizing: border-box; }
`;

/** The file: its policy lets only the verifier and the style run that it was saved with. */
async function evidencePage(evidence: Evidence, verifier: string): Promise<string> {
  const json = JSON.stringify(evidence, null, 1).replaceAll('<', String.raw`\u003c`);
  const [ofScript, ofStyle, ofData] = await Promise.all([verifier, STYLE, json].map(hashOf));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-${ofScript ?? ''}'; style-src 'sha256-${ofStyle ?? ''}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence from an audit log</title>
<style>${STYLE}</style>
</head>
<body>
<main id="${RESULT_ID}"><h1 class="wrong">Nothing is verified</h1>
<p>The verifier in this file did not run: somebody changed the file, or this browser is too old.</p></main>
${
  hasSalts(evidence)
    ? `<footer><p><small>${SALTS_NOTE}</small></p></footer>
`
    : ''
}<script type="application/json" id="${EVIDENCE_ID}" data-sha256="${ofData ?? ''}">${json}</script>
<script type="module">${verifier}</script>
</body>
</html>
`;
}

async function hashOf(text: string): Promise<string> {
  return encodeBase64(await sha256(utf8(text)));
}
