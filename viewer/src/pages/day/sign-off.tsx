import { useState } from 'preact/hooks';
import { ApiError } from '../../api.error.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { useViewer } from '../../viewer-context.js';

/** Comments on a day, or signs it off: a person says in the log that the day was reviewed. */
export function SignOff({ day, done }: { readonly day: string; readonly done: () => void }) {
  const { api, t } = useViewer();
  const [comment, setComment] = useState('');
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const text = comment.trim();
  const post = async (step: 'comment' | 'sign-off'): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await api.send('POST', `/reviews/${encodeURIComponent(day)}/${step}`, text === '' ? {} : { comment: text });
      setComment('');
      done();
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError('unexpected', '', [String(failure)]));
    }
    setBusy(false);
  };
  return (
    <form
      class="review-form"
      onSubmit={(event) => {
        event.preventDefault();
        void post('sign-off');
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
        <button
          type="button"
          class="button is-small"
          disabled={isBusy || text === ''}
          onClick={() => void post('comment')}
        >
          {t('review.onlyComment')}
        </button>
      </div>
      {error && <ErrorPanel error={error} />}
    </form>
  );
}
