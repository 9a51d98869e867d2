import { useState } from 'preact/hooks';
import { Loaded, Empty, Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { hrefOf, type Route } from '../../router.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { AlertBadges, Age, Group } from './alert-facts.js';
import { AlertPage } from './alert-page.js';
import { LEVELS, STATES, type Alert, type AlertList } from './alert.js';
import { Suppressions } from './suppressions.js';
import { text } from '../../texts/alerts.js';
import './alerts-page.css';

export function AlertsPage({ route }: { readonly route: Route }) {
  const [id] = route.segments;
  return id === undefined ? <AlertList route={route} /> : <AlertPage key={id} id={id} />;
}

function AlertList({ route: { params } }: { readonly route: Route }) {
  const { api, router, t } = useViewer();
  const state = STATES.find((each) => each === params.get('state')) ?? 'unresolved';
  const level = LEVELS.find((each) => each === params.get('level'));
  const [pages, setPages] = useState<{ readonly of: string; readonly count: number }>({ of: '', count: 1 });
  const key = `${state} ${level ?? ''}`;
  const count = pages.of === key ? pages.count : 1;
  const request = useRequest(`alerts ${key} ${count}`, async (signal) => {
    const items: Alert[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; page < count && cursor !== null; page++) {
      const page: AlertList = await api.get('/alerts', { state, level, cursor }, signal);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return { items, hasMore: cursor !== null };
  });
  const choose = (name: 'state' | 'level', value: string) =>
    router.go({ page: 'alerts', params: { state, level, [name]: value } });
  return (
    <div class="page">
      <header class="page-head">
        <h1>{text('title')}</h1>
        <div class="alert-filters">
          <label class="field">
            {text('state')}
            <select class="input" value={state} onChange={({ currentTarget }) => choose('state', currentTarget.value)}>
              {STATES.map((each) => (
                <option key={each} value={each}>
                  {text(`state.${each}`)}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            {text('level')}
            <select
              class="input"
              value={level ?? ''}
              onChange={({ currentTarget }) => choose('level', currentTarget.value)}
            >
              <option value="">{text('anyLevel')}</option>
              {LEVELS.map((each) => (
                <option key={each} value={each}>
                  {text(`level.${each}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
      </header>
      <Panel title={text(`state.${state}`)} isFlush>
        <Loaded request={request} lines={6}>
          {({ items, hasMore }) => (
            <>
              {items.length === 0 ? (
                <Empty>{text('none')}</Empty>
              ) : (
                <ul class="alert-lines">
                  {items.map((alert) => (
                    <AlertLine key={alert.id} alert={alert} />
                  ))}
                </ul>
              )}
              {hasMore && (
                <button
                  type="button"
                  class="button is-small alert-more"
                  disabled={request.isLoading}
                  onClick={() => setPages({ of: key, count: count + 1 })}
                >
                  {request.isLoading ? t('state.loading') : text('more')}
                </button>
              )}
            </>
          )}
        </Loaded>
      </Panel>
      {request.error?.kind !== 'forbidden' && <Suppressions />}
    </div>
  );
}

function AlertLine({ alert }: { readonly alert: Alert }) {
  const { id, title, raisedAt, matchedCount, group, tenantId } = alert;
  return (
    <li>
      <a class="alert-line" href={hrefOf({ page: 'alerts', segments: [id] })}>
        <span class="alert-badges">
          <AlertBadges alert={alert} />
        </span>
        <span class="alert-title">
          <PlainText text={title} />
          <span class="quiet">
            {text('count', { count: matchedCount })}
            {tenantId !== undefined && ` · ${text('of', { tenant: tenantId })}`}
          </span>
          <Group group={group} />
        </span>
        <span class="quiet">
          <Age at={raisedAt} />
        </span>
      </a>
    </li>
  );
}
