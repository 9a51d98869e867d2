import { IsIn, IsOptional, Matches } from 'class-validator';

/** The version of a document that is accepted. */
export class AcceptDto {
  @Matches(/^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$/, {
    message: 'version must be 1 to 32 letters, digits and . _ -, a letter or digit first',
  })
  declare readonly version: string;
}

/** A document that the caller accepted. */
export class AcceptanceView {
  declare readonly document: string;
  declare readonly version: string;
  /** When this version was accepted first. */
  declare readonly acceptedAt: Date;
}

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
