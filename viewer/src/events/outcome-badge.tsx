import { outcomeName } from '../sentences/sentence.js';
import { useViewer } from '../viewer-context.js';

const KNOWN = new Set(['success', 'failure', 'denied', 'attempted', 'partial']);

/** How an event ended: by a word, and a colour that adds to it. */
export function OutcomeBadge({ outcome }: { readonly outcome: string }) {
  const { words } = useViewer();
  const tone = KNOWN.has(outcome) ? `is-${outcome}` : '';
  return <span class={`badge ${tone}`}>{outcomeName(outcome, words)}</span>;
}
