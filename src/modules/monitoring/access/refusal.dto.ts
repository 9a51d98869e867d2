import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What a refused or failed request is answered. For the API's description only. */
export class RefusalView {
  @ApiProperty({ type: 'integer', example: 403, description: 'The status of the response' })
  readonly statusCode!: number;
  @ApiPropertyOptional({ example: 'Forbidden', description: 'The name of the status' })
  readonly error?: string;
  @ApiPropertyOptional({ example: 'AUDIT_ACCESS_DENIED', description: 'One of docs/reference/errors.md' })
  readonly code?: string;
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    description: 'What failed, what was seen, and what to do; of an invalid query or body, each problem',
  })
  readonly message!: string | readonly string[];
}
