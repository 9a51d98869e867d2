import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { ContenderProcess } from '../contenders/contender-process.mjs';

const PATIENCE_MS = 120_000;
const LOOK_MS = 20;

/** A port that nobody listens on. */
const DEAD = 'http://127.0.0.1:1/';

/** The receiver: a process of its own, which no database is for. */
export async function openStreamScene(cluster, sizes) {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const home = await cluster.createDatabase();
  const receiver = await ContenderProcess.start(cluster, {
    ...{ name: 'receiver', script: 'receive-batches.mjs', args: [secret], shared: home },
  });
  const webhook = (url) => ({ type: 'webhook', url, secrets: [secret], allowPrivateAddresses: true });
  const streamOf = (name, destination) => ({ name, destination, personal: 'include' });
  return {
    cluster,
    sizes,
    home,
    receiver,
    streamOf,
    live: webhook(`http://127.0.0.1:${receiver.port}/`),
    dead: webhook(DEAD),
  };
}

/** Adds sealed events to a database of its own. */
export async function makeLedger(cluster, events) {
  const filler = await ContenderProcess.start(cluster, { name: 'filler', script: 'check-log.mjs' });
  await filler.ask('run', { work: 'fill', events });
  const { signingKeyFile } = await filler.ask('run', { work: 'seal', events });
  await filler.close();
  const { database, directory } = filler;
  for (const table of ['audit_event', 'audit_leaf']) await cluster.query(database, `VACUUM (ANALYZE) ${table}`);
  return { database, directory, signingKeyFile, forget: () => filler.forget() };
}

/** What a contender is started with for a ledger and its streams. */
export function settingsOf({ database, signingKeyFile, streams }) {
  return {
    shared: database,
    environment: {
      BENCH_STREAMS: JSON.stringify(streams),
      ...(signingKeyFile !== undefined && { BENCH_SIGNING_KEY: signingKeyFile }),
    },
  };
}

/** Starts a contender on a ledger, with streams. */
export const startContender = (cluster, { name, script, args, ...settings }) =>
  ContenderProcess.start(cluster, { name, script, args, ...settingsOf(settings) });

/** How many events the living streams have sent. */
export async function countSent({ cluster, database, sending }) {
  const [{ sent }] = await cluster.query(
    database,
    `SELECT coalesce(sum(sent_events), 0)::int AS sent FROM audit_stream WHERE name = ANY ('{${sending.join(',')}}')`,
  );
  return sent;
}

/** Waits until all events are sealed, and these streams have sent them. */
export async function waitUntilSent({ cluster, database }, names) {
  await poll(async () => {
    const [{ size, waits, sent }] = await cluster.query(
      database,
      `SELECT (SELECT max(size)::int FROM audit_checkpoint) AS size, EXISTS (SELECT FROM audit_unsequenced) AS waits,
              (SELECT array_agg(position::int) FROM audit_stream WHERE name = ANY ('{${names.join(',')}}')) AS sent`,
    );
    return !waits && (sent ?? []).length === names.length && (sent ?? []).every((position) => position === size);
  });
}

/** @throws Error if the receiver did not get a stream's events: all of them, once, in order */
export async function checkReceived(receiver, name, least) {
  const { batches, next } = await takeReport(receiver, name);
  const got = batches.reduce((sum, { ids }) => sum + ids.length, 0);
  if (got < least) throw new Error(`The stream ${name} brought ${got} of ${least} events, to place ${next}.`);
}

/** What the receiver got of a stream since it was asked last. @throws Error unless it is whole and in order */
export async function takeReport(receiver, name) {
  const { streams: all } = await receiver.ask('report');
  const stream = all[name];
  if (!stream) throw new Error(`The receiver got nothing of the stream ${name}.`);
  if (stream.problems.length > 0) throw new Error(`The stream ${name} is not whole: ${stream.problems[0]}.`);
  return stream;
}

/** Resolves with what `look` finds, once it finds something. @throws Error after two minutes */
export async function poll(look) {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > giveUpAtMs) throw new Error('A stream was not sent within two minutes.');
    await delay(LOOK_MS);
  }
}
