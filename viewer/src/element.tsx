import './styles.js';
import { render } from 'preact';
import { App } from './app.js';
import type { ViewerConfig } from './config.js';
import { createMemoryRouter, type Router } from './router.js';
import { createSession, type Session } from './session.js';

const STYLE = 'audit-log.css';
const THEMES: readonly (string | null)[] = ['light', 'dark'];
/** The attributes that the element reads when it is connected to a page, and whenever one of these attributes changes. */
const SHAPING = ['base-url', 'tenant', 'theme'] as const;

/** `<audit-log tenant="acme" token="…">`: row-level security decides which events the token may see. */
class AuditLogElement extends HTMLElement {
  static readonly observedAttributes = ['token', 'query', ...SHAPING];
  private readonly session: Session = createSession();
  private router: Router | undefined;
  private properties: string | undefined;
  private isDrawn = false;

  constructor() {
    super();
    let wasExpired = false;
    this.session.subscribe(() => {
      const { isExpired } = this.session;
      if (isExpired && !wasExpired) this.dispatch('token-expired');
      wasExpired = isExpired;
    });
  }

  /** The token may be set at any time. Requests that failed without a token are then repeated. */
  get token(): string | null {
    return this.properties ?? null;
  }
  set token(token: string | null | undefined) {
    this.properties = token === null || token === '' ? undefined : token;
    this.session.renew(this.properties);
  }

  get query(): string {
    return this.router?.current.params.get('q') ?? this.getAttribute('query') ?? '';
  }
  set query(query: string) {
    this.setAttribute('query', query);
  }

  get tenant(): string | null {
    return this.getAttribute('tenant');
  }
  set tenant(tenant: string | null) {
    if (tenant === null) this.removeAttribute('tenant');
    else this.setAttribute('tenant', tenant);
  }

  connectedCallback(): void {
    // A framework may set these properties before this script is loaded.
    for (const name of ['token', 'query', 'tenant'] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      Reflect.deleteProperty(this, name);
      if (value !== null) this[name] = value;
    }
    if (this.shadowRoot === null) {
      const root = this.attachShadow({ mode: 'open' });
      root.addEventListener('click', (event) => this.follow(event as MouseEvent)); // an event of the type 'click' is a MouseEvent
      void adoptStyle(root);
    }
    this.draw();
  }

  disconnectedCallback(): void {
    this.isDrawn = false;
    if (this.shadowRoot !== null) render(null, this.shadowRoot);
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (before === value) return;
    if (name === 'token') this.token = value;
    else if (name === 'query') this.router?.go(toSearchRoute(value));
    else if (this.isDrawn) this.draw();
  }

  private draw(): void {
    const root = this.shadowRoot;
    if (root === null) return;
    if (this.router === undefined) {
      this.router = createMemoryRouter(toSearchRoute(this.getAttribute('query')));
      this.router.subscribe(() => this.dispatch('query-change', { query: this.query }));
    }
    this.isDrawn = true;
    const theme = this.getAttribute('theme');
    const key = JSON.stringify(SHAPING.map((name) => this.getAttribute(name))); // if one of these attributes changes, a new viewer is created
    render(
      <App
        key={key}
        config={this.config()}
        session={this.session}
        router={this.router}
        root={root}
        {...(theme !== null && { theme: THEMES.includes(theme) ? theme : 'system' })}
      />,
      root,
    );
  }

  private config(): ViewerConfig {
    const tenant = this.getAttribute('tenant');
    // The API's path is the parent of the viewer's path, audit/ui.
    const api = new URL(
      this.getAttribute('base-url') ?? new URL(/* @vite-ignore */ '..', import.meta.url),
      document.baseURI,
    ).href;
    return {
      api: api.replace(/\/$/, ''),
      login: '',
      logout: '',
      isPublic: false,
      isEmbedded: true,
      ...(tenant !== null && tenant !== '' && { tenant }),
    };
  }

  /** The address of the page around the viewer must not change. */
  private follow(event: MouseEvent): void {
    const link = event.composedPath().find((part) => part instanceof HTMLAnchorElement);
    const href = link?.getAttribute('href');
    if (event.defaultPrevented || href?.startsWith('#/') !== true) return;
    event.preventDefault();
    this.router?.follow(href);
  }

  private dispatch(name: string, detail?: object): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

function toSearchRoute(query: string | null) {
  return { page: 'search', params: { q: query ?? undefined } };
}

/** A constructed style sheet is not an inline style, so a policy with `style-src 'self'` allows it. */
async function adoptStyle(root: ShadowRoot): Promise<void> {
  const response = await fetch(new URL(STYLE, import.meta.url));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await response.text());
  root.adoptedStyleSheets = [sheet];
}

if (customElements.get('audit-log') === undefined) customElements.define('audit-log', AuditLogElement);
