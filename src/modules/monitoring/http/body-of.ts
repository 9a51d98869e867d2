import { ValidationPipe } from '@nestjs/common';

/** Checks a body. The library's routes bring their own validation: the application's may differ. */
export function bodyOf(expectedType: new () => object): ValidationPipe {
  return new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true, expectedType });
}
