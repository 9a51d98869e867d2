import { Reflector } from '@nestjs/core';
import type { z } from 'zod';

type Media = Readonly<Record<string, object>>;

/** The answer of a route: JSON by its schema, or another body. */
export type Answer = z.ZodType | Media;

/** The facts about a route that Nest does not know. */
export interface RouteFacts {
  readonly summary: string;
  /** Absent if the answer has no body. */
  readonly answer?: Answer | undefined;
  readonly others: Readonly<Record<number, string>>;
  readonly more: MoreFacts;
}

/** Further facts: headers of the answer by name, and parameters that no pipe reads. */
interface MoreFacts {
  readonly headers?: Readonly<Record<string, object>>;
  readonly parameters?: readonly object[];
}

/** The facts that were given to {@link Route}. */
export const ROUTE_FACTS = Reflector.createDecorator<RouteFacts>();

/**
 * Describes a route. Its parameters, its body, and its refusals with 400, 401, 403, 415, 422, 501 and 503 are derived from its path, its
 * pipes and its permission.
 *
 * @param others the other answers, by status: `{ 404: 'Nothing has that id.' }`; answers with a status below 300 have the same body
 */
export function Route(
  summary: string,
  answer?: Answer,
  others: Readonly<Record<number, string>> = {},
  more: MoreFacts = {},
): MethodDecorator {
  return ROUTE_FACTS({ summary, answer, others, more });
}

/** The description of a text answer. */
export function textAnswer(example: string, type = 'text/plain'): Media {
  return { [type]: { schema: { type: 'string' }, example } };
}

/** The description of a binary answer. */
export function bytesAnswer(type = 'application/octet-stream'): Media {
  return { [type]: { schema: { type: 'string', format: 'binary' } } };
}
