import type { Role } from './account.js';

/** Rights over REST. Every route names one. */
export const PERMISSIONS = [
  'schemas:read',
  'schemas:write',
  'devices:read',
  'devices:write',
  'features:read',
  'features:write',
  'observations:read',
  'observations:delete',
  'messages:read',
  'messages:replay',
  'properties:write',
  'accounts:read',
  'accounts:write',
  'access:check',
  'metrics:read',
  'backup',
] as const;

/** A name of {@link PERMISSIONS}. */
export type Permission = (typeof PERMISSIONS)[number];

/** What a role may do over REST, and which topics it may read over MQTT. */
export interface RoleRights {
  readonly permissions: readonly Permission[];
  readonly subscribe: readonly string[];
  readonly publish: readonly string[];
}

/** The built-in roles as allow rules. */
export const ROLE_RIGHTS: Record<Role, RoleRights> = {
  admin: { permissions: PERMISSIONS, subscribe: ['#', '$SYS/#'], publish: ['#'] },
  operator: {
    permissions: [
      'schemas:read',
      'schemas:write',
      'devices:read',
      'devices:write',
      'features:read',
      'features:write',
      'observations:read',
      'messages:read',
      'messages:replay',
      'properties:write',
      'metrics:read',
    ],
    subscribe: ['#', '$SYS/#'],
    publish: [],
  },
  consumer: {
    permissions: ['devices:read', 'features:read', 'observations:read'],
    subscribe: ['semantic/#', 'glossa/devices/#'],
    publish: [],
  },
  device: { permissions: [], subscribe: [], publish: [] },
};
