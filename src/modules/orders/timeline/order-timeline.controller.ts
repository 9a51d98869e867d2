import { Controller, Get, Inject, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { NotAudited } from '../../../audit/index.js';
import { CurrentUser, type AuthenticatedUser } from '../../auth/index.js';
import { OrderTimeline } from '../dto/order-timeline.dto.js';
import { TimelinePageQuery } from '../dto/timeline-page.dto.js';
import { OrderTimelineReader } from './order-timeline-reader.service.js';

/** What happened to an order, for its owner and for administrators. */
@ApiTags('orders')
@ApiBearerAuth()
@Controller('orders/:id/timeline')
export class OrderTimelineController {
  constructor(@Inject(OrderTimelineReader) private readonly timeline: OrderTimelineReader) {}

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Show what happened to an order, oldest first' })
  @ApiOkResponse({ type: OrderTimeline })
  @ApiNotFoundResponse()
  async read(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() page: TimelinePageQuery,
  ): Promise<Readonly<OrderTimeline>> {
    return { items: await this.timeline.read(caller, id, page) };
  }
}
