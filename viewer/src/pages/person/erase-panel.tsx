import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../api.error.js';
import { Panel } from '../../design/panel.js';
import { saveFile } from '../../design/save-file.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { splitVisible } from '../../design/visible-text.js';
import { getEventHref } from '../../events/links.js';
import { useSend } from '../../use-send.js';
import { useViewer } from '../../viewer-context.js';
import { ERASURE_STATES, erasedEvents, type Erasure, type KnownErasure } from './actor-profile.js';

const POLL_MS = 1000;

interface Person {
  readonly id: string;
  readonly name: string | undefined;
  readonly addresses: readonly string[];
  /** Other people may share these values, so the reader decides for which values the erasure searches. */
  readonly shared: readonly string[];
}

/** @param done called when an erasure that this panel started is done */
export function ErasePanel({
  erasures,
  done,
  ...person
}: Person & { readonly erasures: readonly KnownErasure[]; readonly done: () => void }) {
  const { t } = useViewer();
  const [isOpen, setOpen] = useState(false);
  const [started, setStarted] = useState<string>();
  const shown = started ?? erasures[0]?.id;
  return (
    <Panel title={t('erase.title')}>
      <p class="panel-text">{t('erase.text')}</p>
      {shown !== undefined && <ErasureProgress id={shown} done={started === undefined ? undefined : done} />}
      <button type="button" class="button is-small is-danger" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t('erase.open')}
      </button>
      {isOpen && (
        <EraseDialog
          {...person}
          close={() => setOpen(false)}
          start={(erasure) => {
            setStarted(erasure.id);
            setOpen(false);
          }}
        />
      )}
    </Panel>
  );
}

function EraseDialog(props: Person & { readonly close: () => void; readonly start: (erasure: Erasure) => void }) {
  const { id, name, addresses, shared, close, start } = props;
  const { api, t } = useViewer();
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [identifiers, setIdentifiers] = useState(addresses.join('\n'));
  const [typed, setTyped] = useState('');
  const [trial, setTrial] = useState<Erasure>();
  const { send, error, isBusy } = useSend();
  useEffect(() => dialog.current?.showModal(), []);
  // If the name has a hidden character, nobody could type the name, so the reader types the id.
  const word = name !== undefined && splitVisible(name).every((piece) => 'text' in piece) ? name : id;
  const lines = identifiers
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const offered = shared.filter((each) => !lines.includes(each));
  const erase = (dryRun: boolean) => {
    const body = { subjectId: id, identifiers: lines, reason, dryRun };
    void send(api.send<Erasure>('POST', '/erasures', body), dryRun ? setTrial : start);
  };
  return (
    <dialog ref={dialog} class="sign-in erase-dialog" aria-labelledby="erase-title" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          erase(trial === undefined);
        }}
      >
        <h2 id="erase-title">{t('erase.dialog', { name: name ?? id })}</h2>
        <p>{t('erase.warning')}</p>
        <label class="field">
          {t('erase.reason')}
          <input
            class="input"
            required
            value={reason}
            disabled={trial !== undefined}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
          <small>{t('erase.reasonHint')}</small>
        </label>
        <label class="field">
          {t('erase.identifiers')}
          <textarea
            class="input"
            rows={3}
            value={identifiers}
            disabled={trial !== undefined}
            onInput={({ currentTarget }) => setIdentifiers(currentTarget.value)}
          />
          <small>{t('erase.identifiersHint')}</small>
        </label>
        {trial === undefined && offered.length > 0 && (
          <fieldset class="field">
            <legend>{t('erase.shared')}</legend>
            <div class="page-tools">
              {offered.map((each) => (
                <button
                  key={each}
                  type="button"
                  class="button is-small"
                  onClick={() => setIdentifiers([...lines, each].join('\n'))}
                >
                  <Icon name="plus" />
                  <PlainText text={each} />
                </button>
              ))}
            </div>
          </fieldset>
        )}
        {trial !== undefined && (
          <>
            <Counts erasure={trial} isTrial />
            <label class="field">
              {t('erase.confirm', { name: word })}
              <input
                class="input"
                autocomplete="off"
                value={typed}
                onInput={({ currentTarget }) => setTyped(currentTarget.value)}
              />
            </label>
          </>
        )}
        {error && <ErrorPanel error={error} />}
        <div class="page-tools">
          <button
            type="submit"
            class={trial === undefined ? 'button is-primary' : 'button is-danger'}
            disabled={isBusy || (trial !== undefined && typed.trim() !== word.trim())}
          >
            {t(trial === undefined ? 'erase.try' : 'erase.do')}
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {t('common.cancel')}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function ErasureProgress({ id, done }: { readonly id: string; readonly done: (() => void) | undefined }) {
  const { api, t } = useViewer();
  const [erasure, setErasure] = useState<Erasure>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const poll = async () => {
      try {
        const seen = await api.get<Erasure>(`/erasures/${id}`);
        if (isGone) return;
        setErasure(seen);
        setError(undefined);
        if (seen.state === 'done') done?.();
        else timer = setTimeout(() => void poll(), POLL_MS);
      } catch (failure) {
        if (!isGone && failure instanceof ApiError) setError(failure);
      }
    };
    void poll();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [api, id]);
  if (error !== undefined) return <ErrorPanel error={error} />;
  if (erasure === undefined) return null;
  const index = ERASURE_STATES.findIndex((state) => state === erasure.state) + 1;
  const { certificate, eventId, problem } = erasure;
  return (
    <div class="erasure" role="status">
      <p>
        <strong>{t(erasure.state === 'done' ? 'erase.done' : 'erase.running')}</strong>
      </p>
      {erasure.state !== 'done' && (
        <progress max={ERASURE_STATES.length} value={index} aria-label={t('erase.running')} />
      )}
      {problem !== undefined && <p class="form-error">{problem}</p>}
      <Counts erasure={erasure} isTrial={false} />
      <div class="page-tools">
        {certificate !== undefined && (
          <button
            type="button"
            class="button is-small"
            onClick={() => saveFile(`erasure-${id}.txt`, new Blob([certificate], { type: 'text/plain' }))}
          >
            <Icon name="download" />
            {t('erase.certificate')}
          </button>
        )}
        {eventId !== undefined && (
          <a class="button is-small" href={getEventHref(eventId)}>
            {t('event.act')}
          </a>
        )}
      </div>
    </div>
  );
}

function Counts({ erasure, isTrial }: { readonly erasure: Erasure; readonly isTrial: boolean }) {
  const { t } = useViewer();
  const { held, refused, archived, namedInFacts } = erasure.counts;
  return (
    <ul class="erase-counts">
      <li>{t(isTrial ? 'erase.wouldGo' : 'erase.went', { count: erasedEvents(erasure) })}</li>
      {archived > 0 && <li>{t('erase.archived', { count: archived })}</li>}
      {held > 0 && <li>{t('erase.held', { count: held })}</li>}
      {refused > 0 && <li>{t('erase.refused', { count: refused })}</li>}
      {namedInFacts > 0 && <li>{t('erase.facts', { count: namedInFacts })}</li>}
    </ul>
  );
}
