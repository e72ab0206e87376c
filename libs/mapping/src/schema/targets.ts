import { isFeaturePath, isName } from '#model';
import type { Rule } from '../rules/rule.js';
import { Unfit } from '../rules/typed-value.js';
import { brief } from '../trace.js';
import type { MapTarget } from './map-result.js';

/** Devices that one topic may speak for before their targets are made anew. */
const MAX_TARGETS = 10_000;
/** No id and no path is longer: such a text is not looked up. */
const MAX_LENGTH = 1024;

/** About what a target takes beside its texts, with its entry in a map. */
const BYTES = 200;

/** What is remembered of topics, in bytes, about. Who remembers them bounds it. */
export interface Held {
  bytes: number;
}

/** The targets of one rule under one topic, by device and feature. Checks an id once, not for every message. */
export class Targets {
  /** All, where there is more than one; ids that can be used only: others may be as long as a payload. */
  #known: Map<string, MapTarget> | undefined;
  #last: MapTarget | undefined;

  constructor(
    private readonly rule: Rule,
    private readonly held: Held = { bytes: 0 },
  ) {}

  of(device: string, feature: string | undefined): MapTarget | Unfit {
    const last = this.#last;
    if (last && last.device === device && last.feature === feature) return last;
    if (device.length > MAX_LENGTH)
      return new Unfit('device-invalid', `a text of ${device.length} characters is no device id`);
    if (feature !== undefined && feature.length > MAX_LENGTH)
      return new Unfit('feature-invalid', `a text of ${feature.length} characters is no feature path`);
    const key = keyOf(device, feature);
    const known = this.#known?.get(key);
    if (known) return (this.#last = known);
    const made = this.#make(device, feature);
    if (made instanceof Unfit) return made;
    if (last) this.#remember(last, key, made);
    this.held.bytes += BYTES + key.length;
    return (this.#last = made);
  }

  #remember(last: MapTarget, key: string, made: MapTarget): void {
    this.#known ??= new Map([[keyOf(last.device, last.feature), last]]);
    if (this.#known.size >= MAX_TARGETS) this.#known.clear();
    this.#known.set(key, made);
  }

  #make(device: string, feature: string | undefined): MapTarget | Unfit {
    if (!isName(device)) return new Unfit('device-invalid', `${brief(device)} is no device id`);
    if (feature !== undefined && !isFeaturePath(feature)) {
      return new Unfit('feature-invalid', `${brief(feature)} is no feature path`);
    }
    const { name, property } = this.rule.parts;
    return { device, name, property, feature, series: undefined };
  }
}

function keyOf(device: string, feature: string | undefined): string {
  return feature === undefined ? device : `${device}\u0000${feature}`;
}
