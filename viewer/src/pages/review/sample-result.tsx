import { useEffect, useState } from 'preact/hooks';
import { CopyButton } from '../../design/copy-button.js';
import { Answered, Empty, Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { EventLines } from '../../events/event-lines.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { filtersOf } from '../../../../src/modules/monitoring/query/typed/filters-of.js';
import { parseQuery } from '../../../../src/modules/monitoring/query/typed/parse-query.js';
import { hrefOf } from '../../router.js';
import { useRequest } from '../../use-request.js';
import { useSend } from '../../use-send.js';
import { useViewer } from '../../viewer-context.js';
import { ReviewLines } from './review-lines.js';
import type { NewReview, Review, ReviewList } from './review.js';

interface EventSample {
  readonly seed: string;
  readonly size: number;
  readonly from: string;
  readonly to: string;
  readonly checkpointSize: number;
  readonly population: number;
  readonly items: readonly ViewedEvent[];
}

const NAMES = ['seed', 'size', 'from', 'to', 'checkpointSize'] as const;

export function SampleResult({ params }: { readonly params: URLSearchParams }) {
  const { api, t } = useViewer();
  const given = NAMES.flatMap((name): (readonly [string, string])[] => {
    const value = params.get(name);
    return value === null ? [] : [[name, value]];
  });
  const filters = filtersOf(parseQuery(params.get('q') ?? '').terms);
  const request = useRequest(params.toString(), (signal) =>
    api.get<EventSample>('/sample', [...filters, ...given], signal),
  );
  return (
    <Panel
      title={t('review.sample')}
      isFlush
      tools={request.answer && <CopyLink sample={request.answer} q={params.get('q') ?? ''} />}
    >
      <Answered request={request} lines={10}>
        {(sample) => <Sample key={`${sample.seed} ${sample.checkpointSize}`} sample={sample} />}
      </Answered>
    </Panel>
  );
}

/** The link contains the log's size, so that the link finds the same events even if the log has grown. */
function CopyLink(props: { readonly sample: EventSample; readonly q: string }) {
  const { sample, q } = props;
  const { seed, size, from, to, checkpointSize } = sample;
  const { t } = useViewer();
  const { origin, pathname, search } = globalThis.location;
  const params = { q, seed, size: String(size), from, to, checkpointSize: String(checkpointSize) };
  return (
    <CopyButton
      label={t('review.copyLink')}
      text={() => `${origin}${pathname}${search}${hrefOf({ page: 'review', params })}`}
    />
  );
}

function Sample({ sample }: { readonly sample: EventSample }) {
  const { api, t, formats } = useViewer();
  const { seed, items, population, from, to, checkpointSize } = sample;
  const { reviews, add } = useReviews(items);
  const { send, error, isBusy } = useSend();
  const markReviewed = (events: readonly string[]) => {
    const review: NewReview = { kind: 'reviewed', events };
    void send(api.send<ReviewList>('POST', '/event-reviews', review), (answer) => add(answer.items));
  };
  const isReviewed = (id: string) => reviews.some(({ eventId, kind }) => eventId === id && kind === 'reviewed');
  const open = items.filter(({ id }) => !isReviewed(id)).map(({ id }) => id);
  if (items.length === 0) return <Empty>{t('review.emptySample')}</Empty>;
  return (
    <>
      <p class="sample-says">
        {t('review.drawn', { count: items.length, population })}{' '}
        <code>
          <PlainText text={seed} />
        </code>{' '}
        <span class="quiet">
          {t('review.range', { from: formats.utc(from), to: formats.utc(to), place: checkpointSize })}
        </span>
      </p>
      <div class="sample-progress">
        <progress max={items.length} value={items.length - open.length} aria-label={t('review.progress')} />
        <span role="status">{t('review.reviewed', { done: items.length - open.length, count: items.length })}</span>
        <button
          type="button"
          class="button is-small"
          disabled={isBusy || open.length === 0}
          onClick={() => markReviewed(open.slice(0, 100))}
        >
          {t('review.markAll')}
        </button>
      </div>
      {error && <ErrorPanel error={error} />}
      <EventLines
        events={items}
        label={t('review.sample')}
        more={({ id }) => {
          const own = reviews.filter(({ eventId }) => eventId === id);
          return (
            <div class="sample-review">
              {own.length > 0 && <ReviewLines reviews={own} />}
              {!isReviewed(id) && (
                <button type="button" class="button is-small" disabled={isBusy} onClick={() => markReviewed([id])}>
                  {t('review.mark')}
                </button>
              )}
            </div>
          );
        }}
      />
    </>
  );
}

function useReviews(events: readonly ViewedEvent[]) {
  const { api } = useViewer();
  const [reviews, setReviews] = useState<readonly Review[]>([]);
  const add = (more: readonly Review[]) => {
    setReviews((before) => [...before, ...more.filter(({ id }) => !before.some((each) => each.id === id))]);
  };
  const ids = events.map(({ id }) => id);
  useEffect(() => {
    const controller = new AbortController();
    // If this request fails, the sample is shown without reviews. A mark that fails shows its own error.
    if (ids.length > 0) {
      api.get<ReviewList>('/event-reviews', { event: ids }, controller.signal).then(
        ({ items }) => add(items),
        () => undefined,
      );
    }
    return () => controller.abort();
  }, [ids.join()]);
  return { reviews, add };
}
