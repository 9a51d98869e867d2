/*
 * A separate process: mercurius needs require() of ES modules, which Jest does not offer on this Node. Messages to the parent: { url },
 * 'started', { events }; from the parent: 'release', 'events'. The argument `bare` leaves out the enhancers of fields.
 */
import 'reflect-metadata';
import {
  BadRequestException,
  ConflictException,
  HttpException,
  Module,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Args,
  Directive,
  GraphQLModule,
  Mutation,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import { ObjectType, Field } from '@nestjs/graphql';
import { MercuriusFederationDriver } from '@nestjs/mercurius';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Audited, AuditModule } from '../../dist/src/audit/index.js';
import { InMemoryAuditProvider } from '../../dist/src/audit/testing/index.js';

const memory = new InMemoryAuditProvider();
let release = () => undefined;
/** Runs its argument in the context of the request that waits, as a callback of a connection that it opened. */

class EndGuard {
  canActivate(context) {
    const { end } = context.getArgs()[1];
    const { request } = context.getArgs()[2].reply;
    request.user = { id: 7 };
    if (end === 'a 401 of a guard') throw new UnauthorizedException();
    if (end === 'a 429 of a guard') throw new HttpException('Too Many Requests', 429);
    if (end === 'a broken guard') throw new Error('no');
    return end !== 'a refusal of a guard';
  }
}

const endPipe = {
  transform(end) {
    if (end === 'a rejection by a pipe') throw new BadRequestException(['end must be another']);
    return end;
  },
};

class Act {}
decorate(
  Act.prototype,
  'end',
  Field(() => String),
);
Directive('@key(fields: "end")')(Act);
ObjectType()(Act);

class ActResolver {
  nothing() {
    return 'nothing';
  }

  async act(end) {
    if (end === 'an exception for the client') throw new ConflictException('no');
    if (end === 'an unexpected error') throw new Error('no');
    if (end === 'a client that is gone') {
      const released = new Promise((resolve) => (release = resolve));
      process.send('started');
      await released;
    }
    return { end };
  }

  field() {
    return 'a field';
  }

  reference({ end }) {
    return { end };
  }
}

class ThingResolver {
  reference(reference) {
    return reference;
  }
}
decorate(
  ActResolver.prototype,
  'nothing',
  Query(() => String),
  Audited('nothing_query'),
);
decorate(
  ActResolver.prototype,
  'act',
  UseGuards(EndGuard),
  Mutation(() => Act),
  (target, key) => Args('end', { type: () => String }, endPipe)(target, key, 0),
  Reflect.metadata('design:paramtypes', [String]),
);
decorate(
  ActResolver.prototype,
  'field',
  ResolveField(() => String),
);
decorate(
  ActResolver.prototype,
  'reference',
  ResolveReference(),
  Audited('act_reference', { includeRequestBody: true }),
);
class Thing {}
decorate(
  Thing.prototype,
  'end',
  Field(() => String),
);
Directive('@key(fields: "end")')(Thing);
ObjectType()(Thing);
decorate(ThingResolver.prototype, 'reference', ResolveReference());
Audited('thing')(ThingResolver);
Resolver(() => Thing)(ThingResolver);
Audited('act', { includeRequestBody: true })(ActResolver);
Resolver(() => Act)(ActResolver);

class ActModule {}
Module({
  imports: [
    AuditModule.forRoot(),
    GraphQLModule.forRoot({
      driver: MercuriusFederationDriver,
      autoSchemaFile: { federation: 2 },
      buildSchemaOptions: { orphanedTypes: [Thing] },
      fieldResolverEnhancers: process.argv.includes('bare') ? [] : ['guards', 'interceptors'],
    }),
  ],
  providers: [ActResolver, ThingResolver, { provide: InMemoryAuditProvider, useValue: memory }],
})(ActModule);

function decorate(target, key, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  const decorated = Reflect.decorate(decorators, target, key, descriptor);
  if (decorated) Object.defineProperty(target, key, decorated);
}

const app = await NestFactory.create(ActModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.on('message', (message) => {
  if (message === 'release') release();
  if (message === 'events') process.send({ events: memory.events });
});
process.on('disconnect', () => void app.close());
process.send({ url: await app.getUrl() });
