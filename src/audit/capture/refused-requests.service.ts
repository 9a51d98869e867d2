import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { scopeOf } from '../context/audit-context.js';
import type { AuditScope } from '../context/audit-scope.js';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { openHttpScope, requestIdSource, type HttpRequestLike, type RequestIdSource } from '../context/read-request.js';
import { httpRoutesOf } from '../coverage/http-routes.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import { reasonRuleOf } from './audit-reason.decorator.js';
import { auditedEntries } from './audited.decorator.js';
import {
  compileRoute,
  hostnameOf,
  matchRoute,
  type MatchableRoute,
  type RouteMatch,
  type RoutedRequest,
  routerRulesOf,
  type RouterRules,
} from './match-route.js';
import { captureOf, keepCapture, type HttpCapture } from './audited-operation.js';
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
    this.requestIds = requestIdSource(options);
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
    this.responses.ifRefused(response, (statusCode) => {
      const isPreflight = request.method === 'OPTIONS' && statusCode < 400;
      return isPreflight ? undefined : this.refusalOf(request, response, mount);
    });
  };

  private refusalOf(request: NodeRequest, response: NodeResponse, mount: string): HttpCapture | undefined {
    if (captureOf(request) || scopeOf(request)?.isAtRoute === true) return undefined; // the request reached its route
    const found = readSafely(() => this.find(request, mount));
    if (!found) return undefined;
    const { route, params, hosts } = found;
    const entries = auditedEntries(route.controllerClass, route.handlerFunction);
    if (entries.length === 0) return undefined;
    const scope = scopeOf(request) ?? this.openScope(request, response);
    scope.application = this.modules;
    scope.route = () => route.path;
    // The router has not set the parameters, but the options' callbacks read them.
    const facts = { params: { value: params }, hosts: { value: hosts } };
    const seen = Object.create(scope.httpRequest ?? request, facts) as object; // the request, with the matched parameters
    const body = (): unknown => readFieldSafely(scope.httpRequest ?? request, 'body');
    const reasonRule = reasonRuleOf(route.controllerClass, route.handlerFunction);
    const capture: HttpCapture = { scope, request: seen, body, entries, reasonRule, args: [], phase: 'refused' };
    keepCapture({ ...capture, request });
    return capture;
  }

  private find(request: NodeRequest, mount: string): RouteMatch | undefined {
    const { rules, routes } = (this.router ??= this.readRouter());
    const hostname: unknown = readFieldSafely(scopeOf(request)?.httpRequest, 'hostname'); // by Fastify's trust-proxy setting
    const address = {
      paths: rules.pathsOf(request, mount),
      hostname: typeof hostname === 'string' ? hostname : hostnameOf(request),
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
    const rules = routerRulesOf(this.host.httpAdapter);
    const routes = httpRoutesOf(this.modules, this.config).flatMap((route) => compileRoute(route, rules) ?? []);
    routes.sort(({ place: one = '' }, { place: other = '' }) => one.localeCompare(other));
    return { rules, routes };
  }
}
