import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One part of the state. For the API's description only. */
class StatePartView {
  @ApiProperty({ example: 'sealing', description: 'Each room of the ledger has one part or more' })
  readonly name!: string;
  @ApiProperty({ enum: ['ok', 'warning', 'error', 'off'], description: 'off: it is not in use' })
  readonly status!: string;
  @ApiProperty({ example: 'No event waits in the spill.' })
  readonly says!: string;
  @ApiPropertyOptional({ description: 'Absent where nothing is to be done' })
  readonly whatToDo?: string;
  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly facts!: object;
}

/** How the ledger is. For the API's description only. */
export class StateReportView {
  @ApiProperty({ enum: ['ok', 'warning', 'error'], description: 'The worst of its parts' })
  readonly status!: string;
  @ApiProperty({ format: 'date-time' })
  readonly at!: string;
  @ApiProperty({ type: [StatePartView] })
  readonly parts!: StatePartView[];
}
