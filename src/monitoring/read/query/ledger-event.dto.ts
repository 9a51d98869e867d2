import { z } from 'zod';
import type { AuditEvent } from '../../../audit/nest-free.js';
import { objectSchema, list, namedSchema, wordSchema } from '../responses/shape.js';
import type { Relation } from './event-query.dto.js';
import { EVENT_FIELDS, type LayoutField, type StoredKind } from '../../proof/sealing/event-layout.js';
import { OperationStory } from './records/record.dto.js';

/** Lists the row changes from which the ledger computed an event's `changes`. This list is not a part of the sealed event. */
const JoinedChanges = namedSchema(
  'JoinedChanges',
  z.object({
    events: list(z.uuid()).describe('Ids of the row changes, oldest first'),
    records: z
      .int()
      .describe(
        'Number of changed records. The field `changes` shows the change of the event’s resource, or of the only changed record',
      ),
    isComplete: z.boolean().describe('false if the operation has row changes that are not listed'),
  }),
);

/** The last known names of what an event names by an id. Names are not part of the sealed event. */
export const EventNames = namedSchema(
  'EventNames',
  z.object({
    actor: z.string().exactOptional().describe('The name of the actor, if the event itself lacks it'),
    onBehalfOf: z.string().exactOptional(),
    resource: z.string().exactOptional().describe('The name of the resource, if the event itself lacks it'),
    about: z.string().exactOptional().describe('For a read of the ledger: the name of the record that it was about'),
  }),
);
export type EventNames = z.infer<typeof EventNames>;

const READ_FIELDS = {
  index: z.int().exactOptional().describe('Index in the ledger, from 0; absent until the event is sealed'),
  compliance: list(z.string()).exactOptional().describe('Compliance tags of the action, from the catalogue'),
  archive: z.string().exactOptional().describe('The archive of an event that was retired from the database'),
  names: EventNames.exactOptional().describe(
    'Last known names, for ids without a name; present with names=true, in the live tail, and for neighbours',
  ),
  rowChanges: JoinedChanges.exactOptional().describe(
    'The row changes from which the field `changes` was computed; only for an operation with captured row changes',
  ),
};
type ReadFields = z.infer<z.ZodObject<typeof READ_FIELDS>>;

/** An event, with the fields that the ledger adds when an event is read. */
export interface LedgerEvent extends AuditEvent, ReadFields {}

const TYPES: Readonly<Record<StoredKind, z.ZodType>> = {
  uuid: z.uuid(),
  time: z.iso.datetime(),
  text: z.string(),
  smallint: z.int(),
  double: z.number(),
  flag: z.boolean(),
  inet: z.string(),
  json: objectSchema(),
};

const ISSUES = list(
  namedSchema(
    'DetailsIssue',
    z.object({
      path: z.string().describe('JSON Pointer').meta({ example: '/roleNam' }),
      message: z.string().meta({ example: 'is not a field of this event type' }),
    }),
  ),
);

const LISTS: Readonly<Record<string, z.ZodType>> = {
  detailsIssues: ISSUES,
  related: list(
    namedSchema(
      'RelatedResource',
      z.object({ type: z.string(), id: z.string().exactOptional(), name: z.string().exactOptional() }),
    ),
  ),
};

function toFieldSchema({ name, kind, words, description }: LayoutField): z.ZodType {
  const type = LISTS[name] ?? (words ? z.enum(words) : TYPES[kind]);
  return type.describe(description);
}

