import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Module,
  Param,
  Post,
  UnprocessableEntityException,
  UseInterceptors,
} from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { InjectDataSource, InjectEntityManager, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { BaseEntity, Column, DataSource, Entity, EntityManager, PrimaryColumn, Repository } from 'typeorm';
import { catchError, of, throwError, timeout, type Observable, type OperatorFunction } from 'rxjs';
import { AuditContext, AuditedTransaction } from '../../src/audit/index.js';
import { eventually, keptApp, runSql, settled, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

@Entity('parcel')
class Parcel extends BaseEntity {
  @PrimaryColumn('text') id!: string;
  @Column('int') weight!: number;
}

@Injectable()
class ParcelRepository extends Repository<Parcel> {
  constructor(@InjectDataSource() source: DataSource) {
    super(Parcel, source.createEntityManager());
  }
}

type Way = (id: string, weight: number) => Promise<unknown>;

/** Nest's documentation teaches this: the repository is injected, and the service knows nothing of a transaction. */
@Injectable()
class ParcelService {
  private kept: Repository<Parcel> | undefined;
  readonly #made: EntityManager;

  constructor(
    @InjectRepository(Parcel) readonly parcels: Repository<Parcel>,
    @InjectEntityManager() readonly manager: EntityManager,
    @InjectDataSource() readonly source: DataSource,
    @InjectDataSource('other') readonly other: DataSource,
    @Inject(ParcelRepository) readonly ownClass: ParcelRepository,
  ) {
    this.#made = source.createEntityManager();
  }

  readonly ways: Readonly<Record<string, Way>> = {
    'a repository': (id, weight) => this.parcels.save({ id, weight }),
    'a repository of a class of its own': (id, weight) => this.ownClass.save({ id, weight }),
    'a manager that is made within': (id, weight) => this.source.createEntityManager().save(Parcel, { id, weight }),
    'a manager that was made before the start': (id, weight) => this.#made.save(Parcel, { id, weight }),
    'a query builder of a repository': (id, weight) =>
      this.parcels.createQueryBuilder().insert().values({ id, weight }).execute(),
    'a repository that is extended': (id, weight) =>
      this.parcels.extend({ store: (given: Parcel) => this.parcels.insert(given) }).store({ id, weight } as Parcel),
    'a repository that was first asked for within': (id, weight) =>
      (this.kept ??= this.source.getRepository(Parcel)).insert({ id, weight }),
    'a nested transaction of the manager': (id, weight) =>
      this.manager.transaction((nested) => nested.insert(Parcel, { id, weight })),
    'a nested transaction, with a repository in it': (id, weight) =>
      this.source.transaction(() => this.parcels.insert({ id, weight })),
    'a query of the data source': (id, weight) => this.source.query('INSERT INTO parcel VALUES ($1, $2)', [id, weight]),
    'a query builder of the data source, of an entity': (id, weight) =>
      this.source.createQueryBuilder(Parcel, 'parcel').insert().values({ id, weight }).execute(),
    'an entity that saves itself': (id, weight) => Parcel.create({ id, weight }).save(),
    'a call that begins elsewhere': async (id, weight) => {
      await new Promise(setImmediate);
      await this.nested(id, weight);
    },
  };

  readonly caught: Way = async (id, weight) => {
    await this.parcels.insert({ id, weight });
    await this.parcels.insert({ id, weight }).catch(() => 'it is there already');
  };

  @AuditedTransaction({ dataSource: DataSource })
  async nested(id: string, weight: number): Promise<void> {
    await this.parcels.insert({ id, weight });
  }
}

const answers = (how: OperatorFunction<unknown, unknown>): NestInterceptor => ({
  intercept: (_context: ExecutionContext, next: CallHandler) => next.handle().pipe(how),
});
const late = (answer: () => Observable<unknown>): NestInterceptor => answers(timeout({ first: 20, with: answer }));

@Controller('parcels')
class ParcelController {
  constructor(@Inject(ParcelService) private readonly service: ParcelService) {}

  @Post('swallowed/:id/:weight')
  @UseInterceptors(answers(catchError(() => of('done'))))
  @AuditedTransaction('parcel_creation', { dataSource: DataSource })
  async swallowed(@Param('id') id: string): Promise<void> {
    await this.service.parcels.insert({ id, weight: 1 });
    throw new Error('given up');
  }

  @Post('cached/:id/:weight')
  @UseInterceptors(late(() => of('of yesterday')))
  @AuditedTransaction('parcel_creation', { dataSource: DataSource })
  async cached(@Param('id') id: string): Promise<void> {
    await this.late(id);
    throw new Error('given up');
  }

  @Post('late/:id/:weight')
  @UseInterceptors(late(() => throwError(() => new Error('it takes too long'))))
  @AuditedTransaction('parcel_creation', { dataSource: DataSource })
  async late(@Param('id') id: string): Promise<void> {
    await new Promise((resolve) => void (release = resolve));
    await this.service.parcels.insert({ id, weight: 1 });
  }

  @Post(':way/:id/:weight')
  @AuditedTransaction('parcel_creation', { dataSource: DataSource })
  async create(@Param('way') way: string, @Param('id') id: string, @Param('weight') weight: string): Promise<unknown> {
    const { ways, caught, parcels } = this.service;
    if (way === 'caught') return caught(id, Number(weight));
    await ways[way]?.(id, Number(weight));
    if (!(await parcels.existsBy({ id }))) throw new Error('it does not see what it wrote');
    if (Number(weight) > 30) throw new UnprocessableEntityException('too heavy');
    return { id };
  }
}

let release: ((value: unknown) => void) | undefined;
beforeEach(() => database.sql('TRUNCATE parcel'));

/** The answer may come before the method starts, since its transaction begins first. */
async function goOn(): Promise<void> {
  (await eventually(() => release))(undefined);
  release = undefined;
}

const send = async (way: string, id: string, weight: number): Promise<number> =>
  (await fetch(`${running.url}/parcels/${encodeURIComponent(way)}/${id}/${weight}`, { method: 'POST' })).status;
const parcels = async () => (await database.sql('SELECT id FROM parcel ORDER BY id')).map(({ id }) => id);

const database = await testDatabase();
const { url } = database;
await runSql(url, 'CREATE TABLE parcel (id text PRIMARY KEY, weight int NOT NULL)');
@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, entities: [Parcel], poolSize: 3 }),
    TypeOrmModule.forRoot({ type: 'postgres', url, name: 'other', poolSize: 1 }),
    TypeOrmModule.forFeature([Parcel]),
  ],
  controllers: [ParcelController],
  providers: [ParcelService, ParcelRepository],
})
class ParcelModule {}
const running = await keptApp(startLedgerApp(url, { imports: [ParcelModule] }));
const service = running.app.get(ParcelService, { strict: false });
Parcel.useDataSource(service.source);
const listTypes = async (query: string) => {
  await settled(database);
  return (await database.sql(`SELECT type FROM audit_event ${query}`)).map(({ type }) => type);
};
const moves = () => listTypes(`WHERE action = 'parcel_move' ORDER BY id`);
const events = () => listTypes(`WHERE action = 'parcel_creation' ORDER BY id DESC LIMIT 2`);

