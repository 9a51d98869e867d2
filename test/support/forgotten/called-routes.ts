import { ApiClient, type Answer } from '../api-client.js';
import type { OpenApi } from './open-api.js';

export function changingRoutes({ paths }: OpenApi): readonly string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => method !== 'get')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
}

export class CalledRoutes {
  private readonly succeeded: string[] = [];

  note(method: string, path: string, status: number): void {
    if (status < 300) this.succeeded.push(`${method} ${path.replace(/\?.*/, '')}`);
  }

  neverSucceeded(routes: readonly string[]): readonly string[] {
    const expressions = routes.map((route) => new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
    return routes.filter((_route, nth) => !this.succeeded.some((call) => expressions[nth]?.test(call)));
  }
}

export class NotedClient extends ApiClient {
  constructor(
    baseUrl: string,
    private readonly calls: CalledRoutes,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(baseUrl, headers);
  }

  override async send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const answer = await super.send<Body>(method, path, body, headers);
    this.calls.note(method, path, answer.status);
    return answer;
  }
}
