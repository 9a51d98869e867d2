import type { Proven } from '../proof/check-event.js';

export const EVIDENCE_ID = 'evidence';
/** The id of the HTML element in which the verifier shows its result. */
export const RESULT_ID = 'result';

/** The note in an HTML file that contains salts. */
export const SALTS_NOTE =
  'This file contains personal values and the salts that prove them, even after the ledger has erased the values. Treat it as personal data, and delete it when its purpose ends.';

export const EVIDENCE_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.proven { color: light-dark(#2a5d4f, #6fb39f); } .wrong { color: light-dark(#b3261e, #f08a80); } .open { color: light-dark(#53565c, #b0b3ba); }
li, pre, code { overflow-wrap: anywhere; } pre { white-space: pre-wrap; } input { width: 100%; font: inherit; box-sizing: border-box; }
`;

export interface Evidence {
  readonly format: 'nestjs-audit-ledger/evidence@v1';
  readonly savedAt: string;
  /** The address of the API of the ledger from which the evidence was saved. */
  readonly ledger: string;
  readonly keys: readonly string[];
  readonly events: readonly Proven[];
}

/** With the salts, a reader can prove personal values. */
export function hasSalts({ events }: Evidence): boolean {
  return events.some(({ sealed }) => sealed?.salt !== undefined);
}

interface EvidenceParts {
  readonly json: string;
  readonly verifier: string;
  readonly hasSalts: boolean;
  /** The SHA-256 hashes, in base64, of the script, of {@link EVIDENCE_STYLE}, and of the JSON. */
  readonly hashes: { readonly scriptHash: string; readonly styleHash: string; readonly dataHash: string };
}

/** Formats evidence as JSON that cannot end the script element around it. */
export function formatEvidenceJson(evidence: object): string {
  return JSON.stringify(evidence, null, 1).replaceAll('<', String.raw`\u003c`);
}

/** Returns the HTML file. The content security policy allows only the script and the style in the file. */
export function renderEvidenceDocument({ json, verifier, hasSalts, hashes }: EvidenceParts): string {
  const { scriptHash, styleHash, dataHash } = hashes;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-${scriptHash}'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence from an audit log</title>
<style>${EVIDENCE_STYLE}</style>
</head>
<body>
<main id="${RESULT_ID}"><h1 class="wrong">The evidence is not verified</h1>
<p>The verifier in this file did not run: somebody changed the file, or this browser is too old.</p></main>
${
  hasSalts
    ? `<footer><p><small>${SALTS_NOTE}</small></p></footer>
`
    : ''
}<script type="application/json" id="${EVIDENCE_ID}" data-sha256="${dataHash}">${json}</script>
<script type="module">${verifier}</script>
</body>
</html>
`;
}
