/** The admin's token in tests; in a file of its own, since what starts a process need not load the gateway. */
export const ADMIN_TOKEN = 'admin-token-of-the-tests';
