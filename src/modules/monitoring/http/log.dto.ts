import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** A consistency proof (RFC 6962, section 2.1.2): the tree of size `from` is the beginning of that of size `to`. */
export class ConsistencyView {
  @ApiProperty()
  readonly from!: number;
  @ApiProperty()
  readonly to!: number;
  @ApiProperty({ type: [String], description: 'Hashes in base64, in the order of the RFC' })
  readonly hashes!: readonly string[];
}

/** A key that the ledger's checkpoints are verified with. */
export class VerifierKeyView {
  @ApiProperty({ example: 'example.com/audit+2b1d3c4e+AaTZ…', description: '<name>+<id>+<key>, as signed-note has it' })
  readonly verifierKey!: string;
  @ApiProperty({ enum: ['current', 'former'] })
  readonly state!: 'current' | 'former';
  @ApiPropertyOptional({ format: 'date-time', description: 'When it signed first, as the database says' })
  readonly firstUsedAt?: string;
}

/** The keys of the ledger. */
export class VerifierKeysView {
  @ApiProperty({ description: 'What the ledger is called in its checkpoints' })
  readonly origin!: string;
  @ApiProperty({ type: [VerifierKeyView] })
  readonly keys!: readonly VerifierKeyView[];
}

/** What the commitment to a personal part was made with. For the API's description only. */
export class EventSaltView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ description: 'base64' })
  readonly salt!: string;
}

/** What the leaf of an event is computed with. For the API's description only. */
export class SealedPartsView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ description: "base64: the leaf that the event's row has" })
  readonly leafHash!: string;
  @ApiPropertyOptional({ description: 'base64; absent where the event says nothing of persons' })
  readonly commitment?: string;
  @ApiProperty({ type: [String], example: ['/actor/name'], description: 'JSON Pointers to the personal values' })
  readonly personal!: string[];
  @ApiProperty({ description: 'Whether the reader sees only the facts of the event' })
  readonly isPersonalHidden!: boolean;
}
