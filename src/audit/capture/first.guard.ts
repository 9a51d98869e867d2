import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { runInScope, getRequestScope } from '../context/audit-context.js';
import {
  openHttpScope,
  createRequestIdSource,
  type ClosingResponse,
  type HttpRequestLike,
  type RequestIdSource,
} from '../context/read-request.js';
import { resolveReasonRule, type AuditReasonOptions } from './audit-reason.decorator.js';
import { getAuditedEntries } from './audited.decorator.js';
import type { AuditedEntry } from './audited-options.js';
import { storeCapture, type AuditedOperation, type HttpCapture } from './audited-operation.js';
import { isReference, openMessage } from './messages.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { DelayedResponses } from './delayed-responses.service.js';

/** The part of the responses of Express and Fastify that the guard needs. Fastify's response lacks `headersSent`. */
interface FrameworkResponse extends ClosingResponse {
  /** Node's response on Fastify. */
  readonly raw?: ClosingResponse;
  readonly statusCode: number;
  readonly headersSent?: boolean;
  header(name: string, value: string): unknown;
}

interface AuditedRoute {
  readonly entries: readonly AuditedEntry[];
  readonly reasonRule: AuditReasonOptions | undefined;
}

/** Runs before every other guard, and allows every call. Notes the audited handler that the router matched. */
@Injectable()
export class FirstGuard implements CanActivate {
  private readonly requestIds: RequestIdSource;
  /** Reading metadata is slow, so the result is cached for each handler. */
  private readonly routes = new WeakMap<object, WeakMap<object, AuditedRoute>>();

  constructor(
    @Inject(DelayedResponses) private readonly responses: DelayedResponses,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(AUDIT_OPTIONS) options: ResolvedAuditOptions,
  ) {
    this.requestIds = createRequestIdSource(options);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (context.getType() !== 'http') return true; // watch() handles other calls
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequestLike>();
    const response = http.getResponse<FrameworkResponse>();
    const scope = getRequestScope(request) ?? openHttpScope(request, this.requestIds, response.raw ?? response);
    scope.application = this.modules;
    scope.isAtRoute = true;
    const { entries, reasonRule } = this.getRoute(context.getClass(), context.getHandler());
    if (entries.length === 0) return true;
    const body = (): unknown => (request as { readonly body?: unknown }).body; // where Express and Fastify put the body
    if (response.headersSent !== true && scope.requestId !== undefined)
      response.header(this.requestIds.header, scope.requestId);
    const statusCode = (): number => response.statusCode;
    const capture: HttpCapture = { scope, request, body, entries, reasonRule, statusCode, args: [], phase: 'guards' };
    storeCapture(capture);
    this.responses.until(capture, response);
    return this.responses.capacity('begins')?.then(() => true) ?? true;
  }

  private getRoute(controller: object, handler: object): AuditedRoute {
    const known = this.routes.get(handler)?.get(controller);
    if (known) return known;
    const route = {
      entries: getAuditedEntries(controller, handler),
      reasonRule: resolveReasonRule(controller, handler),
    };
    const ofHandler = this.routes.get(handler) ?? new WeakMap<object, AuditedRoute>();
    this.routes.set(handler, ofHandler.set(controller, route));
    return route;
  }

  /** Opens the operation of a call that is not an HTTP request, before its guards run. */
  open(type: string, args: readonly unknown[], controller: object, handler: object): AuditedOperation | undefined {
    // The decorators of a class are for operations. A reference is a part of an operation.
    const { entries, reasonRule } = this.getRoute(isReference(type, args) ? handler : controller, handler);
    const operation = openMessage(type, args, entries, reasonRule, this.requestIds);
    if (operation) operation.scope.application = this.modules;
    return operation;
  }

  /** Runs all guards of a call that is not an HTTP request, in the scope of the call, and records a denial. */
  async watch(
    type: string,
    args: readonly unknown[],
    controller: object,
    handler: object,
    activate: () => Promise<boolean>,
  ): Promise<boolean> {
    const operation = this.open(type, args, controller, handler);
    if (!operation) return activate();
    try {
      const allowed = await runInScope(operation.scope, activate);
      if (!allowed) await this.recorder.recordEnd(operation, 403);
      return allowed;
    } catch (error) {
      operation.thrown = { error };
      await this.recorder.recordEnd(operation);
      throw error;
    }
  }
}
