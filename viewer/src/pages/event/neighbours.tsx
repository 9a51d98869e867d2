import { Icon } from '../../design/icon.js';
import { Empty, Panel } from '../../design/panel.js';
import { sortByTime } from '../../events/accepted-at.js';
import { EventLines } from '../../events/event-lines.js';
import { getEventHref } from '../../events/links.js';
import { useKeys } from '../../events/use-keys.js';
import type { NeighbourList, ViewedEvent } from '../../events/viewed-event.js';
import { useViewer } from '../../viewer-context.js';

export function Neighbours({ event, before, after }: NeighbourList & { readonly event: ViewedEvent }) {
  const { router, t } = useViewer();
  // The ledger finds the neighbours by index. Like each list, this one is sorted by id.
  const events = sortByTime([...before, event, ...after], 'asc');
  const index = events.findIndex(({ id }) => id === event.id);
  const [previous, next] = [events[index - 1], events[index + 1]];
  const open = (to: ViewedEvent | undefined) => () => {
    if (to !== undefined) router.go({ page: 'event', segments: [to.id] });
  };
  useKeys({ j: open(next), k: open(previous) });
  return (
    <Panel
      title={t('event.neighbours')}
      isFlush
      tools={
        <>
          <Step to={previous} label={t('event.previous')} icon="is-back" hint="k" />
          <Step to={next} label={t('event.next')} icon="is-forward" hint="j" />
        </>
      }
    >
      {before.length + after.length === 0 ? (
        <Empty>{t('event.noNeighbours')}</Empty>
      ) : (
        <EventLines events={events} current={event.id} label={t('event.neighbours')} />
      )}
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
    <a class={name} href={getEventHref(to.id)} title={`${label} (${hint})`} aria-label={label} aria-keyshortcuts={hint}>
      <Icon name="chevron" />
    </a>
  );
}
