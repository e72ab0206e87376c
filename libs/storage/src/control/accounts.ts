import type { Account } from '#access';
import type { ControlClient } from './client.js';
import type { Account as Row } from './generated/client.js';
import { pageWindow, toPage, type Page, type PageRequest } from './page.js';

/** Accounts by username. */
export class Accounts {
  constructor(private readonly prisma: ControlClient) {}

  async all(): Promise<Account[]> {
    return (await this.prisma.account.findMany({ orderBy: { username: 'asc' } })).map(toAccount);
  }

  async get(username: string): Promise<Account | undefined> {
    const row = await this.prisma.account.findUnique({ where: { username } });
    return row ? toAccount(row) : undefined;
  }

  /** Creates or replaces; the account's tokens stay. */
  async put({ username, passwordHash, roles, rules, onDeny }: Account): Promise<void> {
    const data = {
      passwordHash: passwordHash ?? null,
      roles: JSON.stringify(roles),
      rules: JSON.stringify(rules),
      onDeny,
    };
    await this.prisma.account.upsert({ where: { username }, create: { username, ...data }, update: data });
  }

  /** Deletes an account with its tokens. @returns whether it was there */
  async delete(username: string): Promise<boolean> {
    return (await this.prisma.account.deleteMany({ where: { username } })).count > 0;
  }

  async list(request: PageRequest): Promise<Page<Account>> {
    const { after, take } = pageWindow(request);
    const rows = await this.prisma.account.findMany({
      where: { username: after },
      orderBy: { username: 'asc' },
      take,
    });
    return toPage(rows, request, (row) => row.username, toAccount);
  }
}

function toAccount({ username, passwordHash, roles, rules, onDeny }: Row): Account {
  return {
    username,
    ...(passwordHash !== null && { passwordHash }),
    roles: JSON.parse(roles) as Account['roles'],
    rules: JSON.parse(rules) as Account['rules'],
    onDeny: onDeny as Account['onDeny'],
  };
}
