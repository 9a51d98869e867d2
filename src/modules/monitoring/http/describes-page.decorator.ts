import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiQuery } from '@nestjs/swagger';
import { DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { DescribesQuery } from './describes-query.decorator.js';
import { PAGE } from './examples/event-examples.js';
import { EventPageView } from './event.dto.js';

/** Describes a route's query, the filters by path, which no class can name, and what wrong and slow queries are answered. */
export function DescribesFilters(query: new () => object): MethodDecorator {
  return applyDecorators(
    DescribesQuery(query),
    ...['details', 'metadata'].map((name) =>
      ApiQuery({
        name: `${name}.{path}`,
        required: false,
        type: String,
        description: `A field at any depth, such as ${name}.payment.method=card; of a list, one of its items`,
      }),
    ),
    DescribesRefusals({ 400: 'Each problem of the query.', 422: 'The query takes too long: narrow the time range.' }),
  );
}

/** {@link DescribesFilters}, of a route that answers a page of events. */
export function DescribesPage(query: new () => object): MethodDecorator {
  const headers = {
    Link: { description: 'The next page (RFC 8288), rel="next"', schema: { type: 'string' as const } },
  };
  return applyDecorators(
    DescribesFilters(query),
    ApiOkResponse({ type: EventPageView, headers, example: PAGE }),
    DescribesRefusals({ 501: 'Archives are asked, and @duckdb/node-api is not installed.' }),
  );
}
