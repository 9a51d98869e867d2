import { applyDecorators, HttpCode, HttpStatus } from '@nestjs/common';
import { Audited } from '../../../audit/index.js';
import { Route, type Answer } from '../../monitoring/http/openapi/route.decorator.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';

/** The refusal of an unknown stream. */
export const UNKNOWN = { 404: 'No stream has this name.' };

/** The decorators of every route that changes one stream. */
export function ChangesStream(summary: string, answer: Answer, others = {}): MethodDecorator {
  return applyDecorators(
    Route(summary, answer, { ...UNKNOWN, ...others }),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
  );
}

/** The members of a body that were given. */
export function givenOf(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** The place, or the time, in a body. */
export function placeOf(given: number | string | undefined): number | Date | undefined {
  return typeof given === 'string' ? new Date(given) : given;
}
