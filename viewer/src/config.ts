/** The viewer's configuration. The application puts it into `<meta name="audit-viewer">`, or into attributes of the custom element. */
export interface ViewerConfig {
  /** Path of the HTTP API, without a slash at the end: `/audit`. */
  readonly api: string;
  /** The route that exchanges an e-mail address and a password for a token. If the route is empty, the reader pastes a token. */
  readonly login: string;
  /** Whether the page is public. The reader of a public page needs a token before the first request. */
  readonly isPublic: boolean;
  /** The optional modules that the application has; absent if they are unknown. */
  readonly rooms?: readonly string[];
  /** The tenant whose events are shown. The tenant only narrows the queries; row-level security decides what the reader may see. */
  readonly tenant?: string;
  /** Whether the viewer is embedded in another page. An embedded viewer does not change the page's title and address, or take its keys. */
  readonly isEmbedded?: boolean;
}

/** Reads the configuration that the page contains. */
export function readConfig(page: Document): ViewerConfig {
  const {
    api = '',
    login = '',
    shell,
    rooms = '',
  } = page.querySelector<HTMLMetaElement>('meta[name=audit-viewer]')?.dataset ?? {};
  return { api: api.replace(/\/$/, ''), login, isPublic: shell === 'public', rooms: rooms.split(' ') };
}
