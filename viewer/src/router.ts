/** `#/<page>/<segment>/…?<params>`: a browser does not send the hash, so queries, which may name people, do not reach access logs. */
export interface Route {
  readonly page: string;
  readonly segments: readonly string[];
  readonly params: URLSearchParams;
}

export interface Target {
  readonly page: string;
  readonly segments?: readonly string[];
  readonly params?: Readonly<Record<string, string | undefined>>;
}

/** A segment that cannot be decoded stays as it is. */
export function parseRoute(hash: string): Route {
  const [path, query = ''] = splitOnce(hash.replace(/^#?\/?/, ''), '?');
  const [page = '', ...segments] = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  return { page, segments, params: new URLSearchParams(query) };
}

export function toHref({ page, segments = [], params = {} }: Target): string {
  const path = [page, ...segments].map(encodeURIComponent).join('/');
  const kept = Object.entries(params).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  const query = new URLSearchParams(kept).toString();
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** The embedded element holds the route in memory, because it must not change the URL of its page. */
export interface Router {
  readonly current: Route;
  readonly go: (target: Target) => void;
  readonly replace: (target: Target) => void;
  readonly follow: (href: string) => void;
  /** Goes back one step, where the browser's back button cannot; `undefined` on the first step. */
  readonly back?: (() => void) | undefined;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createHashRouter(page: Window): Router {
  const listeners = new Set<() => void>();
  let current = parseRoute(page.location.hash);
  const read = () => {
    current = parseRoute(page.location.hash);
    listeners.forEach((listener) => listener());
  };
  page.addEventListener('hashchange', read);
  page.addEventListener('popstate', read);
  const move = (by: 'pushState' | 'replaceState') => (target: Target) => {
    moveTo(by, toHref(target));
  };
  const moveTo = (by: 'pushState' | 'replaceState', href: string) => {
    if (href === page.location.hash) return;
    page.history[by](null, '', href);
    read();
  };
  return {
    get current() {
      return current;
    },
    go: move('pushState'),
    replace: move('replaceState'),
    follow: (href) => moveTo('pushState', href),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const MAX_STEPS = 100;

export function createMemoryRouter(start: Target): Router {
  const listeners = new Set<() => void>();
  const steps = [toHref(start)];
  let current = parseRoute(steps[0] ?? '');
  const show = () => {
    current = parseRoute(steps.at(-1) ?? '');
    listeners.forEach((listener) => listener());
  };
  const follow = (href: string) => {
    if (href === steps.at(-1)) return;
    steps.push(href);
    if (steps.length > MAX_STEPS) steps.shift();
    show();
  };
  const back = () => {
    steps.pop();
    show();
  };
  return {
    get current() {
      return current;
    },
    get back() {
      return steps.length > 1 ? back : undefined;
    },
    go: (target) => follow(toHref(target)),
    replace: (target) => {
      steps.pop();
      follow(toHref(target));
    },
    follow,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
