import { useState } from 'preact/hooks';
import { Answered, Empty, Panel } from '../../design/panel.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { ReviewLines } from './review-lines.js';
import type { ReviewList } from './review.js';
import { usePostReview } from './use-post-review.js';

const DAY_MS = 86_400_000;

/** Signs off a day: a person says in the log that the day was reviewed. */
export function SignOff() {
  const { api, t } = useViewer();
  const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
  const [day, setDay] = useState(yesterday);
  const [comment, setComment] = useState('');
  const request = useRequest(day === '' ? undefined : day, (signal) =>
    api.get<ReviewList>('/reviews', { day }, signal),
  );
  const { post, error, isBusy } = usePostReview(() => {
    setComment('');
    request.reload();
  });
  return (
    <Panel title={t('review.signOff')}>
      <p class="panel-text">{t('review.signOffText')}</p>
      <form
        class="review-form"
        onSubmit={(event) => {
          event.preventDefault();
          void post({ kind: 'sign_off', day, ...(comment.trim() !== '' && { comment: comment.trim() }) });
        }}
      >
        <label class="field">
          {t('review.day')}
          <input
            class="input"
            type="date"
            required
            max={yesterday}
            value={day}
            onInput={({ currentTarget }) => setDay(currentTarget.value)}
          />
        </label>
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
          <button type="submit" class="button is-small is-primary" disabled={isBusy || day === ''}>
            {t('review.sign')}
          </button>
        </div>
      </form>
      {error && <ErrorPanel error={error} />}
      <Answered request={request} lines={2}>
        {({ items }) => (items.length === 0 ? <Empty>{t('review.noSignOff')}</Empty> : <ReviewLines reviews={items} />)}
      </Answered>
    </Panel>
  );
}
