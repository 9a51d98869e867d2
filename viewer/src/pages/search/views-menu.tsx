import { useState } from 'preact/hooks';
import { ApiError } from '../../api.error.js';
import { Icon } from '../../design/icon.js';
import { Menu } from '../../design/menu.js';
import { PlainText } from '../../design/plain-text.js';
import type { FilterPair } from '../../query/filters-of.js';
import { textOfFilters } from '../../query/query-text.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import type { SavedView } from './search-types.js';

/** Saved queries: to open, to save this one as, to delete. They are kept by the application, as filters that every program takes. */
export function ViewsMenu({
  filters,
  run,
}: {
  readonly filters: readonly FilterPair[];
  readonly run: (text: string) => void;
}) {
  const { t } = useViewer();
  return (
    <Menu label={t('views.title')} icon="star" class="is-end">
      {(close) => (
        <Views
          filters={filters}
          run={(text) => {
            close();
            run(text);
          }}
        />
      )}
    </Menu>
  );
}

function Views({ filters, run }: { readonly filters: readonly FilterPair[]; readonly run: (text: string) => void }) {
  const { api, t } = useViewer();
  const { answer, error, isLoading, reload } = useRequest('views', (signal) =>
    api.get<{ readonly items: readonly SavedView[] }>('/views', {}, signal),
  );
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const change = (sent: Promise<unknown>) => {
    sent.then(
      () => {
        setName('');
        setProblem(undefined);
        reload();
      },
      (failure: unknown) =>
        setProblem(failure instanceof ApiError ? failure : new ApiError('unexpected', '', [String(failure)])),
    );
  };
  const path = (view: string) => `/views/${encodeURIComponent(view)}`;
  const query = new URLSearchParams(filters.map(([filter, value]) => [filter, value])).toString();
  const shown = problem ?? error;
  return (
    <div class="menu-items">
      {answer?.items.map((view) => (
        <div key={`${view.name} ${String(view.isOwn)}`} class="view-line">
          <button
            type="button"
            class="menu-item"
            onClick={() => run(textOfFilters([...new URLSearchParams(view.query)]))}
          >
            <PlainText text={view.name} />
            {view.shared && <span class="badge">{t('views.shared')}</span>}
          </button>
          {view.isOwn && (
            <button
              type="button"
              class="button is-quiet is-small is-icon"
              aria-label={t('views.delete', { name: view.name })}
              onClick={() => change(api.send('DELETE', path(view.name)))}
            >
              <Icon name="close" />
            </button>
          )}
        </div>
      ))}
      {answer?.items.length === 0 && <p class="menu-note">{t('views.none')}</p>}
      {isLoading && answer === undefined && <p class="menu-note">{t('state.loading')}</p>}
      {shown !== undefined && (
        <p class="form-error" role="alert">
          {shown.problems.length > 0 ? shown.problems.join(' ') : t(`state.${shown.kind}`)}
        </p>
      )}
      <form
        class="menu-form"
        onSubmit={(event) => {
          event.preventDefault();
          change(api.send('PUT', path(name.trim()), { query, shared: isShared }));
        }}
      >
        <label class="field">
          {t('views.name')}
          <input
            class="input"
            required
            maxLength={100}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isShared}
            onChange={({ currentTarget }) => setShared(currentTarget.checked)}
          />
          {t('views.share')}
        </label>
        <button type="submit" class="button is-primary is-small">
          {t('views.save')}
        </button>
      </form>
    </div>
  );
}
