import { PlainText } from '../../design/plain-text.js';
import { toVisibleText } from '../../design/visible-text.js';
import { EventTime, HappenedAt } from '../../events/event-time.js';
import { SeverityIcon } from '../../events/severity-icon.js';
import { toHref } from '../../router.js';
import { summarizeEvent, type SummaryPart } from '../../summaries/summary.js';
import { useViewer } from '../../viewer-context.js';
import type { ListedEvent } from './search-types.js';

export type NarrowTo = (qualifier: 'type' | 'ip' | 'tenant', value: string) => void;

export function EventRow(props: {
  readonly event: ListedEvent;
  readonly nth: number | undefined;
  readonly isOpen: boolean | undefined;
  readonly narrow: NarrowTo;
  readonly toggle: (event: ListedEvent) => void;
}) {
  const { event, nth, isOpen = false, narrow, toggle } = props;
  const { t, words } = useViewer();
  const { id, outcome, severity, tenantId, request, type, rowChanges } = event;
  const { parts, text } = summarizeEvent(event, words);
  const figures = parts.findIndex(({ kind }) => kind === 'figures');
  const end = figures < 0 ? parts.length : figures - 1; // the mark before the figures
  return (
    <li
      class={`row event-row is-${outcome}${nth === undefined ? ' is-part' : ''}`}
      aria-posinset={nth}
      aria-setsize={nth && -1}
    >
      <EventTime event={event} format="time" class="row-time" />
      <span class="row-mark" aria-hidden="true" />
      <a class="row-link" href={toHref({ page: 'event', segments: [id] })} data-event={id} title={toVisibleText(text)}>
        <SeverityIcon severity={severity} />{' '}
        <span class="row-doing">
          {parts.slice(0, end).map((part, index) => (
            <Part key={index} part={part} />
          ))}
        </span>
        <span class="row-figures">
          {parts.slice(end).map((part, index) => (
            <Part key={index} part={part} />
          ))}
          <HappenedAt event={event} />
        </span>
      </a>
      <span class="row-facts">
        {nth !== undefined && rowChanges !== undefined && rowChanges.events.length > 0 && (
          <button type="button" class="row-value row-parts" aria-expanded={isOpen} onClick={() => toggle(event)}>
            {t('search.rows', { count: rowChanges.events.length })}
          </button>
        )}
        {tenantId !== undefined && <Value qualifier="tenant" value={tenantId} narrow={narrow} />}
        <Value qualifier="type" value={type} narrow={narrow} />
        {request?.ip !== undefined && <Value qualifier="ip" value={request.ip} narrow={narrow} />}
      </span>
    </li>
  );
}

function Part({ part: { kind, text } }: { readonly part: SummaryPart }) {
  if (kind === 'verb' || kind === 'mark') return <>{text}</>;
  return <PlainText text={text} class={`sentence-${kind}`} />;
}

/** The Tab key skips the value, because the counts offer the same values. */
function Value(props: {
  readonly qualifier: Parameters<NarrowTo>[0];
  readonly value: string;
  readonly narrow: NarrowTo;
}) {
  const { qualifier, value, narrow } = props;
  const { t } = useViewer();
  return (
    <button
      type="button"
      class={`row-value row-${qualifier}`}
      tabIndex={-1}
      title={t('search.narrow', { value: `${qualifier}:${value}` })}
      onClick={() => narrow(qualifier, value)}
    >
      <PlainText text={value} />
    </button>
  );
}
