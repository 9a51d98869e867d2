import { IsIn, IsOptional } from 'class-validator';

/** What form an export is wanted in. */
export class ExportDto {
  @IsOptional()
  @IsIn(['json'])
  declare readonly format?: 'json';
}

/** Everything that the application keeps about the caller. */
export class ExportView {
  declare readonly userId: string;
  declare readonly exportedAt: Date;
  /** What each part of the application keeps. */
  declare readonly sections: Readonly<Record<string, unknown>>;
}
