import { PlainText } from '../../design/plain-text.js';
import { hrefOf } from '../../router.js';
import { sentenceOf, type SentencePart } from '../../sentences/sentence.js';
import { useViewer } from '../../viewer-context.js';
import type { ListedEvent } from './search-types.js';

/** An event as a sentence, when, and from where. The whole row leads to its page. */
export function EventRow({ event, nth }: { readonly event: ListedEvent; readonly nth: number }) {
  const { formats, words } = useViewer();
  const { id, occurredAt, outcome, severity, tenantId, request, type } = event;
  const { parts } = sentenceOf(event, words);
  return (
    <li
      class={`row event-row is-${outcome}${severity === 'critical' || severity === 'error' ? ' is-grave' : ''}`}
      aria-posinset={nth}
      aria-setsize={-1}
    >
      <time class="row-time" dateTime={occurredAt} title={formats.utc(occurredAt)}>
        {formats.time(occurredAt)}
      </time>
      <span class="row-mark" aria-hidden="true" />
      <a class="row-link" href={hrefOf({ page: 'event', segments: [id] })} data-event={id}>
        {parts.map((part, place) => (
          <Part key={place} part={part} />
        ))}
      </a>
      <span class="row-facts">
        {tenantId !== undefined && <PlainText text={tenantId} class="row-tenant" />}
        <PlainText text={type} class="row-type" />
        {request?.ip !== undefined && <PlainText text={request.ip} class="row-ip" />}
      </span>
    </li>
  );
}

function Part({ part: { kind, text } }: { readonly part: SentencePart }) {
  if (kind === 'verb' || kind === 'mark') return <>{text}</>;
  return <PlainText text={text} class={`sentence-${kind}`} />;
}
