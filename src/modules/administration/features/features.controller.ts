import { Body, Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiForbiddenResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditedTransaction, NotAudited, type AuditedOptions } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { switchesOff, switchesOn } from '../audited-switch.js';
import { FeatureFlags } from './feature-flags.service.js';
import { FeatureList, FeatureParams, FeatureView, SwitchFeatureDto } from './feature.dto.js';

const FEATURE: AuditedOptions = { resource: ({ request }) => ({ type: 'feature', id: request.params?.name }) };

/** The features of the application, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@Roles('admin')
@Controller('admin/features')
export class FeaturesController {
  constructor(@Inject(FeatureFlags) private readonly features: FeatureFlags) {}

  @Put(':name')
  @AuditedTransaction('feature_enablement', { ...FEATURE, when: switchesOn })
  @AuditedTransaction('feature_disablement', { ...FEATURE, when: switchesOff })
  @ApiOperation({ summary: 'Switch a feature on or off' })
  @ApiOkResponse({ type: FeatureView })
  switch(@Param() { name }: FeatureParams, @Body() { enabled }: SwitchFeatureDto): Promise<Readonly<FeatureView>> {
    return this.features.switch(name, enabled);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'List the features that somebody switched' })
  @ApiOkResponse({ type: FeatureList })
  async list(): Promise<Readonly<FeatureList>> {
    return { items: await this.features.list() };
  }
}
