import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import {
  Column,
  DataSource,
  Entity,
  In,
  Like,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  type Repository,
} from 'typeorm';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedEntity,
  AuditReason,
  NotAudited,
  type AuditScopeValues,
} from '../../src/audit/index.js';
import { AuditQuery, reconcileLedger, type LedgerEvent } from '../../src/modules/monitoring/index.js';
import { startCapturedApp, type CapturedApp } from '../support/captured-app.js';
import { eventually } from '../support/eventually.js';
import { runSql } from '../support/sql.js';

/** What the end-to-end suite of `@nestarc/audit-log` has its `User` for. */
@Entity('customer')
@AuditedEntity()
class Customer {
  @PrimaryGeneratedColumn('uuid')
  declare id: string;

  @Column('text')
  declare name: string;

  @Column('text', { unique: true })
  declare email: string;

  @Column('text', { default: 'secret' })
  declare password: string;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  declare updatedAt: Date;
}

@Controller('customers')
class CustomersController {
  constructor(private readonly source: DataSource) {}

  @Post()
  @Audited('customer_creation')
  async create(@Body() { email }: { email: string }): Promise<void> {
    await this.source.getRepository(Customer).save({ name: 'By HTTP', email });
  }

  @Post('unaudited')
  @NotAudited('tells nothing')
  async unaudited(@Body() { email }: { email: string }): Promise<void> {
    await this.source.getRepository(Customer).save({ name: 'By HTTP', email });
  }

  @Post('reasoned')
  @Audited('customer_import')
  @AuditReason({ body: 'why' })
  async reasoned(@Body() { email }: { email: string }): Promise<void> {
    await this.source.getRepository(Customer).save({ name: 'By HTTP', email });
  }
}

@Controller('probes')
@NotAudited('probes tell nothing')
class ProbesController {
  constructor(private readonly source: DataSource) {}

  @Post()
  async probe(@Body() { email }: { email: string }): Promise<void> {
    await this.source.getRepository(Customer).save({ name: 'Probe', email });
  }
}

const ALL = { scope: 'all' } as const;
const ADMIN: AuditScopeValues = { actor: { type: 'user', id: 'admin-1' }, tenantId: 'acme' };

let shop: CapturedApp;
let customers: Repository<Customer>;
let audit: AuditAggregator;
let ledger: AuditQuery;

beforeAll(async () => {
  shop = await startCapturedApp({ entities: [Customer], controllers: [CustomersController, ProbesController] });
  customers = shop.source.getRepository(Customer);
  audit = shop.app.get(AuditAggregator);
  ledger = shop.app.get(AuditQuery);
});
afterAll(() => shop.close());
beforeEach(async () => {
  await customers.createQueryBuilder().delete().execute();
  await shop.changes();
});

const asAdmin = <Result>(work: () => Promise<Result>): Promise<Result> => AuditContext.run(ADMIN, work);
const inTransaction = (work: (repository: Repository<Customer>) => Promise<unknown>): Promise<unknown> =>
  asAdmin(() => shop.source.transaction((manager) => work(manager.getRepository(Customer))));
const make = async (email: string, name = 'Ada'): Promise<Customer> => {
  const made = await asAdmin(() => customers.save(customers.create({ name, email })));
  await shop.changes();
  return made;
};
const nameSteps = (events: readonly LedgerEvent[]): readonly unknown[] =>
  events.flatMap(({ changes }) => {
    const diff = (changes?.diff ?? []) as readonly { path: string; from: unknown; to: unknown }[];
    return diff.filter(({ path }) => path === '/name').map(({ from, to }) => [from, to]);
  });
const brief = (events: readonly LedgerEvent[]): readonly string[] =>
  events.map(
    ({ type, resource }) => `${type} ${resource?.type} ${resource?.id === undefined ? 'without id' : 'with id'}`,
  );

