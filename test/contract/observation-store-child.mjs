/**
 * Appends without end and prints the number of each message whose promise resolved: the process that a test
 * kills. Arguments: directory, number of the first message.
 */
const { SqliteObservationStore } = await import('#storage');

const [directory, first] = [process.argv[2], Number(process.argv[3])];
const store = new SqliteObservationStore({ directory, durability: 'fsync' });
await store.open();
const schema = { id: 1, schema: 'climate', version: 1 };
const series = (id) => ({
  id,
  device: `device-${id}`,
  name: 'temperature',
  property: 'AirTemperature',
  unit: 'DEG_C',
  feature: '',
  kind: 'Temperature',
  type: 'quantity',
  origin: 'core',
  circular: false,
});

let goOn = () => undefined;
for (let n = first, open = 0; ; n++) {
  const values = [1, 2, 3].map((id) => ({
    series: series(id),
    time: n,
    value: n,
    resultTime: n,
    schema,
    flags: 0,
  }));
  const resend = { client: 'c', packetId: (n % 65535) + 1, hash: String(n), dup: false };
  open++;
  store.append({ values, rejectedValues: 0, fallback: 'filtered', resend }).then(() => {
    open--;
    goOn();
    process.stdout.write(`${n}\n`);
  });
  while (open > 200) await new Promise((resolve) => (goOn = resolve));
}
