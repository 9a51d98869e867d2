import { Empty, Panel } from '../../design/panel.js';
import { EventLines } from '../../events/event-lines.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { useViewer } from '../../viewer-context.js';

/** Lists the events that an alert matched. Archived events, and those that the reader may not see, are missing. */
export function MatchedEvents(props: { readonly alert: ViewedEvent; readonly events: readonly ViewedEvent[] }) {
  const { alert, events } = props;
  const { t } = useViewer();
  const count = Number(alert.details?.matchedCount);
  return (
    <Panel title={t('event.matched')} isFlush>
      {events.length === 0 ? (
        <Empty>{t('event.noMatched')}</Empty>
      ) : (
        <EventLines events={events} current={alert.id} label={t('event.matched')} />
      )}
      {events.length > 0 && count > events.length && (
        <p class="panel-empty quiet">{t('event.moreMatched', { shown: events.length, count })}</p>
      )}
    </Panel>
  );
}