describe('automatic tracking', () => {
  it('has a created row after the change alone, with its secret masked, its actor and its tenant', async () => {
    const { id } = await asAdmin(() => customers.save({ name: 'Alice', email: 'alice@test', password: 'hunter2' }));
    const [event, ...others] = await shop.changes();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'row_inserted',
      actor: ADMIN.actor,
      tenantId: 'acme',
      resource: { type: 'customer', id },
      changes: { after: { name: 'Alice', email: 'alice@test', password: '[REDACTED]' } },
    });
    expect(event?.changes).not.toHaveProperty('before');
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });

  it('has an updated row before and after', async () => {
    const { id } = await make('bob@test');
    await asAdmin(() => customers.update({ id }, { email: 'bob-new@test' }));
    expect(await shop.changes()).toMatchObject([
      {
        type: 'row_updated',
        changes: {
          before: { email: 'bob@test' },
          after: { email: 'bob-new@test' },
          diff: expect.arrayContaining([{ path: '/email', from: 'bob@test', to: 'bob-new@test' }]),
        },
      },
    ]);
  });

  it('has a deleted row before the change alone, with its secret masked', async () => {
    const { id } = await make('carl@test', 'Carl');
    await asAdmin(() => customers.delete({ id }));
    const [event, ...others] = await shop.changes();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'row_deleted',
      changes: { before: { name: 'Carl', password: '[REDACTED]' } },
    });
    expect(event?.changes).not.toHaveProperty('after');
  });

  it('says of a changed secret that it changed, and not from what to what', async () => {
    const { id } = await make('dora@test');
    await asAdmin(() => customers.update({ id }, { password: 'another' }));
    const [event] = await shop.changes();
    expect(JSON.stringify(event)).not.toMatch(/another|"secret"/);
    expect(event?.changes?.diff).toContainEqual(expect.objectContaining({ path: '/password' }));
  });
});

describe('work that is not to be audited', () => {
  it('leaves the key and the digest of each row, and none of its values', async () => {
    await asAdmin(() =>
      AuditContext.ignore(async () => {
        await customers.save({ name: 'Ghost', email: 'ghost@test' });
        await audit.record('customer_noted', { details: { name: 'Ghost' } });
      }, 'a nightly import'),
    );
    await asAdmin(() => customers.update({ email: 'ghost@test' }, { name: 'Seen' }));
    const [ignored, seen, ...others] = await shop.changes();
    expect(others).toEqual([]);
    expect(ignored).toMatchObject({
      type: 'row_inserted',
      details: { ignored: true, key: {}, digest: expect.any(String) },
    });
    expect(ignored).not.toHaveProperty('changes');
    expect(JSON.stringify(ignored)).not.toMatch(/ghost/i);
    expect(seen).toMatchObject({ changes: { after: { name: 'Seen' } } });
    expect(seen?.details).not.toHaveProperty('ignored');
    expect(await shop.events({ type: ['audit_capture_ignored'] })).toMatchObject([
      { reason: 'a nightly import', details: { events: 1, types: { customer_noted: 1 } } },
    ]);
    expect(await reconcileLedger({ database: shop.database.url })).toMatchObject({ verdict: 'complete' });
  });

  it.each([
    ['a handler', '/customers/unaudited'],
    ['a controller', '/probes'],
  ])('by %s leaves out the event of its operation, and its rows still say who changed them', async (_of, path) => {
    const before = (await shop.events()).length;
    expect(await shop.send('POST', path, 'u-1', { email: 'quiet@test' })).toBe(201);
    const news = (await shop.events()).slice(before);
    expect(news).toMatchObject([{ type: 'row_inserted', actor: { type: 'user', id: 'u-1' } }]);
  });
});

