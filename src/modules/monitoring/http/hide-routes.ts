import type { Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

/**
 * The same controllers, left out of the application's OpenAPI description: classes of their own, since another application of
 * the process may describe them. What decorates the given ones holds for these, too.
 */
export function hideRoutes(controllers: readonly Type<object>[]): Type<object>[] {
  return controllers.map((controller) => {
    @ApiExcludeController()
    class Hidden extends controller {}
    Object.defineProperty(Hidden, 'name', { value: controller.name }); // for the log and the coverage
    return Hidden;
  });
}
