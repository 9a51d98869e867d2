import { OUTCOMES } from '../../../src/audit/browser.js';
import { outcomeName } from '../sentences/sentence.js';
import { useViewer } from '../viewer-context.js';

const KNOWN = new Set<string>(OUTCOMES);

export function OutcomeBadge({ outcome }: { readonly outcome: string }) {
  const { words } = useViewer();
  const tone = KNOWN.has(outcome) ? `is-${outcome}` : '';
  return <span class={`badge ${tone}`}>{outcomeName(outcome, words)}</span>;
}
