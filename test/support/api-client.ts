export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface ShownEvent {
  readonly id: string;
  readonly occurredAt: string;
  readonly type: string;
  readonly action: string;
  readonly outcome: string;
  readonly category: string;
  readonly severity: string;
  readonly actor: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly tenantId?: string;
  readonly resource?: { readonly type: string; readonly id?: string };
  readonly request?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export class ApiClient {
  token: string | undefined;

  constructor(
    private readonly baseUrl: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** The method does not check the body's shape. The ledger's routes get an empty object without a body, since they require JSON. */
  async send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body: object | undefined = method !== 'GET' && path.startsWith('/audit/') ? {} : undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...this.headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed as Body };
  }

  async logIn(email: string, password: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const { status, body } = await this.send<{ accessToken?: string }>(
      'POST',
      '/auth/login',
      { email, password },
      headers,
    );
    this.token = body.accessToken;
    return status;
  }

  async download(path: string): Promise<{ readonly text: string; readonly headers: Headers }> {
    const headers = { ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }), ...this.headers };
    const response = await fetch(this.baseUrl + path, { headers });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}: ${text}`);
    return { text, headers: response.headers };
  }

  async events(query = ''): Promise<readonly ShownEvent[]> {
    const { status, body } = await this.send<{ items: readonly ShownEvent[] }>(
      'GET',
      `/audit/events?limit=200&${query}`,
    );
    if (status !== 200) throw new Error(`GET /audit/events answered ${status}: ${JSON.stringify(body)}`);
    return body.items;
  }
}
