import { Icon, type IconName } from '../../design/icon.js';
import { Loaded, Empty, ErrorPage, Panel, Skeleton } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import type { MessageKey } from '../../texts/index.js';
import { getTerm } from '../../summaries/summary.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import './state-page.css';

type Status = 'ok' | 'warning' | 'error' | 'off';

interface LedgerState {
  readonly status: Status;
  readonly at: string;
  readonly parts: readonly StatePart[];
}

interface StatePart {
  readonly name: string;
  readonly status: Status;
  readonly message: string;
  readonly remedy?: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

interface LegalHold {
  readonly id: string;
  readonly reason: string;
  readonly placedAt: string;
  readonly placedBy?: string;
  readonly releasedAt?: string | null;
}

const STATUS: Readonly<
  Record<Status, { readonly word: MessageKey; readonly icon: IconName; readonly title: MessageKey }>
> = {
  ok: { word: 'ledger.ok', icon: 'check', title: 'ledger.allWell' },
  warning: { word: 'ledger.warning', icon: 'warning', title: 'ledger.look' },
  error: { word: 'ledger.error', icon: 'warning', title: 'ledger.act' },
  off: { word: 'ledger.off', icon: 'minus', title: 'ledger.allWell' },
};

export function StatePage() {
  const { api, t, formats } = useViewer();
  const request = useRequest('state', (signal) => api.get<LedgerState>('/state', {}, signal));
  const { response, error, isLoading, reload } = request;
  if (error !== undefined && !isLoading) return <ErrorPage title={t('ledger.title')} request={request} />;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('ledger.title')}</h1>
        {response === undefined ? (
          <Skeleton lines={1} label={t('state.loading')} />
        ) : (
          <div class="page-facts" role="status">
            <StatusBadge status={response.status} />
            <span>{t(STATUS[response.status].title)}</span>
            <time class="quiet" dateTime={response.at}>
              {formats.moment(response.at)}
            </time>
            <button type="button" class="button is-small" disabled={isLoading} onClick={reload}>
              {t('ledger.again')}
            </button>
          </div>
        )}
      </header>
      <div class="state-cards">
        {response === undefined
          ? Array.from({ length: 6 }, (_, index) => <div key={index} class="card state-loading" />)
          : [...response.parts].sort(compareUrgency).map((part) => <PartCard key={part.name} part={part} />)}
      </div>
      <Holds />
    </div>
  );
}

function PartCard({ part }: { readonly part: StatePart }) {
  const { t, words } = useViewer();
  const { name, status, message, remedy } = part;
  const term = getTerm(name, words);
  const title = term.charAt(0).toUpperCase() + term.slice(1);
  const own = words.terms[`${name} ${status}`];
  const facts = Object.entries(part.facts).filter(([, value]) => value !== null);
  return (
    <section class={`card state-card is-${status}`} aria-label={title}>
      <div class="state-card-head">
        <h2>
          <PlainText text={title} />
        </h2>
        <StatusBadge status={status} />
      </div>
      <p lang={own === undefined ? 'en' : undefined}>
        <PlainText text={own ?? message} />
      </p>
      {remedy !== undefined && (
        <p class="state-todo">
          <strong>{t('ledger.whatToDo')}</strong>{' '}
          <span lang="en">
            <PlainText text={remedy} />
          </span>
        </p>
      )}
      {facts.length > 0 && (
        <dl>
          {facts.map(([fact, value]) => (
            <div key={fact}>
              <dt>
                <PlainText text={getTerm(fact, words)} />
              </dt>
              <dd>
                <FactValue value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function FactValue({ value }: { readonly value: string | number | boolean | null }) {
  const { t, formats, words } = useViewer();
  if (typeof value === 'number') return <>{formats.number(value)}</>;
  if (typeof value === 'boolean') return <>{t(value ? 'ledger.yes' : 'ledger.no')}</>;
  if (value !== null && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) {
    return (
      <time dateTime={value} title={formats.utc(value)}>
        {formats.moment(value)}
      </time>
    );
  }
  const word = value ?? '';
  return <PlainText text={Object.hasOwn(words.terms, word) ? getTerm(word, words) : word} />;
}

function StatusBadge({ status }: { readonly status: Status }) {
  const { t } = useViewer();
  const { word, icon } = STATUS[status];
  return (
    <span class={`badge is-status-${status}`}>
      <Icon name={icon} />
      {t(word)}
    </span>
  );
}

function Holds() {
  const { api, t, formats } = useViewer();
  const request = useRequest('holds', (signal) => api.get<readonly LegalHold[]>('/holds', {}, signal));
  if (request.error?.kind === 'forbidden') return null; // only a reader who may place holds needs the list of holds
  return (
    <Panel title={t('ledger.holdList')} isFlush>
      <Loaded request={request} lines={2}>
        {(holds) =>
          holds.length === 0 ? (
            <Empty>{t('ledger.noHolds')}</Empty>
          ) : (
            <div class="table-wrap" tabIndex={0} role="group" aria-label={t('ledger.holdList')}>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">{t('ledger.reason')}</th>
                    <th scope="col">{t('ledger.placed')}</th>
                    <th scope="col">{t('ledger.released')}</th>
                  </tr>
                </thead>
                <tbody>
                  {holds.map(({ id, reason, placedAt, releasedAt }) => (
                    <tr key={id}>
                      <th scope="row">
                        <PlainText text={reason} />
                      </th>
                      <td>{formats.moment(placedAt)}</td>
                      <td>{typeof releasedAt === 'string' ? formats.moment(releasedAt) : t('ledger.stands')}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}

const URGENCY: readonly Status[] = ['error', 'warning', 'ok', 'off'];

function compareUrgency(one: StatePart, other: StatePart): number {
  return URGENCY.indexOf(one.status) - URGENCY.indexOf(other.status);
}
