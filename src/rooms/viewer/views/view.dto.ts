import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/responses/shape.js';
import { isStorable } from '../../../monitoring/read/query/query-values.js';
import { text } from '../../../monitoring/read/query/texts.js';

const MOST_NAME = 100;
const MOST_QUERY = 4_000;

/** The body of `POST /audit/views` and `PUT /audit/views/:id`. */
export const NewView = named(
  'NewView',
  z
    .strictObject({
      name: text(
        `a text of 1 to ${MOST_NAME} characters, without spaces around it`,
        (name) => name !== '' && name.trim() === name && name.length <= MOST_NAME && isStorable(name),
      ).meta({ minLength: 1, maxLength: MOST_NAME }),
      query: text(
        `a query string of at most ${MOST_QUERY} characters`,
        (query) => query.length <= MOST_QUERY && /^[^\s?#\0]*$/.test(query) && isStorable(query),
      ).meta({ maxLength: MOST_QUERY }),
      shared: z.boolean().exactOptional().describe('Whether everybody with your access sees the view. Default: false'),
    })
    .meta({ example: { name: 'Failed log-ins', query: 'type=user_login_failed', shared: true } }),
);
export type NewView = z.infer<typeof NewView>;

export const SavedView = named(
  'SavedView',
  z.object({
    id: z.uuid(),
    name: z.string(),
    query: z.string().describe('A query string of GET /audit/events'),
    shared: z.boolean(),
    isOwn: z.boolean().describe('Whether the reader may change the view'),
    updatedAt: time,
  }),
);
export type SavedView = z.infer<typeof SavedView>;

export const SavedViewList = named('SavedViewList', z.object({ items: list(SavedView) }));
