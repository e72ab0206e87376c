/** Newest dead letters that are kept. */
export const DEAD_LETTER_COUNT = 10_000;
/** Age in microseconds at which a dead letter goes. */
export const DEAD_LETTER_AGE = 7 * 86_400_000_000;
/** Bytes of a dead letter's payload that are kept. */
export const DEAD_LETTER_PAYLOAD = 64 * 1024;
/** Newest messages of one client whose resends are recognised. */
export const RESENDS_PER_CLIENT = 1024;
/** Microseconds that the time of a value may be after its message's arrival, when several arrive at once. */
export const ARRIVAL_SPREAD = 2_000_000;
/** Clients whose messages are remembered; the longest unused go first. */
export const RESEND_CLIENTS = 100_000;
