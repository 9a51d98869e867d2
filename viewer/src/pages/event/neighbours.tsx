import { Icon } from '../../design/icon.js';
import { Loaded, Empty, Panel } from '../../design/panel.js';
import { EventLines } from '../../events/event-lines.js';
import { eventHref } from '../../events/links.js';
import { useKeys } from '../../events/use-keys.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';

interface NeighbourList {
  readonly before: readonly ViewedEvent[];
  readonly after: readonly ViewedEvent[];
}

export function Neighbours({ event, path }: { readonly event: ViewedEvent; readonly path: string }) {
  const { api, router, t } = useViewer();
  const key = event.index === undefined ? undefined : event.id;
  const request = useRequest(key, (signal) =>
    api.get<NeighbourList>(`${path}/neighbours`, { before: 3, after: 3 }, signal),
  );
  // While this event's neighbours are loading, the response still belongs to the previous event.
  const response = request.key === key ? request.response : undefined;
  const before = response?.before.at(-1);
  const after = response?.after[0];
  const open = (next: ViewedEvent | undefined) => () => {
    if (next !== undefined) router.go({ page: 'event', segments: [next.id] });
  };
  useKeys({ j: open(after), k: open(before) });
  if (key === undefined) return null;
  return (
    <Panel
      title={t('event.neighbours')}
      isFlush
      tools={
        <>
          <Step to={before} label={t('event.previous')} icon="is-back" hint="k" />
          <Step to={after} label={t('event.next')} icon="is-forward" hint="j" />
        </>
      }
    >
      <Loaded request={request} lines={7}>
        {(response) =>
          response.before.length + response.after.length === 0 ? (
            <Empty>{t('event.noNeighbours')}</Empty>
          ) : (
            <EventLines
              events={[...response.before, event, ...response.after]}
              current={event.id}
              label={t('event.neighbours')}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Step(props: {
  readonly to: ViewedEvent | undefined;
  readonly label: string;
  readonly icon: string;
  readonly hint: string;
}) {
  const { to, label, icon, hint } = props;
  const name = `button is-small is-icon ${icon}`;
  if (to === undefined) {
    return (
      <span class={name} aria-disabled="true">
        <Icon name="chevron" />
      </span>
    );
  }
  return (
    <a class={name} href={eventHref(to.id)} title={`${label} (${hint})`} aria-label={label} aria-keyshortcuts={hint}>
      <Icon name="chevron" />
    </a>
  );
}
