/**
 * The reader's location: `#/<page>/<segment>/…?<params>`. Queries may name people. In the URL's hash, they do not reach
 * access logs, and one route serves every page.
 */
export interface Route {
  readonly page: string;
  readonly segments: readonly string[];
  readonly params: URLSearchParams;
}

/** The parts of a route for a link. Empty and undefined parameters are omitted. */
export interface Target {
  readonly page: string;
  readonly segments?: readonly string[];
  readonly params?: Readonly<Record<string, string | undefined>>;
}

/** Parses a hash as a route. Segments that cannot be decoded stay unchanged. */
export function parseRoute(hash: string): Route {
  const [path, query = ''] = splitOnce(hash.replace(/^#?\/?/, ''), '?');
  const [page = '', ...segments] = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  return { page, segments, params: new URLSearchParams(query) };
}

/** The hash of a target, for the `href` of a link. */
export function hrefOf({ page, segments = [], params = {} }: Target): string {
  const path = [page, ...segments].map(encodeURIComponent).join('/');
  const kept = Object.entries(params).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  const query = new URLSearchParams(kept).toString();
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** Holds the current route: in the page's URL, or in memory for the embedded element, which must not change its host's URL. */
export interface Router {
  readonly current: Route;
  /** Navigates to a target, and adds a step for the back button. */
  readonly go: (target: Target) => void;
  /** Replaces the current step. */
  readonly replace: (target: Target) => void;
  /** Follows a link of {@link hrefOf}. */
  readonly follow: (href: string) => void;
  /** Goes back a step if the browser's button cannot; `undefined` on the first step. */
  readonly back?: (() => void) | undefined;
  readonly subscribe: (listener: () => void) => () => void;
}

/** A router over the URL of the page. */
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
    moveTo(by, hrefOf(target));
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

/** The maximum number of steps back. */
const MOST_STEPS = 100;

/** A router that keeps its steps in memory, for the embedded element. */
export function createMemoryRouter(start: Target): Router {
  const listeners = new Set<() => void>();
  const steps = [hrefOf(start)];
  let current = parseRoute(steps[0] ?? '');
  const show = () => {
    current = parseRoute(steps.at(-1) ?? '');
    listeners.forEach((listener) => listener());
  };
  const follow = (href: string) => {
    if (href === steps.at(-1)) return;
    steps.push(href);
    if (steps.length > MOST_STEPS) steps.shift();
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
    go: (target) => follow(hrefOf(target)),
    replace: (target) => {
      steps.pop();
      follow(hrefOf(target));
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
