import { PlainText } from '../design/plain-text.js';
import { sentenceOf, type SentencePart } from '../sentences/sentence.js';
import { useViewer } from '../viewer-context.js';
import { personHref, recordHref, tableOf } from './links.js';
import type { ViewedEvent } from './viewed-event.js';

type SentenceEvent = Pick<ViewedEvent, 'type' | 'actor'> & Partial<ViewedEvent>;

export function EventSentence({
  event,
  isLinked = false,
}: {
  readonly event: SentenceEvent;
  readonly isLinked?: boolean;
}) {
  const { words } = useViewer();
  const { parts } = sentenceOf(event, words);
  return (
    <span class="sentence">
      {parts.map((part, place) => (
        <Part key={place} part={part} href={isLinked ? hrefFor(part, event) : undefined} outcome={event.outcome} />
      ))}
    </span>
  );
}

function hrefFor({ kind }: SentencePart, event: SentenceEvent): string | undefined {
  const { actor, resource } = event;
  if (kind === 'actor' && actor.id !== undefined) return personHref(actor.id);
  if (kind === 'resource' && resource?.id !== undefined)
    return recordHref({ type: resource.type, id: resource.id }, { table: tableOf(event) });
  return undefined;
}

function Part(props: {
  readonly part: SentencePart;
  readonly href: string | undefined;
  readonly outcome: string | undefined;
}) {
  const { part, href, outcome = '' } = props;
  if (part.kind === 'verb' || part.kind === 'mark') return <>{part.text}</>;
  const name = part.kind === 'outcome' ? `sentence-outcome is-${outcome}` : `sentence-${part.kind}`;
  const text = <PlainText text={part.text} class={name} />;
  return href === undefined ? text : <a href={href}>{text}</a>;
}
