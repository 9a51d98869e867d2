import { describe, expect, it } from '@jest/globals';
import {
  All,
  Controller,
  Delete,
  Get,
  Head,
  HttpCode,
  Injectable,
  Module,
  Patch,
  Post,
  Put,
  RequestMethod,
  Scope,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { auditCoverage, Audited, AuditModule, NotAudited } from '../../src/audit/index.js';
import { expectAuditCoverage } from '../../src/audit/testing/index.js';
import { ADAPTERS, closeAfterTests, listen, keptApp, closeEach, testDatabase } from '../support/index.js';
import { startReferenceApp } from '../support/reference-app.js';

class BaseController {
  @Patch('inherited')
  inherited(): string {
    return 'ok';
  }

  @Post('audited-in-base')
  @Audited('thing_change')
  auditedInBase(): string {
    return 'ok';
  }
}

@Controller(['things', 'items'])
class ThingsController extends BaseController {
  @Get()
  read(): string {
    return 'ok';
  }

  @Head('head')
  probe(): void {
    // no body
  }

  @Post()
  @Audited('thing_creation')
  create(): string {
    return 'ok';
  }

  @Put('left-out')
  @NotAudited('recorded by the service')
  leftOut(): string {
    return 'ok';
  }

  @Delete(['one', 'two'])
  remove(): string {
    return 'ok';
  }
}

@Controller({ path: 'versions', version: '2' })
class VersionsController {
  @Post('of-controller')
  @HttpCode(200)
  ofController(): string {
    return 'ok';
  }

  @Post('of-method')
  @Version(['3', '4'])
  ofMethod(): string {
    return 'ok';
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

@Controller('whatever')
class RequestScopedController {
  constructor(readonly dependency: PerRequest) {}

  @All()
  everything(): string {
    return 'ok';
  }
}

@Controller('webhook')
class ExcludedController {
  @Post()
  receive(): string {
    return 'ok';
  }
}

@Controller('audited')
@Audited('report_generation')
class AuditedController {
  @Post()
  inherits(): string {
    return 'ok';
  }
}

@Controller('unaudited')
@NotAudited('a sandbox')
class UnauditedController {
  @Post()
  inherits(): string {
    return 'ok';
  }
}

@Module({ controllers: [RequestScopedController], providers: [PerRequest] })
class NestedModule {}

@Module({
  imports: [AuditModule.forRoot(), NestedModule, RouterModule.register([{ path: 'nested', module: NestedModule }])],
  controllers: [ThingsController, VersionsController, ExcludedController, AuditedController, UnauditedController],
})
class CoverageFixtureModule {}

const MISSING = [
  ['DELETE', '/api/things/one', 'ThingsController.remove'],
  ['DELETE', '/api/things/two', 'ThingsController.remove'],
  ['PATCH', '/api/things/inherited', 'ThingsController.inherited'],
  ['DELETE', '/api/items/one', 'ThingsController.remove'],
  ['DELETE', '/api/items/two', 'ThingsController.remove'],
  ['PATCH', '/api/items/inherited', 'ThingsController.inherited'],
  ['POST', '/api/v2/versions/of-controller', 'VersionsController.ofController'],
  ['POST', '/api/v3/versions/of-method', 'VersionsController.ofMethod'],
  ['POST', '/api/v4/versions/of-method', 'VersionsController.ofMethod'],
  ['POST', '/webhook', 'ExcludedController.receive'],
  ['ALL', '/api/nested/whatever', 'RequestScopedController.everything'],
];

const rows = await closeEach(ADAPTERS, (adapter) =>
  keptApp(
    listen(CoverageFixtureModule, adapter, (app) => {
      app.setGlobalPrefix('api', { exclude: [{ path: 'webhook', method: RequestMethod.POST }] });
      app.enableVersioning({ type: VersioningType.URI });
    }),
  ),
);

describe.each(rows)('the routes that nobody decided about, on $adapter', (listening) => {
  it('are found, with method, path, controller and handler', () => {
    const { checked, missing } = auditCoverage(listening.app);
    const found = missing.map(({ method, path, controller, handler }) => [method, path, `${controller}.${handler}`]);

    expect(found.sort()).toEqual(MISSING.toSorted());
    expect(checked).toBe(MISSING.length + 8); // with the decided: three of ThingsController by two paths, and two more
  });

  it('are at the paths that the application answers', async () => {
    for (const { method, path } of auditCoverage(listening.app).missing) {
      const response = await fetch(listening.url + path, { method: method === 'ALL' ? 'POST' : method });
      expect([path, await response.text()]).toEqual([path, 'ok']);
    }
  });

  it('fail a test that expects none', () => {
    expect(() => expectAuditCoverage(listening.app)).toThrow(
      expect.objectContaining({ code: 'AUDIT_EXPECTATION_FAILED' }),
    );
    expect(() => expectAuditCoverage(listening.app)).toThrow(
      /^Cannot confirm that every change is audited\. .*\n(.*\n)*.*ALL +\/api\/nested\/whatever +RequestScopedController\.everything\n/,
    );
  });
});

const database = await testDatabase();
const reference = await closeAfterTests(startReferenceApp(database.url));

it('an application without such a route is the reference application', () => {
  expect(() => expectAuditCoverage(reference.app)).not.toThrow();
  expect(auditCoverage(reference.app).checked).toBeGreaterThan(0);
});
