import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';

const VERSION = /^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$/;
const EXPORT_FORMATS = ['json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The version of a document that is accepted. */
export class AcceptDto {
  @ApiProperty({ example: '2026-01', pattern: VERSION.source })
  @Matches(VERSION, { message: 'version must be 1 to 32 letters, digits and . _ -, a letter or digit first' })
  declare readonly version: string;
}

/** A document that the caller accepted. */
export class AcceptanceView {
  @ApiProperty({ example: 'terms' })
  declare readonly document: string;

  @ApiProperty({ example: '2026-01' })
  declare readonly version: string;

  @ApiProperty({ format: 'date-time', description: 'When this version was accepted first' })
  declare readonly acceptedAt: string;
}

/** What form an export is wanted in. */
export class ExportDto {
  @ApiPropertyOptional({ enum: EXPORT_FORMATS, default: 'json' })
  @IsOptional()
  @IsIn(EXPORT_FORMATS)
  declare readonly format?: ExportFormat;
}

/** Everything that the application keeps about the caller. */
export class ExportView {
  @ApiProperty({ format: 'uuid' })
  declare readonly userId: string;

  @ApiProperty({ format: 'date-time' })
  declare readonly exportedAt: string;

  @ApiProperty({ type: Object, additionalProperties: true, description: 'What each part of the application keeps' })
  declare readonly sections: Readonly<Record<string, unknown>>;
}
