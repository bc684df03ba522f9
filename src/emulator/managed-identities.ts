import { checkBoolean, checkOptionNames, checkString } from '../core/options.ts';
import { type Api, resolveGrants } from './apis.ts';
import { type Principal, servicePrincipalId } from './apps.ts';
import { guidFrom, idOf } from './ids.ts';

/** An identity that the platform gives to a workload, for the managed identity endpoints. */
export interface EmulatedManagedIdentity {
  /** Name to find it by. */
  readonly name: string;
  /** Default: derived from the name, the same at every start. */
  readonly clientId?: string;
  /** Azure resource id; default: one in Azure's form, derived from the name. */
  readonly resourceId?: string;
  /** Roles granted to it, by App ID URI or client id of the API. */
  readonly appRoles?: Readonly<Record<string, readonly string[]>>;
  /** Whether it is what a request means that names no identity. Default: false. */
  readonly systemAssigned?: boolean;
}

/** A managed identity, resolved. */
export interface ManagedIdentity extends Principal {
  readonly objectId: string;
  readonly resourceId: string;
  readonly systemAssigned: boolean;
}

/** Resolves a managed identity, which is in the home tenant. */
export function resolveManagedIdentity(
  input: EmulatedManagedIdentity,
  tenantId: string,
  apis: readonly Api[],
): ManagedIdentity {
  checkOptionNames('emulator managed identity', input, [
    'name',
    'clientId',
    'resourceId',
    'appRoles',
    'systemAssigned',
  ]);
  const name = checkString('emulator managed identity name', input.name);
  const where = `emulator managed identity "${name}"`;
  const principal: Principal = {
    name,
    clientId: idOf(`${where} clientId`, input.clientId, `managed identity ${name}`),
    roles: resolveGrants(`${where} appRoles`, input.appRoles, apis, 'appRoles'),
  };
  const resourceId =
    `/subscriptions/${guidFrom('emulated subscription')}/resourceGroups/emulated` +
    `/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${encodeURIComponent(name)}`;
  return Object.freeze({
    ...principal,
    objectId: servicePrincipalId(principal, tenantId),
    resourceId: checkString(`${where} resourceId`, input.resourceId ?? resourceId),
    systemAssigned: checkBoolean(`${where} systemAssigned`, input.systemAssigned, false),
  });
}
