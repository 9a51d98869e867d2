import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import { Must } from '../../monitoring/http/must.decorator.js';
import { isStorable } from '../../monitoring/query/query-values.js';

const MOST_NAME = 100;
const MOST_QUERY = 4_000;

/** The body of `POST /audit/views` and `PUT /audit/views/:id`. */
export class ViewDto {
  @ApiProperty({ minLength: 1, maxLength: MOST_NAME })
  @Must(`a text of 1 to ${MOST_NAME} characters, without spaces around it`, isName)
  readonly name!: string;

  @ApiProperty({ maxLength: MOST_QUERY, example: 'actorId=u-1&outcome=denied' })
  @Must(`a query string of at most ${MOST_QUERY} characters`, isQuery)
  readonly query!: string;

  @ApiPropertyOptional({ default: false, description: 'Whether those with the same access see it' })
  @IsOptional()
  @IsBoolean()
  readonly shared?: boolean;
}

function isName(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.trim() !== value) return false;
  return value.length <= MOST_NAME && isStorable(value);
}

/** Whether a text is a query string of at most the allowed length. */
function isQuery(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MOST_QUERY && /^[^\s?#\0]*$/.test(value) && isStorable(value);
}

/** A saved view. For the API's description only. */
export class SavedViewView extends ViewDto {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ description: 'Whether the reader may change it' })
  readonly isOwn!: boolean;
  @ApiProperty({ format: 'date-time' })
  readonly updatedAt!: string;
}

/** Saved views, by name. For the API's description only. */
export class SavedViewList {
  @ApiProperty({ type: [SavedViewView] })
  readonly items!: SavedViewView[];
}
