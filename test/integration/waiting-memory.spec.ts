import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { Audited, AuditModule, NotAudited } from '../../src/audit/index.js';
import { ADAPTERS, eventually, keptApp, listen, closeEach } from '../support/index.js';
import { waiting, WaitingProvider } from '../support/waiting/waiting-provider.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

const REQUESTS = 60;
/** The library lets 32 MB wait. */
const MAX_CREATED = 40;
const megabyte = 'x'.repeat(2 ** 20);
let started = 0;
let made = 0;
let newest: WeakRef<object> | undefined;

/** Counts how often it is made into the bytes of an answer. */
function largeAnswer(): object {
  const answer = {
    toJSON: () => {
      made++;
      return { megabyte };
    },
  };
  newest = new WeakRef(answer);
  return answer;
}

@Controller()
class LargeController {
  @Get('at-once')
  @Audited('report_read')
  atOnce(): object {
    started++;
    return largeAnswer();
  }

  @Get('later')
  @Audited('report_read')
  async later(): Promise<object> {
    started++;
    await eventually(() => started === REQUESTS);
    return largeAnswer();
  }

  @Get('other')
  @NotAudited('a probe')
  other(): string {
    return 'other';
  }
}

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers: [LargeController],
  providers: [WaitingProvider],
})
class LargeModule {}

describe.each(await closeEach(ADAPTERS, (adapter) => keptApp(listen(LargeModule, adapter))))(
  'the memory of answers that wait for their events is limited, on $adapter',
  ({ url }) => {
    beforeEach(() => {
      started = made = 0;
      waiting.calls = 0;
    });

    it.each(['at-once', 'later'])('when many handlers answer %s', async (path) => {
      let release: () => void = () => undefined;
      waiting.stored = new Promise((resolve) => (release = resolve));
      const answers = Array.from({ length: REQUESTS }, async () => (await fetch(`${url}/${path}`)).text());
      await eventually(() => waiting.calls > 0 && (path === 'at-once' || started === REQUESTS));
      for (let turn = 0; turn < 30; turn++) await (await fetch(`${url}/other`)).text();
      expect(made).toBeGreaterThan(1);
      expect(made).toBeLessThan(MAX_CREATED);

      release();
      const lengths = (await Promise.all(answers)).map((answer) => answer.length);
      expect(lengths).toEqual(Array.from({ length: REQUESTS }, () => megabyte.length + '{"megabyte":""}'.length));
    });

    it('and a connection that stays open keeps no value that a handler returned', async () => {
      waiting.stored = Promise.resolve();
      await (await fetch(`${url}/at-once`)).text();
      for (let turn = 0; turn < 50 && newest?.deref() !== undefined; turn++) {
        await nextTurn();
        collectGarbage();
      }
      expect(newest?.deref()).toBeUndefined();
    });
  },
);
