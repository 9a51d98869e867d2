import { auditErrors, unknownOptions } from '../../audit/plain.js';
import type { RoomAsyncOptions } from '../../monitoring/room.module.js';

/** The options of `AuditViewerModule.forRoot`. */
export interface AuditViewerOptions {
  /** The path of the viewer, after the application's global prefix. @defaultValue 'audit/ui' */
  readonly path?: string;
  /** The path of the ledger's routes, after the application's global prefix. @defaultValue '/audit' */
  readonly api?: string;
  /** The prefix that a proxy removes from each path: `/ops` if browsers request `/ops/audit/ui`. @defaultValue '' */
  readonly basePath?: string;
  /**
   * Who gets the page and its scripts, which contain no data. With `guarded`, only readers that `authorize` accepts get the page: use `guarded` for
   * cookies, which a browser sends with each request. With `public`, everybody gets the page: use `public` for bearer tokens, which a person enters
   * in the page. The page holds the token only in memory. @defaultValue 'guarded'
   */
  readonly shell?: 'guarded' | 'public';
  /**
   * The log-in route for a public shell, after the application's global prefix, such as `/auth/login`. The route accepts `{ email, password
   * }` and returns `{ accessToken }`. With a second factor, the route returns `{ challengeToken }`, and the page sends `{ challengeToken,
   * code }` to `<logIn>/mfa`. By default, a person enters a token in the page.
   */
  readonly logIn?: string | undefined;
  /**
   * The log-in page for a guarded shell, after the application's global prefix. The viewer redirects a browser without a session to this page, with
   * the viewer's address as the parameter `returnTo`. By default, the viewer shows a page that refuses access.
   */
  readonly logInPage?: string | undefined;
}

/** {@link AuditViewerOptions} from a factory. Only the path is set beside the factory. */
export interface AuditViewerAsyncOptions
  extends RoomAsyncOptions<Omit<AuditViewerOptions, 'path'>>, Pick<AuditViewerOptions, 'path'> {}

/** The options with their defaults. Each path begins with a slash and ends without a slash; `basePath` may be empty. */
export type ResolvedViewerOptions = Required<AuditViewerOptions>;

export const VIEWER_OPTIONS = Symbol.for('nestjs-audit-ledger:viewer-options');

export const DEFAULT_PATH = 'audit/ui';

/** The segments of a path need no encoding in a URL, and contain no pattern of a web framework. */
const PATH = /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/;
const isPath = (value: unknown): boolean => typeof value === 'string' && PATH.test(value);

/** Callers in plain JavaScript may pass any value. */
const CHECKS: Readonly<Record<keyof AuditViewerOptions, (value: unknown) => boolean>> = {
  path: isPath,
  api: isPath,
  basePath: (value) => value === '' || isPath(value),
  shell: (value) => value === 'guarded' || value === 'public',
  logIn: isPath,
  logInPage: isPath,
};

/** Checks all options and fills in the defaults. @throws `AUDIT_OPTIONS_INVALID` with all problems */
export function resolveViewerOptions(options: AuditViewerOptions): ResolvedViewerOptions {
  const { path = DEFAULT_PATH, api = '/audit', basePath = '', shell = 'guarded', logIn, logInPage } = options;
  const problems = [...unknownOptions(options, CHECKS)];
  for (const [name, fits] of Object.entries(CHECKS)) {
    const value: unknown = options[name as keyof AuditViewerOptions]; // a key of the checks
    if (value === undefined || fits(value)) continue;
    problems.push(
      `${name} is ${JSON.stringify(value)}, not ${name === 'shell' ? 'guarded or public' : 'a path such as /audit/ui'}`,
    );
  }
  if (shell === 'guarded' && logIn !== undefined) {
    problems.push(`logIn is ${logIn}, but shell is guarded, which shows no log-in form: set shell to public`);
  }
  if (shell === 'public' && logInPage !== undefined) {
    problems.push(`logInPage is ${logInPage}, but shell is public, which redirects nobody: set shell to guarded`);
  }
  if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'AuditViewer');
  return {
    path: normalPath(path),
    api: normalPath(api),
    basePath: basePath === '' ? '' : normalPath(basePath),
    shell,
    logIn: logIn === undefined ? undefined : normalPath(logIn),
    logInPage: logInPage === undefined ? undefined : normalPath(logInPage),
  };
}

function normalPath(path: string): string {
  return `/${path.replace(/^\/|\/$/g, '')}`;
}
