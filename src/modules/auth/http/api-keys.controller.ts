import { Body, Controller, Delete, Get, Header, HttpCode, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { AuditContext, AuditedTransaction } from '../../../audit/index.js';
import { SessionOnly } from '../access/access.decorators.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import { NotOfAccountError } from '../accounts/account.error.js';
import { ApiKeyStore } from '../api-keys/api-key-store.service.js';
import { ApiKeyDto } from './account-requests.dto.js';
import { ApiKeyListView, CreatedApiKeyView } from './security.dto.js';

/** The own API keys. */
@ApiTags('auth')
@ApiBearerAuth()
@ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
@SessionOnly()
@Controller('auth/me/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeyStore) {}

  @Post()
  @Header('cache-control', 'no-store')
  @AuditedTransaction('api_key_creation')
  @ApiOperation({ summary: 'Make an API key: it has the rights of its owner, except over the account' })
  @ApiCreatedResponse({ type: CreatedApiKeyView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  async create(
    @CurrentUser() { id: userId }: AuthenticatedUser,
    @Body() { name }: ApiKeyDto,
  ): Promise<Readonly<CreatedApiKeyView>> {
    const { id, key } = await this.keys.create(userId, name);
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id, apiKeyName: name } });
    return { id, name, key };
  }

  @Get()
  @ApiOperation({ summary: 'The own API keys, newest first' })
  @ApiOkResponse({ type: ApiKeyListView })
  async list(@CurrentUser() { id }: AuthenticatedUser): Promise<Readonly<ApiKeyListView>> {
    const keys = await this.keys.list(id);
    const items = keys.map(({ createdAt, lastUsedAt, ...key }) => ({
      ...key,
      createdAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    }));
    return { items };
  }

  @Delete(':id')
  @HttpCode(204)
  @AuditedTransaction('api_key_revocation')
  @ApiOperation({ summary: 'Make one of the own API keys useless' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse({ description: 'There is no such key.' })
  async revoke(
    @CurrentUser() { id: userId }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<void> {
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id } });
    const apiKeyName = await this.keys.revoke(userId, id);
    if (apiKeyName === undefined) {
      AuditContext.annotate({ reason: 'not_found' });
      throw new NotOfAccountError('API key');
    }
    AuditContext.annotate({ details: { apiKeyName } });
  }
}
