import { useState } from 'preact/hooks';
import { ErrorPanel } from '../../design/state-panel.js';
import { useSend } from '../../use-send.js';
import { useViewer } from '../../viewer-context.js';

/** A sign-off states in the log that a person reviewed the day. */
export function SignOff({ day, done }: { readonly day: string; readonly done: () => void }) {
  const { api, t } = useViewer();
  const [comment, setComment] = useState('');
  const { send, error, isBusy } = useSend();
  const text = comment.trim();
  const post = (step: 'comment' | 'sign-off') => {
    const path = `/reviews/${encodeURIComponent(day)}/${step}`;
    void send(api.send('POST', path, text === '' ? {} : { comment: text }), () => {
      setComment('');
      done();
    });
  };
  return (
    <form
      class="review-form"
      onSubmit={(event) => {
        event.preventDefault();
        post('sign-off');
      }}
    >
      <label class="field">
        {t('review.comment')}
        <textarea
          class="input"
          rows={3}
          maxLength={4000}
          value={comment}
          onInput={({ currentTarget }) => setComment(currentTarget.value)}
        />
      </label>
      <p class="panel-text">{t('review.signOffText')}</p>
      <div class="page-tools">
        <button type="submit" class="button is-small is-primary" disabled={isBusy}>
          {t('review.sign')}
        </button>
        <button type="button" class="button is-small" disabled={isBusy || text === ''} onClick={() => post('comment')}>
          {t('review.onlyComment')}
        </button>
      </div>
      {error && <ErrorPanel error={error} />}
    </form>
  );
}
