import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { PERMITTED, refusalFor, type LedgerPermission } from './ledger-access.js';
import { RefusalView } from './refusal.dto.js';

/** The tag of all routes of the ledger in the API's description. */
const TAG = 'audit';

/** A refusal as the API's description has it. */
interface DescribedRefusal {
  readonly statusCode: number;
  readonly error?: string;
  readonly code?: string;
  readonly message: string | readonly string[];
}

const REFUSALS = {
  400: {
    statusCode: 400,
    error: 'Bad Request',
    code: 'AUDIT_QUERY_INVALID',
    message: ['limit must be a whole number from 1 to 200'],
  },
  404: { statusCode: 404, error: 'Not Found', message: 'Cannot show it: nothing has that id. Check the id.' },
  409: { statusCode: 409, error: 'Conflict', message: 'Cannot do this now. Try again in a few seconds.' },
  415: {
    statusCode: 415,
    error: 'Unsupported Media Type',
    message: 'Cannot read the body: it is not JSON. Send it as application/json.',
  },
  422: {
    statusCode: 422,
    code: 'AUDIT_QUERY_TOO_SLOW',
    message:
      'Cannot answer the query: it took too long. Narrow the time range (from, to), or name an actor, a resource, a request or a tenant.',
  },
  501: {
    statusCode: 501,
    code: 'AUDIT_PACKAGE_MISSING',
    message: 'Cannot ask archives: the package @duckdb/node-api is not installed in the application.',
  },
  503: {
    statusCode: 503,
    code: 'AUDIT_LEDGER_UNAVAILABLE',
    message: 'Cannot read the ledger now. Try again later.',
  },
} as const satisfies Readonly<Record<number, DescribedRefusal>>;

const UNAUTHORIZED: DescribedRefusal = { statusCode: 401, error: 'Unauthorized', message: 'Unauthorized' };

/** Describes one refusal of a route or of every route of a controller. */
function describeRefusal(example: DescribedRefusal, description: string): ClassDecorator & MethodDecorator {
  // By its content, since a file's content type would hold for the refusal, too.
  const content = { 'application/json': { schema: { $ref: getSchemaPath(RefusalView) }, example } };
  return applyDecorators(
    ApiExtraModels(RefusalView),
    ApiResponse({ status: example.statusCode, description, content }),
  );
}

/** Describes what a route answers beside its result, by status. */
export function DescribesRefusals(
  refusals: Readonly<Partial<Record<keyof typeof REFUSALS, string>>>,
): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ...Object.entries(refusals).map(
      ([status, description]) => describeRefusal(REFUSALS[Number(status) as keyof typeof REFUSALS], description), // of its own keys
    ),
  );
}

/** Describes the answer to somebody without `permission`. */
export function DescribesPermission(permission: LedgerPermission): ClassDecorator & MethodDecorator {
  return describeRefusal(refusalFor(permission), `The application does not let you ${PERMITTED[permission]}.`);
}

/** Describes what all routes of the ledger have in common: the tag, the token, and who is refused. */
export function DescribesLedger(permission: LedgerPermission = 'read', tag = TAG): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    ApiBearerAuth(),
    describeRefusal(UNAUTHORIZED, "The application's own authentication refuses the request."),
    DescribesPermission(permission),
    DescribesRefusals({ 503: 'The ledger cannot be read now.' }),
  );
}
