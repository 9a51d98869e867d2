import { useViewer } from '../viewer-context.js';
import { getAcceptedAt, type Timed } from './accepted-at.js';

const LATE_MS = 1_000;

/** Shows the time by which lists are sorted, so that the times of a list are in order. */
export function EventTime(props: {
  readonly event: Timed;
  readonly format: 'time' | 'moment';
  readonly class?: string;
}) {
  const { event, format, class: name } = props;
  const { formats, t } = useViewer();
  const [at, happened] = [getAcceptedAt(event), event.occurredAt];
  const title =
    at === happened ? formats.utc(at) : t('event.times', { at: formats.utc(at), happened: formats.utc(happened) });
  return (
    <time class={name} dateTime={at} title={title}>
      {formats[format](at)}
    </time>
  );
}

/** Shows when an event happened, if the ledger accepted the event at least a second later or earlier. */
export function HappenedAt({ event }: { readonly event: Timed }) {
  const { formats, t } = useViewer();
  const { occurredAt } = event;
  if (Math.abs(Date.parse(getAcceptedAt(event)) - Date.parse(occurredAt)) < LATE_MS) return null;
  return <span class="quiet"> · {t('event.happened', { at: formats.moment(occurredAt) })}</span>;
}
