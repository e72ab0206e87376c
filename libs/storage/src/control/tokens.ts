import type { StoredToken } from '#access';
import { GlossaError } from '#model';
import type { ControlClient } from './client.js';
import { Prisma, type Token as Row } from './generated/client.js';

/** A token as it is kept, with the time it was made (ISO 8601). */
export interface TokenRecord extends StoredToken {
  readonly createdAt: string;
}

/** Prisma's code of a row that refers to one that is not there. */
const FOREIGN_KEY = 'P2003';

/** Tokens of accounts. They go with their account. */
export class Tokens {
  constructor(private readonly prisma: ControlClient) {}

  async all(): Promise<TokenRecord[]> {
    return (await this.prisma.token.findMany({ orderBy: { id: 'asc' } })).map(toToken);
  }

  /** @throws GlossaError `not-found` when the account is not there (any more) */
  async create({ id, username, hash, createdAt, expires }: TokenRecord): Promise<void> {
    try {
      await this.prisma.token.create({ data: { id, username, hash, createdAt, expires: expires ?? null } });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === FOREIGN_KEY)
        throw new GlossaError('not-found', `there is no account ${username}`);
      throw error;
    }
  }

  /** The account's tokens, the oldest first. */
  async list(username: string): Promise<TokenRecord[]> {
    const rows = await this.prisma.token.findMany({
      where: { username },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(toToken);
  }

  /** @returns whether it was there */
  async delete(id: string): Promise<boolean> {
    return (await this.prisma.token.deleteMany({ where: { id } })).count > 0;
  }
}

function toToken({ id, username, hash, createdAt, expires }: Row): TokenRecord {
  return { id, username, hash, createdAt, ...(expires !== null && { expires }) };
}
