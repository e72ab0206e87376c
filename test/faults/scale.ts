/** How much a fault suite throws at the service. */
interface Scale {
  /** Packets of the fuzzer. */
  readonly packets: number;
  /** HTTP sockets that are open at once. */
  readonly sockets: number;
  /** MQTT clients of a storm. */
  readonly clients: number;
}

/** For the spec of it that runs in `npm test` (*.spec.ts). */
export const QUICK: Pick<Scale, 'packets'> = { packets: 20_000 };
/** For those that run in `npm run test:faults` alone (*.fault.ts). */
export const FULL: Scale = { packets: 1_000_000, sockets: 10_000, clients: 1_000 };
