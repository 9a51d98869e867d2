import { Body, Controller, Delete, Header, HttpCode, Inject, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Audited, AuditedTransaction, type AuditedOptions } from '../../audit/index.js';
import { CurrentUser, type AuthenticatedUser } from '../auth/index.js';
import { Acceptances } from './acceptances.service.js';
import { OwnAccount } from './own-account.service.js';
import { AcceptanceView, AcceptDto, ExportDto, ExportView } from './data-requests.dto.js';

const OWN_ACCOUNT: AuditedOptions = { resource: ({ request }) => ({ type: 'user', id: request.user?.id }) };
const ACCEPTANCE: AuditedOptions = { ...OWN_ACCOUNT, details: ({ request }) => ({ version: request.body?.version }) };
const EXPORT: AuditedOptions = {
  ...OWN_ACCOUNT,
  details: ({ request }) => ({ exportFormat: request.body?.format }),
};

/** What people agree to, and what they may ask for their own account. */
@ApiTags('privacy')
@ApiBearerAuth()
@Controller('me')
export class OwnAccountController {
  constructor(
    @Inject(Acceptances) private readonly acceptances: Acceptances,
    @Inject(OwnAccount) private readonly account: OwnAccount,
  ) {}

  @Post('terms')
  @HttpCode(200)
  @AuditedTransaction('terms_acceptance', ACCEPTANCE)
  @ApiOperation({ summary: 'Accept a version of the terms' })
  @ApiOkResponse({ type: AcceptanceView })
  acceptTerms(
    @CurrentUser() { id }: AuthenticatedUser,
    @Body() { version }: AcceptDto,
  ): Promise<Readonly<AcceptanceView>> {
    return this.acceptances.accept(id, 'terms', version);
  }

  @Post('privacy-policy')
  @HttpCode(200)
  @AuditedTransaction('privacy_policy_acceptance', ACCEPTANCE)
  @ApiOperation({ summary: 'Accept a version of the privacy policy' })
  @ApiOkResponse({ type: AcceptanceView })
  acceptPrivacyPolicy(
    @CurrentUser() { id }: AuthenticatedUser,
    @Body() { version }: AcceptDto,
  ): Promise<Readonly<AcceptanceView>> {
    return this.acceptances.accept(id, 'privacy_policy', version);
  }

  @Post('data-export')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Audited('gdpr_data_export', EXPORT)
  @Audited('data_export', EXPORT)
  @ApiOperation({ summary: 'Get everything that the application keeps about the caller' })
  @ApiOkResponse({ type: ExportView })
  export(@CurrentUser() user: AuthenticatedUser, @Body() { format }: ExportDto): Promise<Readonly<ExportView>> {
    return this.account.export(user, format);
  }

  @Delete()
  @HttpCode(204)
  @Audited('gdpr_data_deletion', OWN_ACCOUNT)
  @ApiOperation({ summary: 'Delete the own account, with what describes the person' })
  @ApiNoContentResponse({ description: 'The account names nobody any more, and its sessions are closed.' })
  @ApiConflictResponse({ description: 'It is the account of the last administrator.' })
  delete(@CurrentUser() user: AuthenticatedUser): Promise<void> {
    return this.account.delete(user);
  }
}
