import { useEffect, useRef, useState } from 'preact/hooks';
import { asApiError, type ApiError } from '../../api.error.js';
import { Icon } from '../../design/icon.js';
import { Menu, type MenuHandle } from '../../design/menu.js';
import { PlainText } from '../../design/plain-text.js';
import { Refusal } from '../../design/state-panel.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { textOfView, type ShownQuery } from './saved-query.js';
import type { SavedView } from './search-types.js';

const FIRST = [
  ['views.logIns', 'since:-7d type:user_login_failed'],
  ['views.denied', 'since:-7d outcome:denied'],
  ['views.rights', 'since:-30d category:authorization,user_management'],
  ['views.grave', 'since:-30d severity:error,critical'],
  ['views.past', 'since:-30d type:row_changed_externally'],
] as const;

/** The application stores a query as filters of the API, so that other programs can use the query. */
export function ViewsMenu(props: {
  readonly query: string;
  readonly run: (shown: ShownQuery) => void;
  readonly handle: { current: MenuHandle | null };
}) {
  const { query, run, handle } = props;
  const { t } = useViewer();
  return (
    <Menu label={t('views.title')} icon="star" class="is-end" handle={handle}>
      {(close) => (
        <Views
          query={query}
          run={(shown) => {
            close();
            run(shown);
          }}
        />
      )}
    </Menu>
  );
}

function Views({ query, run }: { readonly query: string; readonly run: (shown: ShownQuery) => void }) {
  const { api, t } = useViewer();
  const { response, error, isLoading, reload } = useRequest('views', (signal) =>
    api.get<{ readonly items: readonly SavedView[] }>('/views', {}, signal),
  );
  const [edited, setEdited] = useState<string>();
  const [problem, setProblem] = useState<ApiError>();
  const change = async (sent: Promise<unknown>): Promise<boolean> => {
    try {
      await sent;
    } catch (failure) {
      setProblem(asApiError(failure));
      return false;
    }
    setProblem(undefined);
    setEdited(undefined);
    reload();
    return true;
  };
  return (
    <div class="menu-items">
      {response?.items.map((view) =>
        view.id === edited ? (
          <ViewForm
            key={view.id}
            view={view}
            cancel={() => setEdited(undefined)}
            save={(name, shared, isReplaced) =>
              change(api.send('PUT', `/views/${view.id}`, { name, shared, query: isReplaced ? query : view.query }))
            }
          />
        ) : (
          <div key={view.id} class="view-line">
            <button type="button" class="menu-item" onClick={() => run(textOfView(view.query))}>
              <PlainText text={view.name} /> {view.shared && <span class="badge">{t('views.shared')}</span>}
            </button>
            {view.isOwn && (
              <>
                <button
                  type="button"
                  class="button is-quiet is-small is-icon"
                  aria-label={t('views.change', { name: view.name })}
                  title={t('views.changeTip')}
                  onClick={() => setEdited(view.id)}
                >
                  <Icon name="pencil" />
                </button>
                <button
                  type="button"
                  class="button is-quiet is-small is-icon"
                  aria-label={t('views.delete', { name: view.name })}
                  title={t('views.deleteTip')}
                  onClick={() => void change(api.send('DELETE', `/views/${view.id}`))}
                >
                  <Icon name="close" />
                </button>
              </>
            )}
          </div>
        ),
      )}
      {response?.items.length === 0 && <p class="menu-note">{t('views.none')}</p>}
      {FIRST.map(([name, text]) => (
        <button
          key={name}
          type="button"
          class="menu-item"
          title={text}
          onClick={() => run({ text, order: 'desc', isArchived: false })}
        >
          {t(name)}
        </button>
      ))}
      {isLoading && response === undefined && <p class="menu-note">{t('state.loading')}</p>}
      <Refusal error={problem ?? error} />
      {edited === undefined && (
        <ViewForm save={(name, shared) => change(api.send('POST', '/views', { name, shared, query }))} />
      )}
    </div>
  );
}

function ViewForm(props: {
  readonly view?: SavedView;
  readonly save: (name: string, shared: boolean, isReplaced: boolean) => Promise<boolean>;
  readonly cancel?: () => void;
}) {
  const { view, save, cancel } = props;
  const { t } = useViewer();
  const [name, setName] = useState(view?.name ?? '');
  const [isShared, setShared] = useState(view?.shared ?? false);
  const [isReplaced, setReplaced] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (view !== undefined) input.current?.select();
  }, [view]);
  return (
    <form
      class="menu-form"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || cancel === undefined) return;
        event.stopPropagation();
        cancel();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void save(name.trim(), isShared, isReplaced).then((isSaved) => isSaved && view === undefined && setName(''));
      }}
    >
      <label class="field">
        {t(view === undefined ? 'views.name' : 'views.newName')}
        <input
          class="input"
          required
          ref={input}
          maxLength={100}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <label class="check">
        <input type="checkbox" checked={isShared} onChange={({ currentTarget }) => setShared(currentTarget.checked)} />
        {t('views.share')}
      </label>
      {view !== undefined && (
        <label class="check">
          <input
            type="checkbox"
            checked={isReplaced}
            onChange={({ currentTarget }) => setReplaced(currentTarget.checked)}
          />
          {t('views.replace')}
        </label>
      )}
      <div class="view-buttons">
        <button type="submit" class="button is-primary is-small">
          {t('views.save')}
        </button>
        {cancel !== undefined && (
          <button type="button" class="button is-small" onClick={cancel}>
            {t('views.cancel')}
          </button>
        )}
      </div>
    </form>
  );
}
