import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { LedgerAccess } from '../access/ledger-access.js';
import { StreamOperations } from '../streams/manage/stream-operations.service.js';
import type { TestAnswer } from '../streams/manage/test-stream.js';
import { TEST_ANSWER, WHY } from './examples/stream-examples.js';
import { Access } from './ledger-access.guard.js';
import { StreamChangeDto, TestAnswerView } from './stream.dto.js';
import { StreamRequests } from './stream-requests.service.js';
import { ChangesStream, ManagesStreams, validationOf } from './stream-route.js';

/** Tries streams out. */
@ManagesStreams()
@Controller('audit/streams')
export class AuditStreamTestsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
  ) {}

  /** Sends a signed test event, which the ledger does not have, and answers what the destination answered. */
  @Post(':name/test')
  @ChangesStream('Send a test event', StreamChangeDto, WHY)
  @ApiOkResponse({ type: TestAnswerView, example: TEST_ANSWER })
  async test(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(StreamChangeDto)) { reason }: StreamChangeDto = {},
  ): Promise<TestAnswer> {
    await this.managed.reach(access, name);
    return this.streams.test(name, this.managed.requester(reason));
  }
}
