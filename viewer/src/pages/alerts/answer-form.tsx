import { useState } from 'preact/hooks';
import { ErrorPanel } from '../../design/state-panel.js';
import { useSend } from '../../use-send.js';
import { useViewer } from '../../viewer-context.js';
import { VERDICTS, type Alert, type Verdict } from './alert.js';
import { text } from '../../texts/alerts.js';

export function AnswerForm({ alert: { id, state }, done }: { readonly alert: Alert; readonly done: () => void }) {
  const { api } = useViewer();
  const [comment, setComment] = useState('');
  const [verdict, setVerdict] = useState<Verdict>('true_positive');
  const [isLate, setLate] = useState(false);
  const { send, error, isBusy } = useSend();
  const answer = (how: 'acknowledge' | 'resolve') => {
    const said = comment.trim() === '' ? {} : { comment: comment.trim() };
    const body = how === 'resolve' ? { ...said, verdict } : said;
    void send(api.send<{ readonly changed: boolean }>('POST', `/alerts/${id}/${how}`, body), ({ changed }) => {
      setLate(!changed);
      setComment('');
      done();
    });
  };
  return (
    <form
      class="review-form"
      onSubmit={(event) => {
        event.preventDefault();
        answer('resolve');
      }}
    >
      <label class="field">
        {text('comment')}
        <textarea
          class="input"
          rows={2}
          maxLength={4000}
          value={comment}
          onInput={({ currentTarget }) => setComment(currentTarget.value)}
        />
      </label>
      <label class="field">
        {text('verdict')}
        <select
          class="input"
          value={verdict}
          onChange={({ currentTarget }) => setVerdict(VERDICTS.find((each) => each === currentTarget.value) ?? verdict)}
        >
          {VERDICTS.map((each) => (
            <option key={each} value={each}>
              {text(`verdict.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <div class="page-tools">
        {state === 'open' && (
          <button type="button" class="button is-small" disabled={isBusy} onClick={() => answer('acknowledge')}>
            {text('acknowledge')}
          </button>
        )}
        <button type="submit" class="button is-small is-primary" disabled={isBusy}>
          {text('resolve')}
        </button>
      </div>
      {isLate && <p role="status">{text('already')}</p>}
      {error && <ErrorPanel error={error} />}
    </form>
  );
}
