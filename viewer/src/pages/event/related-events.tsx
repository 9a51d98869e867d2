import { useState } from 'preact/hooks';
import { Loaded, Empty, Panel } from '../../design/panel.js';
import { sortByTime } from '../../events/accepted-at.js';
import { EventLines } from '../../events/event-lines.js';
import type { EventReference, RelatedEvents as Related, Relation, ViewedEvent } from '../../events/viewed-event.js';
import type { MessageKey } from '../../texts/index.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';

const LABELS: Readonly<Record<Relation, MessageKey>> = {
  request: 'event.byRequest',
  operation: 'event.byOperation',
  session: 'event.bySession',
  trace: 'event.byTrace',
};

export function RelatedEvents(props: {
  readonly event: ViewedEvent;
  readonly relations: readonly Relation[];
  /** The events of the first relation; absent if they could not be read. */
  readonly related: Related | undefined;
}) {
  const { event, relations, related } = props;
  const { api, t } = useViewer();
  const [by, setBy] = useState(relations[0]);
  const isGiven = by === relations[0] && related !== undefined;
  const request = useRequest(isGiven ? undefined : by, (signal) =>
    api.get<Related>('/events', { relatedTo: event.id, by, limit: 50, names: 'true' }, signal),
  );
  if (by === undefined) return null;
  return (
    <Panel
      title={t('event.related')}
      isFlush
      tools={
        relations.length > 1 && (
          <div class="segments" role="group" aria-label={t('event.relatedBy')}>
            {relations.map((each) => (
              <button key={each} type="button" class="segment" aria-pressed={each === by} onClick={() => setBy(each)}>
                {t(LABELS[each])}
              </button>
            ))}
          </div>
        )
      }
    >
      <Loaded request={isGiven ? { response: related, isLoading: false, reload: request.reload } : request} lines={3}>
        {(response) => <RelatedLines event={event} related={response} />}
      </Loaded>
    </Panel>
  );
}

function RelatedLines({ event, related }: { readonly event: ViewedEvent; readonly related: Related }) {
  const { t } = useViewer();
  const all = new Map<string, EventReference & Partial<ViewedEvent>>([[event.id, event]]);
  const found = [...(related.operation?.events ?? []), ...(related.operation?.rowChanges ?? []), ...related.items];
  for (const each of found) all.set(each.id, { ...all.get(each.id), ...each });
  const events = sortByTime(all.values(), 'asc');
  if (events.length === 1) return <Empty>{t('event.noRelated')}</Empty>;
  return (
    <>
      <EventLines events={events} current={event.id} label={t('event.related')} />
      {related.nextCursor !== null && <p class="panel-empty quiet">{t('event.moreRelated')}</p>}
    </>
  );
}
