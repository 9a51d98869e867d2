import { useState } from 'preact/hooks';
import { Icon } from '../design/icon.js';
import { Empty } from '../design/panel.js';
import { PlainText } from '../design/plain-text.js';
import { ErrorPanel } from '../design/state-panel.js';
import { eventHref } from '../events/links.js';
import { actorName } from '../sentences/sentence.js';
import { useSend } from '../use-send.js';
import { useViewer } from '../viewer-context.js';
import { NEEDS_COMMENT, THREADS, VERDICTS, type Reply, type ReplyKind, type NewReply } from './thread.js';
import type { ThreadKind, Verdict } from './thread.js';
import './thread.css';

interface ThreadProps {
  readonly kind: ThreadKind;
  readonly id: string;
  readonly answers: readonly Reply[];
  /** Called after an answer was recorded. */
  readonly done: () => void;
}

/** Shows the answers to an alert, a suppression, a day or an event, and a form for the next answer. */
export function Thread({ kind, id, answers, done }: ThreadProps) {
  const { t } = useViewer();
  const { answers: possible, takesOneReply, empty } = THREADS[kind];
  const last = takesOneReply ? Math.max(-1, ...answers.map((each) => possible.indexOf(each.kind))) : -1;
  const next = possible.slice(last + 1);
  return (
    <>
      {answers.length > 0 && (
        <ul class="thread-lines">
          {answers.map((answer) => (
            <ReplyLine key={answer.id} answer={answer} />
          ))}
        </ul>
      )}
      {answers.length === 0 && empty !== undefined && <Empty>{t(empty)}</Empty>}
      {next.length > 0 && <ReplyForm kind={kind} id={id} next={next} done={done} />}
    </>
  );
}

function ReplyLine({ answer: { id, kind, by, at, comment, verdict } }: { readonly answer: Reply }) {
  const { formats, words, t } = useViewer();
  return (
    <li>
      <Icon name={kind === 'comment' ? 'copy' : 'check'} />
      <span>
        <PlainText text={actorName(by, words)} /> {t(`thread.did.${kind}`)}
        {verdict !== undefined && `: ${t(`thread.verdict.${verdict}`)}`}{' '}
        <a class="quiet" href={eventHref(id)}>
          <time dateTime={at}>{formats.moment(at)}</time>
        </a>
        {comment !== undefined && (
          <q class="thread-comment">
            <PlainText text={comment} />
          </q>
        )}
      </span>
    </li>
  );
}

type ReplyFormProps = Omit<ThreadProps, 'answers'> & { readonly next: readonly ReplyKind[] };

function ReplyForm({ kind, id, next, done }: ReplyFormProps) {
  const { api, t } = useViewer();
  const { mostCharacters, comment: label, note } = THREADS[kind];
  const [comment, setComment] = useState('');
  const [verdict, setVerdict] = useState<Verdict>('true_positive');
  const [isLate, setLate] = useState(false);
  const { send, error, isBusy } = useSend();
  const text = comment.trim();
  const post = (answer: ReplyKind) => {
    const body: NewReply = {
      kind: answer,
      ...(text !== '' && { comment: text }),
      ...(answer === 'resolve' && { verdict }),
    };
    const path = `/threads/${kind}/${encodeURIComponent(id)}`;
    void send(api.send<{ readonly changed: boolean }>('POST', path, body), ({ changed }) => {
      setLate(!changed);
      setComment('');
      done();
    });
  };
  return (
    <div class="thread-form">
      <label class="field">
        {t(label)}
        <textarea
          class="input"
          rows={2}
          maxLength={mostCharacters}
          value={comment}
          onInput={({ currentTarget }) => setComment(currentTarget.value)}
        />
      </label>
      {next.includes('resolve') && (
        <label class="field">
          {t('thread.verdict')}
          <select
            class="input"
            value={verdict}
            onChange={({ currentTarget }) =>
              setVerdict(VERDICTS.find((each) => each === currentTarget.value) ?? verdict)
            }
          >
            {VERDICTS.map((each) => (
              <option key={each} value={each}>
                {t(`thread.verdict.${each}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      {note !== undefined && <p class="panel-text">{t(note)}</p>}
      <div class="page-tools">
        {next.map((answer, nth) => (
          <button
            key={answer}
            type="button"
            class={`button is-small${nth === next.length - 1 ? ' is-primary' : ''}`}
            disabled={isBusy || (text === '' && NEEDS_COMMENT.has(answer))}
            onClick={() => post(answer)}
          >
            {t(`thread.do.${answer}`)}
          </button>
        ))}
      </div>
      {isLate && <p role="status">{t('thread.already')}</p>}
      {error && <ErrorPanel error={error} />}
    </div>
  );
}
