import { ServiceUnavailableException } from '@nestjs/common';

/** The application serves administrators alone for now. HTTP 503. */
export class UnderMaintenanceError extends ServiceUnavailableException {
  readonly reason = 'maintenance_mode';

  constructor(message: string | null) {
    super(
      `Cannot serve the request: the application is under maintenance${message === null ? '' : ` (${message})`}. ` +
        'Try again later.',
    );
  }
}
