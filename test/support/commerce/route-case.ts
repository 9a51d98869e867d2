import type { ApiClient } from '../api-client.js';

/** Who calls the reference application. `customer` has the role user alone, `nobody` has no access token. */
export interface CommerceCallers {
  readonly admin: ApiClient;
  readonly customer: ApiClient;
  readonly nobody: ApiClient;
}

/** What a case sends, and what its event says of it. */
export interface PreparedCall {
  readonly path: string;
  readonly body?: object;
  /** Id of the resource; where it is not given, the answer's. `null`: it has no id. */
  readonly resourceId?: string | null;
  readonly details?: object;
  readonly changes?: object;
}

/** One way to call a route of the products, the orders or the payments, and the one event that it makes. */
export interface RouteCase {
  readonly route: string;
  readonly case: string;
  readonly by: keyof CommerceCallers;
  /** Makes what the case needs. */
  readonly prepare: (callers: CommerceCallers) => Promise<PreparedCall> | PreparedCall;
  readonly status: number;
  readonly type: string;
  readonly outcome: 'success' | 'partial' | 'failure' | 'denied';
  readonly reason?: string;
  readonly resourceType: 'product' | 'order';
}

/** An id that neither a product nor an order has. */
export const ANY_ID = '0195b7a4-6d1e-7c3a-9f00-0123456789ab';

/** A case as its route's list has it: of a success, unless it has a reason. */
export type BriefCase = Pick<RouteCase, 'case' | 'prepare'> &
  Partial<Pick<RouteCase, 'status' | 'reason' | 'type' | 'outcome'>>;

/** The cases of a route, and its denial to `outsider`. */
export function routeCases(
  fixed: Pick<RouteCase, 'route' | 'by' | 'resourceType'>,
  names: { readonly type: string; readonly action: string; readonly status: number },
  deniedBody: object | undefined,
  cases: readonly BriefCase[],
): readonly RouteCase[] {
  const [method, pattern = ''] = fixed.route.split(' ');
  const isForAdmins = fixed.by === 'admin';
  const resourceId = pattern.includes(':id') ? ANY_ID : null;
  const body = method === 'DELETE' || deniedBody === undefined ? {} : { body: deniedBody };
  return [
    ...cases.map((brief) => ({
      ...fixed,
      status: names.status,
      type: brief.reason === undefined ? names.type : `${names.action}_failed`,
      outcome: brief.reason === undefined ? ('success' as const) : ('failure' as const),
      ...brief,
    })),
    {
      ...fixed,
      case: isForAdmins ? 'is for administrators only' : 'needs an access token',
      by: isForAdmins ? 'customer' : 'nobody',
      prepare: () => ({ path: pattern.replace(':id', ANY_ID), ...body, resourceId }),
      status: isForAdmins ? 403 : 401,
      type: `${names.action}_denied`,
      outcome: 'denied',
      reason: isForAdmins ? 'missing_role' : 'token_missing',
    },
  ];
}
