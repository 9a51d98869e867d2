import { PlainText } from '../design/plain-text.js';
import { summarizeEvent, type SummaryPart } from '../summaries/summary.js';
import { useViewer } from '../viewer-context.js';
import { getPersonHref, recordHref, getTable } from './links.js';
import type { ViewedEvent } from './viewed-event.js';

type SummarizedEvent = Pick<ViewedEvent, 'type' | 'actor'> & Partial<ViewedEvent>;

export function EventSummary({
  event,
  isLinked = false,
}: {
  readonly event: SummarizedEvent;
  readonly isLinked?: boolean;
}) {
  const { words } = useViewer();
  const { parts } = summarizeEvent(event, words);
  return (
    <span class="sentence">
      {parts.map((part, index) => (
        <Part key={index} part={part} href={isLinked ? getPartHref(part, event) : undefined} outcome={event.outcome} />
      ))}
    </span>
  );
}

function getPartHref({ kind }: SummaryPart, event: SummarizedEvent): string | undefined {
  const { actor, resource } = event;
  if (kind === 'actor' && actor.id !== undefined) return getPersonHref(actor.id);
  if (kind === 'resource' && resource?.id !== undefined)
    return recordHref({ type: resource.type, id: resource.id }, { table: getTable(event) });
  return undefined;
}

function Part(props: {
  readonly part: SummaryPart;
  readonly href: string | undefined;
  readonly outcome: string | undefined;
}) {
  const { part, href, outcome = '' } = props;
  if (part.kind === 'verb' || part.kind === 'mark') return <>{part.text}</>;
  const name = part.kind === 'outcome' ? `sentence-outcome is-${outcome}` : `sentence-${part.kind}`;
  const text = <PlainText text={part.text} class={name} />;
  return href === undefined ? text : <a href={href}>{text}</a>;
}
