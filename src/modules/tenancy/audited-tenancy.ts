import { isUUID } from 'class-validator';
import type { AuditedOptions } from '../../audit/index.js';
import type { MemberView, StoreView } from './dto/store.dto.js';

/** What the event of a store's creation says. Before there is a store, it has a name at most. */
export const AUDITED_STORE: AuditedOptions<Readonly<StoreView> | undefined> = {
  resource: ({ result }) => ({ type: 'store', id: result?.id }),
  tenantId: ({ result }) => result?.id,
  details: ({ request, result }) => ({ name: result?.name ?? request.body?.name }),
};

/** What the event of a role's assignment says: by its result, or before there is one by what was asked for. */
export const AUDITED_ASSIGNMENT: AuditedOptions<Readonly<MemberView> | undefined> = {
  resource: ({ request, result }) => ({ type: 'user', id: result?.userId ?? request.body?.userId }),
  tenantId: ({ request, result }) => result?.storeId ?? storeOf(request),
  details: ({ request, result }) => ({
    roleName: result?.role ?? request.body?.role,
    storeId: result?.storeId ?? request.params?.id,
  }),
};

/** What the event of a role's revocation says; the role comes from the service, which knows it. */
export const AUDITED_REVOCATION: AuditedOptions = {
  resource: ({ request }) => ({ type: 'user', id: request.params?.userId }),
  tenantId: ({ request }) => storeOf(request),
  details: ({ request }) => ({ storeId: request.params?.id }),
};

/** What the event of a change of a role's permissions says; which they are comes from the service. */
export const AUDITED_PERMISSIONS: AuditedOptions = {
  resource: ({ request }) => ({ type: 'role', id: request.params?.role }),
  tenantId: ({ request }) => storeOf(request),
};

/** A store in the request's path; whatever else a client writes there is no tenant. */
function storeOf({ params }: { readonly params?: Readonly<Record<string, string>> }): string | undefined {
  return isUUID(params?.id) ? params?.id : undefined;
}
