import { Reflector } from '@nestjs/core';
import type { z } from 'zod';

/** A body by its content type. */
type Media = Readonly<Record<string, object>>;

/** What a route answers: JSON by its schema, or another body. */
export type Answer = z.ZodType | Media;

/** What the description of a route says beyond what Nest knows of it. */
export interface RouteFacts {
  readonly summary: string;
  /** Absent: the answer has no body. */
  readonly answer?: Answer | undefined;
  /** What it answers besides, by status. */
  readonly others: Readonly<Record<number, string>>;
  readonly more: MoreFacts;
}

/** Headers of the answer, by name, and parameters that no pipe reads. */
interface MoreFacts {
  readonly headers?: Readonly<Record<string, object>>;
  readonly parameters?: readonly object[];
}

/** What {@link Route} was given. */
export const ROUTE_FACTS = Reflector.createDecorator<RouteFacts>();

/**
 * Describes a route. What its path, its pipes and its permission say is read from them: its parameters, its body, and its refusals with
 * 400, 401, 403, 415, 422, 501 and 503.
 *
 * @param others what it answers besides, by status: `{ 404: 'Nothing has that id.' }`; of a status below 300, with the same body
 */
export function Route(
  summary: string,
  answer?: Answer,
  others: Readonly<Record<number, string>> = {},
  more: MoreFacts = {},
): MethodDecorator {
  return ROUTE_FACTS({ summary, answer, others, more });
}

/** A text that a route answers. */
export function textAnswer(example: string, type = 'text/plain'): Media {
  return { [type]: { schema: { type: 'string' }, example } };
}

/** Bytes that a route answers. */
export function bytesAnswer(type = 'application/octet-stream'): Media {
  return { [type]: { schema: { type: 'string', format: 'binary' } } };
}