describe('a request over HTTP', () => {
  it('gives its row changes its actor and its id', async () => {
    expect(await shop.send('POST', '/customers', 'u-1', { email: 'http@test' })).toBe(201);
    const [change] = await shop.changes();
    const [operation] = await shop.events({ action: ['customer_creation'] });
    expect(change).toMatchObject({ actor: { type: 'user', id: 'u-1' }, request: { id: operation?.request?.id } });
    expect(change?.metadata.operationId).toBe(operation?.metadata.operationId);
  });

  it('gives them the name and the reason of its operation', async () => {
    const body = { email: 'reason@test', why: 'a migration of shops' };
    expect(await shop.send('POST', '/customers/reasoned', 'u-1', body)).toBe(201);
    const [change] = await shop.changes();
    const [operation] = await shop.events({ action: ['customer_import'] });
    expect([change?.reason, operation?.reason]).toEqual([body.why, body.why]);
    expect(change?.metadata.operationId).toBe(operation?.metadata.operationId);
  });
});

describe('an event by hand', () => {
  it('has its actor, its resource and its facts', async () => {
    await asAdmin(() =>
      audit.record('invoice_approved', {
        resource: { type: 'invoice', id: 'inv-123' },
        metadata: { amount: 5_000, currency: 'USD' },
      }),
    );
    expect(await shop.events({ type: ['invoice_approved'] })).toMatchObject([
      {
        actor: ADMIN.actor,
        resource: { type: 'invoice', id: 'inv-123' },
        metadata: { amount: 5_000, currency: 'USD' },
      },
    ]);
  });

  it('is told from a captured change by its category, and a failure from a success by its outcome', async () => {
    await AuditContext.run({ actor: { type: 'service', id: 'k-1' } }, () =>
      customers.save({ name: 'By key', email: 'key@test' }),
    );
    await asAdmin(async () => {
      await audit.record('shipment_noted', { outcome: 'success' });
      await audit.record('shipment_noted', { outcome: 'failure' });
    });
    await shop.events();
    const typesOf = async (query: Parameters<AuditQuery['find']>[1]): Promise<readonly string[]> =>
      (await ledger.find(ALL, query)).items.map(({ type }) => type);
    expect(await typesOf({ actorType: ['service'], actorId: ['k-1'] })).toEqual(['row_inserted']);
    expect(await typesOf({ action: ['shipment_noted'], outcome: ['failure'] })).toEqual(['shipment_noted_failed']);
    expect(await typesOf({ actorId: ['k-1'], category: ['data_change'] })).toEqual(['row_inserted']);
  });
});

describe('statements of many rows', () => {
  const three = ['a@test', 'b@test', 'c@test'].map((email) => ({ name: 'Bulk', email }));

  it.each([
    ['insert', () => customers.insert(three), 'row_inserted'],
    ['update', () => customers.update({ email: Like('%@test') }, { name: 'Changed' }), 'row_updated'],
    ['delete', () => customers.delete({ email: Like('%@test') }), 'row_deleted'],
  ] as const)('%s each row with an event of its own, of one operation', async (name, work, type) => {
    if (name !== 'insert') await asAdmin(() => customers.insert(three));
    await shop.changes();
    await asAdmin<unknown>(work);
    const events = await shop.changes();
    expect(brief(events)).toEqual(three.map(() => `${type} customer with id`));
    expect(new Set(events.map(({ resource }) => resource?.id)).size).toBe(3);
    expect(new Set(events.map(({ metadata }) => metadata.operationId)).size).toBe(1);
    expect(new Set(events.map(({ details }) => details.transaction)).size).toBe(1);
    if (name === 'update') expect(nameSteps(events)).toEqual(three.map(() => ['Bulk', 'Changed']));
  });

  it('upsert a new row as inserted, and one that is there as updated, with what differs', async () => {
    await asAdmin(() => customers.upsert({ name: 'Created', email: 'up@test' }, ['email']));
    await asAdmin(() => customers.upsert({ name: 'Updated', email: 'up@test' }, ['email']));
    const events = await shop.changes();
    expect(brief(events)).toEqual(['row_inserted customer with id', 'row_updated customer with id']);
    expect(nameSteps(events)).toEqual([['Created', 'Updated']]);
  });

  it('know the id of a row that the statement does not return', async () => {
    const result = await asAdmin(() =>
      customers.createQueryBuilder().insert().values({ name: 'No id', email: 'id@test' }).returning('name').execute(),
    );
    expect(result.raw).toEqual([{ name: 'No id' }]);
    expect(brief(await shop.changes())).toEqual(['row_inserted customer with id']);
  });
});

