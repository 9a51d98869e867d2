import { OUTCOMES } from '../../../src/audit/browser.js';
import { formatOutcome } from '../summaries/summary.js';
import { useViewer } from '../viewer-context.js';

const KNOWN = new Set<string>(OUTCOMES);

export function OutcomeBadge({ outcome }: { readonly outcome: string }) {
  const { words } = useViewer();
  const tone = KNOWN.has(outcome) ? `is-${outcome}` : '';
  return <span class={`badge ${tone}`}>{formatOutcome(outcome, words)}</span>;
}
