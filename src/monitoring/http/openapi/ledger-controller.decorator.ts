import {
  applyDecorators,
  Controller,
  SetMetadata,
  UseFilters,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { OwnController } from '../../../audit/nest-free.js';
import { ForgeryGuard, LedgerAccessGuard } from '../ledger-access.guard.js';
import { LedgerErrorsFilter } from '../ledger-errors.filter.js';
import type { z } from 'zod';

/** Sets the tag of a controller's routes in the API's description. */
export const ROUTE_TAG = Reflector.createDecorator<string>();

/** With this metadata key, `@nestjs/swagger` omits a controller. `describeLedger` describes the library's routes instead. */
const EXCLUDE_METADATA = 'swagger/apiExcludeController';

/** Makes a controller of the library. Guards protect the routes of the controller, and a filter answers the errors of the ledger. */
export function LedgerController(
  path: string,
  guard: Type<CanActivate> = LedgerAccessGuard,
  tag = 'audit',
): ClassDecorator {
  const guards = UseGuards(guard, ForgeryGuard);
  return applyDecorators(HiddenController(path), ROUTE_TAG(tag), guards, UseFilters(LedgerErrorsFilter));
}

/** Makes a controller that API descriptions omit. */
export function HiddenController(path: string): ClassDecorator {
  return applyDecorators(Controller(path), SetMetadata(EXCLUDE_METADATA, [true]), OwnController);
}

type Media = Readonly<Record<string, object>>;

/** The body of a route's response: a schema for JSON, or a schema or OpenAPI description for each format. */
export type ResponseBody = z.ZodType | Media;

/** The facts about a route that Nest's metadata does not contain. */
export interface RouteFacts {
  readonly summary: string;
  readonly body?: ResponseBody | undefined;
  readonly others: Readonly<Record<number, string>>;
  readonly more: ExtraRouteFacts;
}

interface ExtraRouteFacts {
  readonly headers?: Readonly<Record<string, object>>;
  readonly parameters?: readonly object[];
}

export const ROUTE_FACTS = Reflector.createDecorator<RouteFacts>();

/**
 * Describes a route. The route's path, pipes and permission determine the parameters, the body, and the refusals with 400, 401, 403, 415,
 * 422, 501 and 503.
 *
 * @param others the other answers by status, such as `{ 404: 'No event has that id.' }`. A response with a status below 300 has the body
 *   that `answer` describes
 */
export function Route(
  summary: string,
  body?: ResponseBody,
  others: Readonly<Record<number, string>> = {},
  more: ExtraRouteFacts = {},
): MethodDecorator {
  return ROUTE_FACTS({ summary, body, others, more });
}

export function textResponseBody(example: string, type = 'text/plain'): Media {
  return { [type]: { schema: { type: 'string' }, example } };
}

export function binaryResponseBody(type = 'application/octet-stream'): Media {
  return { [type]: { schema: { type: 'string', format: 'binary' } } };
}
