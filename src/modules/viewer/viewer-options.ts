import { InvalidOptionsError } from '../../audit/plain.js';
import type { RoomAsyncOptions } from '../monitoring/room.module.js';

/** The options of `AuditViewerModule.forRoot`. */
export interface AuditViewerOptions {
  /** Where the viewer is, below the application's own prefix. @defaultValue 'audit/ui' */
  readonly path?: string;
  /** Where the routes of the ledger are, below the application's own prefix. @defaultValue '/audit' */
  readonly api?: string;
  /** What a proxy in front takes away from the beginning of each path: `/ops` if browsers ask for `/ops/audit/ui`. @defaultValue '' */
  readonly basePath?: string;
  /**
   * Who gets the page and its scripts, which hold no data. `guarded`: those whom `authorize` lets read, as for the data; for sessions that
   * a browser sends by itself, such as cookies. `public`: everybody; for bearer tokens, which the page asks for and keeps in memory.
   * @defaultValue 'guarded'
   */
  readonly shell?: 'guarded' | 'public';
  /**
   * For a public shell: the route that takes `{ email, password }` and answers `{ accessToken }`, or `{ challengeToken }` for a second
   * factor, whose `{ challengeToken, code }` goes to `<logIn>/mfa`. Below the application's own prefix, such as `/auth/login`. Without
   * it, the page asks for a token.
   */
  readonly logIn?: string | undefined;
  /**
   * For a guarded shell: the page that a browser without a session is sent to, with the address of the viewer as `returnTo`. Below the
   * application's own prefix. Without it, the browser shows that access is refused.
   */
  readonly logInPage?: string | undefined;
}

/** {@link AuditViewerOptions} from a factory; the path is known before. */
export interface AuditViewerAsyncOptions
  extends RoomAsyncOptions<Omit<AuditViewerOptions, 'path'>>, Pick<AuditViewerOptions, 'path'> {}

/** The options with their defaults. Paths begin with a slash and end without one; '' stands for no path. */
export type ResolvedViewerOptions = Required<AuditViewerOptions>;

export const VIEWER_OPTIONS = Symbol.for('nestjs-audit-ledger:viewer-options');

export const DEFAULT_PATH = 'audit/ui';

/** A path of segments that need no encoding in a URL, and that no web framework reads as a pattern. */
const PATH = /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/;
const isPath = (value: unknown): boolean => typeof value === 'string' && PATH.test(value);

/** Whether a given value fits; plain JavaScript may pass anything. */
const CHECKS: Readonly<Record<keyof AuditViewerOptions, (value: unknown) => boolean>> = {
  path: isPath,
  api: isPath,
  basePath: (value) => value === '' || isPath(value),
  shell: (value) => value === 'guarded' || value === 'public',
  logIn: isPath,
  logInPage: isPath,
};

/** Checks all options and fills in the defaults. @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) naming every wrong option */
export function resolveViewerOptions(options: AuditViewerOptions): ResolvedViewerOptions {
  const { path = DEFAULT_PATH, api = '/audit', basePath = '', shell = 'guarded', logIn, logInPage } = options;
  const problems = [...InvalidOptionsError.unknownOptions(options, CHECKS)];
  for (const [name, fits] of Object.entries(CHECKS)) {
    const value: unknown = options[name as keyof AuditViewerOptions]; // a key of the checks
    if (value === undefined || fits(value)) continue;
    problems.push(
      `${name} is ${JSON.stringify(value)}, not ${name === 'shell' ? 'guarded or public' : 'a path such as /audit/ui'}`,
    );
  }
  if (shell === 'guarded' && logIn !== undefined) {
    problems.push(
      `logIn is ${logIn}, and shell is guarded, so nobody without a session sees the form: use shell public`,
    );
  }
  if (shell === 'public' && logInPage !== undefined) {
    problems.push(`logInPage is ${logInPage}, and shell is public, so nobody is sent there: use shell guarded`);
  }
  if (problems.length > 0) throw new InvalidOptionsError(problems, 'AuditViewer');
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
