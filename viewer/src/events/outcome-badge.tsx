import { outcomeName } from '../sentences/sentence.js';
import { useViewer } from '../viewer-context.js';
import { sentenceLanguage } from './sentence-language.js';

const KNOWN = new Set(['success', 'failure', 'denied', 'attempted', 'partial']);

/** How an event ended: by a word, and a colour that adds to it. */
export function OutcomeBadge({ outcome }: { readonly outcome: string }) {
  const { formats } = useViewer();
  const tone = KNOWN.has(outcome) ? `is-${outcome}` : '';
  return <span class={`badge ${tone}`}>{outcomeName(outcome, sentenceLanguage(formats.language))}</span>;
}
