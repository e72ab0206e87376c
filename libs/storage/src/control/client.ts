import { CarriedError, type ControlConnection } from './connection.js';
import { PrismaClient } from './generated/client.js';

/** Longer than any transaction takes: none may fail because the thread was busy. */
const TRANSACTION = { maxWait: 60_000, timeout: 60_000 };

/** Prisma over the connection. Its calls throw Glossa's errors where there are such, else Prisma's. */
export type ControlClient = ReturnType<typeof createClient>;

/** Makes a client; nothing is opened before its first call. */
export function createClient(adapter: ControlConnection) {
  const prisma = new PrismaClient({ adapter, errorFormat: 'minimal', transactionOptions: TRANSACTION });
  return prisma.$extends({ query: { $allOperations: ({ args, query }) => delivered(query(args)) } });
}

/** What a promise of Prisma gives; an error that it carries is thrown as it was. */
export async function delivered<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof CarriedError ? error.cause : error;
  }
}
