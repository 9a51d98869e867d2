import { useState } from 'preact/hooks';
import { Answered, Empty, Panel } from '../../design/panel.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { useRequest } from '../../use-request.js';
import { useSend } from '../../use-send.js';
import { useViewer } from '../../viewer-context.js';
import { ReviewLines } from './review-lines.js';
import type { NewReview, ReviewList } from './review.js';
import './reviews.css';

export function ReviewsOfEvent({ id }: { readonly id: string }) {
  const { api, t } = useViewer();
  const request = useRequest(id, (signal) => api.get<ReviewList>('/event-reviews', { event: id }, signal));
  const [comment, setComment] = useState('');
  const { send, error, isBusy } = useSend();
  const post = (review: NewReview) => {
    void send(api.send('POST', '/event-reviews', review), () => {
      setComment('');
      request.reload();
    });
  };
  if (request.error?.kind === 'missing' || request.error?.kind === 'forbidden') return null; // this reader may not see reviews, or the application has none
  const given = comment.trim() === '' ? {} : { comment: comment.trim() };
  return (
    <Panel title={t('review.ofEvent')}>
      <Answered request={request} lines={1}>
        {({ items }) => (items.length === 0 ? <Empty>{t('review.none')}</Empty> : <ReviewLines reviews={items} />)}
      </Answered>
      <form
        class="review-form"
        onSubmit={(event) => {
          event.preventDefault();
          post({ kind: 'comment', events: [id], comment: comment.trim() });
        }}
      >
        <label class="field">
          {t('review.comment')}
          <textarea
            class="input"
            rows={2}
            maxLength={4000}
            value={comment}
            onInput={({ currentTarget }) => setComment(currentTarget.value)}
          />
        </label>
        <div class="page-tools">
          <button
            type="button"
            class="button is-small is-primary"
            disabled={isBusy}
            onClick={() => post({ kind: 'reviewed', events: [id], ...given })}
          >
            {t('review.mark')}
          </button>
          <button type="submit" class="button is-small" disabled={isBusy || comment.trim() === ''}>
            {t('review.onlyComment')}
          </button>
        </div>
      </form>
      {error && <ErrorPanel error={error} />}
    </Panel>
  );
}
