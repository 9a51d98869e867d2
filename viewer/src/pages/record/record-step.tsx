import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../design/icon.js';
import { Empty, Panel } from '../../design/panel.js';
import { getAcceptedAt } from '../../events/accepted-at.js';
import { ChangesTable } from '../../events/changes-table.js';
import { EventSummary } from '../../events/event-summary.js';
import { EventTime } from '../../events/event-time.js';
import { getEventHref } from '../../events/links.js';
import { OutcomeBadge } from '../../events/outcome-badge.js';
import { useViewer } from '../../viewer-context.js';
import { StateAfter } from './state-after.js';
import type { Step } from './steps.js';

interface StepProps {
  readonly path: string;
  readonly table: string | undefined;
  readonly event: Step;
  /** Newest first. */
  readonly events: readonly Step[];
  readonly choose: (index: number) => void;
}

export function RecordStep(props: StepProps) {
  const { path, table, event } = props;
  const { t } = useViewer();
  return (
    <>
      <Stepper {...props} />
      <Panel
        title={t('record.step')}
        note={<OutcomeBadge outcome={event.outcome} />}
        tools={
          <a class="button is-small" href={getEventHref(event.id)}>
            {t('record.open')}
          </a>
        }
        isFlush
      >
        <p class="record-sentence">
          <EventSummary event={event} isLinked />
        </p>
        {event.changes === undefined ? (
          <Empty>{t('record.noChanges')}</Empty>
        ) : (
          <ChangesTable changes={event.changes} />
        )}
      </Panel>
      <Panel title={t('record.state')} note={<EventTime event={event} format="moment" />} isFlush>
        <StateAfter path={path} table={table} event={event} />
      </Panel>
    </>
  );
}

/** Steps through the changes. An event without changes, such as a failed operation, is not a step. */
function Stepper({ event, events, choose }: StepProps) {
  const { t, formats } = useViewer();
  const index = events.indexOf(event);
  const changed = events.flatMap(({ changes }, at) => (changes === undefined ? [] : [at]));
  const positions = changed.length > 0 ? changed : events.map((_, at) => at);
  const count = positions.length;
  const step = positions.filter((at) => at >= index).length;
  const goTo = (next: number) => choose(positions[count - next] ?? index);
  const [dragged, setDragged] = useState(step);
  useEffect(() => setDragged(step), [step]);
  return (
    <div class="card stepper">
      <button
        type="button"
        class="button is-icon is-small is-back"
        aria-label={t('record.stepBack')}
        aria-keyshortcuts="j"
        disabled={step <= 1}
        onClick={() => goTo(positions.includes(index) ? step - 1 : step)}
      >
        <Icon name="chevron" />
      </button>
      <input
        class="slider"
        type="range"
        min={1}
        max={count}
        step={1}
        value={dragged}
        aria-label={t('record.slider')}
        aria-valuetext={`${t('record.stepOf', { step: dragged, count })}, ${formats.moment(getAcceptedAt(event))}`}
        onInput={({ currentTarget }) => setDragged(Number(currentTarget.value))}
        onChange={({ currentTarget }) => goTo(Number(currentTarget.value))}
      />
      <button
        type="button"
        class="button is-icon is-small is-forward"
        aria-label={t('record.stepOn')}
        aria-keyshortcuts="k"
        disabled={step >= count}
        onClick={() => goTo(step + 1)}
      >
        <Icon name="chevron" />
      </button>
      <span class="quiet">{t('record.stepOf', { step: dragged, count })}</span>
    </div>
  );
}
