import type { EmulatorOptions } from '../emulator/options.ts';

/** A configuration to start from. */
export const EXAMPLE_CONFIG: EmulatorOptions = {
  port: 8444,
  apis: [
    {
      name: 'orders',
      identifierUris: ['api://orders'],
      appRoles: ['Orders.Read', 'Orders.Write'],
      scopes: ['Orders.Approve'],
    },
  ],
  apps: [
    { name: 'desk', appRoles: { 'api://orders': ['Orders.Read'] } },
    { name: 'portal', delegatedScopes: { 'api://orders': ['Orders.Approve'] } },
  ],
  users: [{ name: 'Ada Lovelace' }],
};
