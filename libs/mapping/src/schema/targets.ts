import { isFeaturePath, isName } from '#model';
import type { Rule } from '../rules/rule.js';
import { Unfit } from '../rules/typed-value.js';
import { brief } from '../trace.js';
import type { MapTarget } from './map-result.js';

/** Devices that one topic may speak for before their targets are made anew. */
const MAX_TARGETS = 10_000;
/** No id and no path is longer: such a text is not looked up. */
const MAX_LENGTH = 1024;

/** The targets of one rule under one topic, by device and feature. Checks an id once, not for every message. */
export class Targets {
  /** Ids that can be used only: others may be as long as a payload. */
  readonly #known = new Map<string, MapTarget>();
  #last: { device: string; feature: string | undefined; target: MapTarget } | undefined;

  constructor(private readonly rule: Rule) {}

  of(device: string, feature: string | undefined): MapTarget | Unfit {
    const last = this.#last;
    if (last && last.device === device && last.feature === feature) return last.target;
    if (device.length > MAX_LENGTH || (feature !== undefined && feature.length > MAX_LENGTH))
      return this.#make(device, feature);
    const key = feature === undefined ? device : `${device}\u0000${feature}`;
    let target = this.#known.get(key);
    if (!target) {
      const made = this.#make(device, feature);
      if (made instanceof Unfit) return made;
      target = made;
      if (this.#known.size >= MAX_TARGETS) this.#known.clear();
      this.#known.set(key, target);
    }
    this.#last = { device, feature, target };
    return target;
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
