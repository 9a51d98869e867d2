/** The configuration that the application puts into `<meta name="audit-viewer">`, or into the attributes of the custom element. */
export interface ViewerConfig {
  /** Path of the HTTP API, without a slash at its end: `/audit`. */
  readonly api: string;
  /** The route that exchanges an e-mail address and a password for a token; if it is empty, the reader pastes a token. */
  readonly login: string;
  /** Whether the page is for everybody, so that a reader needs a token before the first request. */
  readonly isPublic: boolean;
  /** The modules of optional rooms that the application has; absent if unknown. */
  readonly rooms?: readonly string[];
  /** The only tenant that is shown. It narrows the queries; row-level security decides what a reader sees. */
  readonly tenant?: string;
  /** Whether the viewer is part of another page: it leaves that page's title, address and keys alone. */
  readonly isEmbedded?: boolean;
}

/** Reads the configuration of the page. */
export function readConfig(page: Document): ViewerConfig {
  const {
    api = '',
    login = '',
    shell,
    rooms = '',
  } = page.querySelector<HTMLMetaElement>('meta[name=audit-viewer]')?.dataset ?? {};
  return { api: api.replace(/\/$/, ''), login, isPublic: shell === 'public', rooms: rooms.split(' ') };
}