describe('a transaction', () => {
  it('shows neither rows nor events before its commit, and both after it', async () => {
    const seen: unknown[] = [];
    await inTransaction(async (repository) => {
      await repository.save({ name: 'Unseen', email: 'commit@test' });
      seen.push(await customers.countBy({ email: 'commit@test' }), (await shop.changes()).length);
    });
    expect(seen).toEqual([0, 0]);
    expect(await shop.changes()).toMatchObject([{ type: 'row_inserted', actor: ADMIN.actor }]);
  });

  it('has each of its steps, each from the one before', async () => {
    const { id } = await make('steps@test', 'Zero');
    await inTransaction(async (repository) => {
      await repository.update({ id }, { name: 'One' });
      await repository.update({ id }, { name: 'Two' });
    });
    expect(nameSteps(await shop.changes())).toEqual([
      ['Zero', 'One'],
      ['One', 'Two'],
    ]);
  });

  it('that creates, updates and deletes has all three', async () => {
    await inTransaction(async (repository) => {
      const made = await repository.save(repository.create({ name: 'Before', email: 'three@test' }));
      await repository.update({ id: made.id }, { name: 'After' });
      await repository.delete({ id: made.id });
    });
    const events = await shop.changes();
    expect(events.map(({ type }) => type)).toEqual(['row_inserted', 'row_updated', 'row_deleted']);
    expect(nameSteps(events)).toEqual([['Before', 'After']]);
  });

  it('that is rolled back leaves neither rows nor events, nor what was recorded by hand in it', async () => {
    const [kept, doomed] = [await make('kept@test', 'Kept'), await make('doomed@test')];
    const before = (await shop.events()).length;
    const work = asAdmin(() =>
      shop.source.transaction(async (manager) => {
        const repository = manager.getRepository(Customer);
        await repository.save({ name: 'New', email: 'new@test' });
        await repository.update({ id: kept.id }, { name: 'Lost' });
        await repository.delete({ id: In([doomed.id]) });
        await audit.record('customer_cleanup', {}, { manager });
        throw new Error('changed its mind');
      }),
    );
    await expect(work).rejects.toThrow('changed its mind');
    expect((await customers.find({ order: { email: 'ASC' } })).map(({ name }) => name)).toEqual(['Ada', 'Kept']);
    expect((await shop.events()).slice(before)).toEqual([]);
  });

  it('of several entities of which one is refused leaves nothing', async () => {
    const twins = [1, 2].map((nth) => ({ name: `Twin ${nth}`, email: 'twin@test' }));
    await expect(asAdmin(() => customers.save(twins))).rejects.toThrow('duplicate key');
    expect([await customers.count(), await shop.changes()]).toEqual([0, []]);
  });

  it('fails when its change cannot be captured, and is aborted until it is rolled back', async () => {
    const { id } = await make('broken@test', 'Whole');
    await runSql(
      shop.database.superuserUrl,
      `CREATE FUNCTION refuse_capture() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
       CREATE TRIGGER refuse_capture BEFORE INSERT ON audit_row_change FOR EACH ROW EXECUTE FUNCTION refuse_capture()`,
    );
    try {
      const codes: unknown[] = [];
      const work = inTransaction(async (repository) => {
        await repository.delete({ id }).catch((error: unknown) => codes.push((error as { code?: unknown }).code));
        await repository.count();
      });
      await expect(work).rejects.toMatchObject({ code: '25P02' });
      expect(codes).toEqual(['P0001']);
    } finally {
      await runSql(shop.database.superuserUrl, 'DROP FUNCTION refuse_capture() CASCADE');
    }
    expect([await customers.countBy({ name: 'Whole' }), await shop.changes()]).toEqual([1, []]);
  });

  it('that waits for another one to change the same row has what that one left as its before', async () => {
    const { id } = await make('race@test', 'Initial');
    let second: Promise<unknown> = Promise.resolve();
    await inTransaction(async (repository) => {
      await repository.update({ id }, { name: 'One' });
      second = inTransaction((other) => other.update({ id }, { name: 'Two' }));
      await eventually(async () => {
        const rows = await runSql(
          shop.database.superuserUrl,
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
    });
    await second;
    expect(nameSteps(await shop.changes())).toEqual([
      ['Initial', 'One'],
      ['One', 'Two'],
    ]);
  });
});

describe('the log', () => {
  it('refuses to be updated or deleted, and takes what is new', async () => {
    await make('sealed@test');
    for (const statement of [`UPDATE audit_event SET type = 'x'`, 'DELETE FROM audit_event']) {
      await expect(runSql(shop.database.url, statement)).rejects.toThrow();
    }
    expect((await shop.events({ type: ['row_inserted'] })).length).toBeGreaterThan(0);
  });

  it('is found by the beginning of a name, and a sign in a name stands for itself', async () => {
    await asAdmin(async () => {
      for (const name of ['discount_50', 'discountX50', 'discount_500', '100%']) {
        await audit.record('discount_noted', { resource: { type: 'discount', id: name } });
      }
    });
    const idsOf = async (resourceId: string): Promise<readonly unknown[]> => {
      const { items } = await ledger.find(ALL, { resourceType: ['discount'], resourceId: [resourceId], order: 'asc' });
      return items.map(({ resource }) => resource?.id);
    };
    expect(await idsOf('discount_50*')).toEqual(['discount_50', 'discount_500']);
    expect(await idsOf('discount*')).toHaveLength(3);
    expect(await idsOf('100%')).toEqual(['100%']);
    expect((await ledger.find(ALL, { type: ['discount_*'] })).items).toHaveLength(4);
  });

  it('is paged by a cursor without gaps or repetitions, also within one statement and while events arrive', async () => {
    const many = Array.from({ length: 150 }, (_unused, nth) => ({ name: 'Many', email: `many-${nth}@test` }));
    await asAdmin(() => customers.insert(many));
    await shop.changes();
    const seen: string[] = [];
    let pages = 0;
    let cursor: string | undefined;
    const tenant = { scope: 'tenants', tenantIds: ['acme'] } as const;
    do {
      const page = await ledger.find(tenant, {
        type: ['row_inserted'],
        limit: 50,
        ...(cursor !== undefined && { cursor }),
      });
      seen.push(...page.items.filter(({ changes }) => hasName(changes?.after, 'Many')).map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      if (++pages === 1) await make('meanwhile@test');
    } while (seen.length < 150 && cursor !== undefined);
    expect([pages, seen.length, new Set(seen).size]).toEqual([3, 150, 150]);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });

  it('is counted apart from its pages', async () => {
    await make('counted@test');
    const { groups } = await ledger.stats(ALL, { by: 'type', type: ['row_inserted'] });
    const all = await shop.events({ type: ['row_inserted'] });
    expect(groups).toMatchObject([{ value: 'row_inserted', count: all.length }]);
  });

  it('shows an event of another tenant to nobody but who may see all tenants', async () => {
    await make('tenant@test');
    const [event] = (await ledger.find(ALL, { type: ['row_inserted'], limit: 1 })).items;
    const seenBy = async (...tenantIds: string[]): Promise<string | undefined> =>
      (await ledger.findOne({ scope: 'tenants', tenantIds }, event?.id ?? ''))?.id;
    expect([await seenBy('acme'), await seenBy('other')]).toEqual([event?.id, undefined]);
    expect((await ledger.findOne(ALL, event?.id ?? ''))?.id).toBe(event?.id);
  });
});

function hasName(image: unknown, name: string): boolean {
  return typeof image === 'object' && image !== null && 'name' in image && image.name === name;
}
