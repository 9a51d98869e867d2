import type { ComponentChildren } from 'preact';
import { useViewer } from '../viewer-context.js';
import { EventSentence } from './event-sentence.js';
import { eventHref } from './links.js';
import type { EventReference, ViewedEvent } from './viewed-event.js';
import './event-lines.css';

type Line = EventReference & Partial<ViewedEvent>;

/** Events as a list of sentences, each a link to its event. `current` is where the reader is. */
export function EventLines(props: {
  readonly events: readonly Line[];
  readonly current?: string | undefined;
  readonly label?: string;
  readonly more?: (event: Line) => ComponentChildren;
}) {
  const { events, current, label, more } = props;
  return (
    <ol class="event-lines" aria-label={label}>
      {events.map((event) => (
        <li key={event.id} class={event.id === current ? 'is-current' : undefined}>
          <EventLine event={event} isCurrent={event.id === current} />
          {more?.(event)}
        </li>
      ))}
    </ol>
  );
}

function EventLine({ event, isCurrent }: { readonly event: Line; readonly isCurrent: boolean }) {
  const { formats } = useViewer();
  return (
    <a class="event-line" href={eventHref(event.id)} aria-current={isCurrent ? 'true' : undefined}>
      <span class={`event-dot is-${event.outcome ?? 'success'}`} aria-hidden="true" />
      <span class="event-line-text">
        <EventSentence event={event} />
      </span>
      <time dateTime={event.occurredAt} title={formats.utc(event.occurredAt)}>
        {formats.moment(event.occurredAt)}
      </time>
    </a>
  );
}
