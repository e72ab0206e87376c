import type { Permission } from '#access';

/** What may be asked for without a token, beyond the routes that are public. */
export class Anonymous {
  constructor(private readonly permissions: readonly Permission[]) {}

  may(permission: Permission): boolean {
    return this.permissions.includes(permission);
  }
}
