import { useState } from 'preact/hooks';
import { Loaded, Empty, Panel } from '../../design/panel.js';
import { EventLines } from '../../events/event-lines.js';
import type { EventPage, EventReference, ViewedEvent } from '../../events/viewed-event.js';
import type { MessageKey } from '../../texts/index.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';

interface Related extends EventPage {
  readonly operation?: { readonly events: readonly EventReference[]; readonly rowChanges: readonly EventReference[] };
}

type By = 'request' | 'session' | 'trace' | 'operation';

const LABELS: Readonly<Record<By, MessageKey>> = {
  request: 'event.byRequest',
  operation: 'event.byOperation',
  session: 'event.bySession',
  trace: 'event.byTrace',
};

export function RelatedEvents({ event, path }: { readonly event: ViewedEvent; readonly path: string }) {
  const { api, t } = useViewer();
  const choices = choicesOf(event);
  const [chosen, setChosen] = useState<By>();
  const by = chosen !== undefined && choices.includes(chosen) ? chosen : choices[0];
  const request = useRequest(by && `${event.id} ${by}`, (signal) =>
    api.get<Related>(`${path}/related`, { by, limit: 50, names: 'true' }, signal),
  );
  if (by === undefined) return null;
  return (
    <Panel
      title={t('event.related')}
      isFlush
      tools={
        choices.length > 1 && (
          <div class="segments" role="group" aria-label={t('event.relatedBy')}>
            {choices.map((each) => (
              <button
                key={each}
                type="button"
                class="segment"
                aria-pressed={each === by}
                onClick={() => setChosen(each)}
              >
                {t(LABELS[each])}
              </button>
            ))}
          </div>
        )
      }
    >
      <Loaded request={request} lines={3}>
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
  const events = [...all.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  if (events.length === 1) return <Empty>{t('event.noRelated')}</Empty>;
  return (
    <>
      <EventLines events={events} current={event.id} label={t('event.related')} />
      {related.nextCursor !== null && <p class="panel-empty quiet">{t('event.moreRelated')}</p>}
    </>
  );
}

function choicesOf({ request, actor, metadata, rowChanges }: ViewedEvent): readonly By[] {
  const choices: By[] = [];
  if (request?.id !== undefined) choices.push('request');
  if (metadata?.operationId !== undefined || rowChanges !== undefined) choices.push('operation');
  if (actor.sessionId !== undefined) choices.push('session');
  if (request?.traceId !== undefined) choices.push('trace');
  return choices;
}