function eventFields(): Readonly<Record<string, z.ZodType>> {
  const fields = EVENT_FIELDS.map((field) => {
    const name = field.group ?? field.name;
    const within = EVENT_FIELDS.filter(({ group }) => group === name);
    const isRequired = [field, ...within].some((each) => each.required === true);
    const type = within.length > 0 ? objectSchema() : toFieldSchema(field);
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

const SHAPE = { ...eventFields(), ...READ_FIELDS };
export const LedgerEvent = namedSchema(
  'LedgerEvent',
  z.object(SHAPE).meta({ example: EXAMPLE }) as unknown as z.ZodType<LedgerEvent>, // the layout determines the schema and the type
);

const ArchivedNote = namedSchema(
  'ArchivedNote',
  z.object({
    included: z.boolean().describe('Whether archives were searched; if not, events may be missing'),
    months: list(z.string()).meta({ example: ['2026-01'] }),
    removed: list(z.string()).exactOptional().describe('Archives that an operator removed'),
    events: z.int().describe('Number of events on this page that are from archives'),
  }),
);

export type ArchivedNote = z.infer<typeof ArchivedNote>;

/** The months of a time range from which events were retired. Counts leave out the retired events. */
export const withoutCount = z
  .object({ included: z.boolean(), months: list(z.string()) })
  .exactOptional()
  .describe('Present if events of the range were retired, so that they are not counted');

const notes = list(z.string())
  .exactOptional()
  .describe(
    'Whether events wait to be sealed, so that this answer lacks them; types, actions and categories of the query that no event has',
  );

/** A page of events, in the requested order. */
export const EventPage = namedSchema(
  'EventPage',
  z.object({
    items: list(LedgerEvent),
    nextCursor: z.string().nullable().describe('The cursor of the next page; null on the last page'),
    archived: ArchivedNote.exactOptional().describe('Present if events of the range of time were retired'),
    operation: OperationStory.exactOptional().describe(
      'Only for related events: the operation of the event, if that operation changed captured rows',
    ),
    notes,
  }),
);
export type EventPage = z.infer<typeof EventPage>;

export const NewerEvents = namedSchema(
  'NewerEvents',
  z.object({
    items: list(LedgerEvent).describe('Sorted by index'),
    after: z.int().describe('The last index that was searched, for the next request; -1 in an empty ledger'),
    isComplete: z.boolean().describe('false if the ledger has more events after this index'),
  }),
);
export type NewerEvents = z.infer<typeof NewerEvents>;

/** The neighbours of an event, sorted by index. */
export const Neighbours = namedSchema(
  'Neighbours',
  z.object({
    index: z.int().nullable().describe('The index of the event; null until the event is sealed'),
    before: list(LedgerEvent),
    after: list(LedgerEvent),
    searched: z.object({ first: z.int(), last: z.int() }).describe('The indexes that were searched'),
  }),
);
export type Neighbours = z.infer<typeof Neighbours>;

/** An event as it was sealed, and the values that, together with the event, determine its leaf in the Merkle tree. */
export const SealedParts = namedSchema(
  'SealedParts',
  z.object({
    entry: z
      .string()
      .describe(
        'The sealed event as canonical JSON, with the commitment instead of the personal part. Its bytes are hashed',
      ),
    leafHash: z
      .base64()
      .describe("The leaf hash in the event's row. It must equal the hash that is computed from the event"),
    commitment: z
      .base64()
      .exactOptional()
      .describe('The commitment to the personal part; absent if the event has no personal part'),
    personal: list(z.string())
      .describe('JSON Pointers to the personal values')
      .meta({ example: ['/actor/name'] }),
    isPersonalHidden: z.boolean().describe('Whether the personal part is hidden from the reader'),
    salt: z
      .base64()
      .exactOptional()
      .describe(
        'The salt of the commitment, if the query requests it and the reader has the permission to export. Absent after an erasure',
      ),
  }),
);

/** The proof that a signed checkpoint includes an event. The proof can be verified without the server. */
export const EventProof = namedSchema(
  'EventProof',
  z.object({
    id: z.uuid(),
    index: z.int(),
    proof: z.string().describe('A tlog-proof (c2sp.org/tlog-proof@v1)').meta({
      example:
        'c2sp.org/tlog-proof@v1\nindex 41\nXxCbnQshEhS62DvSz98Z+PFJ6/9E8iMxZSsz17WrgzY=\n\nexample.com/audit\n42\n…',
    }),
    sealed: SealedParts.exactOptional().describe('Absent if the event was retired'),
  }),
);

const IncludedParts = namedSchema(
  'IncludedParts',
  z.object({
    relations: list(wordSchema<Relation>())
      .exactOptional()
      .describe('The relations by which the event may have related events, the closest first'),
    related: EventPage.exactOptional().describe('The first related events by the closest relation'),
    neighbours: Neighbours.exactOptional().describe('The events before and after'),
    proof: EventProof.exactOptional().describe(
      'Absent if the event cannot be proven; `GET /audit/events/:id/proof` then answers with the reason',
    ),
    gaps: list(objectSchema()).exactOptional().describe('Why the event is held or erased, as in `GET /audit/gaps`'),
    matched: list(LedgerEvent).exactOptional().describe('The events that the alert matched, the oldest first'),
  }),
);
export type IncludedParts = z.infer<typeof IncludedParts>;

export const OpenedEvent = namedSchema(
  'OpenedEvent',
  z.object({ ...SHAPE, included: IncludedParts.exactOptional().describe('Not part of the event') }),
);
export type OpenedEvent = LedgerEvent & { readonly included?: IncludedParts };

export type SealedParts = z.infer<typeof SealedParts>;
export type EventProof = z.infer<typeof EventProof>;
