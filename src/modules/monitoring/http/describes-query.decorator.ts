import { ApiProperty, ApiPropertyOptional, ApiQuery, type ApiPropertyOptions } from '@nestjs/swagger';
import { parametersOf, type QueryClass } from '../query/query-parameters.js';

/** Describes the parameters of a route's query by what its class declares of them. */
export function DescribesQuery(Class: QueryClass): MethodDecorator {
  for (const { name, facts, isRequired } of parametersOf(Class).values()) {
    if (facts === undefined) continue;
    const describe = isRequired ? ApiProperty : ApiPropertyOptional;
    describe(facts as ApiPropertyOptions)(Class.prototype as object, name); // OpenAPI's own words
  }
  return ApiQuery({ type: Class });
}
