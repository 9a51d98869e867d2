/** The application puts the configuration into `<meta name="audit-viewer">`, or into attributes of the custom element. */
export interface ViewerConfig {
  /** The path has no slash at the end: `/audit`. */
  readonly api: string;
  /** If the route is empty, the reader pastes a token. */
  readonly login: string;
  /** Empty unless the session is a cookie. This route ends the session. */
  readonly logout: string;
  /** The reader of a public page needs a token before the first request. */
  readonly isPublic: boolean;
  /** Absent if the application's optional modules are unknown. */
  readonly extensions?: readonly string[];
  /** The tenant only narrows the queries; row-level security decides what the reader may see. */
  readonly tenant?: string;
  /** An embedded viewer does not change the page's title and address, or take the page's keys. */
  readonly isEmbedded?: boolean;
}

export function readConfig(page: Document): ViewerConfig {
  const {
    api = '',
    login = '',
    logout = '',
    shell,
    extensions = '',
  } = page.querySelector<HTMLMetaElement>('meta[name=audit-viewer]')?.dataset ?? {};
  return {
    api: api.replace(/\/$/, ''),
    login,
    logout,
    isPublic: shell === 'public',
    extensions: extensions.split(' '),
  };
}
