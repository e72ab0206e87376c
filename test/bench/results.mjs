import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** Results by group and row, kept in a file when one is named: each row is measured when its time allows it. */
export class Results {
  #groups = {};

  constructor(file) {
    this.file = file;
    if (file !== undefined && existsSync(file)) this.#groups = JSON.parse(readFileSync(file, 'utf8')).groups;
  }

  add(group, row, data, { runs, seconds }) {
    this.#groups[group] = {
      ...this.#groups[group],
      [row]: { date: new Date().toISOString().slice(0, 10), runs, seconds, machine: machine().text, ...data },
    };
    if (this.file !== undefined)
      writeFileSync(this.file, `${JSON.stringify({ groups: this.#groups }, null, 2)}\n`);
  }

  /** Rows of a group by name. */
  of(group) {
    return this.#groups[group] ?? {};
  }

  get groups() {
    return Object.keys(this.#groups);
  }
}

/** The machine in a sentence. */
export function machine() {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    text: `${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, Linux ${release()}, Node ${process.version}`,
  };
}
