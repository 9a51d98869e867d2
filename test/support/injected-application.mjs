/* A separate process, since Jest cannot load Fastify's `inject`. With the argument `closed`, the store is down. */
import 'reflect-metadata';
import { setImmediate } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { Controller, ForbiddenException, Get, HttpCode, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Audited, AuditModule, AuditProvider } from '../../dist/src/audit/index.js';

const onFailure = process.argv[2];
let release = () => undefined;
let calls = 0;

class WaitingProvider {
  record() {
    calls++;
    if (onFailure === 'closed') return Promise.reject(new Error('the store is down'));
    return new Promise((resolve) => (release = resolve));
  }
}
AuditProvider({ backend: 'waiting' })(WaitingProvider);

const routes = {
  returns: () => ({ a: 1 }),
  throws: () => {
    throw new ForbiddenException();
  },
  nothing: () => undefined,
  sends: (reply) => void reply.code(202).send('done'),
  'sends-twice': (reply) => {
    void reply.code(403).send('forbidden');
    void reply.code(200).send('secret');
  },
  'throws-after-send': (reply) => {
    void reply.send('done');
    throw new Error('too late');
  },
  streams: (reply) => void reply.send(Readable.from(['one ', 'two '])),
  'ends-raw': (reply) => void reply.hijack().raw.writeHead(201, { 'x-head': '1' }).end('by itself'),
  'writes-raw': (reply) => {
    const { raw } = reply.hijack();
    raw.write('one ');
    setImmediate(() => raw.end('two'));
  },
};

class RoutesController {}
for (const [name, handle] of Object.entries(routes)) {
  RoutesController.prototype[name] = handle;
  const descriptor = Object.getOwnPropertyDescriptor(RoutesController.prototype, name);
  Get(name)(RoutesController.prototype, name, descriptor);
  Audited('thing_answer')(RoutesController.prototype, name, descriptor);
  if (handle.length > 0) Res()(RoutesController.prototype, name, 0);
  if (name === 'nothing') HttpCode(204)(RoutesController.prototype, name, descriptor);
  Object.defineProperty(RoutesController.prototype, name, descriptor);
}
Controller()(RoutesController);

async function start(imports, providers) {
  class Root {}
  Module({ imports, providers, controllers: [RoutesController] })(Root);
  const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

const comparable = ({ statusCode, headers, payload }) => {
  const { date, 'x-request-id': id, ...rest } = headers;
  return { statusCode, headers: { ...rest, hasDate: date !== undefined && id !== 'never' }, payload };
};

const bare = await start([], []);
const core = AuditModule.forRoot({ spillDir: false, maxFailuresPerMinute: false, onFailure });
const audited = await start([core], [WaitingProvider]);
const answers = {};
for (const method of ['GET', 'HEAD']) {
  for (const name of Object.keys(routes).slice(0, onFailure === 'closed' ? 2 : undefined)) {
    const ask = async (app) => comparable(await app.inject({ method, url: `/${name}` }));
    const expected = await ask(bare);
    calls = 0;
    let isAnswered = false;
    const asked = ask(audited).finally(() => (isAnswered = true));
    while (calls === 0 && !isAnswered) await turn();
    for (let turns = 0; turns < 20; turns++) await turn();
    const waited = !isAnswered;
    release();
    answers[`${method} ${name}`] = { bare: expected, audited: await asked, waited };
  }
}
process.stdout.write(JSON.stringify(answers));
process.exit();