type Work = () => Promise<unknown>;

/** Runs the work in a decorated method, outside of any request. */
function inMethod(work: Work, decorate = AuditedTransaction({ dataSource: DataSource })): Promise<unknown> {
  class Job {
    @decorate
    async run(): Promise<unknown> {
      return work();
    }
  }
  return AuditContext.run({}, () => new Job().run());
}
const insert = (id: string) => service.parcels.insert({ id, weight: 1 });
const givingUp =
  (work: Work): Work =>
  async () => {
    await work();
    throw new Error('given up');
  };

describe('what is injected, in an @AuditedTransaction', () => {
  it('joins the transaction, whichever way it is used: it commits and rolls back with the event', async () => {
    for (const way of Object.keys(service.ways)) {
      expect([way, await send(way, 'light', 1), await send(way, 'heavy', 31)]).toEqual([way, 201, 422]);
      const recorded = ['parcel_creation_failed', 'parcel_creation'];
      expect([way, await parcels(), await events()]).toEqual([way, ['light'], recorded]);
      await database.sql('TRUNCATE parcel');
    }
  });

  it('keeps apart from the transactions of other requests, and works after them as before', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, nth) => send('a repository', `p${nth}`, nth % 2 === 0 ? 1 : 31)),
    );
    expect(answers).toEqual(answers.map((_, nth) => (nth % 2 === 0 ? 201 : 422)));
    await insert('after');
    expect(await parcels()).toEqual(['after', 'p0', 'p10', 'p2', 'p4', 'p6', 'p8']);
  });

  it('does not join from what is left running after it', async () => {
    let end: () => void = () => undefined;
    const over = new Promise<void>((done) => (end = done));
    let late: Promise<unknown> = Promise.resolve();
    const work = givingUp(() => {
      late = over.then(() => insert('late'));
      return insert('in time');
    });
    await expect(inMethod(work)).rejects.toThrow('given up');
    end();
    await late;
    expect(await parcels()).toEqual(['late']);
  });

  it('is of one data source: another, and a query runner of its own, stay apart', async () => {
    const work = givingUp(async () => {
      await service.other.query(`INSERT INTO parcel VALUES ('other', 1)`);
      const runner = service.source.createQueryRunner();
      await runner.query(`INSERT INTO parcel VALUES ('own', 1)`);
      const builder = service.parcels.createQueryBuilder(undefined, runner);
      await builder.insert().values({ id: 'given', weight: 1 }).execute();
      await runner.release();
    });
    await expect(inMethod(work)).rejects.toThrow('given up');
    expect(await parcels()).toEqual(['given', 'other', 'own']);
  });

  it('joins in AuditContext.inTransaction(), not in a transaction that TypeORM alone began, and in a method within it; of two data sources the one that it is of', async () => {
    const ours = AuditContext.inTransaction(
      service.source,
      givingUp(() => insert('ours')),
    );
    await expect(ours).rejects.toThrow('given up');
    const theirs = givingUp(async () => {
      await inMethod(async () => {
        await insert('method');
        await service.other.transaction(() => insert('method again'));
      });
      await AuditContext.inTransaction(service.source, () => insert('context'));
      await insert('theirs');
    });
    await expect(service.source.transaction(theirs)).rejects.toThrow('given up');
    expect(await parcels()).toEqual(['theirs']);
  });

  it('is not said to have succeeded where it was rolled back, nor before its end, nor to have failed where it was committed late', async () => {
    expect([await send('swallowed', 'p', 1), (await events())[0]]).toEqual([201, 'parcel_creation_failed']);
    expect([await send('cached', 'p', 1), (await events())[0]]).toEqual([201, 'parcel_creation_attempted']);
    await goOn();
    await eventually(async () => (await events())[0] === 'parcel_creation_failed');
    expect(await parcels()).toEqual([]);
    expect(await send('late', 'p', 1)).toBe(500);
    await goOn();
    await eventually(async () => (await parcels()).length === 1);
    expect(await events()).toEqual(['parcel_creation', 'parcel_creation_attempted']);
  });

  it('fails what PostgreSQL rolls back, since a failed statement of it was caught', async () => {
    expect([await send('caught', 'twice', 1), await parcels()]).toEqual([500, []]);
    expect((await events())[0]).toBe('parcel_creation_failed');
    const caught = AuditContext.inTransaction(service.source, () => service.caught('p', 1));
    await expect(caught).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_ROLLED_BACK' });
  });

  it.each(['open', 'closed'] as const)('fails what a ROLLBACK ends that is sent as a text: %s', async (onFailure) => {
    const before = await moves();
    const decorate = AuditedTransaction('parcel_move', { dataSource: DataSource, onFailure });
    const run = inMethod(async () => {
      await insert('gone');
      await service.manager.query('ROLLBACK');
    }, decorate);
    await expect(run).rejects.toMatchObject({
      code: 'AUDIT_TRANSACTION_ROLLED_BACK',
      message: expect.stringContaining('sent a ROLLBACK'),
    });
    expect([await parcels(), (await moves()).slice(before.length)]).toEqual([[], ['parcel_move_failed']]);
  });

  it('waits for the transactions within it, also those that nobody awaits, and keeps parallel ones apart: one that fails takes nothing of the others with it', async () => {
    const one = (nth: number) =>
      service.source.transaction(async () => {
        await insert(`p${nth}`);
        await service.source.transaction(() => insert(`p${nth} deeper`));
        if (nth === 2) throw new Error('given up');
      });
    let all: Promise<readonly PromiseSettledResult<void>[]> = Promise.resolve([]);
    await AuditContext.inTransaction(service.source, async () => {
      all = Promise.allSettled([1, 2, 3].map(one));
      await Promise.resolve();
    });
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await parcels()).toEqual(['p1', 'p1 deeper', 'p3', 'p3 deeper']);
  });
});
