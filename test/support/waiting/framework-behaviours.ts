import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FastifyReply } from 'fastify';
import type { Request, Response } from 'express';
import { getErrorCode, getFlags } from './node-behaviours.js';

type Note = (seen: unknown) => void;
const FILE = fileURLToPath(new URL('../../../LICENSE', import.meta.url));

export const EXPRESS_BEHAVIOURS: Readonly<Record<string, (response: Response, note: Note, request: Request) => unknown>> = {
  'sends': (response) => response.status(202).send('done'),
  'sends twice': (response, note) => {
    response.status(403).send('forbidden');
    note(getFlags(response));
    note(getErrorCode(() => response.status(200).send('secret')));
    note(getFlags(response));
  },
  'sends, then throws': (response) => {
    response.send('done');
    throw new Error('too late');
  },
  'sends an object': (response) => response.json({ a: 1 }),
  'sends what the client has': (response) => response.set('etag', '"tag"').send('the same'),
  'redirects': (response) => response.redirect(301, '/elsewhere'),
  'sends a file': (response) => response.sendFile(FILE),
  'sends a missing file': (response, note) => response.sendFile('/nonexistent/file', (error: NodeJS.ErrnoException | undefined) => {
    note(error?.code);
    response.status(404).send('no such file');
  }),
  'sends a file, then text': (response, note) => {
    response.sendFile(FILE, () => note(getErrorCode(() => response.send('too late'))));
  },
}; // prettier-ignore

export const FASTIFY_BEHAVIOURS: Readonly<Record<string, (reply: FastifyReply, note: Note) => unknown>> = {
  'sends': (reply) => void reply.code(202).send('done'),
  'sends twice': (reply, note) => {
    void reply.code(403).send('forbidden');
    note([reply.sent, getFlags(reply.raw)]);
    note(getErrorCode(() => reply.code(200).send('secret')));
    note([reply.sent, getFlags(reply.raw)]);
  },
  'sends, then throws': (reply) => {
    void reply.send('done');
    throw new Error('too late');
  },
  'sends an object': (reply) => void reply.send({ a: 1 }),
  'sends an error': (reply) => void reply.send(new Error('broken')),
  'redirects': (reply) => void reply.redirect('/elsewhere', 301),
  'sends a stream': (reply) => void reply.send(Readable.from(['one ', 'two '])),
  'sends a web stream': (reply) => void reply.send(new Blob(['web']).stream()),
  'sends a web response': (reply) => void reply.send(new Response('web', { status: 203, headers: { 'x-web': '1' } })),
  'sends a stream that fails at once': (reply) => void reply.send(new Readable({ read() { this.destroy(new Error('broken source')); } })),
  'sends a stream that fails later': (reply) =>
    void reply.send(Readable.from((function* () { yield 'one '; throw new Error('broken source'); })())),
  'sends trailers': (reply) => void reply.trailer('x-sum', (_reply, _payload, done) => done(null, '4')).send('body'),
  'does not find it': (reply) => {
    reply.callNotFound();
  },
  'hijacks and ends': (reply, note) => {
    reply.hijack();
    note(reply.sent);
    reply.raw.end('by itself');
  },
  'ends below the reply': (reply, note) => {
    reply.raw.end('below');
    note(reply.sent);
    note(getErrorCode(() => reply.send('second')));
  },
  'is awaited': async (reply, note) => {
    await reply.send('done');
    note([reply.sent, reply.raw.writableEnded]);
  },
}; // prettier-ignore
