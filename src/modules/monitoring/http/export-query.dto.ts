import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { EXPORT_FORMATS, type ExportFilters, type ExportFormat } from '../export/index.js';
import { EventQuery } from '../query/event-query.dto.js';

/** A whole number in decimal digits. */
function ParseNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value,
  );
}

/** The query of `GET /audit/export`: the filters of `GET /audit/events`, and how the file is to be. */
export class ExportQuery extends OmitType(EventQuery, ['limit', 'cursor'] as const) {
  @ApiPropertyOptional({ enum: EXPORT_FORMATS, default: 'jsonl' })
  @IsIn(EXPORT_FORMATS)
  readonly format: ExportFormat = 'jsonl';

  @ApiPropertyOptional({ description: 'Whether the file is a .gz', default: false })
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  readonly gzip: boolean = false;

  @ApiPropertyOptional({ description: 'Audit-Export-Mark of the export that goes on' })
  @IsOptional()
  @ParseNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly mark?: number;

  @ApiPropertyOptional({ description: 'How many bytes of the file are there already', default: 0 })
  @ParseNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly offset: number = 0;
}

/** What of a query says how the file is to be. */
export const FILE_QUERY: ReadonlySet<string> = new Set(['format', 'gzip', 'mark', 'offset']);

/** What of a query says which events, as far as it was given. */
export function filtersOf(query: ExportQuery): ExportFilters {
  const given: [string, unknown][] = Object.entries(query);
  return Object.fromEntries(given.filter(([name, value]) => value !== undefined && !FILE_QUERY.has(name)));
}
