import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createApi } from './api.js';
import type { ViewerConfig } from './config.js';
import { createFormats, resolveLocale } from './design/formats.js';
import { Icon } from './design/icon.js';
import { Menu } from './design/menu.js';
import { StatePanel } from './design/state-panel.js';
import { FIRST_PAGE, PAGES } from './pages/pages.js';
import { readPreference, writePreference } from './preferences.js';
import { toHref, type Router } from './router.js';
import type { Session } from './session.js';
import { SignInDialog } from './sign-in-dialog.js';
import { signOut } from './sign-in.js';
import { translate } from './texts/index.js';
import { WORDS } from './texts/sentences.js';
import { useChanges, useRoute, useViewer, ViewerContext, type Viewer } from './viewer-context.js';

/** The query of the link to the alerts. */
const ALERTS = 'type:alert_raised';
const THEMES = ['system', 'light', 'dark'] as const;

export function App(props: {
  readonly config: ViewerConfig;
  readonly session: Session;
  readonly router: Router;
  readonly root: Document | ShadowRoot;
  readonly theme?: string;
}) {
  const { config, session, router, root, theme: givenTheme } = props;
  const [theme, setTheme] = useState(() => givenTheme ?? readPreference('theme') ?? 'system');
  const [zone, setZone] = useState(() => (readPreference('zone') === 'UTC' ? 'UTC' : 'local'));
  const api = useMemo(() => createApi(config, session), [config, session]);
  const viewer = useMemo<Viewer>(
    () => ({
      ...{ config, session, router, api, root, t: translate, words: WORDS },
      formats: createFormats(resolveLocale(navigator.languages), zone === 'UTC' ? zone : undefined),
    }),
    [config, session, api, router, root, zone],
  );
  const name = `audit-viewer${config.isEmbedded === true ? ' is-embedded' : ''}`;
  return (
    <ViewerContext.Provider value={viewer}>
      <div class={name} lang="en" data-theme={theme}>
        <Frame
          theme={theme}
          zone={zone}
          isThemeFixed={givenTheme !== undefined}
          setZone={(next) => {
            writePreference('zone', next);
            setZone(next);
          }}
          setTheme={(next) => {
            writePreference('theme', next);
            setTheme(next);
          }}
        />
      </div>
    </ViewerContext.Provider>
  );
}

interface FrameProps {
  readonly theme: string;
  readonly zone: string;
  /** Whether the page around the viewer chose the theme. */
  readonly isThemeFixed: boolean;
  readonly setZone: (zone: string) => void;
  readonly setTheme: (theme: string) => void;
}

function Frame({ theme, zone, isThemeFixed, setZone, setTheme }: FrameProps) {
  const { api, config, formats, router, session, t } = useViewer();
  const isEmbedded = config.isEmbedded === true;
  const [isOffline, setOffline] = useState(false);
  useChanges(session);
  useChanges(api.asOf);
  // The page around an embedded viewer has its own header, so the viewer must not add a second landmark.
  const Header = isEmbedded ? 'div' : 'header';
  const Main = isEmbedded ? 'div' : 'main';
  const Footer = isEmbedded ? 'div' : 'footer';
  const route = useRoute();
  const name = route.page === '' ? FIRST_PAGE : route.page;
  const page = PAGES[name];
  const isAlerts = name === FIRST_PAGE && route.params.get('q') === ALERTS;
  const hasAlerts = !isEmbedded && (config.extensions?.includes('AlertsModule') ?? true);
  const main = useRef<HTMLDivElement>(null);
  const shown = useRef(name);

  useEffect(() => {
    if (!isEmbedded) document.title = `${t(page?.title ?? 'state.missing')} · ${t('frame.title')}`;
    // Announces a new page by moving the focus to the page. The first page needs no announcement.
    if (shown.current !== name) main.current?.focus();
    shown.current = name;
  }, [name, t, page, isEmbedded]);

  return (
    <>
      {!isEmbedded && (
        <a
          class="skip-link"
          href="#content"
          onClick={(event) => {
            event.preventDefault();
            main.current?.focus();
          }}
        >
          {t('frame.skip')}
        </a>
      )}
      <Header class="frame-header">
        <span class="frame-name">
          <Icon name="shield" />
          {t('frame.title')}
        </span>
        {router.back !== undefined && (
          <button type="button" class="button is-small" onClick={router.back}>
            <Icon name="back" />
            {t('frame.back')}
          </button>
        )}
        <nav aria-label={t('frame.navigation')}>
          <ul>
            {Object.entries(PAGES)
              .filter(([key, { isInNavigation }]) => isInNavigation && (!isEmbedded || key === FIRST_PAGE))
              .map(([key, { title }]) => (
                <li key={key}>
                  <a href={toHref({ page: key })} aria-current={key === name && !isAlerts ? 'page' : undefined}>
                    {t(title)}
                  </a>
                </li>
              ))}
            {hasAlerts && (
              <li>
                <a
                  href={toHref({ page: FIRST_PAGE, params: { q: ALERTS } })}
                  aria-current={isAlerts ? 'page' : undefined}
                >
                  {t('frame.alerts')}
                </a>
              </li>
            )}
          </ul>
        </nav>
        <div class="frame-tools">
          <select
            class="frame-select"
            aria-label={t('frame.zone')}
            value={zone}
            onChange={({ currentTarget }) => setZone(currentTarget.value)}
          >
            <option value="local">{getLocalTimeZone()}</option>
            <option value="UTC">UTC</option>
          </select>
          {!isThemeFixed && (
            <Menu label={t('frame.settings')} icon="gear" class="is-end" isIconOnly>
              {() => (
                <div class="menu-form">
                  <label class="field">
                    {t('frame.theme')}
                    <select class="input" value={theme} onChange={({ currentTarget }) => setTheme(currentTarget.value)}>
                      {THEMES.map((each) => (
                        <option key={each} value={each}>
                          {t(`frame.theme.${each}`)}
                        </option>
                      ))}
                    </select>
                  </label>
                </div>
              )}
            </Menu>
          )}
          {session.token !== undefined && !isEmbedded && (
            <button
              type="button"
              class="button is-quiet is-small"
              onClick={() => void signOut(config).catch(() => setOffline(true))}
            >
              {t('frame.signOut')}
            </button>
          )}
        </div>
      </Header>
      {session.isExpired && isEmbedded && (
        <p class="notice" role="status">
          {t('frame.waiting')}
        </p>
      )}
      {isOffline && (
        <p class="notice" role="alert">
          {t('signIn.failed')}
        </p>
      )}
      {api.asOf.late !== undefined && (
        <p class="notice" role="status">
          {t('frame.late', { time: formats.moment(api.asOf.late) })}
        </p>
      )}
      <Main id="content" class="frame-main" ref={main} tabIndex={-1}>
        {page === undefined ? (
          <StatePanel icon="search" title={t('state.missing')} />
        ) : (
          <page.component route={route} />
        )}
      </Main>
      <Footer class="frame-foot">{t('frame.recorded')}</Footer>
      {session.isExpired && !isEmbedded && <SignInDialog isAgain={session.wasSignedIn} />}
    </>
  );
}

function getLocalTimeZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === 'UTC' ? 'UTC (local)' : timeZone.replaceAll('_', ' ');
}
