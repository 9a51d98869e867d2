import { z } from 'zod';
import {
  isObject,
  optionsSchema,
  parseOptions,
  type RawOptions,
  type ResolvedOptions,
} from '../../audit/option-schemas.js';
import { auditErrors } from '../../audit/nest-free.js';
import type { ExtensionAsyncOptions } from '../../monitoring/extension.module.js';

export const DEFAULT_PATH = 'audit/ui';

/** The segments of a path need no encoding in a URL, and contain no pattern of a web framework. */
const SEGMENTS = /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/;

const rejectMessage =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    `is ${JSON.stringify(input)}, not ${what}`;

/** The result begins with a slash and ends without a slash. */
const PATH = z
  .custom<string>((value) => typeof value === 'string' && SEGMENTS.test(value), {
    error: rejectMessage('a path such as /audit/ui'),
  })
  .transform((path) => `/${path.replace(/^\/|\/$/g, '')}`);

const OPTIONS = {
  /**
   * The path of the viewer, after the application's global prefix. Set this when your application already uses the path, or auditors expect
   * another one.
   */
  path: PATH.prefault(DEFAULT_PATH),
  /**
   * The path of the ledger's routes, after the application's global prefix. Set this when you mount `MonitoringModule` elsewhere, for example
   * with Nest's `RouterModule`.
   */
  api: PATH.prefault('/audit'),
  /**
   * The prefix that a proxy removes from each path: `/ops` if browsers request `/ops/audit/ui`. Set this when a reverse proxy serves the
   * application under a prefix.
   */
  basePath: z.union([z.literal(''), PATH], { error: rejectMessage('a path such as /audit/ui') }).default(''),
  /**
   * Who gets the page and its scripts, which contain no data. With `guarded`, only readers that `authorize` accepts get the page: use
   * `guarded` for cookies, which a browser sends with each request. With `public`, everybody gets the page: use `public` for a log-in form in
   * the page. Set this when your log-in returns a token, and no cookie: `public`.
   */
  shell: z.enum(['guarded', 'public'], { error: rejectMessage('guarded or public') }).default('guarded'),
  /**
   * The log-in route for a public shell, after the application's global prefix, such as `/auth/login`. The route accepts `{ email, password }`
   * and returns `{ accessToken }`. By default, a person enters a token in the page. Set this when auditors log in with an e-mail address and a
   * password.
   */
  logIn: PATH.optional(),
  /**
   * The log-out route, after the application's global prefix, if the session is a cookie that scripts cannot read. The page sends a POST with
   * `{}` to this route. With a public shell, `logIn` must set the cookie; the page then ignores `accessToken`, and a reload does not log out.
   * By default, the page holds a token in memory, and a reload logs out. Set this when your log-in sets an `HttpOnly` cookie.
   */
  logOut: PATH.optional(),
  /**
   * The log-in page for a guarded shell, after the application's global prefix. The viewer redirects a browser without a session to this page,
   * with the viewer's address as the parameter `returnTo`. By default, the viewer shows a page that refuses access. Set this when your
   * application has a log-in page, for example of a single sign-on.
   */
  loginPage: PATH.optional(),
};

/** The options of `AuditViewerModule.forRoot`. */
export interface AuditViewerOptions extends RawOptions<typeof OPTIONS> {}

/** {@link AuditViewerOptions} from a factory. Only the path is set beside the factory. */
export interface AuditViewerAsyncOptions
  extends ExtensionAsyncOptions<Omit<AuditViewerOptions, 'path'>>, Pick<AuditViewerOptions, 'path'> {}

/** The options with their defaults. Each path begins with a slash and ends without a slash; `basePath` may be empty. */
export interface ResolvedViewerOptions extends ResolvedOptions<typeof OPTIONS> {}

export const VIEWER_OPTIONS = Symbol.for('nestjs-audit-ledger:viewer-options');

const SCHEMA = optionsSchema(OPTIONS).superRefine(
  ({ shell, logIn, logOut, loginPage }, context) => {
    const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (shell === 'guarded' && logIn !== undefined) {
      refuse('logIn', `is ${logIn}, but shell is guarded, which shows no log-in form: set shell to public`);
    }
    if (shell === 'public' && logIn === undefined && logOut !== undefined) {
      refuse('logOut', `is ${logOut}, but logIn is absent, which must set the cookie: set logIn`);
    }
    if (shell === 'public' && loginPage !== undefined) {
      refuse('loginPage', `is ${loginPage}, but shell is public, which redirects nobody: set shell to guarded`);
    }
  },
  { when: isObject },
);

/** Checks all options and fills in the defaults. @throws `AUDIT_OPTIONS_INVALID` with all problems */
export function resolveViewerOptions(options: AuditViewerOptions): ResolvedViewerOptions {
  const problems: string[] = [];
  const resolved = parseOptions(SCHEMA, options, problems);
  if (!resolved) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'AuditViewer');
  return resolved;
}
