import { z } from 'zod';
import type { AuditEvent } from '../../../audit/plain.js';
import { anyObject, list, named } from '../answers/shape.js';
import { EVENT_FIELDS, type LaidOutField, type StoredKind } from '../sealing/event-layout.js';
import { OperationStory } from './records/record.dto.js';

/** The row changes that the `changes` of an event were taken from. They are not part of the sealed event. */
export const JoinedChanges = named(
  'JoinedChanges',
  z.object({
    events: list(z.uuid()).describe('Ids of the events, the oldest first'),
    records: z
      .int()
      .describe('How many records they changed; changes is that of the own resource, or of the only record'),
    isWhole: z.boolean().describe('false if the operation has more than these'),
  }),
);
export type JoinedChanges = z.infer<typeof JoinedChanges>;

/** The last known names of the actor and the resource of an event that has only their ids. Names are not part of the sealed event. */
export const EventNames = named(
  'EventNames',
  z.object({
    actor: z.string().exactOptional().describe('Of an actor without a name'),
    onBehalfOf: z.string().exactOptional(),
    resource: z.string().exactOptional(),
  }),
);
export type EventNames = z.infer<typeof EventNames>;

/** The fields of an event that are added when it is read. */
const AS_READ = {
  index: z.int().exactOptional().describe('Place in the ledger, from 0; absent until the event is sealed'),
  compliance: list(z.string()).exactOptional().describe('Compliance tags of the action, by the catalogue'),
  archive: z.string().exactOptional().describe('The archive that it is from, if it is not in the database any more'),
  names: EventNames.exactOptional().describe(
    'What the ledger last called those that the event knows by an id alone, where names=true asks for it, in the live tail and beside another event',
  ),
  rowChanges: JoinedChanges.exactOptional().describe(
    'Of an operation whose changes are captured: the row changes that changes was taken from',
  ),
};
type AsRead = z.infer<z.ZodObject<typeof AS_READ>>;

/** An event as the ledger returns it. */
export interface LedgerEvent extends AuditEvent, AsRead {}

const TYPES: Readonly<Record<StoredKind, z.ZodType>> = {
  uuid: z.uuid(),
  time: z.iso.datetime(),
  text: z.string(),
  smallint: z.int(),
  double: z.number(),
  flag: z.boolean(),
  inet: z.string(),
  json: anyObject(),
};

const ISSUES = list(
  named(
    'DetailsIssue',
    z.object({
      path: z.string().describe('JSON Pointer').meta({ example: '/roleNam' }),
      message: z.string().meta({ example: 'is not a field of this event type' }),
    }),
  ),
);

function fieldOf({ name, kind, words, says }: LaidOutField): z.ZodType {
  const type = name === 'detailsIssues' ? ISSUES : words ? z.enum(words) : TYPES[kind];
  return type.describe(says);
}

/** A property for each field of the layout, and one for each object that contains fields. */
function eventFields(): Readonly<Record<string, z.ZodType>> {
  const fields = EVENT_FIELDS.map((field) => {
    const name = field.group ?? field.name;
    const within = EVENT_FIELDS.filter(({ group }) => group === name);
    const isRequired = [field, ...within].some((each) => each.required === true);
    const type = within.length > 0 ? anyObject() : fieldOf(field);
    return [name, isRequired ? type : type.optional()] as const;
  });
  return Object.fromEntries(fields);
}

const EXAMPLE = {
  ...{ id: '01a1fe74-c240-7419-a34b-8c24b729a5b9', schemaVersion: 2, occurredAt: '2026-11-21T14:13:47.200Z' },
  ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
  ...{ severity: 'warning', reason: 'invalid_credentials', actor: { type: 'anonymous' } },
  resource: { type: 'user', id: 'u-1' },
  request: {
    ...{ id: 'c21855e6-1ee0-4ac2-a6a1-9a9dbed1b1d5', method: 'POST', route: '/auth/login', statusCode: 401 },
    ...{ durationMs: 212.6, ip: '203.0.113.7', userAgent: 'curl/8.14.1' },
  },
  ...{ details: { username: 'ada@example.com' }, metadata: {}, index: 41, compliance: ['pci_dss'] },
} as const satisfies LedgerEvent;

export const LedgerEvent = named(
  'LedgerEvent',
  z.object({ ...eventFields(), ...AS_READ }).meta({ example: EXAMPLE }) as unknown as z.ZodType<LedgerEvent>, // of the same layout
);

const ArchivedNote = named(
  'ArchivedNote',
  z.object({
    included: z.boolean().describe('Whether archives were asked; when not, events may be missing'),
    months: list(z.string()).meta({ example: ['2026-01'] }),
    removed: list(z.string()).exactOptional().describe('Archives that were removed for good'),
    events: z.int().describe('How many of the events are from archives'),
  }),
);

export type ArchivedNote = z.infer<typeof ArchivedNote>;

/** The months of a range whose retired events are not counted. */
export const uncounted = z
  .object({ included: z.boolean(), months: list(z.string()) })
  .exactOptional()
  .describe('Where events of the range were retired, and so are not counted');

const notes = list(z.string())
  .exactOptional()
  .describe('Types, actions and categories of the query that no event has, and what was probably meant');

/** A page of events, in the requested order. */
export const EventPage = named(
  'EventPage',
  z.object({
    items: list(LedgerEvent),
    nextCursor: z.string().nullable().describe('Of the next page; null on the last one'),
    archived: ArchivedNote.exactOptional().describe('Where events of the range of time were retired'),
    operation: OperationStory.exactOptional().describe(
      'Of what is related to an event of an operation that changed captured rows',
    ),
    notes,
  }),
);
export type EventPage = z.infer<typeof EventPage>;

/** The events after a place. */
export const NewerEvents = named(
  'NewerEvents',
  z.object({
    items: list(LedgerEvent).describe('In the order of their places'),
    after: z.int().describe('The last place that was looked at, for the next request; -1 in an empty ledger'),
    isWhole: z.boolean().describe('false: there is more behind after already'),
  }),
);
export type NewerEvents = z.infer<typeof NewerEvents>;

/** The neighbours of an event, in the order of their places. */
export const Neighbours = named(
  'Neighbours',
  z.object({
    index: z.int().nullable().describe('The place of the event; null while it is not sealed'),
    before: list(LedgerEvent),
    after: list(LedgerEvent),
    searched: z.object({ first: z.int(), last: z.int() }).describe('The places that were looked at'),
  }),
);
export type Neighbours = z.infer<typeof Neighbours>;
