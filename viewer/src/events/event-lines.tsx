import { EventSummary } from './event-summary.js';
import { EventTime, HappenedAt } from './event-time.js';
import { getEventHref } from './links.js';
import { SeverityIcon } from './severity-icon.js';
import type { EventReference, ViewedEvent } from './viewed-event.js';
import './event-lines.css';

type Line = EventReference & Partial<ViewedEvent>;

export function EventLines(props: {
  readonly events: readonly Line[];
  readonly current?: string | undefined;
  readonly label?: string;
}) {
  const { events, current, label } = props;
  return (
    <ol class="event-lines" aria-label={label}>
      {events.map((event) => (
        <li key={event.id} class={event.id === current ? 'is-current' : undefined}>
          <EventLine event={event} isCurrent={event.id === current} />
        </li>
      ))}
    </ol>
  );
}

function EventLine({ event, isCurrent }: { readonly event: Line; readonly isCurrent: boolean }) {
  return (
    <a class="event-line" href={getEventHref(event.id)} aria-current={isCurrent ? 'true' : undefined}>
      <EventLineText event={event} />
    </a>
  );
}

export function EventLineText({ event }: { readonly event: Line }) {
  const { outcome = 'success', severity } = event;
  return (
    <>
      <span class={`event-dot is-${outcome}`} aria-hidden="true" />
      <span class="event-line-text">
        <SeverityIcon severity={severity} /> <EventSummary event={event} />
        <HappenedAt event={event} />
      </span>
      <EventTime event={event} format="moment" />
    </>
  );
}
