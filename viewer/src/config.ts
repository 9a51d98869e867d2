/** The configuration that the application puts into `<meta name="audit-viewer">`, or into the attributes of the custom element. */
export interface ViewerConfig {
  /** Path of the HTTP API, without a slash at its end: `/audit`. */
  readonly api: string;
  /** The route that exchanges an e-mail address and a password for a token. If it is empty, the reader pastes a token. */
  readonly login: string;
  /** Whether the page is public, so that a reader needs a token before the first request. */
  readonly isPublic: boolean;
  /** The optional modules of the application; absent if unknown. */
  readonly rooms?: readonly string[];
  /** The tenant whose events are shown. It only narrows the queries: row-level security restricts the reader. */
  readonly tenant?: string;
  /** Whether the viewer is part of another page. It then does not change that page's title, address and keys. */
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
