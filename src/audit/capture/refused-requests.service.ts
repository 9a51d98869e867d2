import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { getRequestScope } from '../context/audit-context.js';
import type { AuditScope } from '../context/audit-scope.js';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import {
  openHttpScope,
  createRequestIdSource,
  type HttpRequestLike,
  type RequestIdSource,
} from '../context/read-request.js';
import { listHttpRoutes } from '../coverage/http-routes.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import { resolveReasonRule } from './audit-reason.decorator.js';
import { getAuditedEntries } from './audited.decorator.js';
import {
  compileRoute,
  getHostname,
  matchRoute,
  type MatchableRoute,
  type RouteMatch,
  type RoutedRequest,
  getRouterRules,
  type RouterRules,
} from './match-route.js';
import { getCapture, storeCapture, type HttpCapture } from './audited-operation.js';
import { DelayedResponses, type NodeResponse } from './delayed-responses.service.js';

export interface NodeRequest extends HttpRequestLike, RoutedRequest {
  readonly headers: HttpRequestLike['headers'];
  readonly method: string;
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

interface RequestEmitter {
  prependListener?(event: 'request', listener: (request: NodeRequest, response: NodeResponse) => void): unknown;
}
interface ExpressLike {
  handle?: (request: NodeRequest, response: NodeResponse, next?: unknown) => unknown;
}

/**
 * Records requests to audited routes that middleware, the body parser or the router answered before the route. Nest has no hook for such
 * requests, so the route of such a request is matched when the response ends.
 */
@Injectable()
export class RefusedRequests {
  private readonly requestIds: RequestIdSource;
  private router: { readonly rules: RouterRules; readonly routes: readonly MatchableRoute[] } | undefined;

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(DelayedResponses) private readonly responses: DelayedResponses,
    @Inject(AUDIT_OPTIONS) options: ResolvedAuditOptions,
  ) {
    this.requestIds = createRequestIdSource(options);
  }

  /** Watches every request before any middleware; the framework itself may refuse some. */
  watchAll(): void {
    const adapter = this.host.httpAdapter;
    const express = adapter.getInstance<ExpressLike | undefined>();
    const handle = express?.handle;
    if (!handle || adapter.getType() !== 'express') {
      const server = adapter.getHttpServer() as RequestEmitter | undefined; // Node's server
      server?.prependListener?.('request', this.watch);
      return;
    }
    // Express's requests may also come from a server of the application, or from a parent application.
    express.handle = (request, response, next) => {
      this.watch(request, response);
      return handle.call(express, request, response, next);
    };
  }

  /** Delays the end of a refused request's response until the event is delivered. */
  private readonly watch = (request: NodeRequest, response: NodeResponse): void => {
    const mount = request.baseUrl ?? '';
    this.responses.findRejected(response, (statusCode) => {
      const isPreflight = request.method === 'OPTIONS' && statusCode < 400;
      return isPreflight ? undefined : this.toRefusal(request, response, mount);
    });
  };

  private toRefusal(request: NodeRequest, response: NodeResponse, mount: string): HttpCapture | undefined {
    if (getCapture(request) || getRequestScope(request)?.isAtRoute === true) return undefined; // the request reached its route
    const found = readSafely(() => this.find(request, mount));
    if (!found) return undefined;
    const { route, params, hosts } = found;
    const entries = getAuditedEntries(route.controllerClass, route.handlerFunction);
    if (entries.length === 0) return undefined;
    const scope = getRequestScope(request) ?? this.openScope(request, response);
    scope.application = this.modules;
    scope.route = () => route.path;
    // The router has not set the parameters, but the options' callbacks read them.
    const facts = { params: { value: params }, hosts: { value: hosts } };
    const seen = Object.create(scope.httpRequest ?? request, facts) as object; // the request, with the matched parameters
    const body = (): unknown => readFieldSafely(scope.httpRequest ?? request, 'body');
    const reasonRule = resolveReasonRule(route.controllerClass, route.handlerFunction);
    const capture: HttpCapture = { scope, request: seen, body, entries, reasonRule, args: [], phase: 'refused' };
    storeCapture({ ...capture, request });
    return capture;
  }

  private find(request: NodeRequest, mount: string): RouteMatch | undefined {
    const { rules, routes } = (this.router ??= this.readRouter());
    const hostname: unknown = readFieldSafely(getRequestScope(request)?.httpRequest, 'hostname'); // by Fastify's trust-proxy setting
    const address = {
      paths: rules.expandPaths(request, mount),
      hostname: typeof hostname === 'string' ? hostname : getHostname(request),
    };
    return matchRoute(routes, request, address, this.config.getVersioning());
  }

  private openScope(request: NodeRequest, response: NodeResponse): AuditScope {
    const scope = openHttpScope(request, this.requestIds);
    const ip = request.socket?.remoteAddress;
    if (scope.ip === undefined && ip !== undefined) scope.ip = ip;
    if (!response.headersSent) response.setHeader(this.requestIds.header, scope.requestId);
    return scope;
  }

  private readRouter(): { readonly rules: RouterRules; readonly routes: readonly MatchableRoute[] } {
    const rules = getRouterRules(this.host.httpAdapter);
    const routes = listHttpRoutes(this.modules, this.config).flatMap((route) => compileRoute(route, rules) ?? []);
    routes.sort(({ order: one = '' }, { order: other = '' }) => one.localeCompare(other));
    return { rules, routes };
  }
}
